//! Work that several may drive, and nobody may drop in the middle.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

/// A piece of work. It goes on while anybody waits for it, and stops where it is, whole, while nobody does: what it
/// is just making on the engine is never forgotten. Clones are the same work.
#[derive(Clone)]
pub(crate) struct Strands(Rc<RefCell<Option<Work>>>);

type Work = Pin<Box<dyn Future<Output = ()>>>;

impl Strands {
    /// Work that begins when it is waited for.
    pub(crate) fn new(work: impl Future<Output = ()> + 'static) -> Self {
        Self(Rc::new(RefCell::new(Some(Box::pin(work)))))
    }

    /// Drives the work to its end.
    pub(crate) async fn done(&self) {
        poll_fn(|context| {
            // Nobody else drives it at this moment: the work itself has no handle to it.
            let Ok(mut slot) = self.0.try_borrow_mut() else { return Poll::Pending };
            let Some(work) = slot.as_mut() else { return Poll::Ready(()) };
            let polled = work.as_mut().poll(context);
            if polled.is_ready() {
                *slot = None;
            }
            polled
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn whoever_waits_drives_on() {
        let steps = Rc::new(Cell::new(0));
        let counted = Rc::clone(&steps);
        let strands = Strands::new(async move {
            for _ in 0..3 {
                counted.set(counted.get() + 1);
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(steps.get(), 0);
        tokio::select! {
            biased;
            () = strands.done() => panic!("too early"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(steps.get(), 1);
        strands.clone().done().await;
        assert_eq!(steps.get(), 3);
        strands.done().await;
    }
}
