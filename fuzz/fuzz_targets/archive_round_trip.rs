//! What is packed is unpacked the same: names of any bytes, contents, permissions, times, links.
//!
//! The first bytes choose format and level. Each line that follows makes something: its first byte says what, then come
//! its path and, after a tab, its content or target.

#![no_main]

use archive::{Format, Level, Limits, PackOptions, Request, UnpackOptions, pack, select, unpack};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, UNIX_EPOCH};

const FORMATS: [Format; 3] = [Format::Zip, Format::ZipZstd, Format::TarZstd];
const LEVELS: [Level; 3] = [Level::Fastest, Level::Default, Level::Slowest];

fuzz_target!(|input: &[u8]| {
    let [format, level, lines @ ..] = input else { return };
    let root = tempfile::tempdir().expect("a temporary directory");
    let (project, other) = (root.path().join("project"), root.path().join("other"));
    fs::create_dir(&project).expect("a directory");
    fs::create_dir(&other).expect("a directory");
    for line in lines.split(|&byte| byte == b'\n').take(32) {
        make(&project, line);
    }
    let packed = look(&project);

    let cancel = AtomicBool::new(false);
    let request = Request {
        project: &project,
        paths: &[".".to_owned()],
        exclude: &[],
        untracked: None,
        cancel: &cancel,
    };
    let selection = select(&request).expect("a directory");
    let format = FORMATS[usize::from(*format) % FORMATS.len()];
    let options = PackOptions {
        format,
        level: LEVELS[usize::from(*level) % LEVELS.len()],
        threads: 1,
        cancel: &cancel,
    };
    let mut file = tempfile::tempfile().expect("a temporary file");
    let written = pack(&project, &selection.entries, &options, &mut file).expect("an archive");
    assert_eq!(written.bytes, length(&file));
    assert!(written.notes.is_empty(), "{:?}", written.notes);

    let options = UnpackOptions { threads: 1, limits: Limits::default(), cancel: &cancel };
    let unpacked = unpack(&file, &other, &options).expect("what was packed");
    assert_eq!(unpacked.entries, written.entries);
    assert_eq!(look(&other), packed);
});

fn length(file: &File) -> u64 {
    file.metadata().expect("a file").len()
}

/// Makes a file, directory or link inside the project, if it can be made.
fn make(project: &Path, line: &[u8]) -> Option<()> {
    let (&kind, line) = line.split_first()?;
    let tab = line.iter().position(|&byte| byte == b'\t').unwrap_or(line.len());
    let (name, content) =
        (Path::new(OsStr::from_bytes(&line[..tab])), line.get(tab + 1..).unwrap_or_default());
    if name.components().any(|part| !matches!(part, Component::Normal(_))) {
        return None;
    }
    let path = project.join(name);
    // Nothing is made through a link.
    let parents = path.ancestors().skip(1).take_while(|parent| *parent != project);
    if parents.into_iter().any(Path::is_symlink) || fs::symlink_metadata(&path).is_ok() {
        return None;
    }
    fs::create_dir_all(path.parent()?).ok()?;
    match kind % 4 {
        0 => fs::create_dir(&path).ok(),
        1 => symlink(OsStr::from_bytes(content), &path).ok(),
        // Long, and not the same everywhere.
        2 => fs::write(&path, content.repeat(1 + usize::from(kind) * 8)).ok(),
        _ => fs::write(&path, content).ok(),
    }?;
    if !path.is_symlink() {
        fs::set_permissions(&path, Permissions::from_mode(0o700 | u32::from(kind))).ok()?;
        let time = UNIX_EPOCH + Duration::from_secs(1_000_000_000 + u64::from(kind) * 1001);
        File::open(&path).ok()?.set_modified(time).ok()?;
    }
    Some(())
}

/// Kind, permissions, time and content of all below a directory.
fn look(directory: &Path) -> BTreeMap<PathBuf, (u32, i64, Vec<u8>)> {
    let mut items = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(parent) = open.pop() {
        for entry in fs::read_dir(&parent).expect("a directory") {
            let path = entry.expect("an entry").path();
            let data = fs::symlink_metadata(&path).expect("what is there");
            let content = if data.is_symlink() {
                fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes()
            } else if data.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else {
                fs::read(&path).expect("a file")
            };
            items.insert(
                path.strip_prefix(directory).expect("below").to_owned(),
                (data.mode(), data.mtime(), content),
            );
        }
    }
    items
}
