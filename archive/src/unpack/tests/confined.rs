//! Nothing is written outside of the project.

use super::*;

#[test]
fn names_that_lead_out_are_refused_before_anything_is_written() {
    for name in ["../x", "/x", "a/../../x", "a/..", "..", "a/../b"] {
        let trap = Trap::new();
        let result = trap.extract(&zip(&[file("good", b"1"), file(name, b"2")]));
        assert!(matches!(result, Err(UnpackError::Outside { .. })), "{name}: {result:?}");
        assert!(!trap.project().join("good").exists(), "{name}");
    }
    let trap = Trap::new();
    let error = trap.extract(&zip(&[file("../x", b"2")])).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("../x cannot be extracted outside of chroot ({})", trap.project().display())
    );
}

#[test]
fn a_colon_or_a_backslash_is_part_of_a_name() {
    for name in ["C:\\x", "P:/x", "\\\\host\\x"] {
        let trap = Trap::new();
        trap.extract(&zip(&[file(name, b"2")])).unwrap();
        assert_eq!(fs::read(trap.project().join(name)).unwrap(), b"2", "{name}");
    }
}

#[test]
fn a_link_of_the_archive_is_not_written_through() {
    let link = part(b"dir/link", 0o120_777, b"../../outside");
    let trap = Trap::new();
    // The file makes a directory where the link should be, so the link comes too late.
    let result = trap.extract(&zip(&[link.clone(), file("dir/link/secret", b"bad")]));
    assert!(matches!(result, Err(UnpackError::Write { .. })), "{result:?}");
    // A second archive finds the link of the first.
    let trap = Trap::new();
    trap.extract(&zip(&[link])).unwrap();
    assert_eq!(fs::read_link(trap.project().join("dir/link")).unwrap(), Path::new("../../outside"));
    for name in ["dir/link/secret", "dir/link/new/"] {
        let result = trap.extract(&zip(&[file(name, b"bad")]));
        assert!(matches!(result, Err(UnpackError::Outside { .. })), "{name}: {result:?}");
    }
    let result = trap.extract(&zip(&[part(b"dir/link/l", 0o120_777, b"x")]));
    assert!(matches!(result, Err(UnpackError::Outside { .. })), "{result:?}");
    // The link itself may be replaced.
    trap.extract(&zip(&[file("dir/link", b"now a file")])).unwrap();
    assert_eq!(fs::read(trap.project().join("dir/link")).unwrap(), b"now a file");
}

#[test]
fn links_of_the_tree_are_followed_inside_only() {
    let trap = Trap::new();
    let project = trap.project();
    symlink("dir", project.join("inside")).unwrap();
    symlink(trap.0.path().join("outside"), project.join("absolute")).unwrap();
    symlink("../outside/secret", project.join("leaf")).unwrap();
    trap.extract(&zip(&[file("inside/x", b"1"), file("leaf", b"2")])).unwrap();
    assert_eq!(fs::read(project.join("dir/x")).unwrap(), b"1");
    assert_eq!(fs::read(project.join("leaf")).unwrap(), b"2");
    let result = trap.extract(&zip(&[file("absolute/secret", b"bad")]));
    assert!(matches!(result, Err(UnpackError::Outside { .. })), "{result:?}");
    trap.extract(&zip(&[part(b"absolute/", 0o40_750, b""), file("absolute/secret", b"good")])).unwrap();
    assert!(fs::symlink_metadata(project.join("absolute")).unwrap().is_dir());
}

#[test]
fn what_is_in_the_way_is_replaced() {
    let project = tree(&[("file", b"old"), ("empty/", b""), ("full/x", b"x"), ("d", b"a file")]);
    symlink("full", project.path().join("link")).unwrap();
    fs::hard_link(project.path().join("file"), project.path().join("twin")).unwrap();
    let archive = zip(&[
        file("file", b"new"),
        file("empty", b"now a file"),
        part(b"link/", 0o40_755, b""),
        part(b"d/", 0o40_700, b""),
    ]);
    unpacked(&archive, project.path()).unwrap();
    let now = listing(project.path());
    assert_eq!(now[b"file".as_slice()].2, b"new");
    assert_eq!(now[b"twin".as_slice()].2, b"old", "a hard link is not written through");
    assert_eq!(now[b"empty".as_slice()].2, b"now a file");
    assert_eq!(now[b"link".as_slice()].0, 0o40_755);
    assert_eq!((now[b"d".as_slice()].0, now[b"d".as_slice()].1), (0o40_700, 1_000_000_000));
    let result = unpacked(&zip(&[file("full", b"bad")]), project.path());
    assert!(matches!(result, Err(UnpackError::Write { .. })), "{result:?}");
    assert_eq!(fs::read(project.path().join("full/x")).unwrap(), b"x");
}

#[test]
fn tar_names_and_links_are_confined() {
    for (name, kind, link) in [
        ("../x", b'0', ""),
        ("/x", b'0', ""),
        ("a/../../x", b'5', ""),
        ("x", b'1', "../outside/secret"),
        ("x", b'1', "/etc/passwd"),
        ("../x", b'2', "y"),
    ] {
        let trap = Trap::new();
        let result = trap.extract(&tar_zst(&tar_part(name.as_bytes(), kind, link.as_bytes(), b"")));
        assert!(matches!(result, Err(UnpackError::Outside { .. })), "{name} {link}: {result:?}");
    }
    let trap = Trap::new();
    symlink("../outside", trap.project().join("out")).unwrap();
    for (name, kind, link) in [("out/secret", b'0', ""), ("x", b'1', "out/secret"), ("out/l", b'2', "x")] {
        let result = trap.extract(&tar_zst(&tar_part(name.as_bytes(), kind, link.as_bytes(), b"")));
        assert!(matches!(result, Err(UnpackError::Outside { .. })), "{name} {link}: {result:?}");
    }
    symlink("../outside/secret", trap.project().join("leaf")).unwrap();
    let result = trap.extract(&tar_zst(&tar_part(b"x", b'1', b"leaf", b"")));
    assert!(matches!(result, Err(UnpackError::Damaged { .. })), "{result:?}");
    let tar = [tar_part(b"l", b'2', b"../outside", b""), tar_part(b"l/secret", b'0', b"", b"bad")].concat();
    let result = trap.extract(&tar_zst(&tar));
    assert!(matches!(result, Err(UnpackError::Write { .. })), "the link comes last: {result:?}");
}
