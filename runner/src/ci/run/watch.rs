//! `--watch`: once more whenever a file changes.

use super::drive::Stop;
use crate::error::CliError;
use std::path::Path;
use tokio::sync::mpsc;
use worktree::{Checkout, Watched, Watcher};

/// Tells of changes of a work tree.
pub(super) struct Changes {
    changed: mpsc::UnboundedReceiver<Result<(), String>>,
}

impl Changes {
    /// Watches from now on, on a thread that ends with the program.
    ///
    /// # Errors
    /// The kernel does not watch so many folders, or there is no repository.
    pub(super) fn of(root: &Path) -> Result<Self, CliError> {
        let cannot = |error: &dyn std::error::Error| {
            CliError::operation(format!("cannot watch {}", root.display())).caused_by(error)
        };
        let checkout = Checkout::find(root).map_err(|error| cannot(&error))?;
        let mut watcher = Watcher::new(&checkout).map_err(|error| cannot(&error))?;
        let (sender, changed) = mpsc::unbounded_channel();
        let watch = move || {
            loop {
                let seen = match watcher.wait(None) {
                    Ok(Watched::Changed(_)) => Ok(()),
                    Ok(Watched::Stopped) => return,
                    Err(error) => Err(error.to_string()),
                };
                let broken = seen.is_err();
                if sender.send(seen).is_err() || broken {
                    return;
                }
            }
        };
        let named = std::thread::Builder::new().name("watch".to_owned());
        named.spawn(watch).map_err(|error| cannot(&error))?;
        Ok(Self { changed })
    }

    /// Waits for a change; several that came meanwhile are one.
    ///
    /// # Errors
    /// Nobody watches any more.
    pub(super) async fn next(&mut self) -> Result<(), CliError> {
        let mut seen = self.changed.recv().await;
        while let Ok(more) = self.changed.try_recv() {
            seen = Some(more);
        }
        match seen {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => {
                Err(CliError::operation("the work tree cannot be watched any more").because(error))
            }
            None => Err(CliError::internal("nobody watches the work tree any more")),
        }
    }
}

/// What ended a wait.
pub(super) enum Woken {
    /// A file changed.
    Changed,
    /// Somebody stops it all.
    Stopped,
}

/// Waits for a change, or for somebody who stops it.
///
/// # Errors
/// Nobody watches any more.
pub(super) async fn idle(
    changes: &mut Changes,
    stops: &mut mpsc::UnboundedReceiver<Stop>,
) -> Result<Woken, CliError> {
    loop {
        tokio::select! {
            changed = changes.next() => return changed.map(|()| Woken::Changed),
            stop = stops.recv() => if stop != Some(Stop::Redundant) { return Ok(Woken::Stopped) },
        }
    }
}
