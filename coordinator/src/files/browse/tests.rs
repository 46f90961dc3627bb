use super::*;
use archive::{Format, Level, PackOptions, Request, pack, select};
use std::sync::atomic::AtomicBool;

/// A zip file of these files.
fn zip(files: &[(&str, &str)]) -> File {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let cancel = AtomicBool::new(false);
    let paths = ["**".to_owned()];
    let request =
        Request { project: folder.path(), paths: &paths, exclude: &[], untracked: None, cancel: &cancel };
    let selection = select(&request).unwrap();
    let mut file = tempfile::tempfile().unwrap();
    let options = PackOptions { format: Format::Zip, level: Level::Default, threads: 1, cancel: &cancel };
    pack(folder.path(), &selection.entries, &options, &mut file).unwrap();
    file
}

fn names(archive: &File, path: &str) -> Option<Vec<(String, bool, u64)>> {
    let browsed = folder(archive, path).unwrap()?;
    Some(browsed.entries.into_iter().map(|entry| (entry.path, entry.folder, entry.size)).collect())
}

#[test]
fn folders_are_made_of_paths() {
    let archive = zip(&[("z.txt", "12"), ("a/b/c.txt", "123"), ("a/d.txt", "1"), ("a.txt", "")]);
    let top = [("a".into(), true, 4), ("a.txt".into(), false, 0), ("z.txt".into(), false, 2)];
    assert_eq!(names(&archive, "").unwrap(), top);
    assert_eq!(names(&archive, "/").unwrap(), top);
    assert_eq!(names(&archive, "a/").unwrap(), [("a/b".into(), true, 3), ("a/d.txt".into(), false, 1)]);
    assert_eq!(names(&archive, "a/b").unwrap(), [("a/b/c.txt".into(), false, 3)]);
    for missing in ["b", "a/x", "../a", "a/..", "z.txt"] {
        assert_eq!(names(&archive, missing), None, "{missing}");
    }
}

#[test]
fn files_are_read() {
    let archive = zip(&[("a/config.yml", "job: {}"), ("raw.bin", "x")]);
    assert_eq!(text(&archive, "a/config.yml").unwrap().as_deref(), Some("job: {}"));
    assert_eq!(text(&archive, "a").unwrap(), None);
    assert_eq!(text(&archive, "../a/config.yml").unwrap(), None);
    let mut out = extract(&archive, "raw.bin", 10, tempfile::tempfile().unwrap()).unwrap().unwrap();
    assert_eq!((out.size, std::io::read_to_string(&mut out.file).unwrap().as_str()), (1, "x"));
    assert!(extract(&archive, "a/config.yml", 3, tempfile::tempfile().unwrap()).is_err());
    assert!(folder(&tempfile::tempfile().unwrap(), "").is_err());
}

#[test]
fn names_that_no_file_has_are_left_out() {
    for (name, path) in [
        (&b"a//b/./c"[..], Some("a/b/c")),
        (b"/etc/passwd", None),
        (b"a/../b", None),
        (b"..", None),
        (b"nul\0", None),
        (b"\xff", None),
        (b"./", None),
        (b"a/", Some("a")),
    ] {
        assert_eq!(path_of(name).as_deref(), path, "{}", String::from_utf8_lossy(name));
    }
}

#[test]
fn bombs_stay_small() {
    let bomb = zip(&[("bomb", &"0".repeat(8 << 20))]);
    assert!(bomb.metadata().unwrap().len() < 64 << 10);
    assert!(extract(&bomb, "bomb", 1 << 20, tempfile::tempfile().unwrap()).is_err());
    assert!(text(&bomb, "bomb").is_err(), "larger than a configuration may be");
    let whole = extract(&bomb, "bomb", 8 << 20, tempfile::tempfile().unwrap()).unwrap().unwrap();
    assert_eq!(whole.size, 8 << 20);
}
