//! What an agent hears, in words, for a fuzz target: nothing else reads orders without doing them.

use super::orders::{self, Order};
use executor::{Command, Program};
use std::io::Read;

/// All orders that some standard input holds, each in words, and whether it holds nothing else.
#[doc(hidden)]
pub fn orders_told(input: impl Read) -> (Vec<String>, bool) {
    let mut told = Vec::new();
    let end = orders::read(input, |order| {
        told.push(tell(&order));
        Ok(())
    });
    (told, end.is_ok())
}

/// `Debug` of a command shows nothing that may be secret.
fn tell(order: &Order) -> String {
    let Order::Run { id, command } = order else { return format!("{order:?}") };
    let Command { program, environment, directory, stdin, .. } = command;
    let program = match program {
        Program::Script => None,
        Program::Named { program, args } => Some((program, args)),
    };
    format!("Run {id}: {program:?} {environment:?} {directory:?} {stdin:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::protocol::{Direction, Request, RunRequest};

    #[test]
    fn orders_are_told_up_to_the_first_nonsense() {
        let program = Some(("ls".into(), vec!["-l".into()]));
        let run = RunRequest { id: 1, program, environment: Vec::new(), directory: None, input: 2 };
        let requests = [Request::Run(run), Request::Input { id: 1, bytes: b"in" }, Request::End];
        let mut bytes = Vec::new();
        for (sequence, request) in (0_u32..).zip(&requests) {
            let frame = request.frame();
            bytes.extend(frame.header(sequence).to_bytes(Direction::ToAgent));
            bytes.extend(&frame.payload[..]);
        }
        let orders = ["Run 1: Some((\"ls\", [\"-l\"])) [] None b\"in\"".to_owned(), "End".to_owned()];
        assert_eq!(orders_told(&bytes[..]), (orders.to_vec(), true));
        bytes.push(b'x');
        assert_eq!(orders_told(&bytes[..]), (orders.to_vec(), false));
    }
}
