//! What entries become in the tree.

use super::*;

#[test]
fn modes_are_restored_without_the_dangerous_bits() {
    let project = tree(&[]);
    unpacked(
        &zip(&[
            part(b"s", 0o104_755, b""),
            part(b"d/", 0o41_777, b""),
            part(b"locked/", 0o40_555, b""),
            part(b"locked/x", 0o100_400, b"x"),
            part(b"plain", 0, b""),
        ]),
        project.path(),
    )
    .unwrap();
    let now = listing(project.path());
    let mode = |name: &str| now[name.as_bytes()].0;
    assert_eq!(
        [mode("s"), mode("d"), mode("locked"), mode("locked/x")],
        [0o100_755, 0o40_777, 0o40_555, 0o100_400]
    );
    assert_ne!(mode("plain") & 0o400, 0, "an archive without modes leaves them to the umask");
    crate::testing::chmod(&project.path().join("locked"), 0o755);
}

#[test]
fn devices_are_left_out() {
    let project = tree(&[]);
    let done = unpacked(
        &zip(&[part(b"null", 0o020_666, b""), part(b"pipe", 0o010_666, b""), file("x", b"1")]),
        project.path(),
    )
    .unwrap();
    assert_eq!((done.entries, done.notes.len()), (1, 2));
    assert_eq!(listing(project.path()).len(), 1);
}

#[test]
fn of_entries_with_one_name_the_last_counts() {
    let project = tree(&[]);
    let parts = [
        file("x", b"first"),
        file("./x", b"second"),
        part(b"y", 0o120_777, b"target"),
        file("y", b"file"),
        file("z", b"file"),
        part(b"z", 0o120_777, b"target"),
    ];
    let done = unpacked(&zip(&parts), project.path()).unwrap();
    assert_eq!(done.entries, 3);
    let now = listing(project.path());
    assert_eq!(now[b"x".as_slice()].2, b"second");
    assert_eq!(now[b"y".as_slice()].2, b"file");
    assert_eq!(now[b"z".as_slice()].2, b"target");
}

#[test]
fn names_that_are_not_utf8_are_kept() {
    let project = tree(&[]);
    unpacked(&zip(&[part(b"\xff\xfe/\x80", 0o100_644, b"odd")]), project.path()).unwrap();
    assert!(listing(project.path()).contains_key(b"\xff\xfe/\x80".as_slice()));
}

#[test]
fn other_formats_are_named() {
    let target = tree(&[]);
    for (bytes, message) in [
        (b"\x1f\x8b\x08".as_slice(), r#"unsupported archive format "gzip""#),
        (b"not an archive", "zip: not a valid zip file"),
        (b"", "zip: not a valid zip file"),
        (&[0; 70_000], "zip: not a valid zip file"),
    ] {
        assert_eq!(unpacked(&stored(bytes), target.path()).unwrap_err().to_string(), message);
    }
}

#[test]
fn zips_of_other_programs_are_read() {
    let source = tree(&[("d/text", &b"words ".repeat(10_000)), ("d/e/x", b"x"), ("none", b"")]);
    symlink("text", source.path().join("d/l")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("x.zip");
    let Some(result) =
        other_program(Command::new("zip").args(["-qry"]).arg(&archive).arg(".").current_dir(source.path()))
    else {
        return;
    };
    assert!(result.status.success());
    let target = tree(&[]);
    unpacked(&File::open(&archive).unwrap(), target.path()).unwrap();
    assert_eq!(listing(target.path()), listing(source.path()));
    // With a program in front, as of a self-extracting archive.
    let moved = [noise(1234), fs::read(&archive).unwrap()].concat();
    let target = tree(&[]);
    unpacked(&stored(&moved), target.path()).unwrap();
    assert_eq!(listing(target.path()), listing(source.path()));
}

#[test]
fn many_entries_take_zip64() {
    let names: Vec<String> = (0..70_000).map(|number| format!("{}/{number}", number % 50)).collect();
    let parts: Vec<_> = names.iter().map(|name| file(name, b"")).collect();
    let target = tree(&[]);
    let done = unpacked(&zip(&parts), target.path()).unwrap();
    assert_eq!(done.entries, 70_000);
    assert!(target.path().join("49/69999").exists());
}

#[test]
fn cancel_stops_extraction() {
    let cancel = AtomicBool::new(true);
    let options = UnpackOptions { threads: 2, limits: Limits::default(), cancel: &cancel };
    let project = tree(&[("x", &noise(100_000))]);
    for format in [Format::Zip, Format::TarZstd] {
        let (archive, _) = packed(project.path(), &crate::testing::options(format));
        let target = tree(&[]);
        let result = unpack(&archive, target.path(), &options);
        assert!(matches!(result, Err(UnpackError::Canceled)), "{result:?}");
        assert_eq!(listing(target.path()).len(), 0);
    }
}

#[test]
fn tar_entries_of_all_kinds() {
    let long = "long/".repeat(40);
    let mut tar = [
        tar_part(b"d/", b'5', b"", b""),
        tar_part(b"d/x", b'0', b"", b"content"),
        tar_part(b"d/hard", b'1', b"d/x", b""),
        tar_part(b"d/soft", b'2', b"../anywhere", b""),
        tar_part(b"null", b'3', b"", b""),
        tar_part(b"pipe", b'6', b"", b""),
        tar_part(format!("{long}x").as_bytes(), b'0', b"", b"far"),
        tar_part(b"././@LongLink", b'L', b"", b"gnu/name\0"),
        tar_part(b"cut", b'0', b"", b"gnu"),
        tar_part(b"g", b'g', b"", b"19 path=all/the/sa\n"),
    ]
    .concat();
    tar.resize(tar.len() + 1024, 0);
    let project = tree(&[]);
    let done = unpacked(&tar_zst(&tar), project.path()).unwrap();
    assert_eq!((done.entries, done.notes.len(), done.bytes), (6, 2, 13));
    let now = listing(project.path());
    assert_eq!(now[b"d/x".as_slice()], (0o100_644, 1_000_000_000, b"content".to_vec()));
    assert_eq!(now[b"d".as_slice()].1, 1_000_000_000);
    assert_eq!(now[b"d/soft".as_slice()].2, b"../anywhere");
    assert_eq!(now[format!("{long}x").as_bytes()].2, b"far");
    assert_eq!(now[b"gnu/name".as_slice()].2, b"gnu");
    let inode = |name: &str| fs::metadata(project.path().join(name)).unwrap().ino();
    assert_eq!(inode("d/hard"), inode("d/x"));
}
