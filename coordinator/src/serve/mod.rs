//! Starts a coordinator: data folder, database, the door for requests; and stops it.

mod accept;
mod data;
mod door;
mod headers;
mod journal;
mod peer;
mod pushed;
mod silence;
mod strip;
#[cfg(test)]
mod tests;
mod tls;
mod veil;

pub use headers::{CONTENT_POLICY, PAGE_POLICY};
pub(crate) use journal::KnownAs;
pub use journal::{RequestId, TARGET as ACCESS_LOG};
pub use peer::Peer;
pub use tls::TlsError;
pub(crate) use veil::veiled;

use crate::access::{Access, first_start};
use crate::api::App;
use crate::error::KernelError;
use crate::files::{FileLimits, JobFiles};
use crate::git::{self, Git, GitHttp};
use crate::kernel::{Kernel, Options, SystemClock};
use crate::model::UserId;
use crate::settings::{Limits, Settings};
use accept::Front;
use data::DataFolder;
use protocol::Secret;
use pushed::Pushes;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tls::Tls;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Why a coordinator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("cannot use the data folder {}", path.display())]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another coordinator uses the data folder.
    #[error("another coordinator uses the data folder {}", path.display())]
    Busy {
        /// Which.
        path: PathBuf,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The address for people and runners is none.
    #[error(
        "{url} is no address for the coordinator: it has to be http:// or https://, a host, and at most a path"
    )]
    Url {
        /// Which.
        url: String,
    },
    /// The token that was given for the administrator cannot be one.
    #[error(
        "the administrator's token must begin with glpat- and have at least 20 letters, digits, - or _ after that"
    )]
    AdminToken,
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A password cannot be set.
    #[error("the administrator's password stays as it is")]
    Password(#[source] KernelError),
    /// The database, or what is in it.
    #[error("cannot open what is kept")]
    Kernel(#[from] KernelError),
}

/// A coordinator that is to be started.
#[derive(Clone, Copy, Debug)]
pub struct Coordinator;

impl Coordinator {
    /// Starts a coordinator, which serves in tasks of its own until it is stopped.
    ///
    /// # Errors
    /// Where data folder, address, certificate or database cannot be used.
    pub async fn start(settings: Settings) -> Result<Running, StartError> {
        check_admin_token(&settings)?;
        let tls = settings.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
        let folder = DataFolder::open(&settings.data)?;
        let unheard = |source| StartError::Listen { address: settings.listen, source };
        let listener = TcpListener::bind(settings.listen).await.map_err(unheard)?;
        let address = listener.local_addr().map_err(unheard)?;
        let url = settings.url_at(address);
        let path = strip::path_of(&url).ok_or_else(|| StartError::Url { url: url.clone() })?;
        let (kernel, files, git) = open(&settings.data, &url).await?;
        let admin_token = first_start(&kernel, settings.admin_token.as_ref()).await?;
        let access = Access::new(kernel.clone(), &url, &settings.limits);
        let limits = settings.limits;
        let pushes = Pushes::new(kernel.clone(), access.clone());
        let app = App {
            kernel: kernel.clone(),
            access: access.clone(),
            settings: Arc::new(settings),
            files,
            git: git.clone(),
            url: url.as_str().into(),
        };
        let git_http = GitHttp::new(git, Arc::new(access.clone()), Arc::new(pushes));
        let router = door::router(&app, git_http);
        let (stop, stopped) = watch::channel(false);
        let front = Front { router, tls: tls.clone(), limits, path };
        let serving = tokio::spawn(accept::serve(listener, front, stopped));
        tracing::info!(%address, url, "The coordinator listens");
        Ok(Running { address, url, admin_token, kernel, access, tls, stop, serving, _folder: folder })
    }
}

impl Coordinator {
    /// Sets the administrator's password in a data folder that no coordinator uses, and ends all sessions.
    ///
    /// # Errors
    /// Where the folder is in use or cannot be opened, or the password is too short or too long.
    pub async fn set_password(data: &Path, password: Secret) -> Result<(), StartError> {
        let _folder = DataFolder::open(data)?;
        let url = Settings::at(data).url_at(SocketAddr::from(([127, 0, 0, 1], 0)));
        let (kernel, _, _) = open(data, &url).await?;
        let access = Access::new(kernel.clone(), &url, &Limits::default());
        let root = kernel.user(UserId::ROOT).await?;
        let set = access.set_password(&root, password).await;
        kernel.close().await;
        set.map_err(StartError::Password)
    }
}

/// Opens what is in the data folder.
async fn open(data: &Path, url: &str) -> Result<(Kernel, JobFiles, Git), StartError> {
    let unusable = |source| StartError::Data { path: data.to_owned(), source };
    let files = JobFiles::open(data, FileLimits::default()).map_err(unusable)?;
    let git = Git::open(data, git::Limits::default()).map_err(unusable)?;
    let options = Options {
        data: data.to_owned(),
        url: url.to_owned(),
        clock: Arc::new(SystemClock),
        repositories: Arc::new(git.clone()),
        files: Arc::new(files.clone()),
    };
    Ok((Kernel::open(options).await?, files, git))
}

/// A coordinator that serves. It goes on when this is dropped; [`Running::stop`] ends it.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its address for people and runners, without a slash at the end.
    pub url: String,
    /// The administrator's token, at the first start: it is never told again.
    pub admin_token: Option<Secret>,
    /// What decides and remembers.
    pub kernel: Kernel,
    /// Who may do what.
    pub access: Access,
    tls: Option<Arc<Tls>>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    _folder: DataFolder,
}

impl Running {
    /// Reads certificate and key again. What is in force stays if they cannot be used.
    ///
    /// # Errors
    /// Where they cannot be used.
    pub fn reload_tls(&self) -> Result<(), TlsError> {
        self.tls.as_ref().map_or(Ok(()), |tls| tls.reload())
    }

    /// The file with the certificates, where TLS is spoken.
    pub fn tls_certificates(&self) -> Option<&Path> {
        self.tls.as_ref().map(|tls| tls.certificates())
    }

    /// Takes no more connections, lets requests end, and closes the database.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.serving.await;
        self.kernel.close().await;
    }
}

fn check_admin_token(settings: &Settings) -> Result<(), StartError> {
    let Some(token) = &settings.admin_token else { return Ok(()) };
    let rest = token.expose().strip_prefix("glpat-").ok_or(StartError::AdminToken)?;
    let plain = rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if plain && (20..=200).contains(&rest.len()) { Ok(()) } else { Err(StartError::AdminToken) }
}
