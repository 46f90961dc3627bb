//! What takes the archives that a worker sends.

use super::Violation;
use executor::Output;

/// Takes archives one after another. What goes wrong with one is said, and kept in mind; what no worker of ours
/// sends ends the stage.
pub(super) trait Intake: Send {
    /// An archive begins.
    fn begin(&mut self, name: Vec<u8>, output: &dyn Output) -> Result<(), Violation>;

    /// It goes on.
    fn store(&mut self, bytes: &[u8], output: &dyn Output) -> Result<(), Violation>;

    /// It ends.
    fn end(&mut self, output: &dyn Output) -> Result<(), Violation>;

    /// Whether the stage has failed for an archive that could not be kept.
    fn has_failed(&self) -> bool;
}
