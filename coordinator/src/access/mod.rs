//! Who may do what: tokens, sessions, passwords, and how often somebody may be wrong.

mod actor;
mod attempts;
mod cookie;
mod credential;
mod first;
mod forgery;
mod gate;
mod limit;
mod once;
pub mod password;
mod sign_in;

pub(crate) use actor::{Actor, By, Csrf, OfJob, Visitor};
pub(crate) use credential::{Credential, shown};
pub(crate) use first::first_start;
pub(crate) use limit::{Limiter, of_address};
pub use sign_in::{SignInError, SignedIn};

use crate::api::ApiError;
use crate::error::KernelError;
use crate::kernel::Kernel;
use crate::settings::Limits;
use once::Entries;
use protocol::Secret;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long somebody stays signed in.
const SESSION: Duration = Duration::from_secs(14 * 24 * 3600);

/// Decides who is let in. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

struct Inner {
    kernel: Kernel,
    url: String,
    /// Whether cookies are for TLS only.
    secure: bool,
    unknown_tokens: Limiter<IpAddr>,
    sign_ins_of_address: Limiter<IpAddr>,
    sign_ins_of_account: Limiter<(String, IpAddr)>,
    sign_ins_everywhere: Limiter<String>,
    /// Addresses that let somebody in once.
    entries: Entries,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("url", &self.inner.url).finish_non_exhaustive()
    }
}

/// Why a token is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// Nobody has it, or it opens nothing any more.
    Wrong,
    /// There were too many unknown tokens from this address.
    TooMany(Duration),
    /// It cannot be told now.
    Kernel(KernelError),
}

impl From<KernelError> for Unknown {
    fn from(error: KernelError) -> Self {
        Self::Kernel(error)
    }
}

impl From<Unknown> for ApiError {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Wrong => Self::unauthorized(),
            Unknown::TooMany(wait) => Self::too_many(wait),
            Unknown::Kernel(error) => error.into(),
        }
    }
}

impl Access {
    /// For a coordinator with this address.
    pub fn new(kernel: Kernel, url: &str, limits: &Limits) -> Self {
        let inner = Inner {
            kernel,
            url: url.to_owned(),
            secure: url.starts_with("https://"),
            unknown_tokens: Limiter::new(limits.unknown_tokens),
            sign_ins_of_address: Limiter::new(limits.sign_ins_of_address),
            sign_ins_of_account: Limiter::new(limits.sign_ins_of_account),
            sign_ins_everywhere: Limiter::new(
                limits.sign_ins_of_account.saturating_mul(attempts::EVERYWHERE),
            ),
            entries: Entries::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn url(&self) -> &str {
        &self.inner.url
    }

    /// Whose personal token it is.
    pub(crate) async fn by_token(&self, secret: &Secret, address: IpAddr) -> Result<Actor, Unknown> {
        let (user, token) = self.guarded(address, self.inner.kernel.authenticate(secret)).await?;
        let by = By::Token { id: Some(token.id), scopes: token.scopes, project: token.project };
        Ok(Actor { user, by, address })
    }

    /// Which running job's token it is.
    pub(crate) async fn by_job_token(&self, secret: &Secret, address: IpAddr) -> Result<OfJob, Unknown> {
        let job = self.guarded(address, async { Ok(self.inner.kernel.job_of_token(secret)) }).await?;
        Ok(OfJob { job: job.job, pipeline: job.pipeline, project: job.project, user: job.user })
    }

    /// Whose session it is; nothing for one that is over.
    pub(crate) async fn by_session(
        &self,
        secret: &Secret,
        address: IpAddr,
    ) -> Result<Option<Actor>, KernelError> {
        let found = self.inner.kernel.session(secret).await?;
        Ok(found.map(|(user, session)| Actor { user, by: By::Session { csrf: Csrf(session.csrf) }, address }))
    }

    /// Looks something up for an address. What is unknown is counted, what is known is let in however much of that came
    /// from the same address: tokens cannot be guessed, and others behind the address are not to blame.
    async fn guarded<T>(
        &self,
        address: IpAddr,
        look: impl Future<Output = Result<Option<T>, KernelError>>,
    ) -> Result<T, Unknown> {
        if let Some(found) = look.await? {
            return Ok(found);
        }
        let counted = self.inner.unknown_tokens.count(&of_address(address), Instant::now());
        counted.map_err(Unknown::TooMany)?;
        Err(Unknown::Wrong)
    }
}
