//! Whole jobs whose files the engine does not see.

mod hostile;
mod kit;
mod same;
mod transfers;

use kit::Rig;
