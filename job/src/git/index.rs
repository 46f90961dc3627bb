//! Git's index, as far as names of files go.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Names are shorter on every system; a longer one means that this is no index.
const LONGEST_NAME: usize = 64 * 1024;
/// More files than this are not looked for.
const MOST_FILES: usize = 4096;

/// The paths of all files with this name in an index; nothing where there are too many, or the index is not one
/// that can be read to its end.
pub(super) fn files_named(index: &Path, name: &str, sha256: bool) -> Option<Vec<PathBuf>> {
    let mut reader = Reader {
        from: BufReader::with_capacity(64 * 1024, File::open(index).ok()?),
        hash: if sha256 { 32 } else { 20 },
    };
    reader.files_named(name.as_bytes()).ok()
}

struct Reader<R> {
    from: R,
    /// Bytes of an object's name.
    hash: usize,
}

impl<R: BufRead> Reader<R> {
    fn files_named(&mut self, name: &[u8]) -> io::Result<Vec<PathBuf>> {
        let mut header = [0; 12];
        self.from.read_exact(&mut header)?;
        let number =
            |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let version = number(4);
        if &header[..4] != b"DIRC" || !(2..=4).contains(&version) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut found = Vec::new();
        let mut path = Vec::new();
        for _ in 0..number(8) {
            self.entry(version, &mut path)?;
            if path.rsplit(|&b| b == b'/').next() == Some(name) {
                if found.len() == MOST_FILES {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                found.push(PathBuf::from(OsStr::from_bytes(&path)));
            }
        }
        self.refuse_split()?;
        Ok(found)
    }

    /// Reads one entry's path; the one before is in `path`.
    fn entry(&mut self, version: u32, path: &mut Vec<u8>) -> io::Result<()> {
        let mut fixed = [0; 40 + 32 + 2];
        let length = 40 + self.hash + 2;
        self.from.read_exact(&mut fixed[..length])?;
        let extended = fixed[length - 2] & 0x40 != 0 && version > 2;
        if extended {
            self.from.read_exact(&mut [0; 2])?;
        }
        if version == 4 {
            let dropped = self.varint()?;
            let keep = path.len().checked_sub(dropped).ok_or(io::ErrorKind::InvalidData)?;
            path.truncate(keep);
            return self.name(path).map(|_| ());
        }
        path.clear();
        let name = self.name(path)?;
        // Entries are padded to multiples of eight bytes; the name's NUL is the first of the padding.
        let length = length + if extended { 2 } else { 0 } + name;
        let padding = 7 - length % 8;
        self.from.read_exact(&mut [0; 7][..padding])
    }

    /// Reads up to a NUL, which does not count.
    fn name(&mut self, path: &mut Vec<u8>) -> io::Result<usize> {
        let read = self.from.by_ref().take(LONGEST_NAME as u64).read_until(0, path)?;
        if path.pop() != Some(0) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(read - 1)
    }

    fn varint(&mut self) -> io::Result<usize> {
        let mut value: usize = 0;
        loop {
            let mut byte = [0];
            self.from.read_exact(&mut byte)?;
            let bits = usize::from(byte[0] & 0x7f);
            value = value
                .checked_shl(7)
                .and_then(|value| value.checked_add(bits))
                .ok_or(io::ErrorKind::InvalidData)?;
            if byte[0] & 0x80 == 0 {
                return Ok(value);
            }
            value += 1;
            if value > LONGEST_NAME {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }

    /// An index that is split has further entries in another file.
    fn refuse_split(&mut self) -> io::Result<()> {
        loop {
            let mut header = [0; 8];
            self.from.read_exact(&mut header)?;
            if &header[..4] == b"link" {
                return Err(io::ErrorKind::Unsupported.into());
            }
            // What is no extension is the checksum at the end.
            if !header[..4].iter().all(u8::is_ascii_alphabetic) {
                return Ok(());
            }
            let length = u64::from(u32::from_be_bytes([header[4], header[5], header[6], header[7]]));
            if io::copy(&mut self.from.by_ref().take(length), &mut io::sink())? < length {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    fn git(directory: &Path, args: &[&str]) {
        let status = Command::new("git")
            .current_dir(directory)
            .env("HOME", "/nonexistent")
            .args(args)
            .status()
            .unwrap();
        assert!(status.success());
    }

    fn repository(format: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        git(root.path(), &["init", "-q", &format!("--object-format={format}")]);
        for name in [
            ".gitattributes",
            "a",
            "ab",
            "abc/.gitattributes",
            "abc/x.gitattributes",
            "abcdefg/é/.gitattributes",
            "z",
        ] {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        git(root.path(), &["add", "-A"]);
        root
    }

    fn found(root: &Path, sha256: bool) -> Option<Vec<String>> {
        let paths = files_named(&root.join(".git/index"), ".gitattributes", sha256)?;
        Some(paths.iter().map(|p| p.to_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn every_version_is_read() {
        let names = [".gitattributes", "abc/.gitattributes", "abcdefg/é/.gitattributes"];
        for format in ["sha1", "sha256"] {
            let root = repository(format);
            for version in ["2", "4"] {
                git(root.path(), &["update-index", "--index-version", version]);
                assert_eq!(found(root.path(), format == "sha256").unwrap(), names, "{format} {version}");
            }
            git(root.path(), &["update-index", "--index-version", "2"]);
            // Extended flags make it version 3.
            std::fs::write(root.path().join("later"), "").unwrap();
            git(root.path(), &["add", "-N", "later"]);
            assert_eq!(found(root.path(), format == "sha256").unwrap(), names, "{format} 3");
        }
    }

    #[test]
    fn what_is_elsewhere_is_not_guessed() {
        let root = repository("sha1");
        git(root.path(), &["update-index", "--split-index"]);
        assert_eq!(found(root.path(), false), None);
        std::fs::write(root.path().join(".git/index"), "DIRC").unwrap();
        assert_eq!(found(root.path(), false), None);
        assert_eq!(files_named(Path::new("/nonexistent"), "x", false), None);
    }

    proptest! {
        #[test]
        fn no_content_panics(version in 0..6u32, count in 0..4u32, rest in proptest::collection::vec(any::<u8>(), 0..300)) {
            let content = [b"DIRC", &version.to_be_bytes()[..], &count.to_be_bytes()[..], &rest].concat();
            let _ = Reader { from: content.as_slice(), hash: 20 }.files_named(b"x");
        }
    }
}
