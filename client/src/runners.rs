//! Calls about runners: registering, verifying, unregistering, and new tokens.

use crate::{
    Answer, ApiClient, CallError, Failure, Patience,
    call::{Call, SMALL_ANSWER},
    jobs,
};
use http::Method;
use protocol::{
    RegisterRequest, RunnerCredentials, RunnerToken, Secret, TokenRequest, VerifyRequest, header as names,
};

/// What came of a call that hands out a runner token.
#[derive(Debug)]
pub enum TokenOutcome {
    /// The token to use from now on.
    Granted(RunnerCredentials),
    /// The token that was shown is not valid (403).
    Forbidden(Answer),
    /// Any other status.
    Refused(Answer),
}

/// What came of verifying a runner token.
#[derive(Debug)]
pub enum VerifyOutcome {
    /// It is valid. Coordinators of old tell nothing more; registration needs the credentials.
    Valid(Option<RunnerCredentials>),
    /// It is not (403).
    Invalid(Answer),
    /// Any other status, which says nothing of the token.
    Unclear(Answer),
}

/// What came of unregistering.
#[derive(Debug)]
pub enum UnregisterOutcome {
    /// The coordinator forgot it (204).
    Gone,
    /// The token is not valid (403).
    Forbidden(Answer),
    /// Any other status; the local entry has to stay.
    Refused(Answer),
}

impl ApiClient {
    /// Exchanges a registration token for a runner token.
    ///
    /// # Errors
    /// When there is no answer, or a successful one that cannot be read.
    pub async fn register(
        &self,
        request: &RegisterRequest,
        patience: &Patience,
    ) -> Result<TokenOutcome, CallError> {
        let call = Call::new(Method::POST, self.base.join("runners"))
            .token(names::RUNNER_TOKEN, request.token.expose())?
            .json(request)?;
        self.token_call(call, patience).await
    }

    /// Asks whether a runner token is valid. A coordinator that answers without JSON, or not at all, is asked
    /// once more, and then only the status counts: such were the coordinators of old.
    ///
    /// # Errors
    /// When there is no answer to the second call either.
    pub async fn verify(
        &self,
        request: &VerifyRequest,
        patience: &Patience,
    ) -> Result<VerifyOutcome, CallError> {
        match self.verify_once(request, patience).await {
            Err(error) if error.is_worth_repeating() => {}
            settled => return settled,
        }
        let call = self.verify_call(request)?;
        let answer = self.send(call, patience).await?.answer().await;
        Ok(match answer.status.as_u16() {
            200 => VerifyOutcome::Valid(None),
            403 => VerifyOutcome::Invalid(answer),
            _ => VerifyOutcome::Unclear(answer),
        })
    }

    async fn verify_once(
        &self,
        request: &VerifyRequest,
        patience: &Patience,
    ) -> Result<VerifyOutcome, CallError> {
        let exchange = self.send(self.verify_call(request)?, patience).await?;
        let last_update = jobs::last_update(exchange.headers());
        let finished = exchange.finish(SMALL_ANSWER).await;
        let outcome = match finished.answer.status.as_u16() {
            200 => VerifyOutcome::Valid(Some(finished.decode()?)),
            403 => VerifyOutcome::Invalid(finished.answer),
            _ => VerifyOutcome::Unclear(finished.answer),
        };
        self.remember(&request.token, last_update);
        Ok(outcome)
    }

    fn verify_call(&self, request: &VerifyRequest) -> Result<Call<'static>, CallError> {
        Ok(self.runner_call(Method::POST, "runners/verify", &request.token, request)?.accept_json())
    }

    /// Removes a runner with all its managers.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn unregister_runner(
        &self,
        token: &RunnerToken,
        patience: &Patience,
    ) -> Result<UnregisterOutcome, CallError> {
        self.unregister("runners", token, None, patience).await
    }

    /// Removes this machine from a runner that was made in GitLab's pages.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn unregister_manager(
        &self,
        token: &RunnerToken,
        system_id: &str,
        patience: &Patience,
    ) -> Result<UnregisterOutcome, CallError> {
        self.unregister("runners/managers", token, Some(system_id.to_owned()), patience).await
    }

    async fn unregister(
        &self,
        path: &str,
        token: &RunnerToken,
        system_id: Option<String>,
        patience: &Patience,
    ) -> Result<UnregisterOutcome, CallError> {
        let body = TokenRequest { token: token.clone(), system_id };
        let call = self.runner_call(Method::DELETE, path, token, &body)?;
        let answer = self.send(call, patience).await?.answer().await;
        Ok(match answer.status.as_u16() {
            204 => UnregisterOutcome::Gone,
            403 => UnregisterOutcome::Forbidden(answer),
            _ => UnregisterOutcome::Refused(answer),
        })
    }

    /// Replaces a runner token, shown the old one.
    ///
    /// # Errors
    /// When there is no answer, or a successful one that cannot be read.
    pub async fn reset_token(
        &self,
        token: &RunnerToken,
        patience: &Patience,
    ) -> Result<TokenOutcome, CallError> {
        let body = TokenRequest { token: token.clone(), system_id: None };
        let url = self.base.join("runners/reset_authentication_token");
        self.token_call(Call::new(Method::POST, url).json(&body)?, patience).await
    }

    /// Replaces the token of runner `id`, shown a user's personal access token.
    ///
    /// # Errors
    /// When there is no answer, or a successful one that cannot be read.
    pub async fn reset_token_with_pat(
        &self,
        id: i64,
        pat: &Secret,
        patience: &Patience,
    ) -> Result<TokenOutcome, CallError> {
        let url = self.base.join(&format!("runners/{id}/reset_authentication_token"));
        // The body is the literal `null`, as gitlab-runner sends it.
        let call = Call::new(Method::POST, url).token(names::PRIVATE_TOKEN, pat.expose())?.json(&())?;
        self.token_call(call, patience).await
    }

    async fn token_call(&self, call: Call<'_>, patience: &Patience) -> Result<TokenOutcome, CallError> {
        let finished = self.send(call.accept_json(), patience).await?.finish(SMALL_ANSWER).await;
        match finished.answer.status.as_u16() {
            201 => {
                let credentials: RunnerCredentials = finished.decode()?;
                if credentials.token.is_blank() {
                    return Err(finished.failed(Failure::NoToken));
                }
                Ok(TokenOutcome::Granted(credentials))
            }
            403 => Ok(TokenOutcome::Forbidden(finished.answer)),
            _ => Ok(TokenOutcome::Refused(finished.answer)),
        }
    }
}
