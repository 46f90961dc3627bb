//! Where cache archives of a worker are kept on the engine's machine.

use super::Violation;
use super::intake::Intake;
use crate::cache::{METADATA_LIMIT, Returning, Slot};
use crate::files::system_text;
use crate::notice;
use executor::Output;
use std::io::{self, Write};
use tempfile::NamedTempFile;

/// Most bytes of all archives of one stage together.
const LARGEST: u64 = 64 << 30;

/// Keeps archives in the places that the engine itself knows; the worker only says which of the job's caches it is. A
/// cache that cannot be kept fails no job.
pub(super) struct CacheShelf {
    slots: Vec<Option<Slot>>,
    room: u64,
    /// What is known of the next archive.
    metadata: Vec<u8>,
    current: Option<Current>,
}

enum Current {
    Metadata,
    Archive {
        slot: Slot,
        draft: NamedTempFile,
    },
    /// It could not be kept, and was said so.
    Lost,
}

impl CacheShelf {
    /// For the caches of a job, by their numbers.
    pub(super) fn new(slots: Vec<Option<Slot>>) -> Self {
        Self { slots, room: LARGEST, metadata: Vec::new(), current: None }
    }
}

fn lost(error: &io::Error, output: &dyn Output) -> Current {
    notice::warning(output, &format!("The cache cannot be kept: {}", system_text(error)));
    Current::Lost
}

impl Intake for CacheShelf {
    fn begin(&mut self, name: Vec<u8>, output: &dyn Output) -> Result<(), Violation> {
        if self.current.is_some() {
            return Err(Violation::Archive);
        }
        let slot = |number: usize| self.slots.get(number).and_then(Option::as_ref).ok_or(Violation::Name);
        self.current = Some(match Returning::named(&name).ok_or(Violation::Name)? {
            Returning::Metadata(number) => {
                slot(number)?;
                self.metadata.clear();
                Current::Metadata
            }
            Returning::Archive(number) => {
                let slot = slot(number)?;
                match slot.draft() {
                    Ok(draft) => Current::Archive { slot: slot.clone(), draft },
                    Err(error) => lost(&error, output),
                }
            }
        });
        Ok(())
    }

    fn store(&mut self, bytes: &[u8], output: &dyn Output) -> Result<(), Violation> {
        match self.current.as_mut().ok_or(Violation::Archive)? {
            Current::Metadata => {
                if (self.metadata.len() + bytes.len()) as u64 > METADATA_LIMIT {
                    return Err(Violation::Archive);
                }
                self.metadata.extend_from_slice(bytes);
            }
            Current::Archive { draft, .. } => {
                let room = self.room.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge);
                let stored = room
                    .map_err(io::Error::from)
                    .and_then(|room| draft.as_file_mut().write_all(bytes).map(|()| room));
                match stored {
                    Ok(room) => self.room = room,
                    Err(error) => self.current = Some(lost(&error, output)),
                }
            }
            Current::Lost => {}
        }
        Ok(())
    }

    fn end(&mut self, output: &dyn Output) -> Result<(), Violation> {
        match self.current.take().ok_or(Violation::Archive)? {
            Current::Archive { slot, draft } => {
                if let Err(error) = slot.adopt(draft, &std::mem::take(&mut self.metadata)) {
                    lost(&error, output);
                }
            }
            Current::Metadata | Current::Lost => {}
        }
        Ok(())
    }

    fn has_failed(&self) -> bool {
        false
    }
}
