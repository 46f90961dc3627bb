//! Starts a coordinator: data folder, database, the door for requests; and stops it.

mod accept;
mod crowd;
mod data;
mod deadline;
mod door;
mod headers;
mod journal;
mod peer;
mod pushed;
mod room;
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
use crate::git::{self, AllowedWeb, Git, GitHttp};
use crate::kernel::{Kernel, Options, SystemClock};
use crate::model::UserId;
use crate::settings::{Limits, Settings};
use accept::Front;
use crowd::Crowd;
use data::DataFolder;
use protocol::Secret;
use pushed::Pushes;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tls::Tls;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// How long a git may go on that a killed coordinator had started.
const LINGER: Duration = Duration::from_secs(10);

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
    /// Nothing can be included from there.
    #[error(
        "nothing can be included from {address}: it has to be the beginning of an address, as https://files.example/ci/"
    )]
    RemoteIncludes {
        /// From where.
        address: String,
    },
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
        let web = AllowedWeb::new(&settings.remote_includes)
            .map_err(|address| StartError::RemoteIncludes { address })?;
        let (kernel, files, git) = open(&settings.data, &url, web).await?;
        let admin_token = first_start(&kernel, settings.admin_token.as_ref()).await?;
        let access = Access::new(kernel.clone(), &url, &settings.limits);
        let limits = settings.limits;
        let pushes = Pushes::new(kernel.clone(), access.clone());
        let app = App {
            kernel: kernel.clone(),
            access: access.clone(),
            settings: Arc::new(settings),
            files: files.clone(),
            git: git.clone(),
            url: url.as_str().into(),
        };
        let git_http = GitHttp::new(git, Arc::new(access.clone()), Arc::new(pushes));
        // Before anybody is served: a push that was acknowledged has its pipeline.
        let told = git_http.recover(LINGER).await;
        if told > 0 {
            tracing::info!(told, "Pushes are gone on with that the last coordinator did not settle");
        }
        let router = door::router(&app, git_http);
        let (stop, stopped) = watch::channel(false);
        let places = Arc::new(Semaphore::new(room::room(limits.connections)));
        let crowd = Crowd::default();
        let front = Arc::new(Front { router, tls: tls.clone(), limits, places, crowd, path });
        let serving = tokio::spawn(accept::serve(listener, front.clone(), stopped));
        let serving = Mutex::new(vec![serving]);
        tracing::info!(%address, url, "The coordinator listens");
        Ok(Running {
            address,
            url,
            admin_token,
            kernel,
            access,
            files,
            tls,
            front,
            stop,
            serving,
            _folder: folder,
        })
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
        let (kernel, _, _) = open(data, &url, AllowedWeb::default()).await?;
        let access = Access::new(kernel.clone(), &url, &Limits::default());
        let root = kernel.user(UserId::ROOT).await?;
        let set = access.set_password(&root, password).await;
        kernel.close().await;
        set.map_err(StartError::Password)
    }
}

/// Opens what is in the data folder.
async fn open(data: &Path, url: &str, web: AllowedWeb) -> Result<(Kernel, JobFiles, Git), StartError> {
    let unusable = |source| StartError::Data { path: data.to_owned(), source };
    let files = JobFiles::open(data, FileLimits::default()).map_err(unusable)?;
    let git = Git::with_web(data, git::Limits::default(), Box::new(web)).map_err(unusable)?;
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
    /// Traces and artifacts.
    pub files: JobFiles,
    tls: Option<Arc<Tls>>,
    front: Arc<Front>,
    stop: watch::Sender<bool>,
    serving: Mutex<Vec<JoinHandle<()>>>,
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

    /// Listens at one more address, too.
    ///
    /// # Errors
    /// Where it cannot be listened on.
    pub async fn listen_also(&self, address: SocketAddr) -> Result<(), StartError> {
        let unheard = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(unheard)?;
        let serving = tokio::spawn(accept::serve(listener, self.front.clone(), self.stop.subscribe()));
        self.serving.lock().unwrap_or_else(PoisonError::into_inner).push(serving);
        tracing::info!(%address, "The coordinator listens here, too");
        Ok(())
    }

    /// Takes no more connections, lets requests end, and closes the database.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        self.kernel.part();
        for serving in self.serving.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let _ = serving.await;
        }
        self.kernel.close().await;
    }
}

fn check_admin_token(settings: &Settings) -> Result<(), StartError> {
    let Some(token) = &settings.admin_token else { return Ok(()) };
    let rest = token.expose().strip_prefix("glpat-").ok_or(StartError::AdminToken)?;
    let plain = rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if plain && (20..=200).contains(&rest.len()) { Ok(()) } else { Err(StartError::AdminToken) }
}
