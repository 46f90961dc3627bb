//! The file that says what is in a folder of ours: a manifest, and stat data of the copies if others may change them.

use crate::manifest::{Entry, Folder, Kind, Manifest, Span};
use crate::stamp::Stamp;
use std::path::Path;

const MAGIC: &[u8] = b"runner worktree 1\n";

/// A manifest with the stamps of the copies: as many as entries, or none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    pub(crate) manifest: Manifest,
    pub(crate) copies: Vec<Stamp>,
}

pub(crate) fn encode(manifest: &Manifest, copies: &[Stamp]) -> Vec<u8> {
    let length = manifest.text.len() + manifest.folders.len() * 17 + manifest.entries.len() * 59;
    let mut out = Vec::with_capacity(length + copies.len() * Stamp::LENGTH + 64);
    let number = |out: &mut Vec<u8>, number: usize| out.extend_from_slice(&(number as u32).to_le_bytes());
    out.extend_from_slice(MAGIC);
    for count in [manifest.text.len(), manifest.folders.len(), manifest.entries.len(), copies.len()] {
        number(&mut out, count);
    }
    out.extend_from_slice(&manifest.text);
    for folder in &manifest.folders {
        span(&mut out, folder.path);
        number(&mut out, folder.entries.start as usize);
        number(&mut out, folder.entries.end as usize);
        out.push(u8::from(folder.kept));
    }
    for entry in &manifest.entries {
        number(&mut out, entry.folder as usize);
        span(&mut out, entry.name);
        span(&mut out, entry.object);
        out.extend_from_slice(&[entry.kind as u8, u8::from(entry.tracked), u8::from(entry.racy)]);
        entry.stamp.encode(&mut out);
    }
    for copy in copies {
        copy.encode(&mut out);
    }
    out
}

fn span(out: &mut Vec<u8>, span: Span) {
    let (start, end) = span.ends();
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&end.to_le_bytes());
}

/// Reads one; nothing if there is none, or it is not whole.
pub(crate) fn load(path: &Path) -> Option<Index> {
    decode(&std::fs::read(path).ok()?)
}

pub(crate) fn decode(bytes: &[u8]) -> Option<Index> {
    let mut rest = Rest(bytes.strip_prefix(MAGIC)?);
    let [text, folders, entries, copies] = [rest.number()?, rest.number()?, rest.number()?, rest.number()?];
    let text = rest.take(text as usize)?.to_vec();
    let folders = (0..folders).map(|_| rest.folder()).collect::<Option<Vec<_>>>()?;
    let entries = (0..entries).map(|_| rest.entry()).collect::<Option<Vec<_>>>()?;
    let copies = (0..copies).map(|_| rest.stamp()).collect::<Option<Vec<_>>>()?;
    let whole = rest.0.is_empty() && (copies.is_empty() || copies.len() == entries.len());
    whole.then_some(Index { manifest: Manifest { text, folders, entries }, copies })
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_le_bytes(*bytes.first_chunk()?))
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn span(&mut self) -> Option<Span> {
        let (start, end) = (self.number()?, self.number()?);
        Span::new(start as usize..end as usize)
    }

    fn stamp(&mut self) -> Option<Stamp> {
        Stamp::decode(self.take(Stamp::LENGTH)?)
    }

    fn folder(&mut self) -> Option<Folder> {
        let (path, start, end, kept) = (self.span()?, self.number()?, self.number()?, self.byte()? != 0);
        Some(Folder { path, entries: start..end, kept })
    }

    fn entry(&mut self) -> Option<Entry> {
        let (folder, name, object) = (self.number()?, self.span()?, self.span()?);
        let kind = match self.byte()? {
            0 => Kind::File,
            1 => Kind::Link,
            2 => Kind::Object,
            3 => Kind::ObjectLink,
            _ => return None,
        };
        let (tracked, racy) = (self.byte()? != 0, self.byte()? != 0);
        Some(Entry { folder, name, kind, tracked, racy, stamp: self.stamp()?, object })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example() -> Manifest {
        let text = b"a/bc".to_vec();
        let entry = Entry {
            folder: 1,
            name: Span::new(2..4).unwrap(),
            kind: Kind::Link,
            tracked: true,
            racy: false,
            stamp: Stamp { size: 5, ..Stamp::default() },
            object: Span::default(),
        };
        let folder = |path, entries| Folder { path: Span::new(path).unwrap(), entries, kept: false };
        Manifest { text, folders: vec![folder(0..0, 0..0), folder(0..1, 0..1)], entries: vec![entry] }
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = encode(&example(), &[Stamp { ino: 7, ..Stamp::default() }]);
        let index = decode(&bytes).unwrap();
        assert_eq!(index.manifest.path(&index.manifest.entries[0]), b"a/bc");
        assert_eq!((index.manifest.entries[0].kind, index.copies[0].ino), (Kind::Link, 7));
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_none(), "{end} of {} bytes", bytes.len());
        }
    }

    proptest! {
        #[test]
        fn anything_is_read_without_harm(at in 0_usize..200, byte: u8) {
            let mut bytes = encode(&example(), &[]);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            if let Some(index) = decode(&bytes) {
                for entry in &index.manifest.entries {
                    index.manifest.path(entry);
                }
                index.manifest.pieces();
            }
        }
    }
}
