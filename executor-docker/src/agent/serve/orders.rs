//! What the host orders, taken from standard input by a thread of its own.

use crate::agent::graces::Graces;
use crate::agent::ownership::OwnDir;
use crate::agent::protocol::{Decoder, Direction, Header, MOST_INPUT, Piece, Request, RunRequest};
use crate::agent::shell_line::begins_like_one;
use executor::{Command, Place, Program};
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read};
use std::net::IpAddr;
use tokio::sync::mpsc;

/// So many orders may wait to be looked at.
const WAITING: usize = 16;

/// No more room than this is made before there are bytes to fill it, in bytes.
const ROOM: usize = 1 << 20;

/// Something to do. Commands have their input.
#[derive(Debug)]
pub(super) enum Order {
    Begin(Graces),
    Run {
        id: u32,
        command: Command,
    },
    Stop {
        id: u32,
    },
    Own {
        id: u32,
        directories: Vec<OwnDir>,
        uid: u32,
        gid: u32,
    },
    Become {
        id: u32,
        uid: u32,
        gid: u32,
        groups: Vec<u32>,
    },
    Probe {
        id: u32,
        host: IpAddr,
        ports: Vec<u16>,
    },
    KillAll {
        id: u32,
    },
    End,
    /// Standard input holds something else than orders.
    Nonsense,
}

/// Starts the thread. When standard input ends, the orders do.
pub(super) fn listen(input: impl Read + Send + 'static) -> io::Result<mpsc::Receiver<Order>> {
    let (sender, orders) = mpsc::channel(WAITING);
    std::thread::Builder::new().name("from-host".into()).spawn(move || {
        let send = |order| sender.blocking_send(order).map_err(|_| Stop::Unheard);
        if read(input, send) == Err(Stop::Nonsense) {
            // Who does not listen any more is about to end.
            let _ = sender.blocking_send(Order::Nonsense);
        }
    })?;
    Ok(orders)
}

/// Why reading stops.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Nonsense,
    Unheard,
}

/// Hands on orders as they come, until the input ends.
pub(super) fn read(
    mut input: impl Read,
    mut hand_on: impl FnMut(Order) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut decoder = Decoder::new(Direction::ToAgent);
    let mut collector = Collector::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let bytes = match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(size) => &buffer[..size],
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // As good as an end.
            Err(_) => return Ok(()),
        };
        decoder.feed(bytes, |piece| match collector.take(piece).map_err(|Nonsense| Stop::Nonsense)? {
            Some(order) => hand_on(order),
            None => Ok(()),
        })?;
    }
}

struct Nonsense;

/// Puts commands together with their input.
#[derive(Default)]
struct Collector {
    sequence: u32,
    /// What came before the first order.
    before: Vec<u8>,
    begun: HashMap<u32, (RunRequest, Vec<u8>)>,
}

impl Collector {
    fn take(&mut self, piece: Piece<'_>) -> Result<Option<Order>, Nonsense> {
        let (header, payload) = match piece {
            Piece::Frame(header, payload) => (header, payload),
            Piece::Foreign(bytes) => return self.pass_over(bytes).map(|()| None),
        };
        if header.sequence != self.sequence {
            return Err(Nonsense);
        }
        self.sequence = Header::following(self.sequence);
        Ok(Some(match Request::read(header, payload).map_err(|_| Nonsense)? {
            Request::Run(request) => return self.begin(request),
            Request::Input { id, bytes } => return self.go_on(id, bytes),
            Request::Begin(graces) => Order::Begin(graces),
            Request::Stop { id } => Order::Stop { id },
            Request::Own { id, directories, uid, gid } => Order::Own { id, directories, uid, gid },
            Request::Become { id, uid, gid, groups } => Order::Become { id, uid, gid, groups },
            Request::Probe { id, host, ports } => Order::Probe { id, host, ports },
            Request::KillAll { id } => Order::KillAll { id },
            Request::End => Order::End,
        }))
    }

    /// Before the first order there may be a line for a shell in the agent's place.
    fn pass_over(&mut self, bytes: &[u8]) -> Result<(), Nonsense> {
        self.before.extend_from_slice(bytes);
        let is_for_shell = self.sequence == 0 && begins_like_one(&self.before);
        if is_for_shell { Ok(()) } else { Err(Nonsense) }
    }

    fn begin(&mut self, request: RunRequest) -> Result<Option<Order>, Nonsense> {
        let input = usize::try_from(request.input).map_err(|_| Nonsense)?;
        if input == 0 {
            return Ok(Some(order(request, Vec::new())));
        }
        if input > MOST_INPUT {
            return Err(Nonsense);
        }
        self.begun.insert(request.id, (request, Vec::with_capacity(input.min(ROOM))));
        Ok(None)
    }

    fn go_on(&mut self, id: u32, bytes: &[u8]) -> Result<Option<Order>, Nonsense> {
        let (request, input) = self.begun.get_mut(&id).ok_or(Nonsense)?;
        input.extend_from_slice(bytes);
        match u32::try_from(input.len()).map_err(|_| Nonsense)?.cmp(&request.input) {
            std::cmp::Ordering::Less => Ok(None),
            std::cmp::Ordering::Equal => {
                Ok(self.begun.remove(&id).map(|(request, input)| order(request, input)))
            }
            std::cmp::Ordering::Greater => Err(Nonsense),
        }
    }
}

fn order(request: RunRequest, input: Vec<u8>) -> Order {
    let RunRequest { id, program, environment, directory, .. } = request;
    let program = match program {
        Some((program, args)) => Program::Named { program, args },
        None => Program::Script,
    };
    // Its stage and place are the host's affair.
    let stage = String::new();
    let command =
        Command { stage, place: Place::Build, program, environment, directory, stdin: input.into() };
    Order::Run { id, command }
}
