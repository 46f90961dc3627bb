//! What the runner is configured with: a file in the data folder, as that of any runner. Whoever wants more jobs at a
//! time or another executor edits it. At every start the coordinator's address is put in, and a token where the one
//! that is there is known no more.

use super::Wish;
use super::account::{JobsUser, beside};
use crate::commands::coordinator_server::args::EmbeddedExecutor;
use crate::commands::coordinator_server::{reach, read_bounded};
use crate::context::Context;
use crate::environment::Environment;
use crate::error::{CliError, ErrorKind};
use coordinator::Running;
use coordinator::model::{NewRunner, RunnerId};
use std::fs::Permissions;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// The largest configuration that is read.
const LARGEST: u64 = 8 << 20;

/// How long aborted jobs of a runner for a short while are waited for, in seconds.
const BRIEF: i64 = 10;

/// What the file says that others want to know.
#[derive(Clone, Debug)]
pub(super) struct Configured {
    /// Its executor.
    pub(super) executor: String,
    /// Whether jobs run as processes of this machine.
    pub(super) on_shell: bool,
    /// How many jobs run at a time.
    pub(super) at_once: i64,
}

/// Puts address and token into the file, which is made if it is not there.
pub(super) async fn configure(
    running: &Running,
    path: &Path,
    wish: Wish<'_>,
    user: Option<&JobsUser>,
    context: &Context,
) -> Result<Configured, CliError> {
    let unusable = |error: &dyn std::error::Error| {
        CliError::new(ErrorKind::Config, format!("cannot use {}", path.display())).caused_by(error)
    };
    let before = match read_bounded(path, LARGEST) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(unusable(&error)),
    };
    let mut document: DocumentMut = match &before {
        Some(text) => text.parse().map_err(|error: toml_edit::TomlError| unusable(&error))?,
        None => fresh(wish, context).await,
    };
    let at_once = document.get("concurrent").and_then(Item::as_integer).unwrap_or(1);
    let section = section(&mut document).ok_or_else(|| {
        CliError::new(ErrorKind::Config, format!("{} has no [[runners]]", path.display()))
            .hint("remove the file: it is made anew")
    })?;
    set_address(section, running);
    if reach::is_wanted(section, running) {
        let found = reach::from_containers(running, context).await;
        set_reach(section, found, before.is_none());
    }
    if has_machine_network(section) && !wish.brief {
        tracing::warn!(
            "Jobs use this machine's network (network_mode = \"host\"): they reach everything that listens on its loopback"
        );
    }
    let executor = section.get("executor").and_then(Item::as_str).unwrap_or_default().to_owned();
    let on_shell = executor == "shell";
    if on_shell {
        set_folders(section, path.parent().unwrap_or(Path::new(".")), user);
    }
    if !is_known(running, section).await {
        let made = running.kernel.create_runner(NewRunner::instance("embedded")).await;
        let (runner, token) =
            made.map_err(|error| CliError::operation("the runner cannot be made").caused_by(&error))?;
        section.insert("id", value(runner.id.0));
        section.insert("token", value(token.expose()));
    }
    if let Some(token) = section.get("token").and_then(Item::as_str) {
        context.log.hide(token);
    }
    let text = document.to_string();
    if before.as_deref() != Some(text.as_str()) {
        write(path, &text).map_err(|error| unusable(&error))?;
    }
    Ok(Configured { executor, on_shell, at_once })
}

fn section(document: &mut DocumentMut) -> Option<&mut Table> {
    document.get_mut("runners")?.as_array_of_tables_mut()?.get_mut(0)
}

/// Whether the coordinator still has the runner of the section.
async fn is_known(running: &Running, section: &Table) -> bool {
    let id = section.get("id").and_then(Item::as_integer);
    let token = section.get("token").and_then(Item::as_str);
    match (id, token) {
        (Some(id), Some(token)) => match running.kernel.runner(RunnerId(id)).await {
            Ok(view) => {
                !view.runner.short_token.is_empty() && token.contains(view.runner.short_token.as_str())
            }
            Err(_) => false,
        },
        _ => false,
    }
}

/// The coordinator is next door: it is asked where it listens, whatever others call it. Certificates are for the name
/// that others use, so with TLS it is asked by that.
fn set_address(section: &mut Table, running: &Running) {
    if let Some(certificates) = running.tls_certificates() {
        section.insert("url", value(running.url.as_str()));
        // Jobs work elsewhere.
        let certificates = std::path::absolute(certificates).unwrap_or_else(|_| certificates.to_owned());
        section.insert("tls-ca-file", value(certificates.display().to_string()));
        section.remove("clone_url");
        return;
    }
    let near = format!("http://{}", near(running.address));
    section.remove("tls-ca-file");
    if near == running.url {
        section.remove("clone_url");
    } else {
        section.insert("clone_url", value(near.as_str()));
    }
    section.insert("url", value(near));
}

