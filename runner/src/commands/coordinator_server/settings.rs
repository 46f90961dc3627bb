//! From flags, environment and `coordinator.toml` to what the coordinator is started with.

use super::args::{DataArg, ServeArgs};
use crate::environment::Environment;
use crate::error::CliError;
use coordinator::Settings;
use coordinator::settings::TlsFiles;
use std::io;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item};

/// The file in the data folder.
const FILE: &str = "coordinator.toml";

/// The largest that is read.
const LARGEST: u64 = 1 << 20;

/// The administrator's token of the environment.
pub(super) const ADMIN_TOKEN: &str = "RUNNER_COORDINATOR_ADMIN_TOKEN";

/// What a coordinator is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) settings: Settings,
    /// Whether a runner runs in the same process.
    pub(super) with_runner: bool,
    /// As whom its shell jobs run.
    pub(super) runner_user: Option<String>,
}

/// The data folder, absolute.
pub(super) fn data_folder(arg: &DataArg, environment: &Environment) -> Result<PathBuf, CliError> {
    let given =
        arg.data.clone().or_else(|| environment.non_empty("RUNNER_COORDINATOR_DATA").map(PathBuf::from));
    let folder = match given {
        Some(folder) => folder,
        None if nix::unistd::geteuid().is_root() => PathBuf::from("/var/lib/runner-coordinator"),
        None => {
            let shared = environment.non_empty("XDG_DATA_HOME").map(PathBuf::from);
            let shared = shared.filter(|folder| folder.is_absolute());
            let shared = shared.or_else(|| environment.home().map(|home| home.join(".local/share")));
            let shared =
                shared.ok_or_else(|| CliError::usage("there is no home folder").hint("give --data DIR"))?;
            shared.join("runner/coordinator")
        }
    };
    std::path::absolute(&folder)
        .map_err(|error| CliError::usage(format!("cannot use {}", folder.display())).caused_by(&error))
}

/// Everything together.
pub(super) fn wanted(args: &ServeArgs, environment: &Environment) -> Result<Wanted, CliError> {
    let data = data_folder(&args.data, environment)?;
    let file = File::read(&data.join(FILE))?;
    let variable =
        |name: &str| environment.non_empty(&format!("RUNNER_COORDINATOR_{name}")).map(str::to_owned);
    let mut settings = Settings::at(&data);
    if let Some(listen) = args.listen {
        settings.listen = listen;
    } else if let Some(text) = variable("LISTEN").or(file.listen) {
        settings.listen = text.parse().map_err(|_| {
            CliError::usage(format!("`{text}` is no address to listen on"))
                .hint("write 127.0.0.1:8929, or [::1]:8929")
        })?;
    }
    settings.url = args.url.clone().or_else(|| variable("URL")).or(file.url);
    let path = |flag: &Option<PathBuf>, name: &str, of_file: Option<String>| {
        let of_file = of_file.map(|path| data.join(path));
        flag.clone().or_else(|| variable(name).map(PathBuf::from)).or(of_file)
    };
    let certificates = path(&args.tls_cert, "TLS_CERT", file.tls_cert);
    let key = path(&args.tls_key, "TLS_KEY", file.tls_key);
    settings.tls = match (certificates, key) {
        (Some(certificates), Some(key)) => Some(TlsFiles { certificates, key }),
        (None, None) => None,
        _ => {
            return Err(CliError::usage("TLS wants both a certificate and its key")
                .hint("give --tls-cert and --tls-key"));
        }
    };
    let words = |text: String| text.split_whitespace().map(str::to_owned).collect();
    settings.remote_includes = match args.remote_includes.as_slice() {
        [] => variable("REMOTE_INCLUDES").map_or(file.remote_includes, words),
        given => given.to_vec(),
    };
    settings.admin_token = environment.non_empty(ADMIN_TOKEN).map(Into::into);
    let runner_user = args.runner_user.clone().or_else(|| variable("RUNNER_USER")).or(file.runner_user);
    let runner_user = runner_user.filter(|user| !user.is_empty());
    Ok(Wanted { settings, with_runner: args.with_runner || file.with_runner, runner_user })
}

/// What `coordinator.toml` says.
#[derive(Debug, Default)]
struct File {
    listen: Option<String>,
    url: Option<String>,
    tls_cert: Option<String>,
    tls_key: Option<String>,
    with_runner: bool,
    runner_user: Option<String>,
    remote_includes: Vec<String>,
}

