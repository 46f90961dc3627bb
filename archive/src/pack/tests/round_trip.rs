//! What is packed comes back.

use super::*;

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
