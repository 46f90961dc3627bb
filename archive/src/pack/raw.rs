//! The content of a single file, as it is.

use super::source::{Source, read_at};
use super::{Context, Output, PackError, Packed};
use crate::entry::Kind;
use crate::paths::shown;

const BLOCK: usize = 256 * 1024;

pub(super) fn write(context: &Context<'_>, out: &mut Output<'_>) -> Result<Packed, PackError> {
    let [entry] = context.entries else { return Err(PackError::NotSingle) };
    if entry.kind != Kind::File {
        return Err(PackError::NotRegular { path: shown(&entry.path) });
    }
    let (file, attributes) = match Source::new(context.tree).open(entry) {
        Ok(opened) => opened,
        Err(note) => return Ok(Packed { notes: vec![note], ..Packed::default() }),
    };
    let mut buffer = Vec::new();
    let mut offset = 0;
    while offset < attributes.size {
        context.check_cancel()?;
        let length = (attributes.size - offset).min(BLOCK as u64) as usize;
        read_at(&file, offset, length, &mut buffer)
            .map_err(|source| PackError::Read { path: shown(&entry.path), source })?;
        if buffer.is_empty() {
            break;
        }
        out.put(&buffer)?;
        offset += buffer.len() as u64;
    }
    Ok(Packed { entries: 1, ..Packed::default() })
}
