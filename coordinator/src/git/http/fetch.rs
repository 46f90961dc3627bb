//! Clone and fetch, and the first answer to everybody: which refs there are.

use super::super::process::{Exit, Process};
use super::super::{Limits, pktline};
use super::body::Incoming;
use super::relay::{self, Outgoing};
use super::{Service, Turn, answers};
use axum::response::Response;

/// Which refs there are. Nothing more is said to git.
pub(super) fn refs(
    mut process: Process,
    service: Service,
    version_2: bool,
    limits: &Limits,
    turn: Turn,
) -> Response {
    let (outgoing, body) = Outgoing::new(limits.silence);
    let mut first = Vec::new();
    // Version 2 is only spoken for fetches; it begins without a heading.
    if !(version_2 && service == Service::Fetch) {
        pktline::push(&mut first, &[b"# service=", service.program().as_bytes(), b"\n"]);
        first.extend_from_slice(pktline::FLUSH);
    }
    process.stdin = None;
    tokio::spawn(async move {
        say(process, outgoing, first, None).await;
        drop(turn);
    });
    answers::stream(&format!("application/x-{}-advertisement", service.program()), body)
}

/// What the client wants to have.
pub(super) fn objects(process: Process, incoming: Incoming, limits: &Limits, turn: Turn) -> Response {
    let (outgoing, body) = Outgoing::new(limits.silence);
    let silence = limits.silence;
    tokio::spawn(async move {
        say(process, outgoing, Vec::new(), Some((incoming, silence))).await;
        drop(turn);
    });
    answers::stream("application/x-git-upload-pack-result", body)
}

/// Lets client and git speak until one of them is through. Git ends with the client.
async fn say(
    mut process: Process,
    mut outgoing: Outgoing,
    first: Vec<u8>,
    incoming: Option<(Incoming, std::time::Duration)>,
) {
    let (stdin, stdout, stderr) = (process.stdin.take(), process.stdout.take(), process.stderr.take());
    let hear = async {
        match incoming {
            Some((mut incoming, silence)) => relay::feed(stdin, Vec::new(), &mut incoming, silence).await,
            None => Ok(()),
        }
    };
    let speak = async {
        let mut open = outgoing.send(first).await.is_ok();
        let Some(mut stdout) = stdout else { return (outgoing, open) };
        while open {
            // Git may count for long before it has something to say.
            let said = tokio::select! {
                said = relay::read(&mut stdout) => said,
                () = outgoing.gone() => { open = false; break }
            };
            let Some(bytes) = said else { break };
            open = outgoing.send(bytes).await.is_ok();
        }
        (outgoing, open)
    };
    let both = async {
        let (mut hear, mut speak) = (std::pin::pin!(hear), std::pin::pin!(speak));
        tokio::select! {
            heard = &mut hear => match heard {
                Ok(()) => Some(speak.await),
                Err(_) => None,
            },
            spoken = &mut speak => Some(spoken),
        }
    };
    let (spoken, complaints) = tokio::join!(
        async {
            let spoken = both.await;
            // Whoever is still there need not be: what waits for the other pipe would wait for ever else.
            let exit = match &spoken {
                Some((_, true)) => process.finish().await,
                _ => {
                    drop(process);
                    Exit::Lost
                }
            };
            spoken.map(|(outgoing, _)| (outgoing, exit))
        },
        relay::complaints(stderr)
    );
    match spoken {
        Some((outgoing, Exit::Late)) => outgoing.fail("git took too long").await,
        Some((_, Exit::Failure(status))) => {
            tracing::debug!(?status, %complaints, "git could not serve a client");
        }
        _ => {}
    }
}
