//! What several tests need: trees, archives of them, and other programs' opinions.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::AtomicBool;

use crate::{
    Format, Level, Limits, PackOptions, Packed, Request, Selection, UnpackError, UnpackOptions, Unpacked,
    pack, select, unpack,
};

pub(crate) static GO_ON: AtomicBool = AtomicBool::new(false);

/// A fresh folder with these files (a name ending in a slash is a directory), parents made as needed.
pub(crate) fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }
    folder
}

pub(crate) fn everything(project: &Path) -> Selection {
    selected(project, "**")
}

pub(crate) fn selected(project: &Path, path: &str) -> Selection {
    let paths = [path.to_owned()];
    select(&Request { project, paths: &paths, exclude: &[], untracked: None, cancel: &GO_ON }).unwrap()
}

pub(crate) fn options(format: Format) -> PackOptions<'static> {
    PackOptions { format, level: Level::Default, threads: 3, cancel: &GO_ON }
}

/// Packs all of a folder into a file.
pub(crate) fn packed(project: &Path, options: &PackOptions<'_>) -> (File, Packed) {
    let mut file = tempfile::tempfile().unwrap();
    let packed = pack(project, &everything(project).entries, options, &mut file).unwrap();
    assert_eq!(file.metadata().unwrap().len(), packed.bytes);
    (file, packed)
}

pub(crate) fn unpacked(archive: &File, target: &Path) -> Result<Unpacked, UnpackError> {
    let options = UnpackOptions { threads: 3, limits: Limits::default(), cancel: &GO_ON };
    unpack(archive, target, &options)
}

/// Everything below a folder: type and permissions, seconds of the last change, content or target.
pub(crate) fn listing(root: &Path) -> BTreeMap<Vec<u8>, (u32, i64, Vec<u8>)> {
    fn add(root: &Path, path: &Path, all: &mut BTreeMap<Vec<u8>, (u32, i64, Vec<u8>)>) {
        for item in fs::read_dir(path).unwrap() {
            let path = item.unwrap().path();
            let stat = fs::symlink_metadata(&path).unwrap();
            let content = if stat.is_symlink() {
                fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec()
            } else if stat.is_file() {
                fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec();
            all.insert(name, (stat.mode(), stat.mtime(), content));
            if stat.is_dir() {
                add(root, &path, all);
            }
        }
    }
    let mut all = BTreeMap::new();
    add(root, root, &mut all);
    all
}

pub(crate) fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs another program; `None`, said on the terminal, if this machine does not have it.
pub(crate) fn other_program(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("skipped: {command:?}: {error}");
            None
        }
    }
}

/// Bytes that do not compress.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}
