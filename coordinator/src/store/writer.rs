//! The thread that writes: whatever waits goes into one transaction, each piece in a savepoint of its own.

use super::checkpoints::Checkpoints;
use crate::error::{KernelError, StoreError};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Most pieces of one transaction, and how long they may take before it takes no more: the first of them waits for the
/// last, and a commit costs little against a few milliseconds of work.
const MOST: usize = 512;
const LONG: Duration = Duration::from_millis(3);

/// What the writing thread keeps in memory: always what follows from the rows, and what is to be told of changes.
pub(crate) trait Memory: Send + 'static {
    /// Reads everything from the database.
    fn load(&mut self, db: &Connection) -> Result<(), StoreError>;
    /// A piece begins.
    fn begin(&mut self);
    /// The piece failed, and its rows are as before: so shall be the memory.
    fn undo(&mut self, db: &Connection) -> Result<(), StoreError>;
    /// All pieces since the last time are on disk: whoever wants to know of it is told.
    fn committed(&mut self);
}

/// A piece of work.
trait Piece<M>: Send {
    /// Whether somebody still waits for it.
    fn is_wanted(&self) -> bool;
    /// Whether its rows are to stay.
    fn run(&mut self, db: &Connection, memory: &mut M) -> bool;
    /// Answers whoever waits: with its result, or with what befell the transaction.
    fn answer(self: Box<Self>, trouble: Option<&StoreError>);
}

struct Work<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: Option<oneshot::Sender<Result<T, E>>>,
}

impl<M, F, T, E> Piece<M> for Work<F, T, E>
where
    F: FnOnce(&Connection, &mut M) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn is_wanted(&self) -> bool {
        self.reply.as_ref().is_none_or(|reply| !reply.is_closed())
    }

    fn run(&mut self, db: &Connection, memory: &mut M) -> bool {
        let Some(work) = self.work.take() else { return false };
        let result = catch_unwind(AssertUnwindSafe(|| work(db, memory)))
            .unwrap_or_else(|_| Err(StoreError::Other("a piece of work broke off".into()).into()));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(mut self: Box<Self>, trouble: Option<&StoreError>) {
        let result = match (trouble, self.result.take()) {
            (None, Some(result)) => result,
            // What was refused is refused, whatever became of the others.
            (Some(_), Some(Err(error))) => Err(error),
            (Some(trouble), _) => Err(trouble.clone().into()),
            (None, None) => return,
        };
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(result);
        }
    }
}

enum Message<M> {
    Piece(Box<dyn Piece<M>>),
    Close,
}

pub(super) struct Writer<M> {
    queue: mpsc::Sender<Message<M>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<M: Memory> Writer<M> {
    pub(super) fn start(
        db: Connection,
        mut memory: M,
        mut checkpoints: Checkpoints,
    ) -> Result<Self, StoreError> {
        memory.load(&db)?;
        memory.committed();
        let (queue, incoming) = mpsc::channel();
        let thread = std::thread::Builder::new().name("store".into());
        let thread = thread.spawn(move || serve(&db, &mut memory, &incoming, &mut checkpoints));
        let thread = thread.map_err(|error| StoreError::Other(error.to_string()))?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connection, &mut M) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let piece = Work { work: Some(work), result: None, reply: Some(reply) };
        self.queue.send(Message::Piece(Box::new(piece))).map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) fn send<F>(&self, work: F)
    where
        F: FnOnce(&Connection, &mut M) -> Result<(), KernelError> + Send + 'static,
    {
        let piece = Work { work: Some(work), result: None, reply: None };
        let _ = self.queue.send(Message::Piece(Box::new(piece)));
    }

    pub(super) async fn close(&self) {
        let _ = self.queue.send(Message::Close);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn serve<M: Memory>(
    db: &Connection,
    memory: &mut M,
    incoming: &mpsc::Receiver<Message<M>>,
    checkpoints: &mut Checkpoints,
) {
    let mut stale = false;
    let mut last = false;
    while !last && let Ok(Message::Piece(first)) = incoming.recv() {
        let mut more = || match incoming.try_recv() {
            Ok(Message::Piece(piece)) => Some(piece),
            Ok(Message::Close) => {
                last = true;
                None
            }
            Err(_) => None,
        };
        turn(db, memory, first, &mut more, &mut stale);
        checkpoints.committed(db);
    }
}

type More<'a, M> = &'a mut dyn FnMut() -> Option<Box<dyn Piece<M>>>;

/// One transaction of a piece, and of those that come while it runs. Memory that could not be brought back to the rows
/// is read anew before anything else is done.
fn turn<M: Memory>(
    db: &Connection,
    memory: &mut M,
    first: Box<dyn Piece<M>>,
    more: More<'_, M>,
    stale: &mut bool,
) {
    let mut pieces = vec![first];
    let result = transact(db, memory, &mut pieces, more, stale);
    match &result {
        Ok(()) => memory.committed(),
        Err(error) => {
            tracing::error!(%error, "a transaction failed");
            if !db.is_autocommit() {
                let _ = db.execute_batch("ROLLBACK");
            }
            *stale |= memory.load(db).is_err();
        }
    }
    for piece in pieces {
        piece.answer(result.as_ref().err());
    }
}

fn transact<M: Memory>(
    db: &Connection,
    memory: &mut M,
    pieces: &mut Vec<Box<dyn Piece<M>>>,
    more: More<'_, M>,
    stale: &mut bool,
) -> Result<(), StoreError> {
    if std::mem::take(stale) {
        memory.load(db).inspect_err(|_| *stale = true)?;
    }
    let begun = Instant::now();
    say(db, "BEGIN IMMEDIATE")?;
    let mut at = 0;
    while let Some(piece) = pieces.get_mut(at) {
        if piece.is_wanted() {
            run(db, memory, piece.as_mut())?;
        }
        at += 1;
        if at < MOST && begun.elapsed() < LONG {
            pieces.extend(more());
        }
    }
    say(db, "COMMIT")
}

/// A statement without rows, prepared once.
fn say(db: &Connection, sql: &str) -> Result<(), StoreError> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}

fn run<M: Memory>(db: &Connection, memory: &mut M, piece: &mut dyn Piece<M>) -> Result<(), StoreError> {
    say(db, "SAVEPOINT piece")?;
    memory.begin();
    if !piece.run(db, memory) {
        say(db, "ROLLBACK TO piece")?;
        memory.undo(db)?;
    }
    say(db, "RELEASE piece")
}
