//! Whatever an archive holds, nothing appears or changes outside the directory it is unpacked into.
//!
//! The first byte chooses the form: the rest is the archive itself, or a tar that gets its checksums and is compressed.

#![no_main]

use archive::{Limits, UnpackError, UnpackOptions, unpack};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const LIMITS: Limits = Limits { bytes: 256 * 1024, entries: 64 };

fuzz_target!(|input: &[u8]| {
    let Some((&form, rest)) = input.split_first() else { return };
    let bytes = if form & 1 == 0 { rest.to_vec() } else { tar_zst(rest) };
    let root = tempfile::tempdir().expect("a temporary directory");
    let project = root.path().join("project");
    prepare(root.path(), &project);
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&bytes).expect("a temporary file");

    let before = look(root.path(), &project);
    let options = UnpackOptions { threads: 1, limits: LIMITS, cancel: &AtomicBool::new(false) };
    let result = unpack(&file, &project, &options);
    assert_eq!(before, look(root.path(), &project), "changed something outside");

    let inside = look(&project, Path::new(""));
    let size: u64 =
        inside.values().filter(|item| item.kind == "file").map(|item| item.content.len() as u64).sum();
    assert!(size <= LIMITS.bytes, "{size} bytes");
    assert!(inside.values().all(|item| item.kind != "other" && item.mode & 0o7000 == 0), "{inside:?}");
    match result {
        Ok(unpacked) => assert!(unpacked.entries <= LIMITS.entries && unpacked.bytes <= LIMITS.bytes),
        Err(error @ UnpackError::Target { .. }) => panic!("{error}"),
        Err(_) => {}
    }
});

/// A project with links that lead out of it, beside what must not be touched.
fn prepare(root: &Path, project: &Path) {
    fs::create_dir_all(root.join("outside/d")).expect("a directory");
    fs::write(root.join("outside/f"), "secret").expect("a file");
    fs::create_dir_all(project.join("d")).expect("a directory");
    fs::write(project.join("f"), "old").expect("a file");
    for (target, name) in [("../outside", "o"), ("../outside/f", "l"), ("..", "d/u"), ("d", "i")] {
        symlink(target, project.join(name)).expect("a link");
    }
    symlink(root.join("outside"), project.join("a")).expect("a link");
}

#[derive(Debug, PartialEq)]
struct Item {
    kind: &'static str,
    mode: u32,
    owner: (u32, u32),
    links: u64,
    changed: (i64, i64),
    content: Vec<u8>,
}

/// All that is at and below a directory, but for what is below `except`; links are not followed.
fn look(directory: &Path, except: &Path) -> BTreeMap<PathBuf, Item> {
    let mut items = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(path) = open.pop() {
        let data = fs::symlink_metadata(&path).expect("what is there");
        let kind = data.file_type();
        let (kind, content) = if kind.is_dir() {
            open.extend(
                fs::read_dir(&path).expect("a directory").map(|entry| entry.expect("an entry").path()),
            );
            ("directory", Vec::new())
        } else if kind.is_file() {
            ("file", fs::read(&path).expect("a file"))
        } else if kind.is_symlink() {
            ("link", fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes())
        } else {
            assert!(kind.is_fifo() || kind.is_socket() || kind.is_block_device() || kind.is_char_device());
            ("other", Vec::new())
        };
        let mode = if kind == "link" { 0 } else { data.mode() };
        let changed = (data.mtime(), data.mtime_nsec());
        items.insert(
            path,
            Item { kind, mode, owner: (data.uid(), data.gid()), links: data.nlink(), changed, content },
        );
        open.retain(|path| path != except);
    }
    items
}

/// A tar with right checksums in what are its headers, compressed.
fn tar_zst(bytes: &[u8]) -> Vec<u8> {
    let mut tar = bytes.to_vec();
    tar.resize(tar.len().next_multiple_of(512), 0);
    let mut at = 0;
    while at < tar.len() {
        let header = &mut tar[at..at + 512];
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let size =
            std::str::from_utf8(&header[124..135]).ok().and_then(|text| usize::from_str_radix(text, 8).ok());
        at += 512 + size.unwrap_or(0).next_multiple_of(512).min(tar.len());
    }
    zstd::bulk::compress(&tar, 1).expect("compression")
}
