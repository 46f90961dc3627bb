//! Tokens, sessions and the password of whoever looks.

use super::Desk;
use crate::access::SignInError;
use crate::error::KernelError;
use crate::model::{NewToken, Session, Token};
use crate::pages::views::{Answer, NoChange, Oops, Viewer};
use http::HeaderMap;
use protocol::Secret;

/// All that a token can be for.
const SCOPES: [&str; 4] = ["api", "read_api", "read_repository", "write_repository"];
/// The longest name of a token, in characters.
const LONGEST: usize = 255;

impl Desk {
    pub(super) async fn tokens_of(&self, by: &Viewer) -> Answer<Vec<Token>> {
        let mut tokens = self.app.kernel.tokens(by.user).await?;
        tokens.reverse();
        Ok(tokens)
    }

    pub(super) async fn make_token(&self, by: &Viewer, new: NewToken) -> Answer<Secret> {
        let refused = |why: &str| Err(Oops::Refused(why.to_owned()));
        if new.name.is_empty() || new.name.chars().count() > LONGEST {
            return refused("the name has to have 1 to 255 characters");
        }
        if new.scopes.is_empty() || !new.scopes.iter().all(|scope| SCOPES.contains(&scope.as_str())) {
            return refused("at least one scope has to be chosen");
        }
        if new.expires_at.is_some_and(|at| at <= self.app.kernel.now()) {
            return refused("the date of expiry has to be in the future");
        }
        let project = new.project;
        let (token, secret) = self.app.kernel.create_token(new).await?;
        let target = format!("{} ({})", token.name, token.scopes.join(", "));
        self.note(by, "token_created", &target, project).await;
        Ok(secret)
    }

    pub(super) async fn take_back(&self, by: &Viewer, id: i64) -> Answer<()> {
        let known = self.app.kernel.tokens(by.user).await?.into_iter().find(|token| token.id == id);
        let token = known.ok_or(Oops::NotFound)?;
        self.app.kernel.revoke_token(by.user, id).await?;
        self.note(by, "token_revoked", &token.name, token.project).await;
        Ok(())
    }

    pub(super) async fn sessions_of(&self, by: &Viewer) -> Answer<Vec<Session>> {
        Ok(self.app.kernel.sessions(by.user).await?)
    }

    pub(super) async fn sign_out_there(&self, by: &Viewer, id: i64) -> Answer<()> {
        let known = self.app.kernel.sessions(by.user).await?.into_iter().find(|session| session.id == id);
        let session = known.ok_or(Oops::NotFound)?;
        self.app.kernel.end_session(session.id).await?;
        self.note(by, "session_ended", session.ip_address.as_deref().unwrap_or("?"), None).await;
        Ok(())
    }

    pub(super) async fn knows_password(&self, by: &Viewer) -> Answer<bool> {
        Ok(self.app.kernel.user_named(&by.login).await?.is_some_and(|(_, hash)| hash.is_some()))
    }

    pub(super) async fn new_password(
        &self,
        headers: &HeaderMap,
        by: &Viewer,
        shown: Secret,
        new: Secret,
    ) -> Result<String, NoChange> {
        let broken = |error: KernelError| NoChange::Broken(error.to_string());
        let user = self.app.kernel.user(by.user).await.map_err(broken)?;
        match self.app.access.change_password(headers, by.address, &user, shown, new).await {
            Ok(cookie) => Ok(super::answers::text_of(&cookie)),
            Err(SignInError::Wrong | SignInError::Foreign) => Err(NoChange::Wrong),
            Err(SignInError::TooMany(wait)) => Err(NoChange::TooMany(wait.as_secs().saturating_add(1))),
            Err(SignInError::Kernel(error @ KernelError::Invalid { .. })) => {
                Err(NoChange::Refused(error.to_string()))
            }
            Err(SignInError::Kernel(error)) => Err(broken(error)),
        }
    }
}
