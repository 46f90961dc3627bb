//! Headers of tar entries: ustar, with a PAX header before it for what does not fit.

use crate::entry::Attributes;

pub(crate) const BLOCK: usize = 512;

/// Type flags.
pub(crate) const FILE: u8 = b'0';
pub(crate) const SYMLINK: u8 = b'2';
pub(crate) const DIRECTORY: u8 = b'5';
pub(crate) const EXTENDED: u8 = b'x';
const HARD_LINK: u8 = b'1';

/// What an entry of a tar archive is, for archives that are not made of a project's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TarKind<'a> {
    /// A file; this many bytes of content follow the header, then zeros up to the next multiple of 512.
    File(u64),
    /// A directory.
    Directory,
    /// A symbolic link to this target.
    Symlink(&'a [u8]),
    /// Another name of the file that has this path in the archive.
    HardLink(&'a [u8]),
}

/// The header of an entry that belongs to root: blocks of 512 bytes. `seconds` is the time of its last change since
/// the epoch. An archive ends with two blocks of zeros.
#[must_use]
pub fn tar_header(path: &[u8], kind: TarKind<'_>, mode: u32, seconds: i64) -> Vec<u8> {
    let (flag, link, size) = match kind {
        TarKind::File(size) => (FILE, &b""[..], size),
        TarKind::Directory => (DIRECTORY, &b""[..], 0),
        TarKind::Symlink(target) => (SYMLINK, target, 0),
        TarKind::HardLink(target) => (HARD_LINK, target, 0),
    };
    headers(path, flag, link, &Attributes { mode, uid: 0, gid: 0, size, seconds, nanos: 0 }, size)
}

/// The header, or headers, of one entry; `size` is that of the content which follows.
pub(crate) fn headers(name: &[u8], kind: u8, link: &[u8], stat: &Attributes, size: u64) -> Vec<u8> {
    let mut records = Vec::new();
    for (key, text) in [("path", name), ("linkpath", link)] {
        if text.len() > 100 {
            record(&mut records, key, text);
        }
    }
    for (key, value, digits) in [
        ("size", size as i128, 11),
        ("uid", i128::from(stat.uid), 7),
        ("gid", i128::from(stat.gid), 7),
        ("mtime", i128::from(stat.seconds), 11),
    ] {
        if !fits(value, digits) {
            record(&mut records, key, value.to_string().as_bytes());
        }
    }
    let mut out = Vec::with_capacity(3 * BLOCK + records.len());
    if !records.is_empty() {
        let plain = Attributes { mode: 0o644, uid: 0, gid: 0, size: 0, seconds: 0, nanos: 0 };
        out.extend_from_slice(&ustar(b"PaxHeaders/entry", EXTENDED, b"", &plain, records.len() as u64));
        out.extend_from_slice(&records);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.extend_from_slice(&ustar(name, kind, link, stat, size));
    out
}

/// A PAX record begins with its own length, which counts its own digits.
fn record(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    out.extend_from_slice(format!("{length} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}

fn fits(value: i128, digits: u32) -> bool {
    (0..1_i128 << (3 * digits)).contains(&value)
}

fn ustar(name: &[u8], kind: u8, link: &[u8], stat: &Attributes, size: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    text(&mut block[0..100], name);
    octal(&mut block[100..108], u64::from(stat.mode & 0o7777));
    octal(&mut block[108..116], u64::from(stat.uid));
    octal(&mut block[116..124], u64::from(stat.gid));
    octal(&mut block[124..136], size);
    octal(&mut block[136..148], u64::try_from(stat.seconds).unwrap_or(0));
    block[156] = kind;
    text(&mut block[157..257], link);
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum = checksum(&block);
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn text(field: &mut [u8], value: &[u8]) {
    let length = value.len().min(field.len());
    field[..length].copy_from_slice(&value[..length]);
}

/// Digits and a NUL; a number that is too long stands in the PAX header and is zero here.
fn octal(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    let value = if fits(i128::from(value), digits as u32) { value } else { 0 };
    field[..digits].copy_from_slice(format!("{value:0digits$o}").as_bytes());
}

/// The sum of all bytes, those of the checksum itself taken as blanks.
pub(crate) fn checksum(block: &[u8; BLOCK]) -> u32 {
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_count_themselves() {
        for length in [0, 1, 85, 86, 87, 88, 89, 90, 91, 984, 985, 986, 987, 988, 989, 990] {
            let mut out = Vec::new();
            record(&mut out, "path", &vec![b'x'; length]);
            let text = String::from_utf8(out).unwrap();
            let (number, _) = text.split_once(' ').unwrap();
            assert_eq!(number.parse::<usize>().unwrap(), text.len());
        }
    }

    #[test]
    fn entries_of_other_archives() {
        let link = tar_header(b"bin/git", TarKind::HardLink(b"usr/bin/git"), 0o755, 1);
        assert_eq!((link.len(), link[156], &link[157..169]), (BLOCK, b'1', &b"usr/bin/git\0"[..]));
        let file = tar_header(b"a", TarKind::File(9), 0o1_777, 1);
        assert_eq!((&file[100..108], &file[124..136]), (&b"0001777\0"[..], &b"00000000011\0"[..]));
        assert_eq!(tar_header(&[b'a'; 101], TarKind::Directory, 0o755, 1).len(), 3 * BLOCK);
    }

    #[test]
    fn what_does_not_fit_goes_before() {
        let stat = Attributes { mode: 0o100_644, uid: 1, gid: 1, size: 0, seconds: 5, nanos: 0 };
        assert_eq!(headers(b"a", FILE, b"", &stat, 7).len(), BLOCK);
        assert_eq!(headers(&[b'a'; 101], FILE, b"", &stat, 7).len(), 3 * BLOCK);
        assert_eq!(headers(b"a", FILE, b"", &stat, 8 << 30).len(), 3 * BLOCK);
        let late = Attributes { seconds: -1, uid: 1 << 21, ..stat };
        assert_eq!(headers(b"a", FILE, b"", &late, 7).len(), 3 * BLOCK);
    }
}
