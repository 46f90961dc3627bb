mod round_trip;
mod trouble;

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, symlink};
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::testing::{
    GO_ON, chmod, everything, listing, noise, options, other_program, packed, selected, tree, unpacked,
};

/// Name, method, flags, external attributes, creator, sizes of each entry of the central directory.
fn zip_listing(file: &File) -> Vec<(String, u16, u16, u32, u16, u32, u32)> {
    let mut bytes = vec![0; file.metadata().unwrap().len() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let long = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let end = bytes.len() - 22;
    assert_eq!(long(end), 0x0605_4B50);
    let mut at = long(end + 16) as usize;
    (0..short(end + 10))
        .map(|_| {
            let (name, extra) = (usize::from(short(at + 28)), usize::from(short(at + 30)));
            let text = String::from_utf8_lossy(&bytes[at + 46..at + 46 + name]).into_owned();
            let item = (
                text,
                short(at + 10),
                short(at + 8),
                long(at + 38),
                short(at + 4),
                long(at + 20),
                long(at + 24),
            );
            at += 46 + name + extra;
            item
        })
        .collect()
}

#[test]
fn zip_records_are_those_gitlab_runner_writes() {
    let project = tree(&[
        ("out/one.txt", b"one\n"),
        ("out/deep/x/two.log", b"two\n"),
        ("out/empty/", b""),
        ("out/none", b""),
        ("out/text", &b"all the same ".repeat(100)),
        ("out/\u{fc}", b"x"),
    ]);
    symlink("one.txt", project.path().join("out/link")).unwrap();
    chmod(&project.path().join("out/one.txt"), 0o4755);
    let selection = selected(project.path(), "out");
    let mut file = tempfile::tempfile().unwrap();
    pack(project.path(), &selection.entries, &options(Format::Zip), &mut file).unwrap();
    let found: Vec<_> = zip_listing(&file)
        .into_iter()
        .map(|(name, method, flags, attributes, creator, ..)| {
            assert_eq!(creator, 3 << 8 | 20);
            (name, method, flags, attributes >> 16, attributes & 0xFFFF)
        })
        .collect();
    let want = [
        ("out/", 0, 0, 0o40755, 0x10),
        ("out/deep/", 0, 0, 0o40755, 0x10),
        ("out/deep/x/", 0, 0, 0o40755, 0x10),
        ("out/deep/x/two.log", 0, 8, 0o100644, 0),
        ("out/empty/", 0, 0, 0o40755, 0x10),
        ("out/link", 0, 0, 0o120777, 0),
        ("out/none", 0, 8, 0o100644, 0),
        ("out/one.txt", 0, 8, 0o104755, 0),
        ("out/text", 8, 8, 0o100644, 0),
        ("out/\u{fc}", 0, 0x808, 0o100644, 0),
    ];
    assert_eq!(
        found,
        want.map(|(name, method, flags, mode, dos)| (name.to_owned(), method, flags, mode, dos))
    );
}

#[test]
fn a_single_entry_is_compressed_even_if_that_enlarges_it() {
    let project = tree(&[("README.md", b"hello project\n")]);
    let method = |threads, level| {
        let options = PackOptions { threads, level, ..options(Format::Zip) };
        let mut file = tempfile::tempfile().unwrap();
        pack(project.path(), &selected(project.path(), "*").entries, &options, &mut file).unwrap();
        zip_listing(&file)[0].1
    };
    assert_eq!(method(3, Level::Default), 8);
    assert_eq!(method(3, Level::Fastest), 0);
    fs::write(project.path().join("other"), "x").unwrap();
    assert_eq!(method(3, Level::Default), 0);
    assert_eq!(method(1, Level::Default), 8, "with one thread everything is compressed");
}

#[test]
fn other_programs_read_it() {
    let project = tree(&[
        ("a/text", &b"some words to compress, some of them twice\n".repeat(60_000)),
        ("a/noise", &noise(1_300_000)),
        ("a/small", b"s"),
        ("empty/", b""),
        ("\u{fc}ber/\u{20ac}", b"euro"),
    ]);
    symlink("text", project.path().join("a/link")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (format, level) in [
        (Format::Zip, Level::Fastest),
        (Format::Zip, Level::Fast),
        (Format::Zip, Level::Default),
        (Format::Zip, Level::Slowest),
    ] {
        let path = folder.path().join("x.zip");
        let mut file = File::create(&path).unwrap();
        let options = PackOptions { level, ..options(format) };
        pack(project.path(), &everything(project.path()).entries, &options, &mut file).unwrap();
        if let Some(result) = other_program(Command::new("unzip").arg("-tqq").arg(&path)) {
            assert!(result.status.success(), "unzip -t: {}", String::from_utf8_lossy(&result.stdout));
        }
        let script =
            "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))";
        if let Some(result) = other_program(Command::new("python3").args(["-c", script]).arg(&path)) {
            assert_eq!(String::from_utf8_lossy(&result.stdout), "None 9\n");
        }
    }
    let path = folder.path().join("x.tar.zst");
    let mut file = File::create(&path).unwrap();
    pack(project.path(), &everything(project.path()).entries, &options(Format::TarZstd), &mut file).unwrap();
    let target = tempfile::tempdir().unwrap();
    let tar = Command::new("tar").arg("--zstd").arg("-xf").arg(&path).arg("-C").arg(target.path()).output();
    match tar {
        Ok(result) if result.status.success() => assert_eq!(listing(target.path()), listing(project.path())),
        other => eprintln!("skipped: tar --zstd: {other:?}"),
    }
}

#[test]
fn output_is_the_same_on_every_run() {
    let files: Vec<(String, Vec<u8>)> =
        (0..200).map(|n| (format!("d{}/f{n}", n % 7), noise(n * 40).repeat(1 + n % 5))).collect();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let project = tree(&files);
    for format in [Format::Zip, Format::ZipZstd, Format::TarZstd] {
        let bytes = |threads| {
            let options = PackOptions { threads, ..options(format) };
            let mut bytes = Vec::new();
            pack(project.path(), &everything(project.path()).entries, &options, &mut bytes).unwrap();
            bytes
        };
        assert!(bytes(2) == bytes(7), "{format:?}");
    }
}

#[test]
fn gzip_holds_one_member_for_each_file() {
    let project = tree(&[("r1.xml", b"<one/>\n"), ("r2.xml", b"<two/>\n")]);
    let selection = selected(project.path(), "r*.xml");
    let mut bytes = Vec::new();
    let done = pack(project.path(), &selection.entries, &options(Format::Gzip), &mut bytes).unwrap();
    assert_eq!((done.entries, done.bytes), (2, bytes.len() as u64));
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, "<one/>\n<two/>\n");
    let first = flate2::read::GzDecoder::new(bytes.as_slice());
    let header = first.header().unwrap();
    assert_eq!(header.filename(), Some(b"r1.xml".as_slice()));
    assert_eq!(header.comment(), Some(b"r1.xml".as_slice()));
    assert_eq!(i64::from(header.mtime()), selection.entries[0].stat.seconds);
}

#[test]
fn gzip_and_raw_take_regular_files_only() {
    let project = tree(&[("d/x", b"x"), ("y", b"content")]);
    let attempt = |path: &str, format| {
        let mut bytes = Vec::new();
        let entries = selected(project.path(), path).entries;
        pack(project.path(), &entries, &options(format), &mut bytes)
            .map(|_| bytes)
            .map_err(|error| error.to_string())
    };
    assert_eq!(attempt("d", Format::Gzip).unwrap_err(), r#"the file "d" is not a regular file"#);
    assert_eq!(attempt("d", Format::Raw).unwrap_err(), "only one file can be sent as raw");
    assert_eq!(attempt("**/*", Format::Raw).unwrap_err(), "only one file can be sent as raw");
    assert_eq!(attempt("y", Format::Raw).unwrap(), b"content");
}
