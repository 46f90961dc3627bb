//! The sections of the configuration as the service uses them.

use super::schedule::{HealthLimits, Owner, Pace, SectionId};
use crate::config::{Config, RunnerSection};
use crate::endpoint;
use crate::environment::Environment;
use crate::jobproc::{Coordinator, DockerOrder, ShellSettings};
use client::{ApiClient, BuildError, Proxies};
use executor_docker::volumes::is_host_bound;
use protocol::{RunnerToken, Secret};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// A section with what it takes to ask for jobs and to run them. Never changes: a new configuration makes
/// new ones, while jobs and requests keep theirs.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) id: SectionId,
    pub(super) config: RunnerSection,
    /// Whose `limit` it is.
    pub(super) owner: Owner,
    pub(super) coordinator: Coordinator,
    /// None if it cannot be built, which was said when the configuration was loaded.
    pub(super) client: Option<Rc<ApiClient>>,
}

/// All sections; remembers which were there before.
#[derive(Debug, Default)]
pub(super) struct Sections {
    current: Vec<Rc<Section>>,
    clients: HashMap<ClientKey, Rc<ApiClient>>,
    next_id: u64,
}

/// A client remembers the queue's version of one token, so sections share one only if that is the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ClientKey {
    token: RunnerToken,
    url: String,
    files: [Option<PathBuf>; 3],
    max_age: Duration,
}

impl Sections {
    /// Takes a configuration. What is wrong with a section's client is added to `complaints`.
    pub(super) fn configure(
        &mut self,
        config: &Config,
        environment: &Environment,
        working_directory: &Path,
        complaints: &mut Vec<(String, BuildError)>,
    ) {
        let mut before = std::mem::take(&mut self.current);
        let old_clients = std::mem::take(&mut self.clients);
        for section in &config.runners {
            let id = self.id_of(section, &mut before);
            let endpoint = endpoint::of_section(section, config.connection_max_age, environment);
            let proxies = endpoint.proxies.clone();
            let coordinator = Coordinator::of(endpoint, working_directory);
            let client = match self.client(section, &coordinator, &old_clients, proxies) {
                Ok(client) => client,
                Err(error) => {
                    complaints.push((section.name.clone(), error));
                    None
                }
            };
            let owner = owner(section);
            self.current.push(Rc::new(Section { id, config: section.clone(), owner, coordinator, client }));
        }
    }

    /// The section's id: that of the section with the same address, token and name, if there was one.
    fn id_of(&mut self, section: &RunnerSection, before: &mut Vec<Rc<Section>>) -> SectionId {
        let same = |old: &Rc<Section>| {
            let old = &old.config;
            (&old.url, &old.token, &old.name) == (&section.url, &section.token, &section.name)
        };
        match before.iter().position(same) {
            Some(at) => before.remove(at).id,
            None => {
                self.next_id += 1;
                SectionId(self.next_id)
            }
        }
    }

    fn client(
        &mut self,
        section: &RunnerSection,
        coordinator: &Coordinator,
        old: &HashMap<ClientKey, Rc<ApiClient>>,
        proxies: Proxies,
    ) -> Result<Option<Rc<ApiClient>>, BuildError> {
        if section.unusable.is_some() {
            return Ok(None);
        }
        let key = ClientKey {
            token: section.token.clone(),
            url: coordinator.url.clone(),
            files: [
                coordinator.tls_ca_file.clone(),
                coordinator.tls_cert_file.clone(),
                coordinator.tls_key_file.clone(),
            ],
            max_age: coordinator.connection_max_age,
        };
        if let Some(client) = self.clients.get(&key).or_else(|| old.get(&key)) {
            let client = Rc::clone(client);
            self.clients.insert(key, Rc::clone(&client));
            return Ok(Some(client));
        }
        let client = Rc::new(ApiClient::new(coordinator.endpoint(proxies))?);
        self.clients.insert(key, Rc::clone(&client));
        Ok(Some(client))
    }

    /// The sections in file order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Rc<Section>> {
        self.current.iter()
    }

    /// A section by its id.
    pub(super) fn get(&self, id: SectionId) -> Option<&Rc<Section>> {
        self.current.iter().find(|section| section.id == id)
    }

    /// What the schedule has to know.
    pub(super) fn plan(&self, config: &Config) -> Vec<(SectionId, Pace)> {
        self.current.iter().map(|section| (section.id, section.pace(config.check_interval))).collect()
    }
}

