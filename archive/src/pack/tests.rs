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

#[test]
fn what_changes_after_the_selection_is_told() {
    let project = tree(&[
        ("a", b"a"),
        ("b", b"b"),
        ("big", &noise(2_000_000)),
        ("c", b"c"),
        ("d/e", b"e"),
        ("grown", b"g"),
        ("link", b""),
    ]);
    let path = |name: &str| project.path().join(name);
    fs::remove_file(path("link")).unwrap();
    symlink("a", path("link")).unwrap();
    let outer = tree(&[("e", b"secret")]);
    for format in [Format::Zip, Format::ZipZstd, Format::TarZstd] {
        let entries = everything(project.path()).entries;
        fs::remove_file(path("a")).unwrap();
        fs::remove_file(path("b")).unwrap();
        nix::unistd::mkfifo(&path("b"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::remove_file(path("big")).unwrap();
        fs::rename(path("d"), path("d.away")).unwrap();
        symlink(outer.path(), path("d")).unwrap();
        fs::write(path("grown"), noise(1_500_000)).unwrap();
        fs::remove_file(path("link")).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        let done = pack(project.path(), &entries, &options(format), &mut file).unwrap();
        let lines: Vec<String> = done.notes.iter().map(ToString::to_string).collect();
        let gone = |name: &str| format!("{name}: left out, it is no longer there");
        let want = [
            gone("a"),
            gone("b"),
            gone("big"),
            "d/e: left out, a symbolic link leads out of the project directory".to_owned(),
            gone("link"),
        ];
        assert_eq!(lines, want, "{format:?}");
        let target = tempfile::tempdir().unwrap();
        unpacked(&file, target.path()).unwrap();
        assert_eq!(fs::read(target.path().join("grown")).unwrap(), noise(1_500_000));
        assert_eq!(fs::read(target.path().join("c")).unwrap(), b"c");
        for name in ["a", "b", "link"] {
            let _ = fs::remove_file(path(name));
            fs::write(path(name), name).unwrap();
        }
        fs::write(path("big"), noise(2_000_000)).unwrap();
        fs::remove_file(path("link")).unwrap();
        symlink("a", path("link")).unwrap();
        fs::remove_file(path("d")).unwrap();
        fs::rename(path("d.away"), path("d")).unwrap();
        fs::write(path("grown"), "g").unwrap();
    }
}

#[test]
fn a_file_that_shrinks_is_packed_as_far_as_it_goes() {
    let project = tree(&[("big", &noise(3_000_000)), ("small", &noise(300_000))]);
    for format in [Format::Zip, Format::TarZstd] {
        fs::write(project.path().join("big"), noise(3_000_000)).unwrap();
        let entries = everything(project.path()).entries;
        let big = File::options().write(true).open(project.path().join("big")).unwrap();
        // Cut off once the first bytes are out, when the header has been written.
        struct Cut<'f>(&'f File, Vec<u8>);
        impl Write for Cut<'_> {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.set_len(700_000)?;
                self.1.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut out = Cut(&big, Vec::new());
        let options = PackOptions { threads: 1, level: Level::Fastest, ..options(format) };
        pack(project.path(), &entries, &options, &mut out).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&out.1).unwrap();
        let target = tempfile::tempdir().unwrap();
        unpacked(&file, target.path()).unwrap();
        let content = fs::read(target.path().join("big")).unwrap();
        assert!(content.len() < 3_000_000 || content[2_999_000..].iter().all(|&byte| byte == 0));
        assert_eq!(content[..700_000], noise(700_000));
        assert_eq!(fs::read(target.path().join("small")).unwrap(), noise(300_000));
    }
}

#[test]
fn an_unreadable_file_is_named() {
    if nix::unistd::Uid::effective().is_root() {
        eprintln!("skipped: root reads every file");
        return;
    }
    let project = tree(&[("a", b"a"), ("b", b"b")]);
    chmod(&project.path().join("a"), 0o000);
    let (_, done) = packed(project.path(), &options(Format::Zip));
    assert_eq!(done.notes[0].to_string(), "a: left out, it cannot be read: Permission denied");
}

#[test]
fn a_full_disk_is_an_error_and_nothing_hangs() {
    let project = tree(&[("a", &noise(3_000_000)), ("b", &noise(300_000)), ("c", b"c")]);
    let entries = everything(project.path()).entries;
    for format in [Format::Zip, Format::ZipZstd, Format::TarZstd, Format::Gzip, Format::Raw] {
        let mut full = File::options().write(true).open("/dev/full").unwrap();
        let one: Vec<_> = entries.iter().filter(|entry| &*entry.path == b"a").cloned().collect();
        let entries = if matches!(format, Format::Gzip | Format::Raw) { &one } else { &entries };
        let error = pack(project.path(), entries, &options(format), &mut full).unwrap_err();
        assert!(error.is_disk_full(), "{format:?}: {error:?}");
    }
}

#[test]
fn cancel_is_noticed_between_blocks() {
    let project = tree(&[("a", &noise(3_000_000)), ("b", &noise(3_000_000))]);
    let entries = everything(project.path()).entries;
    for format in [Format::Zip, Format::TarZstd, Format::Gzip] {
        let cancel = AtomicBool::new(false);
        struct After<'c>(&'c AtomicBool);
        impl Write for After<'_> {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.store(true, Ordering::Relaxed);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let files: Vec<_> = entries.iter().filter(|entry| entry.kind == crate::Kind::File).cloned().collect();
        let options = PackOptions { cancel: &cancel, ..options(format) };
        let result = pack(project.path(), &files, &options, &mut After(&cancel));
        assert!(matches!(result, Err(PackError::Canceled)), "{format:?}: {result:?}");
    }
    assert!(!GO_ON.load(Ordering::Relaxed));
}

