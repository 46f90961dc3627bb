//! The agent's side: does in the container what the host orders.

mod desk;
mod identity;
mod memory;
mod orders;
mod outgoing;
mod own;
mod probes;
mod session;
mod told;

use super::graces::Graces;
use super::protocol::{Event, Hello};
use desk::{Desk, Ending};
use executor::Executor;
use outgoing::Outgoing;
use rustix::event::{PollFd, PollFlags, poll};
use session::Session;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

pub use told::orders_told;

/// How long the host may take to read the last words.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How much more readily than the agent commands are killed for lack of memory: their `oom_score_adj` is higher by so
/// much. A fifth of the limit counts more than what the agent takes.
const FIRST_VICTIMS: i16 = 200;

/// Why an agent ends other than as ordered.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It cannot begin.
    #[error("cannot {what}: {source}")]
    Begin {
        /// What it cannot do.
        what: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Standard input holds something else than what a host of the same version sends.
    #[error("standard input is not what the runner sends")]
    Nonsense,
}

/// Does what the host orders through this process's standard input and output, until it orders the end, is gone, or a
/// signal comes. Then every process that the executor knows of has been ended; if this process is the container's
/// first, every process there is.
///
/// `home` is what the environment says. `make` makes the executor that runs commands, which gives those that are
/// stopped the graces. On return, threads may still wait for standard input or output: the process is to be ended.
///
/// # Errors
/// [`ServeError`].
pub async fn serve<E: Executor>(
    home: Option<OsString>,
    make: impl FnOnce(&Hello, Graces) -> E,
) -> Result<(), ServeError> {
    let cannot = |what| move |source| ServeError::Begin { what, source };
    let ended = end().map_err(cannot("listen to signals"))?;
    let (input, output, watched) = streams().map_err(cannot("use standard input and output"))?;
    let outgoing = Outgoing::start(File::from(output)).map_err(cannot("write to standard output"))?;
    watch(watched, outgoing.clone()).map_err(cannot("watch standard output"))?;
    let hello = identity::hello(home);
    outgoing.say(&Event::Hello(hello.clone()));
    let orders = orders::listen(File::from(input)).map_err(cannot("read standard input"))?;
    let desk = Desk::new(orders, outgoing.clone(), ended);
    let ending = Box::pin(Session::new(desk, outgoing.clone(), hello, make).run()).await;
    identity::kill_others();
    outgoing.finish(LAST_WORDS).await;
    match ending {
        Ending::Ordered => Ok(()),
        Ending::Nonsense => Err(ServeError::Nonsense),
    }
}

/// How readily the kernel should kill commands for lack of memory, given this process's own `oom_score_adj`: the agent
/// goes last, since a container without it is none.
pub fn oom_score_of_commands(own: i16) -> i16 {
    own.saturating_add(FIRST_VICTIMS).min(1000)
}

/// Standard input, standard output, and the latter once more to be watched.
fn streams() -> io::Result<(OwnedFd, OwnedFd, OwnedFd)> {
    let own = |stream: &dyn AsFd| stream.as_fd().try_clone_to_owned();
    Ok((own(&io::stdin())?, own(&io::stdout())?, own(&io::stdout())?))
}

/// Waits for a signal that asks this process to end. A container's first process hears none that it does not ask for.
fn end() -> io::Result<impl Future<Output = ()>> {
    let mut signals = [
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
        signal(SignalKind::hangup())?,
        signal(SignalKind::quit())?,
    ];
    Ok(async move {
        let [terminate, interrupt, hangup, quit] = &mut signals;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
            _ = quit.recv() => {}
        }
    })
}

/// Starts a thread that notices when nobody reads standard output any more, also while there is nothing to write.
fn watch(output: OwnedFd, outgoing: Outgoing) -> io::Result<()> {
    std::thread::Builder::new().name("watch".into()).spawn(move || {
        loop {
            // Errors are told without being asked for; a file has none and is waited for without end.
            match poll(&mut [PollFd::new(&output, PollFlags::empty())], None) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return outgoing.set_broken(),
                Err(_) => return,
            }
        }
    })?;
    Ok(())
}
