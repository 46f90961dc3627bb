//! Mounts: overlays made and unmade, and what the kernel says is mounted.

use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Whether this process may mount so that everybody on this machine sees it: it is privileged in the first user
/// namespace and has the same mounts as the first process.
pub(crate) fn may_mount() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let whole = map.split_whitespace().eq(["0", "0", "4294967295"]);
    whole && is_privileged() && root_mount("self").is_some() && root_mount("self") == root_mount("1")
}

/// The number of a process's first mount. Numbers are the whole machine's, so equal ones mean the same namespace. What
/// `ns/mnt` links to would say it as well, but not to everybody.
fn root_mount(process: &str) -> Option<u64> {
    let mut line = String::new();
    BufReader::new(File::open(format!("/proc/{process}/mountinfo")).ok()?).read_line(&mut line).ok()?;
    line.split(' ').next()?.parse().ok()
}

/// CAP_SYS_ADMIN is number 21.
fn is_privileged() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & (1 << 21) != 0)
}

/// Whether a path can stand in the options of an overlay and be found again in the list of mounts.
pub(crate) fn is_plain(path: &Path) -> bool {
    let odd = |byte: &u8| matches!(byte, b',' | b':' | b'\\' | b'"' | b'#' | 0..=b' ' | 0x7f..);
    !path.as_os_str().as_bytes().iter().any(odd)
}

/// Mounts an overlay. The layers below it are named from the top down.
pub(crate) fn overlay(lower: &[&Path], upper: &Path, work: &Path, target: &Path) -> Result<(), Errno> {
    if !lower.iter().chain(&[upper, work]).all(|path| is_plain(path)) {
        return Err(Errno::INVAL);
    }
    let lower: Vec<&[u8]> = lower.iter().map(|path| path.as_os_str().as_bytes()).collect();
    let mut options = b"lowerdir=".to_vec();
    options.extend_from_slice(&lower.join(&b':'));
    for (name, path) in [(&b",upperdir="[..], upper), (b",workdir=", work)] {
        options.extend_from_slice(name);
        options.extend_from_slice(path.as_os_str().as_bytes());
    }
    // Folders can be renamed; nothing is written to the disk when it is unmounted, since it is removed then.
    let mut result = Err(Errno::INVAL);
    for more in [&b",redirect_dir=on,volatile"[..], b",redirect_dir=on", b""] {
        let data = CString::new([options.as_slice(), more].concat()).map_err(|_| Errno::INVAL)?;
        result = mount("runner", target, "overlay", MountFlags::empty(), Some(data.as_c_str()));
        if result != Err(Errno::INVAL) {
            break;
        }
    }
    result
}

/// Makes a folder for the upper layer of an overlay, and those above it, that hides what the layers below have there.
/// Says whether the file system can note that.
pub(crate) fn hide(folder: &Path) -> std::io::Result<bool> {
    std::fs::create_dir_all(folder)?;
    match rustix::fs::lsetxattr(folder, "trusted.overlay.opaque", b"y", rustix::fs::XattrFlags::empty()) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::PERM) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Unmounts what is at a path; if something still uses it, it goes when that ends.
pub(crate) fn detach(target: &Path) -> Result<(), Errno> {
    match unmount(target, UnmountFlags::NOFOLLOW) {
        Err(Errno::BUSY) => unmount(target, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH),
        other => other,
    }
}

/// Tries something, and once more without the mounts at or below a path if they were in its way. A job that may
/// mount may have left some.
pub(crate) fn let_go(path: &Path, mut what: impl FnMut() -> Result<(), Errno>) -> Result<(), Errno> {
    match what() {
        Err(Errno::BUSY) => {
            for mount in below(path).into_iter().rev() {
                detach(&mount)?;
            }
            what()
        }
        other => other,
    }
}

/// Mount points at or below a path, outer ones first.
pub(crate) fn below(path: &Path) -> Vec<PathBuf> {
    let points = list().into_iter().map(|(point, _)| point);
    points.filter(|point| point.starts_with(path)).collect()
}

/// Whether an overlay has a layer in a folder.
pub(crate) fn has_layer_in(folder: &Path) -> bool {
    let mut prefix = folder.as_os_str().as_bytes().to_vec();
    prefix.push(b'/');
    list().iter().any(|(_, options)| memchr::memmem::find(options, &prefix).is_some())
}

/// Mount points with the options of their file systems.
fn list() -> Vec<(PathBuf, Vec<u8>)> {
    let text = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    text.split(|&byte| byte == b'\n').filter_map(parse).collect()
}

fn parse(line: &[u8]) -> Option<(PathBuf, Vec<u8>)> {
    let point = line.split(|&byte| byte == b' ').nth(4)?;
    let options = line.rsplit(|&byte| byte == b' ').next()?;
    Some((PathBuf::from(OsString::from_vec(unescape(point))), options.to_vec()))
}

/// The kernel writes blanks and the like as a backslash and three octal digits.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(|_| byte == b'\\') {
            Some(code) => {
                out.push(code);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_mounts() {
        let line = br"36 35 98:0 / /a\040b\134c rw,noatime shared:1 - overlay runner rw,lowerdir=/x/y:/z,upperdir=/u";
        let (point, options) = parse(line).unwrap();
        assert_eq!(point, Path::new(r"/a b\c"));
        assert_eq!(options, b"rw,lowerdir=/x/y:/z,upperdir=/u");
    }

    #[test]
    fn options_are_no_place_for_odd_paths() {
        assert!(is_plain(Path::new("/home/me/.cache/runner")));
        for path in ["/a,b", "/a:b", "/a b", "/a\\b", "/ä"] {
            assert!(!is_plain(Path::new(path)), "{path}");
        }
    }
}
