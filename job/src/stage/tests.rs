//! Whole jobs whose files the engine does not see.

mod hostile;
mod kit;
mod need;
mod ready;
mod same;
mod transfers;

use kit::Rig;
