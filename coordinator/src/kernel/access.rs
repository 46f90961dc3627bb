//! People, tokens, sessions, and what was done.

use super::keys::hash;
use super::open::Kernel;
use crate::error::KernelError;
use crate::model::{AuditRow, NewAudit, NewToken, Page, Paged, ProjectId, Session, Token, User, UserId};
use crate::store::{access, settings};
use pipeline::Moment;
use protocol::Secret;

/// How often it is written down that a token was used, in milliseconds.
const USED: u64 = 60_000;

impl Kernel {
    /// A person.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn user(&self, id: UserId) -> Result<User, KernelError> {
        let found = self.inner.store.read(move |db| Ok::<_, KernelError>(access::user(db, id)?)).await?;
        found.ok_or(KernelError::NotFound("user"))
    }

    /// A person by the name they sign in with, whatever the case, and the hash of their password.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn user_named(&self, login: &str) -> Result<Option<(User, Option<String>)>, KernelError> {
        let login = login.to_owned();
        self.inner.store.read(move |db| Ok(access::user_named(db, &login)?)).await
    }

    /// Changes name and mail address of a person.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn update_user(&self, user: User) -> Result<(), KernelError> {
        let write = self.inner.store.write(move |db, _| {
            access::user(db, user.id)?.ok_or(KernelError::NotFound("user"))?;
            Ok::<_, KernelError>(access::put_user(db, &user)?)
        });
        write.await
    }

    /// Sets or removes the hash of a person's password.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn set_password(&self, id: UserId, hash: Option<String>) -> Result<(), KernelError> {
        self.inner.store.write(move |db, _| Ok(access::set_password(db, id, hash.as_deref())?)).await
    }

    /// Makes a personal access token. Its text is shown here and never again.
    ///
    /// # Errors
    /// Where there is no such person.
    pub async fn create_token(&self, new: NewToken) -> Result<(Token, Secret), KernelError> {
        let secret = self.inner.vault.token("glpat-")?;
        Ok((self.adopt_token(new, &secret).await?, secret))
    }

    /// Makes a token of a given text: the administrator's, from the environment.
    ///
    /// # Errors
    /// Where there is no such person, or the text is a token already.
    pub async fn adopt_token(&self, new: NewToken, secret: &Secret) -> Result<Token, KernelError> {
        let (hash, now) = (hash(secret.expose()), self.now());
        let write = self.inner.store.write(move |db, _| {
            access::user(db, new.user)?.ok_or(KernelError::NotFound("user"))?;
            let mut token = Token {
                id: 0,
                user: new.user,
                name: new.name,
                scopes: new.scopes,
                project: new.project,
                created_at: now,
                last_used_at: None,
                expires_at: new.expires_at,
                revoked: false,
            };
            access::insert_token(db, &mut token, &hash)?;
            Ok::<_, KernelError>(token)
        });
        write.await
    }

    /// The tokens of a person, without their texts.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn tokens(&self, user: UserId) -> Result<Vec<Token>, KernelError> {
        self.inner.store.read(move |db| Ok(access::tokens(db, user)?)).await
    }

    /// Takes a token back.
    ///
    /// # Errors
    /// Where the person has none of this number.
    pub async fn revoke_token(&self, user: UserId, id: i64) -> Result<(), KernelError> {
        let write = self.inner.store.write(move |db, _| {
            let found = access::tokens(db, user)?.into_iter().find(|token| token.id == id);
            let mut token = found.ok_or(KernelError::NotFound("token"))?;
            token.revoked = true;
            Ok::<_, KernelError>(access::update_token(db, &token)?)
        });
        write.await
    }

    /// Whose token it is, and what it opens. Nothing where it opens nothing.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn authenticate(&self, secret: &Secret) -> Result<Option<(User, Token)>, KernelError> {
        let (hash, now) = (hash(secret.expose()), self.now());
        let read = self.inner.store.read(move |db| {
            let Some(token) = access::token_of(db, &hash)? else { return Ok::<_, KernelError>(None) };
            if token.revoked || token.expires_at.is_some_and(|at| at <= now) {
                return Ok(None);
            }
            Ok(access::user(db, token.user)?.map(|user| (user, token)))
        });
        let found = read.await?;
        if let Some((_, token)) = &found
            && token.last_used_at.is_none_or(|at| now.0.saturating_sub(at.0) > USED)
        {
            let used = Token { last_used_at: Some(now), ..token.clone() };
            self.inner.store.send(move |db, _| {
                // It may have been taken back meanwhile.
                let known = access::tokens(db, used.user)?.into_iter().find(|token| token.id == used.id);
                match known.filter(|token| !token.revoked) {
                    Some(_) => Ok(access::update_token(db, &used)?),
                    None => Ok(()),
                }
            });
        }
        Ok(found)
    }

    /// Somebody signed in. The secret is what their browser keeps.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn create_session(
        &self,
        user: UserId,
        expires_at: Moment,
        ip_address: Option<String>,
        user_agent: Option<String>,
    ) -> Result<(Session, Secret), KernelError> {
        let (secret, now) = (self.inner.vault.token("")?, self.now());
        let csrf = self.inner.vault.token("")?.expose().to_owned();
        let hash = hash(secret.expose());
        let write = self.inner.store.write(move |db, _| {
            access::delete_expired_sessions(db, now)?;
            let mut session =
                Session { id: 0, user, csrf, created_at: now, expires_at, ip_address, user_agent };
            access::insert_session(db, &mut session, &hash)?;
            Ok::<_, KernelError>(session)
        });
        Ok((write.await?, secret))
    }

    /// The session of a browser. Nothing where there is none, or none any more.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn session(&self, secret: &Secret) -> Result<Option<(User, Session)>, KernelError> {
        let (hash, now) = (hash(secret.expose()), self.now());
        let read = self.inner.store.read(move |db| {
            let Some(session) = access::session_of(db, &hash, now)? else {
                return Ok::<_, KernelError>(None);
            };
            Ok(access::user(db, session.user)?.map(|user| (user, session)))
        });
        read.await
    }

    /// Somebody signed out.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn end_session(&self, id: i64) -> Result<(), KernelError> {
        self.inner.store.write(move |db, _| Ok(access::delete_session(db, id)?)).await
    }

    /// Where somebody is signed in, the newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, KernelError> {
        let now = self.now();
        self.inner.store.read(move |db| Ok(access::sessions(db, user, now)?)).await
    }

    /// Somebody signs out everywhere: their password was changed, say.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn end_sessions(&self, user: UserId) -> Result<(), KernelError> {
        self.inner.store.write(move |db, _| Ok(access::delete_sessions(db, user)?)).await
    }

    /// Notes something that was done.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn audit(&self, new: NewAudit) -> Result<(), KernelError> {
        let now = self.now();
        let write = self.inner.store.write(move |db, _| {
            let mut row = AuditRow {
                id: 0,
                at: now,
                user: new.user,
                action: new.action,
                target: new.target,
                project: new.project,
                ip_address: new.ip_address,
            };
            Ok::<_, KernelError>(access::insert_audit(db, &mut row)?)
        });
        write.await
    }

    /// What was done, the newest first; in a project, or at all.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn audit_rows(
        &self,
        project: Option<ProjectId>,
        page: Page,
    ) -> Result<Paged<AuditRow>, KernelError> {
        self.inner.store.read(move |db| Ok(access::audit(db, project, page)?)).await
    }

    /// A setting of the instance.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, KernelError> {
        let name = name.to_owned();
        self.inner.store.read(move |db| Ok(settings::get(db, &name)?)).await
    }

    /// Sets a setting of the instance. Not for secrets: it is kept as it is.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), KernelError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.inner.store.write(move |db, _| Ok(settings::set(db, &name, &value)?)).await
    }
}