impl File {
    fn read(path: &Path) -> Result<Self, CliError> {
        let unusable = |error: &dyn std::error::Error| {
            CliError::new(crate::error::ErrorKind::Config, format!("cannot use {}", path.display()))
                .caused_by(error)
        };
        let text = match super::read_bounded(path, LARGEST) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unusable(&error)),
        };
        let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| unusable(&error))?;
        let mut file = Self::default();
        for (key, item) in document.iter() {
            file.take(key, item).map_err(|complaint| {
                CliError::new(crate::error::ErrorKind::Config, format!("{}: {complaint}", path.display()))
            })?;
        }
        Ok(file)
    }

    fn take(&mut self, key: &str, item: &Item) -> Result<(), String> {
        if key == "with_runner" {
            self.with_runner = item.as_bool().ok_or("with_runner wants true or false")?;
            return Ok(());
        }
        if key == "remote_includes" {
            let texts = item.as_array().and_then(|items| {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
            });
            self.remote_includes = texts.ok_or("remote_includes wants a list of texts")?;
            return Ok(());
        }
        let place = match key {
            "listen" => &mut self.listen,
            "url" => &mut self.url,
            "tls_cert" => &mut self.tls_cert,
            "tls_key" => &mut self.tls_key,
            "runner_user" => &mut self.runner_user,
            _ => return Err(format!("unknown key {key}")),
        };
        let text = item.as_str().ok_or_else(|| format!("{key} wants a text"))?;
        *place = Some(text.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &ServeArgs, pairs: &[(&str, &str)], file: Option<&str>) -> Result<Wanted, String> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = file {
            std::fs::write(folder.path().join(FILE), text).unwrap();
        }
        let environment: Environment = pairs.iter().copied().collect();
        let args = ServeArgs { data: DataArg { data: Some(folder.path().to_owned()) }, ..args.clone() };
        wanted(&args, &environment)
            .map_err(|error| error.one_line().replace(&folder.path().display().to_string(), "DATA"))
    }

    #[test]
    fn flags_come_before_the_environment_and_both_before_the_file() {
        let file =
            "listen = \"127.0.0.1:1\"\nurl = \"http://file\"\nwith_runner = true\nrunner_user = \"ci\"\n";
        let found = of(&ServeArgs::default(), &[], Some(file)).unwrap();
        assert_eq!(found.runner_user.as_deref(), Some("ci"));
        assert_eq!((found.settings.listen.port(), found.with_runner), (1, true));
        assert_eq!(found.settings.url.as_deref(), Some("http://file"));
        let pairs = [("RUNNER_COORDINATOR_LISTEN", "127.0.0.1:2"), ("RUNNER_COORDINATOR_URL", "http://env")];
        let found = of(&ServeArgs::default(), &pairs, Some(file)).unwrap();
        assert_eq!((found.settings.listen.port(), found.settings.url.as_deref()), (2, Some("http://env")));
        let flags = ServeArgs { listen: "127.0.0.1:3".parse().ok(), ..ServeArgs::default() };
        assert_eq!(of(&flags, &pairs, Some(file)).unwrap().settings.listen.port(), 3);
    }

    #[test]
    fn without_anything_loopback_is_listened_on() {
        let found = of(&ServeArgs::default(), &[(ADMIN_TOKEN, "glpat-x")], None).unwrap();
        assert_eq!(found.settings.listen, "127.0.0.1:8929".parse().unwrap());
        assert_eq!(found.settings.admin_token, Some("glpat-x".into()));
        assert!(!found.with_runner && found.settings.tls.is_none());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let nothing = ServeArgs::default();
        assert!(of(&nothing, &[], Some("listne = 1\n")).unwrap_err().contains("unknown key listne"));
        assert!(of(&nothing, &[], Some("listen = 1\n")).unwrap_err().contains("listen wants a text"));
        assert!(of(&nothing, &[], Some("listen = \"here\"\n")).unwrap_err().contains("`here` is no address"));
        assert!(
            of(&nothing, &[], Some("listen\n")).unwrap_err().contains("cannot use DATA/coordinator.toml")
        );
        let half = [("RUNNER_COORDINATOR_TLS_KEY", "k.pem")];
        assert!(of(&nothing, &half, None).unwrap_err().contains("both a certificate and its key"));
    }

    #[test]
    fn certificates_of_the_file_are_beside_it() {
        let found =
            of(&ServeArgs::default(), &[], Some("tls_cert = \"c.pem\"\ntls_key = \"/k.pem\"\n")).unwrap();
        let tls = found.settings.tls.unwrap();
        assert!(tls.certificates.ends_with("c.pem") && tls.certificates.is_absolute());
        assert_eq!(tls.key, Path::new("/k.pem"));
    }
}
