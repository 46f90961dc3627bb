//! Whatever a container writes to its standard output, the runner makes the same of it however it is cut, holds back
//! little, loses nothing of what is not the agent's, and never waits once the container has ended.
//!
//! The first two bytes say how it is cut; for the rest see `frames`. Three commands (1 to 3) and two requests (4 and 5)
//! wait for answers.

#![no_main]

mod frames;

use executor::{CancellationToken, Command, Output, Stream};
use executor_docker::agent::{Client, Graces, connect};
use frames::{Cut, TO_HOST, compose, cuts};
use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

const GRACES: Graces = Graces { graceful: Duration::ZERO, force: Duration::ZERO };

/// The largest frame, and what is kept for messages, in bytes.
const MOST_HELD: usize = 4096 + 4096;

/// Far beyond what answers that are there take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(5);

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

fuzz_target!(|input: &[u8]| {
    let [one, other, rest @ ..] = input else { return };
    let bytes = compose(TO_HOST, rest);
    let [whole, cut @ ..] = cuts(*one, *other).map(|cut| RUNTIME.block_on(converse(&bytes, &cut)));
    cut.iter().for_each(|cut| assert_eq!(cut, &whole));
    let foreign: usize = whole.0.iter().map(|(_, _, bytes)| bytes.len()).sum();
    assert!(foreign <= bytes.len());
    if !bytes.windows(TO_HOST.len()).any(|window| window == TO_HOST) {
        assert_eq!(foreign, bytes.len(), "an entrypoint's words are lost");
    }
});

/// What was written, by whom; joined where the same writes again.
type Writings = Vec<(u8, Stream, Vec<u8>)>;

/// Writes to a list that it shares with others.
struct Writer {
    name: u8,
    all: Arc<Mutex<Writings>>,
}

impl Output for Writer {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        let mut all = self.all.lock().expect("one thread");
        match all.last_mut() {
            Some((name, last, joined)) if *name == self.name && *last == stream => {
                joined.extend_from_slice(bytes);
            }
            _ if bytes.is_empty() => {}
            _ => all.push((self.name, stream, bytes.to_vec())),
        }
    }
}

/// What was written, and what became of all who waited.
async fn converse(bytes: &[u8], lengths: &[usize]) -> (Writings, Vec<String>) {
    let all = Arc::<Mutex<Writings>>::default();
    let writer = |name| Arc::new(Writer { name, all: Arc::clone(&all) });
    let (client, mut intake) = connect(tokio::io::sink(), GRACES, writer(0));
    let mut waiting = Vec::new();
    for name in 1..=3 {
        let (client, output) = (client.clone(), writer(name));
        waiting.push(tokio::spawn(async move {
            let stop = CancellationToken::new();
            format!("{:?}", client.run(Command::script("fuzz", "exit"), output, &stop).await)
        }));
        yield_now().await;
    }
    waiting.push(asks(&client, |client| async move { format!("{:?}", client.own(&[], 0, 0).await) }));
    yield_now().await;
    let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
    waiting.push(asks(&client, move |client| async move { format!("{:?}", client.probe(host, &[1]).await) }));
    yield_now().await;

    let mut answers = Vec::new();
    for piece in Cut::new(bytes, lengths) {
        intake.feed(piece);
        assert!(intake.held_back() <= MOST_HELD, "holds back {}", intake.held_back());
    }
    intake.end(Ok(()));
    for waiting in waiting {
        let answer = tokio::time::timeout(PATIENCE, waiting).await.expect("an answer");
        answers.push(answer.expect("no panic"));
    }
    answers.push(format!("{:?} {:?}", client.hello().await, client.take_out_of_memory()));
    let all = std::mem::take(&mut *all.lock().expect("one thread"));
    (all, answers)
}

/// Begins to wait for the answer to a request.
fn asks<F: Future<Output = String> + Send + 'static>(
    client: &Client,
    ask: impl FnOnce(Client) -> F,
) -> tokio::task::JoinHandle<String> {
    tokio::spawn(ask(client.clone()))
}
