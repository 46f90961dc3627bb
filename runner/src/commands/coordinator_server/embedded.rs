//! The runner in the coordinator's own process: its service, on a thread of its own.
//!
//! What it is configured with is a file in the data folder, as that of any runner; whoever wants more jobs at a time or
//! another executor edits it. At every start the coordinator's address is put in, and a token where the one that is
//! there is known no more.

use super::args::{EmbeddedExecutor, ServeArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::service::{self, Bounds, Places, Settings, Source};
use crate::{jobproc, system_id};
use coordinator::Running;
use coordinator::model::{NewRunner, RunnerId};
use executor_docker::Engine;
use std::fs::{DirBuilder, Permissions};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::oneshot;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// An engine that takes longer to say that it is there does not count as one.
const WITHIN: Duration = Duration::from_secs(5);

/// The largest configuration that is read.
const LARGEST: u64 = 8 << 20;

/// A runner that was started.
pub(crate) struct Embedded {
    ended: oneshot::Receiver<Result<ExitCode, CliError>>,
}

impl Embedded {
    /// Makes the runner known to the coordinator, if it is not, and starts it. `data` is the coordinator's folder,
    /// `signals` are those that end the runner.
    ///
    /// # Errors
    /// Where its configuration cannot be made.
    pub(crate) async fn start(
        running: &Running,
        data: &Path,
        args: &ServeArgs,
        signals: service::Signals,
        context: &Context,
    ) -> Result<Self, CliError> {
        let folder = data.join("runner");
        let config = folder.join("config.toml");
        let failed = |error: &dyn std::error::Error| {
            CliError::operation("the runner in the same process cannot be set up").caused_by(error)
        };
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| failed(&error))?;
        configure(running, &config, args, context).await?;
        let system_id = system_id::load_or_create(&folder).map_err(|error| failed(&error))?;
        let settings = Settings {
            source: Source::File(config),
            environment: context.environment.clone(),
            working_directory: folder.clone(),
            user: None,
            places: Places { chosen: Some(folder.join("state")), config_dir: folder, fallback: None },
            system_id,
            log: context.log.clone(),
            bounds: Bounds::default(),
            recording: None,
            signals: Some(signals),
        };
        let (sender, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("runner".to_owned());
        let run = move || {
            let _ = sender.send(service::run(settings));
        };
        thread.spawn(run).map_err(|error| failed(&error))?;
        Ok(Self { ended })
    }

    /// Waits for its end. A signal that ends the program ends it, too: by itself, once its jobs are over.
    pub(crate) async fn ended(&mut self) -> Result<ExitCode, CliError> {
        match (&mut self.ended).await {
            Ok(ended) => ended,
            Err(_) => Err(CliError::internal("the runner in the same process broke off")),
        }
    }
}

/// Puts address and token into its configuration, which is made if it is not there.
async fn configure(
    running: &Running,
    path: &Path,
    args: &ServeArgs,
    context: &Context,
) -> Result<(), CliError> {
    let unusable = |error: &dyn std::error::Error| {
        CliError::new(crate::error::ErrorKind::Config, format!("cannot use {}", path.display()))
            .caused_by(error)
    };
    let before = match super::read_bounded(path, LARGEST) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(unusable(&error)),
    };
    let mut document: DocumentMut = match &before {
        Some(text) => text.parse().map_err(|error: toml_edit::TomlError| unusable(&error))?,
        None => fresh(path, args, context).await,
    };
    let section = section(&mut document).ok_or_else(|| {
        CliError::new(crate::error::ErrorKind::Config, format!("{} has no [[runners]]", path.display()))
            .hint("remove the file: it is made anew")
    })?;
    set_address(section, running);
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
    if before.as_deref() == Some(text.as_str()) {
        Ok(())
    } else {
        write(path, &text).map_err(|error| unusable(&error))
    }
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

/// A configuration for the first start.
async fn fresh(path: &Path, args: &ServeArgs, context: &Context) -> DocumentMut {
    let folder = path.parent().unwrap_or(Path::new("."));
    let docker = match args.executor {
        EmbeddedExecutor::Shell => false,
        EmbeddedExecutor::Docker => true,
        EmbeddedExecutor::Auto => engine_answers(context).await,
    };
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    document(folder, docker.then_some(args.docker_image.as_str()), at_once)
}

async fn engine_answers(context: &Context) -> bool {
    let (settings, environment) =
        (executor_docker::Settings::default(), jobproc::engine_environment(&context.environment));
    let connecting = Engine::connect(&settings, &environment);
    matches!(tokio::time::timeout(WITHIN, connecting).await, Ok(Ok(_)))
}

fn document(folder: &Path, docker_image: Option<&str>, at_once: usize) -> DocumentMut {
    let mut document = DocumentMut::new();
    document.insert("concurrent", value(i64::try_from(at_once).unwrap_or(1)));
    let mut section = Table::new();
    let below = |name: &str| folder.join(name).display().to_string();
    section.insert("name", value("embedded"));
    section.insert("url", value(""));
    section.insert("token", value(""));
    section.insert("executor", value(if docker_image.is_some() { "docker" } else { "shell" }));
    match docker_image {
        // The coordinator listens on loopback as a rule, which containers only reach on the machine's own network.
        Some(image) => {
            let mut docker = Table::new();
            docker.insert("image", value(image));
            docker.insert("network_mode", value("host"));
            docker.insert("pull_policy", value(Array::from_iter(["if-not-present"])));
            section.insert("docker", Item::Table(docker));
        }
        None => {
            section.insert("builds_dir", value(below("builds")));
            section.insert("cache_dir", value(below("cache")));
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
    fn listeners_for_everybody_are_asked_on_loopback() {
        assert_eq!(near("0.0.0.0:80".parse().unwrap()).to_string(), "127.0.0.1:80");
        assert_eq!(near("[::]:80".parse().unwrap()).to_string(), "[::1]:80");
        assert_eq!(near("10.0.0.1:80".parse().unwrap()).to_string(), "10.0.0.1:80");
    }

    #[test]
    fn a_fresh_configuration_is_one_that_the_service_takes() {
        for image in [None, Some("busybox")] {
            let mut document = document(Path::new("/data/runner"), image, 4);
            let section = section(&mut document).unwrap();
            section.insert("url", value("http://127.0.0.1:1"));
            section.insert("token", value("glrt-0123456789"));
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("config.toml");
            write(&path, &document.to_string()).unwrap();
            let loaded = crate::config::load(&path, &crate::environment::Environment::default()).unwrap();
            assert_eq!(loaded.warning_lines().collect::<Vec<_>>(), Vec::<String>::new());
            assert_eq!(loaded.config.concurrent, 4);
            let section = &loaded.config.runners[0];
            assert_eq!(section.unusable, None);
            assert_eq!(section.executor, if image.is_some() { "docker" } else { "shell" });
        }
    }
}
