//! One gzip member for each file, one after the other, as GitLab takes reports.

use std::fmt::Write as _;

use crc32fast::Hasher;

use super::pieces::{Begin, Piece, run};
use super::{Context, Output, PackError, Packed};
use crate::entry::Kind;
use crate::paths::{shown, split};

const NAME: u8 = 0x08;
const COMMENT: u8 = 0x10;
const UNKNOWN_SYSTEM: u8 = 255;

pub(super) fn write(context: &Context<'_>, out: &mut Output<'_>) -> Result<Packed, PackError> {
    if let Some(entry) = context.entries.iter().find(|entry| entry.kind != Kind::File) {
        return Err(PackError::NotRegular { path: shown(&entry.path) });
    }
    let mut packed = Packed::default();
    let mut member = (Hasher::new(), 0_u32);
    run(context, |piece| {
        let data = match piece {
            Piece::Data(data) => data,
            Piece::Note(note) => {
                packed.notes.push(note.clone());
                return Ok(());
            }
            Piece::Directory(_) | Piece::Symlink(..) | Piece::Grown(_) | Piece::Failed(_) => return Ok(()),
        };
        if let Some(begin) = &data.begin {
            member = (Hasher::new(), 0);
            out.put(&header(begin))?;
        }
        out.put(&data.packed)?;
        member.0.combine(&data.crc);
        // The member's size, modulo 2^32 by definition.
        member.1 = member.1.wrapping_add(data.size as u32);
        if data.is_last {
            packed.entries += 1;
            out.put(&member.0.clone().finalize().to_le_bytes())?;
            out.put(&member.1.to_le_bytes())?;
        }
        Ok(())
    })?;
    Ok(packed)
}

fn header(begin: &Begin<'_>) -> Vec<u8> {
    let path = &begin.entry.path;
    let mut out = vec![0x1F, 0x8B, 8, NAME | COMMENT];
    out.extend_from_slice(&u32::try_from(begin.attributes.seconds).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(&[0, UNKNOWN_SYSTEM]);
    for text in [split(path).1, path] {
        out.extend_from_slice(text_field(text).as_bytes());
        out.push(0);
    }
    out
}

/// A header field holds Latin-1, so names that are not ASCII, or that could be taken for an encoded one, are
/// percent-encoded behind `e:`.
fn text_field(text: &[u8]) -> String {
    if text.is_ascii() && !text.contains(&b'%') {
        return String::from_utf8_lossy(text).into_owned();
    }
    text.iter().fold(String::from("e:"), |mut encoded, &byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+=:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_are_ascii() {
        assert_eq!(text_field(b"a b.xml"), "a b.xml");
        assert_eq!(text_field("ü/x".as_bytes()), "e:%C3%BC%2Fx");
        assert_eq!(text_field(b"100%\xff"), "e:100%25%FF");
    }
}
