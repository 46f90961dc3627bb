use super::*;
use crate::agent::graces::Graces;
use crate::agent::ownership::{Extent, OwnDir};
use bytes::Bytes;
use executor::{Exit, RunError, Stream};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::time::Duration;

/// A piece that outlives what it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Foreign(Vec<u8>),
    Frame(Header, Vec<u8>),
}

/// What is found in bytes that come in pieces; neighbouring foreign pieces as one, the rest included.
fn found<'a>(direction: Direction, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Found> {
    let mut decoder = Decoder::new(direction);
    let mut found: Vec<Found> = Vec::new();
    let mut keep = |piece: Piece<'_>| -> Result<(), ()> {
        match (piece, found.last_mut()) {
            (Piece::Foreign(bytes), Some(Found::Foreign(before))) => before.extend_from_slice(bytes),
            (Piece::Foreign(bytes), _) => found.push(Found::Foreign(bytes.to_vec())),
            (Piece::Frame(header, payload), _) => found.push(Found::Frame(header, payload.to_vec())),
        }
        Ok(())
    };
    for piece in pieces {
        decoder.feed(piece, &mut keep).unwrap();
    }
    let rest = decoder.rest();
    if !rest.is_empty() {
        keep(Piece::Foreign(&rest)).unwrap();
    }
    found
}

fn bytes_of(frame: &Frame, sequence: u32, direction: Direction) -> Vec<u8> {
    [&frame.header(sequence).to_bytes(direction)[..], &frame.payload].concat()
}

fn frame() -> impl Strategy<Value = Frame> {
    (any::<u8>(), any::<u8>(), any::<u32>(), vec(any::<u8>(), 0..100))
        .prop_map(|(kind, detail, id, payload)| Frame { kind, detail, id, payload: payload.into() })
}

/// Text as it is in logs, and bytes that look like a beginning.
fn foreign() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 1..60),
        Just(Direction::ToHost.mark().to_vec()),
        Just(Direction::ToHost.mark()[..3].to_vec()),
        Just([&Direction::ToHost.mark()[..2], &Direction::ToHost.mark()[..]].concat()),
        Just(b"Starting MySQL database server: mysqld\n".to_vec()),
    ]
}

#[derive(Clone, Debug)]
enum Item {
    Foreign(Vec<u8>),
    Frame(Frame),
}

/// Splits bytes at the given places, or one by one.
fn split<'a>(bytes: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = bytes;
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        let size = sizes.next().map_or(1, |size| *size).min(rest.len()).max(1);
        let (piece, after) = rest.split_at_checked(size)?;
        rest = after;
        Some(piece)
    })
}

proptest! {
    /// Frames among other bytes are found wherever the stream is split, and nothing of the others is lost.
    #[test]
    fn frames_are_found_among_other_bytes(
        items in vec(prop_oneof![foreign().prop_map(Item::Foreign), frame().prop_map(Item::Frame)], 0..12),
        sizes in vec(1_usize..70, 0..6),
    ) {
        let mut stream = Vec::new();
        let mut expected: Vec<Found> = Vec::new();
        for (number, item) in (0_u32..).zip(&items) {
            match item {
                Item::Foreign(bytes) => {
                    stream.extend_from_slice(bytes);
                    match expected.last_mut() {
                        Some(Found::Foreign(before)) => before.extend_from_slice(bytes),
                        _ => expected.push(Found::Foreign(bytes.clone())),
                    }
                }
                Item::Frame(frame) => {
                    stream.extend(bytes_of(frame, number, Direction::ToHost));
                    expected.push(Found::Frame(frame.header(number), frame.payload.to_vec()));
                }
            }
        }
        prop_assert_eq!(found(Direction::ToHost, split(&stream, &sizes)), expected);
    }

    /// Whatever a container writes: all of it is accounted for, and nothing is held back beyond one frame.
    #[test]
    fn any_bytes_are_taken(stream in vec(any::<u8>(), 0..2000), sizes in vec(1_usize..300, 0..4)) {
        let mut size = 0;
        for piece in found(Direction::ToHost, split(&stream, &sizes)) {
            size += match piece {
                Found::Foreign(bytes) => bytes.len(),
                Found::Frame(_, payload) => HEADER + payload.len(),
            };
        }
        prop_assert_eq!(size, stream.len());
    }

    /// A forged frame is an event or malformed; reading it makes no room for what it only announces.
    #[test]
    fn any_payload_is_an_event_or_malformed(
        kind in 0_u8..10, detail in 0_u8..3, id in any::<u32>(), payload in vec(any::<u8>(), 0..200),
    ) {
        let header = Header { sequence: 0, kind, detail, id, size: 0 };
        let _ = Event::read(header, &payload);
        let _ = Request::read(header, &payload);
    }

    #[test]
    fn events_come_through(event in event()) {
        let frame = event.frame();
        prop_assert!(frame.payload.len() <= Direction::ToHost.most_payload());
        prop_assert_eq!(Event::read(frame.header(7), &frame.payload), Ok(event));
    }

    /// Long texts are cut so that every failure fits a frame.
    #[test]
    fn failures_fit_a_frame(text in "\\PC{0,5000}", other in "\\PC{0,5000}", code in any::<i32>()) {
        let sources = [std::io::Error::from_raw_os_error(code), std::io::Error::other(other)];
        for source in sources {
            let failure = Failure::from(&RunError::Start { program: text.clone(), source });
            let frame = Event::Failed { id: 1, failure }.frame();
            prop_assert!(frame.payload.len() <= Direction::ToHost.most_payload());
            let read = Event::read(frame.header(0), &frame.payload);
            prop_assert!(matches!(read, Ok(Event::Failed { id: 1, .. })), "{:?}", read);
        }
    }

    #[test]
    fn requests_come_through(request in request()) {
        let frame = request.frame();
        prop_assert_eq!(Request::read(frame.header(7), &frame.payload), Ok(request));
    }
}

