//! Signing in with a browser, and out.

use super::limit::of_address;
use super::{Access, SESSION, attempts, cookie, credential, forgery, password};
use crate::api::Params;
use crate::error::KernelError;
use crate::model::{NewAudit, User};
use credential::Credential;
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};
use pipeline::Moment;
use protocol::Secret;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// The most of a browser's name that is kept.
const AGENT: usize = 200;

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The value of `Set-Cookie`.
    pub cookie: HeaderValue,
}

/// Why somebody was not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// Name, password or token are wrong.
    #[error("invalid login, password or token")]
    Wrong,
    /// There were too many attempts.
    #[error("too many attempts: try again in {} seconds", .0.as_secs())]
    TooMany(Duration),
    /// The form comes from another site.
    #[error("the form does not come from this coordinator")]
    Foreign,
    /// It cannot be told now.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

impl Access {
    /// Lets somebody in, by password or by personal token. A token needs no name.
    ///
    /// # Errors
    /// Where name or secret are wrong, or were too often.
    pub async fn sign_in(
        &self,
        headers: &HeaderMap,
        address: IpAddr,
        login: &str,
        secret: Secret,
    ) -> Result<SignedIn, SignInError> {
        if forgery::is_foreign(headers, self.url()) {
            return Err(SignInError::Foreign);
        }
        let user = self.proven(address, login, secret).await?;
        let cookie = self.begin(headers, address, &user).await?;
        self.note("signed_in", Some(&user), &user.login, address).await;
        Ok(SignedIn { user, cookie })
    }

    /// Whose name and secret these are. Attempts are counted, and those that fail are noted.
    async fn proven(&self, address: IpAddr, login: &str, secret: Secret) -> Result<User, SignInError> {
        let account = attempts::account(login);
        let found = if secret.expose().starts_with("glpat-") {
            self.of_token(&account, &secret, address).await?
        } else {
            self.attempt(&account, address).map_err(SignInError::TooMany)?;
            self.of_password(&account, address, secret).await?
        };
        let Some(user) = found else {
            self.note("sign_in_failed", None, &account, address).await;
            return Err(SignInError::Wrong);
        };
        Ok(user)
    }

    /// A session for a browser; answers the value of `Set-Cookie`.
    pub(super) async fn begin(
        &self,
        headers: &HeaderMap,
        address: IpAddr,
        user: &User,
    ) -> Result<HeaderValue, KernelError> {
        let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent.map(|agent| agent.chars().take(AGENT).collect());
        let lasts = u64::try_from(SESSION.as_millis()).unwrap_or(u64::MAX);
        let until = Moment(self.inner.kernel.now().0.saturating_add(lasts));
        let session = self.inner.kernel.create_session(user.id, until, Some(address.to_string()), agent);
        let (_, secret) = session.await?;
        Ok(cookie::set(&secret, SESSION, self.inner.secure))
    }

    /// Lets somebody out; answers the value of `Set-Cookie`.
    ///
    /// # Errors
    /// Where the session cannot be ended.
    pub async fn sign_out(&self, headers: &HeaderMap, address: IpAddr) -> Result<HeaderValue, KernelError> {
        if let Some(Credential::Session(secret)) = credential::shown(headers, &Params::default())
            && let Some((user, session)) = self.inner.kernel.session(&secret).await?
        {
            self.inner.kernel.end_session(session.id).await?;
            self.note("signed_out", Some(&user), &user.login, address).await;
        }
        Ok(cookie::clear(self.inner.secure))
    }

    /// Sets somebody's password and ends all their sessions.
    ///
    /// # Errors
    /// Where the password is too short or too long, or cannot be stored.
    pub async fn set_password(&self, user: &User, new: Secret) -> Result<(), KernelError> {
        let hash = password::hash(new).await;
        let hash = hash.map_err(|error| KernelError::invalid("password", error.to_string()))?;
        self.inner.kernel.set_password(user.id, Some(hash)).await?;
        self.inner.kernel.end_sessions(user.id).await
    }

    /// Changes the password of somebody who shows the one before, or a token of theirs: a browser that was left open
    /// is not enough. All sessions end, and this browser gets a new one; answers the value of `Set-Cookie`.
    ///
    /// # Errors
    /// Where what is shown is wrong, or was too often, or the new password cannot be.
    pub async fn change_password(
        &self,
        headers: &HeaderMap,
        address: IpAddr,
        user: &User,
        shown: Secret,
        new: Secret,
    ) -> Result<HeaderValue, SignInError> {
        self.proven(address, &user.login, shown).await?;
        self.set_password(user, new).await?;
        self.note("password_changed", Some(user), &user.login, address).await;
        Ok(self.begin(headers, address, user).await?)
    }

    /// Whose token it is. It cannot be guessed: a right one is taken however often others were wrong.
    async fn of_token(
        &self,
        account: &str,
        secret: &Secret,
        address: IpAddr,
    ) -> Result<Option<User>, SignInError> {
        let found = self.inner.kernel.authenticate(secret).await?;
        let whole = found.filter(|(user, token)| {
            let named = account.is_empty() || user.login.eq_ignore_ascii_case(account);
            named && token.project.is_none() && token.scopes.iter().any(|scope| scope == "api")
        });
        if whole.is_none() {
            let counted = self.inner.sign_ins_of_address.count(&of_address(address), Instant::now());
            counted.map_err(SignInError::TooMany)?;
        }
        Ok(whole.map(|(user, _)| user))
    }

    /// Whose password it is, of an attempt that was counted. An unknown name takes as long as a wrong password; where
    /// there is no name, nothing is looked at.
    async fn of_password(
        &self,
        account: &str,
        address: IpAddr,
        secret: Secret,
    ) -> Result<Option<User>, KernelError> {
        if account.is_empty() {
            return Ok(None);
        }
        let (user, hash) = self.inner.kernel.user_named(account).await?.unzip();
        let right = password::verify(secret, hash.flatten()).await;
        let user = user.filter(|_| right);
        if user.is_some() {
            self.was_right(account, address);
        }
        Ok(user)
    }

    pub(super) async fn note(&self, action: &str, user: Option<&User>, account: &str, address: IpAddr) {
        let audit = NewAudit {
            user: user.map(|user| user.id),
            action: action.to_owned(),
            target: crate::serve::veiled(account).into_owned(),
            project: None,
            ip_address: Some(address.to_string()),
        };
        if let Err(error) = self.inner.kernel.audit(audit).await {
            tracing::error!(error = %error, action, "It cannot be noted who signed in");
        }
    }
}