/// An address that leads to a listener on this machine.
fn near(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Containers ask for the coordinator where they reach it. Where that is nowhere, those of a configuration that is made
/// now use the network of the machine.
fn set_reach(section: &mut Table, found: Option<SocketAddr>, made_now: bool) {
    if let Some(address) = found {
        let url = format!("http://{address}");
        section.insert("url", value(url.as_str()));
        section.insert("clone_url", value(url));
    } else if made_now && let Some(docker) = section.get_mut("docker").and_then(Item::as_table_mut) {
        docker.insert("network_mode", value("host"));
    }
}

/// Whether the containers of jobs have no network of their own.
fn has_machine_network(section: &Table) -> bool {
    let text = |table: &Table, key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
    let docker = section.get("docker").and_then(Item::as_table);
    let mode = docker.and_then(|docker| text(docker, "network_mode"));
    text(section, "executor").is_some_and(|name| name.starts_with("docker"))
        && mode.as_deref() == Some("host")
}

/// Work trees and caches are where those who run jobs may be; a folder that somebody chose stays. `folder` is the
/// runner's, in the data folder.
fn set_folders(section: &mut Table, folder: &Path, user: Option<&JobsUser>) {
    let jobs = folder.parent().map(beside);
    let chosen = user.map_or(folder, |user| &user.folder);
    for (key, name) in [("builds_dir", "builds"), ("cache_dir", "cache")] {
        let found = section.get(key).and_then(Item::as_str).map(PathBuf::from);
        let standard = [Some(folder.join(name)), jobs.as_ref().map(|jobs| jobs.join(name))];
        if found.is_none() || standard.contains(&found) {
            section.insert(key, value(chosen.join(name).display().to_string()));
        }
    }
}

/// A configuration for the first start.
async fn fresh(wish: Wish<'_>, context: &Context) -> DocumentMut {
    let docker = match wish.executor {
        EmbeddedExecutor::Shell => false,
        EmbeddedExecutor::Docker => true,
        EmbeddedExecutor::Auto => reach::engine(context).await.is_some(),
    };
    document(&Fresh {
        docker_image: docker.then_some(wish.docker_image),
        bash: has_bash(&context.environment),
        no_proxy: no_proxy(&context.environment),
        at_once: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        brief: wish.brief,
    })
}

/// What a configuration is made of.
struct Fresh<'a> {
    /// The image of jobs that have none; nothing for jobs on the shell.
    docker_image: Option<&'a str>,
    /// Whether this machine has a bash.
    bash: bool,
    /// What jobs must not ask a proxy for, if there is one.
    no_proxy: Option<String>,
    at_once: usize,
    /// As of the wish.
    brief: bool,
}

fn has_bash(environment: &Environment) -> bool {
    let path = environment.get_os("PATH").unwrap_or_default();
    std::env::split_paths(path).any(|folder| folder.join("bash").is_file())
}

/// Where the environment has a proxy, jobs inherit it; it does not lead to a coordinator on loopback.
fn no_proxy(environment: &Environment) -> Option<String> {
    let proxies = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    proxies.iter().find_map(|name| environment.non_empty(name))?;
    let known = ["no_proxy", "NO_PROXY"].iter().find_map(|name| environment.non_empty(name));
    Some(known.into_iter().chain(["127.0.0.1,localhost,::1"]).collect::<Vec<_>>().join(","))
}

