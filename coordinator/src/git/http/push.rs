//! Pushes: the objects go through to git, its report waits until it is known what the push leads to.

use super::super::Entry;
use super::super::policy::{self, Verdict};
use super::super::process::{Exit, Process};
use super::super::receive::{Head, HeadError, HeadReader, Report};
use super::body::{Broken, Incoming};
use super::relay::{self, Outgoing};
use super::unsettled::Unsettled;
use super::{GitHttp, Service, Turn, answers, settle};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Notify;

/// How long git may take to remove what it has of a push that was broken off.
const CLEANING: Duration = Duration::from_secs(10);
/// Why a ref is refused that goes with another one.
const ATOMIC: &str = "Another ref of this push was refused.";

/// A push that is under way.
pub(super) struct Push {
    pub(super) entry: Entry,
    pub(super) head: Head,
    /// What is said of each command, in their order.
    pub(super) verdicts: Vec<Verdict>,
}

impl Push {
    pub(super) fn new(entry: Entry, head: Head) -> Self {
        let mut verdicts: Vec<Verdict> =
            head.commands.iter().map(|command| policy::verdict(&entry.project, command)).collect();
        let is_refused = |verdict: &Verdict| matches!(verdict, Verdict::Refused(_));
        if head.atomic && verdicts.iter().any(is_refused) {
            // All or nothing: git would not ask those that are hidden.
            for verdict in verdicts.iter_mut().filter(|verdict| !is_refused(verdict)) {
                *verdict = Verdict::Refused(ATOMIC);
            }
        }
        Self { entry, head, verdicts }
    }

    /// Refs that are refused, and why.
    pub(super) fn refusals(&self) -> HashMap<&str, &'static str> {
        let pairs = self.head.commands.iter().zip(&self.verdicts);
        pairs
            .filter_map(|(command, verdict)| match verdict {
                Verdict::Refused(why) => Some((command.reference.as_str(), *why)),
                _ => None,
            })
            .collect()
    }

    pub(super) fn only_forward(&self, reference: &str) -> bool {
        let mut pairs = self.head.commands.iter().zip(&self.verdicts);
        pairs.any(|(command, verdict)| command.reference == reference && *verdict == Verdict::OnlyForward)
    }
}

impl GitHttp {
    /// Takes a push. What it did to the repository is told to those who want to know, whatever becomes of the client.
    pub(super) async fn push(
        &self,
        entry: Entry,
        mut incoming: Incoming,
        headers: &HeaderMap,
        turn: Turn,
    ) -> Result<Response, Response> {
        let mut head = self.head(&mut incoming).await?;
        let (mut outgoing, body) = Outgoing::new(self.git.inner.limits.silence);
        let answer = answers::stream("application/x-git-receive-pack-result", body);
        if head.commands.is_empty() {
            return Ok(answer);
        }
        let raw = std::mem::take(&mut head.raw);
        let push = Push::new(entry, head);
        let mut command = self.command_of(&push, headers);
        command.arg(".");
        let (push, unsettled) = self.note(push).await?;
        let process = match self.start(command) {
            Ok(process) => process,
            Err(refusal) => {
                forget(unsettled).await;
                return Err(refusal);
            }
        };
        let http = self.clone();
        tokio::spawn(async move {
            let mut report = Report::new(push.head.side_band);
            let ended = http.converse(process, raw, incoming, &mut report, &mut outgoing).await;
            if push.head.report {
                report.explain(&push.refusals());
            }
            let words = http.settle(&push, &report).await;
            forget(unsettled).await;
            let last = match ended {
                Ok(()) => report.ending((!words.is_empty()).then(|| words.into_text()).as_deref()),
                Err(why) => report.broken(why),
            };
            let _ = outgoing.send(last).await;
            drop(turn);
        });
        Ok(answer)
    }

    /// Keeps the push until it is settled.
    async fn note(&self, push: Push) -> Result<(Push, Option<Unsettled>), Response> {
        let folder = self.git.folder(push.entry.project.id);
        let kept = tokio::task::spawn_blocking(move || {
            let kept = Unsettled::keep(&folder, &push);
            (push, kept)
        });
        match kept.await {
            Ok((push, Ok(unsettled))) => Ok((push, unsettled)),
            Ok((_, Err(error))) => {
                tracing::error!(%error, "no push can be taken");
                Err(answers::unavailable())
            }
            Err(_) => Err(answers::unavailable()),
        }
    }

