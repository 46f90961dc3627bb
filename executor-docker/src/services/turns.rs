//! What goes on side by side is told one after the other.

use executor::{Output, Stream};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// One speaker for each of `count`, into one output: the first speaks directly, what the others say is kept
/// until all before them are done. A speaker is done when it is dropped.
pub(super) fn speakers(output: &Arc<dyn Output>, count: usize) -> Vec<Speaker> {
    let turns = Arc::new(Turns {
        output: Arc::clone(output),
        queue: Mutex::new((0..count).map(|_| Part::default()).collect()),
    });
    (0..count).map(|number| Speaker { turns: Arc::clone(&turns), number, count }).collect()
}

struct Turns {
    output: Arc<dyn Output>,
    /// Those who are not done, or whose turn has not come yet. The first is whose turn it is.
    queue: Mutex<VecDeque<Part>>,
}

#[derive(Default)]
struct Part {
    said: Vec<(Stream, Vec<u8>)>,
    done: bool,
}

/// Speaks when it is its turn.
pub(super) struct Speaker {
    turns: Arc<Turns>,
    number: usize,
    count: usize,
}

impl Speaker {
    /// Calls `act` with the speaker's place in the queue.
    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<Part>, usize) -> T) -> Option<T> {
        let mut queue = self.turns.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = self.count.checked_sub(queue.len())?;
        let place = self.number.checked_sub(gone)?;
        Some(act(&mut queue, place))
    }
}

impl Output for Speaker {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        self.with(|queue, place| match queue.get_mut(place) {
            Some(part) if place > 0 => match part.said.last_mut() {
                Some((last, said)) if *last == stream => said.extend_from_slice(bytes),
                _ => part.said.push((stream, bytes.to_vec())),
            },
            _ => self.turns.output.write(stream, bytes),
        });
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.with(|queue, place| {
            if let Some(part) = queue.get_mut(place) {
                part.done = true;
            }
            while queue.front().is_some_and(|part| part.done) {
                queue.pop_front();
                for (stream, said) in
                    queue.front_mut().map(|part| std::mem::take(&mut part.said)).unwrap_or_default()
                {
                    self.turns.output.write(stream, &said);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Heard;
    use super::*;

    #[test]
    fn in_the_order_of_the_list() {
        let heard = Heard::new();
        let mut all = speakers(&heard.output(), 3);
        let say = |speaker: &Speaker, text: &str| speaker.write(Stream::Stdout, text.as_bytes());
        say(&all[1], "b1 ");
        say(&all[0], "a1 ");
        assert_eq!(heard.text(), "a1 ", "the first speaks directly");
        say(&all[2], "c1 ");
        drop(all.pop());
        assert_eq!(heard.text(), "a1 ");
        let second = all.pop().unwrap();
        say(&all[0], "a2 ");
        drop(all);
        assert_eq!(heard.text(), "a1 a2 b1 ");
        say(&second, "b2 ");
        assert_eq!(heard.text(), "a1 a2 b1 b2 ", "the second speaks directly now");
        drop(second);
        assert_eq!(heard.text(), "a1 a2 b1 b2 c1 ");
    }
}