impl Section {
    fn pace(&self, interval: Duration) -> Pace {
        let config = &self.config;
        let flag = config.feature_flags.get("FF_USE_ADAPTIVE_REQUEST_CONCURRENCY");
        Pace {
            owner: self.owner.clone(),
            // A section whose client cannot be built is asked for all the same: it is parked like a refused one.
            pollable: config.unusable.is_none(),
            limit: config.limit,
            interval,
            strict: config.strict_check_interval,
            request_concurrency: config.request_concurrency,
            adaptive: flag.copied().unwrap_or(true),
            health: HealthLimits {
                failures: config.unhealthy_requests_limit,
                interval: config.unhealthy_interval,
            },
        }
    }

    /// Short form of its token, which names it in the log.
    pub(super) fn short(&self) -> &str {
        &self.owner.short_token
    }

    /// What its jobs tell the shell executor.
    pub(super) fn shell_settings(&self) -> ShellSettings {
        ShellSettings {
            login: self.config.login_shell,
            graceful_kill: self.config.graceful_kill_timeout,
            force_kill: self.config.force_kill_timeout,
        }
    }

    /// What its jobs tell the docker executor, if that is its executor. `keeper` is what this service calls itself,
    /// and `shared` is where jobs keep what they share.
    pub(super) fn docker_order(&self, keeper: &str, shared: &Path) -> Option<DockerOrder> {
        let settings = self.config.docker.clone().filter(|_| self.config.is_docker())?;
        Some(DockerOrder {
            settings,
            token: Secret::new(self.config.token.expose()),
            keeper: keeper.to_owned(),
            state_dir: shared.to_owned(),
            graceful_kill: self.config.graceful_kill_timeout,
            force_kill: self.config.force_kill_timeout,
        })
    }

    /// What its jobs are told of it.
    pub(super) fn job_settings(&self, working_directory: &Path) -> job::Settings {
        job_settings(&self.config, working_directory)
    }

    /// The client's certificate and key for the job's own use; empty where there are none.
    pub(super) fn tls_files(&self, ca_chain: Option<String>) -> job::TlsFiles {
        let read = |path: &Option<PathBuf>| {
            path.as_deref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
        };
        job::TlsFiles {
            ca: ca_chain.unwrap_or_default(),
            cert: read(&self.coordinator.tls_cert_file),
            key: read(&self.coordinator.tls_key_file),
        }
    }
}

/// What the jobs of a section are told of it.
pub(crate) fn job_settings(config: &RunnerSection, working_directory: &Path) -> job::Settings {
    let scripts = &config.scripts;
    let is_docker = config.is_docker();
    // Directories in a container have nothing to do with where the service works.
    let base = if is_docker { Path::new("/") } else { working_directory };
    let folder =
        |chosen: &Option<PathBuf>, default: &str| base.join(chosen.as_deref().unwrap_or(Path::new(default)));
    let builds_dir = folder(&config.builds_dir, "builds");
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    job::Settings {
        shared_builds_dir: shares_builds(config, &builds_dir),
        builds_dir,
        cache_dir: folder(&config.cache_dir, "cache"),
        shell: config.shell_or_default().to_owned(),
        clone_url: text(&config.clone_url),
        environment: config
            .environment
            .iter()
            .map(|(key, value)| format!("{key}={}", value.expose()))
            .collect(),
        pre_get_sources_script: text(&scripts.pre_get_sources),
        post_get_sources_script: text(&scripts.post_get_sources),
        pre_build_script: text(&scripts.pre_build),
        post_build_script: text(&scripts.post_build),
        prepare_timeout: config.prepare_timeout,
        get_sources_timeout: config.get_sources_timeout,
        output_limit: config.output_limit,
        debug_trace_disabled: config.debug_trace_disabled,
        // All three are the default of gitlab-runner's docker executor, and not of its shell executor.
        safe_directory_checkout: config.safe_directory_checkout.unwrap_or(is_docker),
        clean_git_config: config.clean_git_config.unwrap_or(is_docker),
        custom_build_dir: config.custom_build_dir.unwrap_or(is_docker),
        feature_flags: config.feature_flags.clone(),
        artifact_upload_timeout: config.artifact.upload,
        artifact_response_timeout: config.artifact.response_header,
        retry_pause: config.retry_pause,
        ..job::Settings::default()
    }
}

/// Whether jobs that run at the same time have the same directory of builds. In containers that is so where it
/// lies in a volume that the configuration names.
fn shares_builds(config: &RunnerSection, builds_dir: &Path) -> Option<bool> {
    let docker = config.docker.as_ref().filter(|_| config.is_docker())?;
    let bound = is_host_bound(docker, &builds_dir.to_string_lossy(), &str::to_owned);
    // What is wrong with volumes is said when the configuration is loaded.
    Some(bound.unwrap_or(false))
}

