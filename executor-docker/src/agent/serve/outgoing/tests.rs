use super::{MUCH, Outgoing};
use crate::agent::protocol::{ATOMIC, Decoder, Direction, Event, Piece};
use executor::{Output, Stream};
use proptest::collection::vec;
use proptest::prelude::*;
use std::io::{self, Write};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Keeps each write as it came.
#[derive(Clone, Default)]
struct Writes(Arc<Mutex<Vec<Vec<u8>>>>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes a write only when it is let.
struct Held {
    writes: Writes,
    leave: mpsc::Receiver<()>,
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.leave.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
        self.writes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Who wrote what on which stream.
type Written = Vec<(u32, Stream, Vec<u8>)>;

/// What was said: what commands wrote, and in words what else there was.
fn heard(writes: &Writes) -> (Written, Vec<String>) {
    let (mut outputs, mut others) = (Written::new(), Vec::new());
    let mut decoder = Decoder::new(Direction::ToHost);
    let mut next = 0;
    for write in writes.0.lock().unwrap().iter() {
        assert!(write.len() <= ATOMIC, "{} bytes at once", write.len());
        decoder
            .feed(write, |piece| -> Result<(), ()> {
                let Piece::Frame(header, payload) = piece else { panic!("{piece:?}") };
                assert_eq!(header.sequence, next);
                next += 1;
                match Event::read(header, payload).unwrap() {
                    Event::Output { id, stream, bytes } => {
                        match outputs.iter_mut().find(|known| (known.0, known.1) == (id, stream)) {
                            Some(known) => known.2.extend_from_slice(bytes),
                            None => outputs.push((id, stream, bytes.to_vec())),
                        }
                    }
                    other => others.push(format!("{other:?}")),
                }
                Ok(())
            })
            .unwrap();
        assert!(decoder.rest().is_empty(), "a frame goes over the end of a write");
    }
    (outputs, others)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whoever writes whatever in whichever pieces: it arrives, in whole frames, each write as large as a pipe takes it.
    #[test]
    fn everything_arrives(steps in vec((0_u32..3, any::<bool>(), 0_usize..9000, any::<u8>()), 0..40)) {
        let writes = Writes::default();
        let outgoing = Outgoing::start(writes.clone()).unwrap();
        let outputs: Vec<_> = (0..3).map(|id| outgoing.output(id)).collect();
        let mut expected = Written::new();
        for (id, is_error, size, byte) in &steps {
            let stream = if *is_error { Stream::Stderr } else { Stream::Stdout };
            let bytes = vec![*byte; *size];
            outputs[*id as usize].write(stream, &bytes);
            if *size % 7 == 0 {
                outgoing.say(&Event::Done { id: *id });
            }
            match expected.iter_mut().find(|known| (known.0, known.1) == (*id, stream)) {
                Some(known) => known.2.extend(bytes),
                None => expected.push((*id, stream, bytes)),
            }
        }
        drop(outputs);
        block_on(outgoing.finish(PATIENCE));
        let (mut seen, others) = heard(&writes);
        let done = steps.iter().filter(|step| step.2 % 7 == 0).count();
        prop_assert_eq!(others.len(), done + 3, "{:?}", others);
        expected.retain(|known| !known.2.is_empty());
        let sort = |list: &mut Written| list.sort_by_key(|known| (known.0, known.1 as u8));
        sort(&mut seen);
        sort(&mut expected);
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn small_pieces_share_a_frame_while_the_host_is_slow() {
    let (leave, held) = mpsc::channel();
    let writes = Writes::default();
    let outgoing = Outgoing::start(Held { writes: writes.clone(), leave: held }).unwrap();
    let output = outgoing.output(1);
    for _ in 0..100_000 {
        output.write(Stream::Stdout, b"x\n");
    }
    for _ in 0..1000 {
        leave.send(()).unwrap();
    }
    drop(output);
    block_on(outgoing.finish(PATIENCE));
    let count = writes.0.lock().unwrap().len();
    assert!(count < 60, "{count} writes for 200 kB");
    assert_eq!(heard(&writes).0[0].2.len(), 200_000);
}

#[test]
fn who_writes_more_than_the_host_takes_is_kept_waiting() {
    let (leave, held) = mpsc::channel();
    let outgoing = Outgoing::start(Held { writes: Writes::default(), leave: held }).unwrap();
    let output = outgoing.output(1);
    let is_welcome = |context: &mut Context<'_>| output.poll_ready(context) == Poll::Ready(());
    assert!(is_welcome(&mut Context::from_waker(Waker::noop())));
    // As much as is gathered, and as much again that the thread may have taken at once.
    for _ in 0..2 * MUCH / 1000 + 2 {
        output.write(Stream::Stdout, &[b'x'; 1000]);
    }
    assert!(!is_welcome(&mut Context::from_waker(Waker::noop())));
    let readied = block_on(async {
        tokio::task::spawn_blocking(move || (0..MUCH).try_for_each(|_| leave.send(())));
        tokio::time::timeout(PATIENCE, std::future::poll_fn(|context| output.poll_ready(context))).await
    });
    readied.unwrap();
}

#[test]
fn a_host_that_is_gone_is_noticed() {
    let (leave, held) = mpsc::channel();
    let outgoing = Outgoing::start(Held { writes: Writes::default(), leave: held }).unwrap();
    drop(leave);
    outgoing.say(&Event::Done { id: 1 });
    block_on(async {
        tokio::time::timeout(PATIENCE, outgoing.broken()).await.unwrap();
        let output = outgoing.output(1);
        output.write(Stream::Stdout, &[0; 2 * MUCH]);
        // Nobody is kept waiting for nobody.
        std::future::poll_fn(|context| output.poll_ready(context)).await;
        outgoing.finish(PATIENCE).await;
    });
}
