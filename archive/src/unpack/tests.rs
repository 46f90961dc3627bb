mod confined;
mod damage;
mod entries;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::entry::Attributes;
use crate::testing::{GO_ON, listing, noise, options, other_program, packed, tree, unpacked};
use crate::zip_format::{DEFLATED, Record, STORED, end};
use crate::{Format, tar_format};

/// One entry of a zip made by hand; all fields can lie.
#[derive(Clone)]
struct Part<'p> {
    name: &'p [u8],
    mode: u32,
    method: u16,
    data: Vec<u8>,
    crc: u32,
    size: u64,
}

fn file<'p>(name: &'p str, content: &[u8]) -> Part<'p> {
    part(name.as_bytes(), 0o100_644, content)
}

fn part<'p>(name: &'p [u8], mode: u32, content: &[u8]) -> Part<'p> {
    Part {
        name,
        mode,
        method: STORED,
        data: content.to_vec(),
        crc: crc32fast::hash(content),
        size: content.len() as u64,
    }
}

fn zip_bytes(parts: &[Part<'_>]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for part in parts {
        let attributes =
            Attributes { mode: part.mode, uid: 0, gid: 0, size: part.size, seconds: 1_000_000_000, nanos: 0 };
        let record = Record {
            name: part.name,
            attributes,
            is_directory: part.name.ends_with(b"/"),
            method: part.method,
            streamed: false,
            crc: part.crc,
            packed: part.data.len() as u64,
            size: part.size,
            offset: out.len() as u64,
        };
        out.extend(record.local());
        out.extend(&part.data);
        record.central(&mut directory);
    }
    let offset = out.len() as u64;
    out.extend(&directory);
    out.extend(end(parts.len() as u64, offset, directory.len() as u64));
    out
}

fn stored(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn zip(parts: &[Part<'_>]) -> File {
    stored(&zip_bytes(parts))
}

/// A project with something beside it that must stay untouched.
struct Trap(tempfile::TempDir);

impl Trap {
    fn new() -> Self {
        Self(tree(&[("outside/secret", b"untouched"), ("project/dir/", b"")]))
    }

    fn project(&self) -> PathBuf {
        self.0.path().join("project")
    }

    fn extract(&self, archive: &File) -> Result<Unpacked, UnpackError> {
        let result = unpacked(archive, &self.project());
        let outside = listing(&self.0.path().join("outside"));
        assert_eq!(outside.len(), 1);
        assert_eq!(outside[b"secret".as_slice()].2, b"untouched");
        let names: Vec<_> =
            fs::read_dir(self.0.path()).unwrap().map(|item| item.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        result
    }
}

fn tar_part(name: &[u8], kind: u8, link: &[u8], content: &[u8]) -> Vec<u8> {
    let mode = if kind == b'5' { 0o755 } else { 0o644 };
    let stat = Attributes { mode, uid: 0, gid: 0, size: 0, seconds: 1_000_000_000, nanos: 0 };
    let mut bytes = tar_format::headers(name, kind, link, &stat, content.len() as u64);
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn tar_zst(tar: &[u8]) -> File {
    stored(&zstd::stream::encode_all(tar, 1).unwrap())
}
