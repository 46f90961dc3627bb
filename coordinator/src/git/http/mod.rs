//! The smart protocol: what `git fetch` and `git push` speak over HTTP.

mod answers;
mod body;
mod fetch;
mod push;
mod relay;
mod settle;
mod target;
#[cfg(test)]
mod tests;
mod unsettled;

pub use target::{Service, Target};

use super::process::Process;
use super::{Credentials, Entry, Gate, Git, Knock, Pushed, Who, policy};
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine as _;
use body::Incoming;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use std::net::IpAddr;
use std::process::Command;
use std::sync::Arc;
use target::{Aim, Step};
use tokio::sync::{AcquireError, OwnedSemaphorePermit};

/// Serves repositories to git clients. Cheap to clone.
#[derive(Clone)]
pub struct GitHttp {
    git: Git,
    gate: Arc<dyn Gate>,
    pushed: Arc<dyn Pushed>,
}

/// A client's turn, as long as it is kept.
struct Turn {
    _any: OwnedSemaphorePermit,
    _stranger: Option<OwnedSemaphorePermit>,
}

impl std::fmt::Debug for GitHttp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitHttp").field("git", &self.git).finish_non_exhaustive()
    }
}

impl GitHttp {
    /// Serves these repositories to those that the gate lets in.
    pub fn new(git: Git, gate: Arc<dyn Gate>, pushed: Arc<dyn Pushed>) -> Self {
        Self { git, gate, pushed }
    }

    /// Answers a request of a git client; gives back one that is none, for others to answer. Paths of projects are as
    /// long as they like, which no router can say: ask here before the router.
    ///
    /// # Errors
    /// The request, where it is none of git's.
    pub async fn answer(&self, request: Request, address: Option<IpAddr>) -> Result<Response, Request> {
        match target::aim(request.uri()) {
            None => Err(request),
            Some(Aim::Nowhere) => Ok(answers::not_found()),
            Some(Aim::Elsewhere(location)) => Ok(answers::moved(&location)),
            Some(Aim::At(target)) if *request.method() != target.method() => {
                Ok(answers::plain(StatusCode::METHOD_NOT_ALLOWED, "This is not how git asks."))
            }
            Some(Aim::At(target)) => {
                let (parts, body) = request.into_parts();
                let answer = Box::pin(self.at(target, &parts, body, address)).await;
                Ok(answer.unwrap_or_else(|refusal| refusal))
            }
        }
    }

    /// Nothing but repositories.
    pub fn router(self) -> Router {
        Router::new().fallback(move |request: Request| {
            let http = self.clone();
            async move { http.answer(request, None).await.unwrap_or_else(|_| answers::not_found()) }
        })
    }

    async fn at(
        &self,
        target: Target,
        parts: &Parts,
        body: axum::body::Body,
        address: Option<IpAddr>,
    ) -> Result<Response, Response> {
        if target.service == Service::Unknown {
            return Err(answers::plain(StatusCode::FORBIDDEN, "Only git's smart protocol is spoken here."));
        }
        let credentials = credentials(&parts.headers);
        let knock = Knock { path: target.path.clone(), service: target.service, credentials, address };
        let entry = self.gate.enter(knock).await.map_err(|denied| answers::denied(&denied))?;
        if target.service == Service::Push && !matches!(entry.who, Who::User(_)) {
            return Err(answers::plain(
                StatusCode::FORBIDDEN,
                "You are not allowed to push code to this project.",
            ));
        }
        let folder = self.git.folder(entry.project.id);
        if !folder.join("HEAD").is_file() {
            return Err(answers::not_found());
        }
        let turn = self.turn(&entry.who).await?;
        match target.step {
            Step::Refs => {
                self.follow_default_branch(&entry).await;
                let mut command = self.command(&entry, target.service, &parts.headers, &[]);
                command.args(["--advertise-refs", "."]);
                let process = self.start(command)?;
                Ok(fetch::refs(
                    process,
                    target.service,
                    is_version_2(&parts.headers),
                    &self.git.inner.limits,
                    turn,
                ))
            }
            Step::Rpc => {
                let mut incoming = self.incoming(target.service, &parts.headers, body)?;
                if matches!(entry.who, Who::Anybody) {
                    incoming = incoming.within(self.git.inner.limits.stranger);
                }
                match target.service {
                    Service::Push => self.push(entry, incoming, &parts.headers, turn).await,
                    _ => {
                        let mut command = self.command(&entry, target.service, &parts.headers, &[]);
                        command.arg(".");
                        let process = self.start(command)?;
                        Ok(fetch::objects(process, incoming, &self.git.inner.limits, turn))
                    }
                }
            }
        }
    }

