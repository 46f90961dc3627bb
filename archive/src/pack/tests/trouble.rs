//! Files that change, cannot be read or find no room, and cancels.

use super::*;

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