/// Whose `limit` a section's jobs count against.
pub(super) fn owner(section: &RunnerSection) -> Owner {
    Owner { url: plain_url(&section.url), short_token: section.token.short().to_owned() }
}

/// The address without what does not count: a `/` at its end, and `/ci` from GitLab's early days.
fn plain_url(url: &str) -> String {
    let url = url.trim_end_matches('/');
    url.strip_suffix("/ci").unwrap_or(url).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner(name: &str, token: &str) -> RunnerSection {
        RunnerSection {
            name: name.into(),
            url: "http://127.0.0.1:9/ci/".into(),
            token: RunnerToken::new(token),
            executor: "shell".into(),
            request_concurrency: 1,
            ..RunnerSection::default()
        }
    }

    fn config(runners: Vec<RunnerSection>) -> Config {
        Config { runners, ..Config::default() }
    }

    fn ids(sections: &mut Sections, runners: Vec<RunnerSection>) -> Vec<u64> {
        let mut complaints = Vec::new();
        let environment = Environment::default();
        sections.configure(&config(runners), &environment, Path::new("/"), &mut complaints);
        assert!(complaints.is_empty());
        sections.iter().map(|section| section.id.0).collect()
    }

    #[test]
    fn a_section_keeps_its_id_wherever_it_stands() {
        let mut sections = Sections::default();
        assert_eq!(ids(&mut sections, vec![runner("a", "ta"), runner("b", "tb")]), [1, 2]);
        assert_eq!(
            ids(&mut sections, vec![runner("b", "tb"), runner("c", "tc"), runner("a", "ta")]),
            [2, 3, 1]
        );
        assert_eq!(ids(&mut sections, vec![runner("a", "ta"), runner("a", "ta")]), [1, 4]);
    }

    #[test]
    fn one_client_a_token_kept_across_configurations() {
        let mut sections = Sections::default();
        ids(&mut sections, vec![runner("a", "t"), runner("b", "t"), runner("c", "other")]);
        let client = |sections: &Sections, at: usize| sections.current[at].client.clone().unwrap();
        let first = client(&sections, 0);
        assert!(Rc::ptr_eq(&first, &client(&sections, 1)));
        assert!(!Rc::ptr_eq(&first, &client(&sections, 2)));
        ids(&mut sections, vec![runner("b", "t")]);
        assert!(Rc::ptr_eq(&first, &client(&sections, 0)));
        assert_eq!(sections.clients.len(), 1);
    }

    #[test]
    fn owners_ignore_what_does_not_count() {
        let owner = owner(&runner("a", "glrt-t1_ABCDEFGHIJK"));
        assert_eq!(owner, Owner { url: "http://127.0.0.1:9".into(), short_token: "ABCDEFGHI".into() });
    }

    #[test]
    fn folders_of_containers_are_theirs() {
        let settings = |volumes: &[&str], builds_dir: Option<&str>| {
            let docker = executor_docker::Settings {
                volumes: volumes.iter().map(|&volume| volume.to_owned()).collect(),
                ..executor_docker::Settings::default()
            };
            let section = RunnerSection {
                executor: "docker".into(),
                docker: Some(docker),
                builds_dir: builds_dir.map(PathBuf::from),
                ..runner("a", "t")
            };
            let mut sections = Sections::default();
            ids(&mut sections, vec![section]);
            sections.current[0].job_settings(Path::new("/work/dir"))
        };
        let usual = settings(&["/cache"], None);
        assert_eq!(
            (usual.builds_dir.as_path(), usual.cache_dir.as_path()),
            (Path::new("/builds"), Path::new("/cache"))
        );
        assert_eq!(usual.shared_builds_dir, Some(false));
        assert!(usual.custom_build_dir && usual.clean_git_config && usual.safe_directory_checkout);
        assert_eq!(settings(&["/srv:/builds"], None).shared_builds_dir, Some(true));
        assert_eq!(settings(&["/srv:/builds"], Some("/other")).shared_builds_dir, Some(false));
    }

    #[test]
    fn folders_are_absolute() {
        let mut sections = Sections::default();
        ids(&mut sections, vec![RunnerSection { cache_dir: Some("/c".into()), ..runner("a", "t") }]);
        let settings = sections.current[0].job_settings(Path::new("/work/dir"));
        assert_eq!(settings.builds_dir, Path::new("/work/dir/builds"));
        assert_eq!(settings.cache_dir, Path::new("/c"));
        assert_eq!(settings.shared_builds_dir, None);
        assert!(!settings.custom_build_dir);
    }
}