#[test]
#[ignore = "packs and unpacks 4.5 GB"]
fn a_file_beyond_4_gib_takes_zip64() {
    const SIZE: u64 = 4_500_000_000;
    let project = tree(&[("z", b"behind it")]);
    let big = File::create(project.path().join("big")).unwrap();
    big.set_len(SIZE).unwrap();
    big.write_all_at(b"end", SIZE - 3).unwrap();
    for (format, level) in [
        (Format::Zip, Level::Fast),
        (Format::Zip, Level::Fastest),
        (Format::ZipZstd, Level::Fast),
        (Format::TarZstd, Level::Fast),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zip");
        let mut file =
            File::options().create(true).truncate(true).read(true).write(true).open(&path).unwrap();
        let options = PackOptions { level, ..options(format) };
        pack(project.path(), &everything(project.path()).entries, &options, &mut file).unwrap();
        if format == Format::Zip {
            if let Some(result) = other_program(Command::new("unzip").arg("-tqq").arg(&path)) {
                assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stdout));
            }
            let script = "import sys,zipfile; print(zipfile.ZipFile(sys.argv[1]).testzip())";
            if let Some(result) = other_program(Command::new("python3").args(["-c", script]).arg(&path)) {
                assert_eq!(String::from_utf8_lossy(&result.stdout), "None\n");
            }
        }
        let target = tempfile::tempdir().unwrap();
        unpacked(&file, target.path()).unwrap();
        let big = File::open(target.path().join("big")).unwrap();
        let mut end = [0; 3];
        big.read_exact_at(&mut end, SIZE - 3).unwrap();
        assert_eq!((big.metadata().unwrap().len(), &end), (SIZE, b"end"));
        assert_eq!(fs::read(target.path().join("z")).unwrap(), b"behind it");
    }
}

#[test]
fn an_empty_selection_is_an_empty_archive() {
    let project = tree(&[]);
    let mut file = tempfile::tempfile().unwrap();
    let done = pack(project.path(), &[], &options(Format::Zip), &mut file).unwrap();
    assert_eq!((done.entries, done.bytes, file.stream_position().unwrap()), (0, 22, 22));
    assert_eq!(unpacked(&file, project.path()).unwrap().entries, 0);
}

#[derive(Debug, Clone)]
enum Thing {
    File(Vec<u8>, u32),
    Symlink(Vec<u8>),
    Directory(u32),
}

fn thing() -> impl Strategy<Value = Thing> {
    let mode = prop::sample::select(vec![0o644_u32, 0o755, 0o600, 0o444, 0o777, 0o700]);
    let content = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..300),
        1 => (any::<u8>(), 0..1_200_000_usize).prop_map(|(byte, length)| vec![byte; length]),
        1 => (0..1_200_000_usize).prop_map(noise),
    ];
    prop_oneof![
        5 => (content, mode).prop_map(|(content, mode)| Thing::File(content, mode)),
        1 => "[a-z/.]{1,150}".prop_map(|target| Thing::Symlink(target.into_bytes())),
        1 => prop::sample::select(vec![0o755_u32, 0o700, 0o777]).prop_map(Thing::Directory),
    ]
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[a-zA-Z0-9 ._#é-]{1,40}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..200),
    ]
    .prop_filter("a file name", |name| {
        !name.contains(&b'/') && !name.contains(&0) && name != b"." && name != b".."
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_packed_is_unpacked(
        things in prop::collection::btree_map(prop::collection::vec(name(), 1..4), thing(), 0..12),
        seconds in 0..2_000_000_000_i64,
    ) {
        let project = tempfile::tempdir().unwrap();
        for (names, thing) in &things {
            let path = project.path().join(std::ffi::OsStr::from_bytes(&names.join(&b'/')));
            if fs::create_dir_all(path.parent().unwrap()).is_err() || path.symlink_metadata().is_ok() {
                continue;
            }
            match thing {
                Thing::File(content, mode) => {
                    fs::write(&path, content).unwrap();
                    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds as u64);
                    File::open(&path).unwrap().set_modified(time).unwrap();
                    chmod(&path, *mode);
                }
                Thing::Symlink(target) => symlink(std::ffi::OsStr::from_bytes(target), &path).unwrap(),
                Thing::Directory(mode) => {
                    fs::create_dir(&path).unwrap();
                    chmod(&path, *mode);
                }
            }
        }
        let before = listing(project.path());
        for format in [Format::Zip, Format::ZipZstd, Format::TarZstd] {
            let (file, done) = packed(project.path(), &options(format));
            prop_assert_eq!(&done.notes, &[]);
            let target = tempfile::tempdir().unwrap();
            let result = unpacked(&file, target.path()).unwrap();
            prop_assert_eq!(result.entries, done.entries);
            prop_assert!(listing(target.path()) == before, "{:?}", format);
            // Again over what is there now.
            unpacked(&file, target.path()).unwrap();
            prop_assert!(listing(target.path()) == before, "{:?}", format);
        }
    }
}
