//! Clients whose container is this test, good or bad.

use super::*;
use crate::agent::protocol::{Event, Failure, HEADER, Header, VERSION};
use executor::Stream;
use executor::behaviour::Record;
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, DuplexStream};

const GRACES: Graces = Graces { graceful: Duration::from_millis(1), force: Duration::from_millis(1) };

/// What a container does, said by hand.
struct Container {
    client: Client,
    intake: Option<Intake>,
    stdin: DuplexStream,
    said: Arc<Record>,
    sequence: u32,
}

impl Container {
    fn start() -> Self {
        let said = Arc::new(Record::default());
        let (host, stdin) = tokio::io::duplex(1 << 20);
        let (client, intake) = connect(host, GRACES, said.clone());
        Self { client, intake: Some(intake), stdin, said, sequence: 0 }
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.intake.as_mut().unwrap().feed(bytes);
    }

    fn say(&mut self, event: &Event<'_>) {
        let frame = event.frame();
        let header = frame.header(self.sequence).to_bytes(Direction::ToHost);
        self.sequence += 1;
        self.feed(&header);
        self.feed(&frame.payload);
    }

    fn hello(&mut self) {
        self.say(&Event::Hello(Hello::default()));
    }

    /// Waits for the next frame from the host: its kind and what it is about.
    async fn hear(&mut self) -> (Header, Vec<u8>) {
        let mut header = [0; HEADER];
        self.stdin.read_exact(&mut header).await.unwrap();
        let header = Header::from_bytes(&header, Direction::ToAgent).unwrap();
        let mut payload = vec![0; header.payload_size()];
        self.stdin.read_exact(&mut payload).await.unwrap();
        (header, payload)
    }

    async fn hear_request(&mut self) -> String {
        let (header, payload) = self.hear().await;
        format!("{:?}", Request::read(header, &payload).unwrap())
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), work).await.unwrap() })
}

fn command() -> Command {
    Command::script("test", "exit 0")
}

/// Runs a command while the container does something; what came of it.
async fn run(
    container: &mut Container,
    stop: &CancellationToken,
    act: impl AsyncFnOnce(&mut Container),
) -> (Result<Exit, RunError>, Arc<Record>) {
    let client = container.client.clone();
    let output = Arc::new(Record::default());
    let (ended, ()) = tokio::join!(client.run(command(), output.clone(), stop), act(container));
    (ended, output)
}

#[test]
fn nothing_is_written_before_the_agent_is_there() {
    block_on(async {
        let mut container = Container::start();
        let client = container.client.clone();
        let never = CancellationToken::new();
        let mut run = std::pin::pin!(client.run(command(), Arc::new(Record::default()), &never));
        let mut byte = [0];
        for _ in 0..100 {
            assert!(futures_util::poll!(&mut run).is_pending());
            assert!(futures_util::poll!(Box::pin(container.stdin.read(&mut byte))).is_pending());
            tokio::task::yield_now().await;
        }
        container.hello();
        tokio::select! {
            ended = &mut run => panic!("{ended:?}"),
            request = container.hear_request() => assert!(request.starts_with("Begin"), "{request}"),
        }
    });
}

#[test]
fn a_command_as_the_container_sees_it() {
    block_on(async {
        let mut container = Container::start();
        container.hello();
        let (ended, output) = run(&mut container, &CancellationToken::new(), async |container| {
            assert!(container.hear_request().await.starts_with("Begin"));
            assert_eq!(container.hear_request().await, "Run(RunRequest { id: 1, .. })");
            assert!(container.hear_request().await.starts_with("Input { id: 1"));
            container.say(&Event::Output { id: 1, stream: Stream::Stdout, bytes: b"one " });
            container.feed(b"from elsewhere");
            // Nobody asked for these.
            container.say(&Event::Output { id: 2, stream: Stream::Stdout, bytes: b"two " });
            container.say(&Event::Exit { id: 2, exit: Exit::Code(0) });
            container.say(&Event::Output { id: 1, stream: Stream::Stderr, bytes: b"three" });
            container.say(&Event::OutOfMemory { kills: 2, limit: Some(64 << 20) });
            container.say(&Event::OutOfMemory { kills: u64::MAX, limit: None });
            container.say(&Event::Exit { id: 1, exit: Exit::Signal(9) });
            container.say(&Event::Output { id: 1, stream: Stream::Stdout, bytes: b"late" });
            container.say(&Event::Closed { id: 1 });
            container.say(&Event::Output { id: 1, stream: Stream::Stdout, bytes: b"closed" });
        })
        .await;
        assert_eq!(ended.unwrap(), Exit::Code(137));
        assert_eq!(
            (output.text(Stream::Stdout), output.text(Stream::Stderr)),
            ("one late".into(), "three".into())
        );
        assert_eq!(container.said.text(Stream::Stdout), "from elsewhere");
        let killed = OutOfMemory { kills: u64::MAX, limit: None };
        assert_eq!(container.client.take_out_of_memory(), Some(killed));
        assert_eq!(container.client.take_out_of_memory(), None);
        // Nothing of the command is kept.
        assert_eq!(Arc::strong_count(&output), 1);
    });
}