    /// Reads what comes before the objects.
    async fn head(&self, incoming: &mut Incoming) -> Result<Head, Response> {
        let malformed = |words: String| answers::plain(StatusCode::BAD_REQUEST, &words);
        let mut reader = HeadReader::new(self.git.inner.limits.commands);
        loop {
            match incoming.next().await {
                Ok(Some(bytes)) => match reader.feed(&bytes) {
                    Ok(true) => return Ok(reader.finish()),
                    Ok(false) => {}
                    Err(error @ HeadError::TooBig) => {
                        return Err(answers::plain(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()));
                    }
                    Err(error) => return Err(malformed(error.to_string())),
                },
                Ok(None) => return Err(malformed("the push ended before its beginning did".into())),
                Err(Broken::Silent) => {
                    return Err(answers::plain(StatusCode::REQUEST_TIMEOUT, "Nothing came for too long."));
                }
                Err(error) => return Err(malformed(error.to_string())),
            }
        }
    }

    fn command_of(&self, push: &Push, headers: &HeaderMap) -> std::process::Command {
        let mut settings: Vec<String> = Vec::new();
        let mut refused: Vec<&str> =
            push.refusals().into_keys().filter(|name| name.starts_with("refs/")).collect();
        refused.sort_unstable();
        // Git itself refuses what is hidden, and says so for each ref by itself.
        settings.extend(refused.iter().map(|name| format!("transfer.hideRefs={name}")));
        if push.verdicts.contains(&Verdict::OnlyForward) {
            settings.push("receive.denyNonFastForwards=true".into());
        }
        self.command(&push.entry, Service::Push, headers, &settings)
    }

    /// Lets client and git speak. Says why it came to no good end, if it did not.
    async fn converse(
        &self,
        mut process: Process,
        raw: Vec<u8>,
        mut incoming: Incoming,
        report: &mut Report,
        outgoing: &mut Outgoing,
    ) -> Result<(), &'static str> {
        let silence = self.git.inner.limits.silence;
        let (stdin, stdout, stderr) = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let said_all = Notify::new();
        let hear = async {
            let heard = relay::feed(stdin, raw, &mut incoming, silence).await;
            if heard.is_err() {
                // Git finds that not all came, and removes what it has: it would not if it were killed.
                let _ = tokio::time::timeout(CLEANING, said_all.notified()).await;
            }
            heard.map(|()| process)
        };
        let speak = async {
            let mut sound = true;
            let Some(mut stdout) = stdout else { return sound };
            while let Some(bytes) = relay::read(&mut stdout).await {
                match report.feed(&bytes) {
                    // Nobody may be there any more to hear it.
                    Ok(through) => drop(outgoing.send(through).await),
                    Err(_) => sound = false,
                }
            }
            said_all.notify_one();
            sound
        };
        let (heard, sound, complaints) = tokio::join!(hear, speak, relay::complaints(stderr));
        let process = match heard {
            Ok(process) => process,
            Err(Broken::Gone) => return Err("the push was broken off"),
            Err(Broken::Silent) => return Err("the push was broken off: nothing came for too long"),
            Err(Broken::TooBig) => return Err("the push is larger than what is accepted here"),
            Err(Broken::NotGzip) => return Err("the push cannot be unpacked"),
        };
        match process.finish().await {
            Exit::Success if sound => Ok(()),
            Exit::Late => Err("the push took too long"),
            exit => {
                tracing::warn!(?exit, %complaints, "git did not take a push to its end");
                if report.results().is_some() { Ok(()) } else { Err("git failed: see the server's journal") }
            }
        }
    }

    async fn settle(&self, push: &Push, report: &Report) -> super::super::words::Words {
        settle::Settle { git: &self.git, pushed: &*self.pushed, push, again: false }
            .run(report.results())
            .await
    }
}

/// A push is settled.
async fn forget(unsettled: Option<Unsettled>) {
    if let Some(unsettled) = unsettled {
        let _ = tokio::task::spawn_blocking(move || unsettled.settled()).await;
    }
}