fn os_string() -> impl Strategy<Value = OsString> {
    vec(any::<u8>(), 0..40).prop_map(OsString::from_vec)
}

fn failure() -> impl Strategy<Value = RunError> {
    let text = || "\\PC{0,40}";
    prop_oneof![
        Just(()).prop_map(|()| RunError::Stopped),
        text().prop_map(|what| RunError::Unfit { what, reason: "holds a NUL byte" }),
        (text(), 1..130_i32).prop_map(|(program, errno)| RunError::Start {
            program,
            source: std::io::Error::from_raw_os_error(errno)
        }),
        text().prop_map(|text| RunError::Lost { source: std::io::Error::other(text) }),
        (1..i32::MAX).prop_map(|pid| RunError::Dormant { pid }),
        text().prop_map(|message| RunError::Refused { message }),
        text().prop_map(|message| RunError::Gone { message }),
    ]
}

fn event() -> impl Strategy<Value = Event<'static>> {
    let stream = prop_oneof![Just(Stream::Stdout), Just(Stream::Stderr)];
    let exit = prop_oneof![any::<i32>().prop_map(Exit::Code), any::<i32>().prop_map(Exit::Signal)];
    prop_oneof![
        hello().prop_map(Event::Hello),
        (any::<u32>(), stream).prop_map(|(id, stream)| Event::Output {
            id,
            stream,
            bytes: b"some \xff bytes"
        }),
        any::<u32>().prop_map(|id| Event::Closed { id }),
        (any::<u32>(), exit).prop_map(|(id, exit)| Event::Exit { id, exit }),
        (any::<u32>(), failure()).prop_map(|(id, error)| Event::Failed { id, failure: (&error).into() }),
        any::<u32>().prop_map(|id| Event::Done { id }),
        (any::<u64>(), option::of(any::<u64>()))
            .prop_map(|(kills, limit)| Event::OutOfMemory { kills, limit }),
    ]
}

fn hello() -> impl Strategy<Value = Hello> {
    let numbers = (any::<u32>(), any::<u32>(), any::<u32>(), vec(any::<u32>(), 0..200));
    let paths = (option::of(os_string()), option::of(os_string()), option::of(os_string()));
    (numbers, paths).prop_map(|((uid, gid, pid, groups), (home, directory, shell))| Hello {
        uid,
        gid,
        groups,
        pid,
        home,
        directory: directory.map(Into::into),
        shell: shell.map(Into::into),
        architecture: "x86_64".into(),
    })
}