fn document(fresh: &Fresh<'_>) -> DocumentMut {
    let mut document = DocumentMut::new();
    document.insert("concurrent", value(i64::try_from(fresh.at_once).unwrap_or(1)));
    if fresh.brief {
        document.insert("shutdown_timeout", value(BRIEF));
        document.insert("log_level", value("error"));
    }
    let mut section = Table::new();
    section.insert("name", value("embedded"));
    section.insert("url", value(""));
    section.insert("token", value(""));
    section.insert("executor", value(if fresh.docker_image.is_some() { "docker" } else { "shell" }));
    match fresh.docker_image {
        Some(image) => {
            let mut docker = Table::new();
            docker.insert("image", value(image));
            docker.insert("pull_policy", value(Array::from_iter(["if-not-present"])));
            if fresh.brief {
                docker.insert("disable_cache", value(true));
            }
            section.insert("docker", Item::Table(docker));
        }
        None => {
            if !fresh.bash {
                section.insert("shell", value("sh"));
            }
            if let Some(spared) = &fresh.no_proxy {
                let both = ["no_proxy", "NO_PROXY"].map(|name| format!("{name}={spared}"));
                section.insert("environment", value(Array::from_iter(both)));
            }
            // Whoever started the coordinator has read the profiles already.
            section.insert("login_shell", value(false));
        }
    }
    let mut sections = ArrayOfTables::new();
    sections.push(section);
    document.insert("runners", Item::ArrayOfTables(sections));
    document
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder: PathBuf = path.parent().unwrap_or(Path::new(".")).to_owned();
    let mut new = tempfile::Builder::new().prefix(".config.toml.").tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(Permissions::from_mode(0o600))?;
    new.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_in_the_network_of_the_machine_are_noticed() {
        let has = |toml: &str| has_machine_network(toml.parse::<DocumentMut>().unwrap().as_table());
        assert!(has("executor = 'docker'\n[docker]\nnetwork_mode = 'host'\n"));
        assert!(!has("executor = 'docker'\n[docker]\nnetwork_mode = 'bridge'\n"));
        assert!(!has("executor = 'docker'\n[docker]\nimage = 'x'\n"));
        assert!(!has("executor = 'shell'\n[docker]\nnetwork_mode = 'host'\n"));
    }

    #[test]
    fn listeners_for_everybody_are_asked_on_loopback() {
        assert_eq!(near("0.0.0.0:80".parse().unwrap()).to_string(), "127.0.0.1:80");
        assert_eq!(near("[::]:80".parse().unwrap()).to_string(), "[::1]:80");
        assert_eq!(near("10.0.0.1:80".parse().unwrap()).to_string(), "10.0.0.1:80");
    }

    #[test]
    fn a_fresh_configuration_is_one_that_the_service_takes() {
        for (image, bash, brief) in [(None, true, false), (None, false, true), (Some("busybox"), true, true)]
        {
            let no_proxy = brief.then(|| "127.0.0.1".to_owned());
            let fresh = Fresh { docker_image: image, bash, no_proxy, at_once: 4, brief };
            let mut document = document(&fresh);
            let section = section(&mut document).unwrap();
            section.insert("url", value("http://127.0.0.1:1"));
            section.insert("token", value("glrt-0123456789"));
            set_folders(section, Path::new("/data/runner"), None);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("config.toml");
            write(&path, &document.to_string()).unwrap();
            let loaded = crate::config::load(&path, &Environment::default()).unwrap();
            assert_eq!(loaded.warning_lines().collect::<Vec<_>>(), Vec::<String>::new());
            assert_eq!(loaded.config.concurrent, 4);
            let section = &loaded.config.runners[0];
            assert_eq!(section.unusable, None);
            assert_eq!(section.executor, if image.is_some() { "docker" } else { "shell" });
            assert!(!section.login_shell);
            assert_eq!(section.shell.as_deref(), (!bash).then_some("sh"));
        }
    }

    #[test]
    fn proxies_are_not_asked_for_what_is_next_door() {
        let of = |pairs: &[(&str, &str)]| no_proxy(&pairs.iter().copied().collect());
        assert_eq!(of(&[("no_proxy", "a")]), None);
        assert_eq!(of(&[("HTTP_PROXY", "http://p")]).as_deref(), Some("127.0.0.1,localhost,::1"));
        let both = [("https_proxy", "http://p"), ("NO_PROXY", "a,b")];
        assert_eq!(of(&both).as_deref(), Some("a,b,127.0.0.1,localhost,::1"));
    }

    #[test]
    fn jobs_of_another_user_work_outside_of_what_is_kept() {
        let folders = |section: &Table| {
            ["builds_dir", "cache_dir"].map(|key| section.get(key).unwrap().as_str().unwrap().to_owned())
        };
        let user = JobsUser { name: "ci".into(), is_apart: true, folder: "/data.jobs".into() };
        let (mut section, runner) = (Table::new(), Path::new("/data/runner"));
        set_folders(&mut section, runner, Some(&user));
        assert_eq!(folders(&section), ["/data.jobs/builds", "/data.jobs/cache"]);
        // A later start without the user.
        set_folders(&mut section, runner, None);
        assert_eq!(folders(&section), ["/data/runner/builds", "/data/runner/cache"]);
        section.insert("builds_dir", value("/fast/disk"));
        set_folders(&mut section, runner, Some(&user));
        assert_eq!(folders(&section), ["/fast/disk", "/data.jobs/cache"]);
    }
}