#[test]
fn a_stop_is_sent_and_its_answer_counts() {
    block_on(async {
        let mut container = Container::start();
        container.hello();
        let stop = CancellationToken::new();
        let (ended, _) = run(&mut container, &stop, async |container| {
            while !container.hear_request().await.starts_with("Input") {}
            stop.cancel();
            assert_eq!(container.hear_request().await, "Stop { id: 1 }");
            container.say(&Event::Failed { id: 1, failure: Failure::Dormant { pid: 5 } });
        })
        .await;
        assert!(matches!(ended, Err(RunError::Dormant { pid: 5 })), "{ended:?}");
    });
}

#[test]
fn a_container_that_does_not_answer_a_stop_is_given_up() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut container = Container::start();
        container.hello();
        let stop = CancellationToken::new();
        let start = tokio::time::Instant::now();
        let (ended, _) = run(&mut container, &stop, async |_| stop.cancel()).await;
        // Cancelled before it was sent to an agent that is there: it is the agent that has not answered.
        assert!(matches!(&ended, Err(RunError::Gone { .. })), "{ended:?}");
        assert!(start.elapsed() >= MARGIN && start.elapsed() < 2 * MARGIN, "{:?}", start.elapsed());
    });
}

#[test]
fn an_end_is_told_to_all_who_wait() {
    block_on(async {
        let mut container = Container::start();
        container.hello();
        let client = container.client.clone();
        let (ended, _) = run(&mut container, &CancellationToken::new(), async |container| {
            let (owned, ()) = tokio::join!(client.own(&[], 1, 1), async {
                container.hear().await;
                container.intake.take().unwrap().end(Err(std::io::Error::other("reset by the engine")));
            });
            let message = "the connection to the container broke: reset by the engine".to_owned();
            assert_eq!(owned, Err(RequestError::Gone { message }));
        })
        .await;
        assert!(matches!(ended, Err(RunError::Gone { .. })), "{ended:?}");
        let (later, _) = run(&mut container, &CancellationToken::new(), async |_| ()).await;
        assert!(later.unwrap_err().to_string().ends_with("reset by the engine"));
    });
}

/// Why there is no conversation after these bytes.
fn why(bytes: &[u8]) -> Option<Why> {
    block_on(async {
        let mut container = Container::start();
        container.feed(bytes);
        let mut hello = Box::pin(container.client.hello());
        match futures_util::poll!(&mut hello) {
            std::task::Poll::Ready(answer) => answer.err().map(|error| error.why),
            std::task::Poll::Pending => None,
        }
    })
}

fn frame(event: &Event<'_>, sequence: u32) -> Vec<u8> {
    let frame = event.frame();
    [&frame.header(sequence).to_bytes(Direction::ToHost)[..], &frame.payload].concat()
}

#[test]
fn another_version_is_named() {
    let mut hello = Event::Hello(Hello::default()).frame();
    let mut payload = hello.payload.to_vec();
    payload[19] = 77;
    hello.payload = payload.into();
    let bytes = [&hello.header(0).to_bytes(Direction::ToHost)[..], &hello.payload].concat();
    let expected = Why::Version { theirs: 77, ours: VERSION };
    assert_eq!(why(&bytes), Some(expected.clone()));
    assert!(expected.to_string().contains("77"));
}

#[test]
fn what_no_agent_says_is_damage() {
    let hello = frame(&Event::Hello(Hello::default()), 0);
    let done = |sequence| frame(&Event::Done { id: 1 }, sequence);
    assert_eq!(why(&hello), None);
    assert_eq!(why(&[&hello[..], &done(1), &done(2)].concat()), None);
    // No hello, a second one, a frame that is missing, one that comes again.
    assert_eq!(why(&done(0)), Some(Why::Damaged));
    assert_eq!(why(&frame(&Event::Hello(Hello::default()), 1)), Some(Why::Damaged));
    assert_eq!(why(&[&hello[..], &frame(&Event::Hello(Hello::default()), 1)].concat()), Some(Why::Damaged));
    assert_eq!(why(&[&hello[..], &done(2)].concat()), Some(Why::Damaged));
    assert_eq!(why(&[&hello[..], &done(1), &done(1)].concat()), Some(Why::Damaged));
    let unknown = Frame { kind: 99, detail: 0, id: 0, payload: bytes::Bytes::new() };
    let unknown = unknown.header(1).to_bytes(Direction::ToHost);
    assert_eq!(why(&[&hello[..], &unknown].concat()), Some(Why::Damaged));
}

proptest! {
    /// Whatever a container writes, before or after its hello, in whichever frames: the host goes on, and keeps little.
    #[test]
    fn a_hostile_container_can_say_what_it_wants(
        greets in any::<bool>(),
        items in vec((any::<bool>(), 0_u8..10, 0_u8..3, 0_u32..3, vec(any::<u8>(), 0..200)), 0..20),
    ) {
        block_on(async {
            let mut container = Container::start();
            if greets {
                container.hello();
            }
            for (is_frame, kind, detail, id, payload) in items {
                if is_frame {
                    let sequence = container.sequence;
                    container.sequence += 1;
                    let frame = Frame { kind, detail, id, payload: payload.clone().into() };
                    container.feed(&frame.header(sequence).to_bytes(Direction::ToHost));
                }
                container.feed(&payload);
            }
            drop(container.intake.take());
            let stop = CancellationToken::new();
            let (ended, _) = run(&mut container, &stop, async |_| ()).await;
            assert!(matches!(ended, Err(RunError::Gone { .. })), "{ended:?}");
            assert!(container.client.hello().await.unwrap_err().said.len() <= 4096);
        });
    }
}