fn request() -> impl Strategy<Value = Request<'static>> {
    let millis = || (0..u64::MAX / 2).prop_map(Duration::from_millis);
    let extent = prop_oneof![
        Just(Extent::Alone),
        Just(Extent::Tree),
        Just(Extent::Shared),
        Just(Extent::Open),
        Just(Extent::TreeOfOther)
    ];
    let directory = (os_string(), extent).prop_map(|(path, extent)| OwnDir { path: path.into(), extent });
    let run = (
        any::<u32>(),
        option::of((os_string(), vec(os_string(), 0..5))),
        vec((os_string(), os_string()), 0..5),
        option::of(os_string()),
        any::<u32>(),
    );
    prop_oneof![
        (millis(), millis()).prop_map(|(graceful, force)| Request::Begin(Graces { graceful, force })),
        run.prop_map(|(id, program, environment, directory, input)| Request::Run(RunRequest {
            id,
            program,
            environment,
            directory: directory.map(Into::into),
            input
        })),
        any::<u32>().prop_map(|id| Request::Input { id, bytes: b"\0input" }),
        any::<u32>().prop_map(|id| Request::Stop { id }),
        (any::<u32>(), vec(directory, 0..5), any::<u32>(), any::<u32>())
            .prop_map(|(id, directories, uid, gid)| Request::Own { id, directories, uid, gid }),
        (any::<u32>(), any::<u32>(), any::<u32>(), vec(any::<u32>(), 0..5))
            .prop_map(|(id, uid, gid, groups)| Request::Become { id, uid, gid, groups }),
        (any::<u32>(), any::<std::net::IpAddr>(), vec(any::<u16>(), 0..5))
            .prop_map(|(id, host, ports)| Request::Probe { id, host, ports }),
        any::<u32>().prop_map(|id| Request::KillAll { id }),
        Just(Request::End),
    ]
}

#[test]
fn failures_mean_the_same_on_the_other_side() {
    let errors = [
        RunError::Start { program: "git".into(), source: std::io::Error::from_raw_os_error(2) },
        RunError::Unfit { what: "argument 2".into(), reason: "holds a NUL byte" },
        RunError::Lost { source: std::io::Error::other("no status") },
        RunError::Dormant { pid: 7 },
        RunError::Refused { message: "no shell".into() },
    ];
    for error in errors {
        assert_eq!(RunError::from(Failure::from(&error)).to_string(), error.to_string());
    }
    let not_found = RunError::Start { program: "git".into(), source: std::io::ErrorKind::NotFound.into() };
    let RunError::Start { source, .. } = RunError::from(Failure::from(&not_found)) else { panic!() };
    assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_hello_of_another_version_is_told_as_such() {
    let frame = Event::Hello(Hello::default()).frame();
    let mut payload = frame.payload.to_vec();
    payload[19] = 9;
    payload.truncate(20);
    assert_eq!(Event::read(frame.header(0), &payload), Ok(Event::Stranger { version: 9 }));
    payload[0] = b'R';
    assert_eq!(Event::read(frame.header(0), &payload), Err(Malformed));
}

#[test]
fn what_is_too_long_for_a_hello_is_left_out() {
    let long =
        Hello { home: Some("h".repeat(5000).into()), groups: (0..70_000).collect(), ..Hello::default() };
    let frame = Event::Hello(long).frame();
    assert!(frame.payload.len() <= Direction::ToHost.most_payload());
    let Ok(Event::Hello(told)) = Event::read(frame.header(0), &frame.payload) else { panic!() };
    assert_eq!((told.home, told.groups.len()), (None, 256));
}

/// A frame of the size that a pipe takes at once, and none above.
#[test]
fn frames_to_the_host_are_limited() {
    let most = Direction::ToHost.most_payload();
    assert_eq!(HEADER + most, ATOMIC);
    let frame = |size| Frame { kind: 2, detail: 0, id: 1, payload: Bytes::from(vec![b'x'; size]) };
    let fits = bytes_of(&frame(most), 0, Direction::ToHost);
    assert!(matches!(&found(Direction::ToHost, [&fits[..]])[..], [Found::Frame(..)]));
    let larger = bytes_of(&frame(most + 1), 0, Direction::ToHost);
    assert!(matches!(&found(Direction::ToHost, [&larger[..]])[..], [Found::Foreign(_)]));
    // What is for the agent is nothing to the host, should a container echo it.
    let echoed = bytes_of(&frame(5), 0, Direction::ToAgent);
    assert!(matches!(&found(Direction::ToHost, [&echoed[..]])[..], [Found::Foreign(_)]));
}

/// Byte after byte, a frame of any size costs no more than its size.
#[test]
fn a_frame_that_comes_byte_after_byte() {
    let frame = Frame { kind: 2, detail: 0, id: 1, payload: Bytes::from(vec![7; 1 << 20]) };
    let stream = bytes_of(&frame, 0, Direction::ToAgent);
    let found = found(Direction::ToAgent, stream.chunks(1));
    assert_eq!(found, [Found::Frame(frame.header(0), frame.payload.to_vec())]);
}