    /// Waits until fewer others are served; who is nobody known, until fewer of their kind are.
    async fn turn(&self, who: &Who) -> Result<Turn, Response> {
        let (turns, strangers) = (self.git.inner.turns.clone(), self.git.inner.strangers.clone());
        let turn = async {
            let stranger = match who {
                Who::Anybody => Some(strangers.acquire_owned().await?),
                Who::User(_) | Who::Job(_) => None,
            };
            let any = turns.acquire_owned().await?;
            Ok::<_, AcquireError>(Turn { _any: any, _stranger: stranger })
        };
        match tokio::time::timeout(self.git.inner.limits.turn, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(answers::unavailable()),
        }
    }

    fn start(&self, command: Command) -> Result<Process, Response> {
        Process::start(command, self.git.inner.limits.request).map_err(|error| {
            tracing::error!(%error, "git cannot be started");
            answers::unavailable()
        })
    }

    fn incoming(
        &self,
        service: Service,
        headers: &HeaderMap,
        body: axum::body::Body,
    ) -> Result<Incoming, Response> {
        let kind = format!("application/x-{}-request", service.program());
        if headers.get(CONTENT_TYPE).is_none_or(|value| value.as_bytes() != kind.as_bytes()) {
            return Err(answers::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This is no request of git's."));
        }
        let zipped = match headers.get(CONTENT_ENCODING).map(http::HeaderValue::as_bytes) {
            None | Some(b"identity") => false,
            Some(b"gzip" | b"x-gzip") => true,
            Some(_) => {
                let why = "Only gzip is understood.";
                return Err(answers::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
            }
        };
        let limits = &self.git.inner.limits;
        let most = if service == Service::Push { limits.push } else { limits.wants };
        Ok(Incoming::new(body, zipped, most, limits.silence))
    }

    /// The git program for a request.
    fn command(&self, entry: &Entry, service: Service, headers: &HeaderMap, settings: &[String]) -> Command {
        let mut command = gitread::isolated(&self.git.folder(entry.project.id));
        for own in policy::OWN {
            command.args(["-c", &format!("transfer.hideRefs={own}")]);
        }
        if let Who::Job(pipeline) = entry.who {
            let own = super::folders::pipeline_ref(pipeline);
            command.args(["-c", &format!("transfer.hideRefs=!{own}")]);
        }
        if service == Service::Push {
            command.args(["-c", &format!("receive.maxInputSize={}", self.git.inner.limits.push)]);
        }
        for setting in settings {
            command.args(["-c", setting]);
        }
        if let Some(protocol) = protocol(headers) {
            command.env("GIT_PROTOCOL", protocol);
        }
        // Locks are taken here for a purpose.
        command.env_remove("GIT_OPTIONAL_LOCKS");
        command.args([service.command(), "--stateless-rpc"]);
        command
    }

    /// What clones check out is what the project says.
    async fn follow_default_branch(&self, entry: &Entry) {
        let (git, id) = (self.git.clone(), entry.project.id);
        let branch = entry.project.default_branch.clone();
        let set = move || match git.repository(id) {
            Some(repository) if repository.has_ref(&format!("refs/heads/{branch}")) => {
                git.set_default_branch(id, &branch)
            }
            _ => Ok(()),
        };
        let set = tokio::task::spawn_blocking(set).await;
        if let Ok(Err(error)) = set {
            tracing::warn!(project = %id, %error, "HEAD does not follow the default branch");
        }
    }
}

/// Name and password of the request.
fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, secret) = text.split_once(':')?;
    Some(Credentials { user: user.to_owned(), secret: protocol::Secret::new(secret) })
}

/// The version of git's protocol that the client asks for, if it is nothing but that.
fn protocol(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("git-protocol")?.to_str().ok()?;
    let clean = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'=' | b':' | b'.' | b'-');
    (value.len() <= 128 && value.bytes().all(clean)).then_some(value)
}

fn is_version_2(headers: &HeaderMap) -> bool {
    protocol(headers).is_some_and(|value| value.split(':').any(|part| part == "version=2"))
}
