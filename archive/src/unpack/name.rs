//! Names of entries: those that could lead out of the directory are refused, whatever the tree looks like.

use super::{Run, UnpackError, damaged};
use crate::paths::{MAX_PATH, components, shown};

/// The path below the directory that a stored name stands for; empty for the directory itself.
pub(super) fn check(run: &Run<'_>, name: &[u8]) -> Result<Vec<u8>, UnpackError> {
    if name.contains(&0) {
        return Err(damaged(name, "its name holds a NUL"));
    }
    if name.len() > MAX_PATH {
        return Err(damaged(&name[..64], "its name is too long"));
    }
    let is_absolute = name.first() == Some(&b'/');
    if is_absolute || components(name).any(|part| part == b"..") {
        return Err(outside(run, name));
    }
    Ok(components(name).collect::<Vec<_>>().join(&b'/'))
}

pub(super) fn outside(run: &Run<'_>, name: &[u8]) -> UnpackError {
    UnpackError::Outside { name: shown(name), directory: run.target.to_path_buf() }
}
