//! Reads a tar stream: ustar, PAX and GNU headers.

use std::collections::HashMap;
use std::io::{self, Read};

use super::{Restore, Run, UnpackError, damaged};
use crate::tar_format::{BLOCK, EXTENDED, checksum};

/// The longest extended header or long name accepted.
const MAX_EXTENDED: u64 = 1024 * 1024;
/// What the keys of GNU's sparse files begin with.
const SPARSE: &str = "GNU.sparse.";

/// The records of extended headers that matter here.
type Records = HashMap<&'static str, Vec<u8>>;

/// What a header says, extended ones included.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    /// The type flag.
    pub(super) kind: u8,
    pub(super) size: u64,
    pub(super) restore: Restore,
}

/// A tar stream. After each header its content is to be read or skipped.
pub(super) struct TarReader<'r, R> {
    run: &'r Run<'r>,
    inner: R,
    /// Content of the current entry not read yet, and the padding behind it.
    left: u64,
    padding: u64,
    /// Values that hold for all entries that follow.
    global: Records,
}

impl<'r, R: Read> TarReader<'r, R> {
    pub(super) fn new(run: &'r Run<'r>, inner: R) -> Self {
        Self { run, inner, left: 0, padding: 0, global: HashMap::new() }
    }

    /// The next entry; `None` at the end of the archive.
    pub(super) fn next(&mut self) -> Result<Option<Header>, UnpackError> {
        let mut extended = HashMap::new();
        loop {
            self.skip()?;
            let Some(block) = self.block()? else { return Ok(None) };
            let mut header = parse(&block)?;
            self.expect(&header);
            match header.kind {
                EXTENDED => extended.extend(self.records(&header)?),
                b'g' => {
                    let records = self.records(&header)?;
                    self.global.extend(records);
                }
                b'L' => {
                    extended.insert("path", self.text(&header)?);
                }
                b'K' => {
                    extended.insert("linkpath", self.text(&header)?);
                }
                _ => {
                    for values in [&self.global, &extended] {
                        apply(&mut header, values)?;
                    }
                    self.expect(&header);
                    return Ok(Some(header));
                }
            }
        }
    }

    /// Reads content of the current entry; nothing at its end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, UnpackError> {
        let length = self.left.min(buffer.len() as u64) as usize;
        self.fill(&mut buffer[..length])?;
        self.left -= length as u64;
        Ok(length)
    }

    /// Reads the stream to its end, so that its checksums are checked.
    pub(super) fn drain(&mut self) -> Result<(), UnpackError> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.inner.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self.run.count(count)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(stream_error(error)),
            }
        }
    }

    fn expect(&mut self, header: &Header) {
        // Links, devices and directories have no content, whatever their size field says.
        let size = if matches!(header.kind, b'1'..=b'6') { 0 } else { header.size };
        self.left = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
    }

    fn skip(&mut self) -> Result<(), UnpackError> {
        let mut buffer = [0; 16 * 1024];
        while self.read(&mut buffer)? > 0 {}
        let padding = std::mem::take(&mut self.padding) as usize;
        self.fill(&mut buffer[..padding])
    }

    /// A header block; `None` at the end, which is a block of zeros, or of the stream.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, UnpackError> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.inner.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(truncated()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(stream_error(error)),
            }
        }
        self.run.count(BLOCK)?;
        Ok((block != [0; BLOCK]).then_some(block))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), UnpackError> {
        self.run.count(buffer.len())?;
        self.inner.read_exact(buffer).map_err(stream_error)
    }

    fn content(&mut self, header: &Header) -> Result<Vec<u8>, UnpackError> {
        if header.size > MAX_EXTENDED {
            return Err(damaged(&header.name, "an extended header is too long"));
        }
        let mut content = vec![0; header.size as usize];
        self.read(&mut content)?;
        Ok(content)
    }

    /// A GNU long name.
    fn text(&mut self, header: &Header) -> Result<Vec<u8>, UnpackError> {
        let mut content = self.content(header)?;
        let end = content.iter().position(|&byte| byte == 0).unwrap_or(content.len());
        content.truncate(end);
        Ok(content)
    }

    /// The records of a PAX header: `<length> <key>=<value>\n` each.
    fn records(&mut self, header: &Header) -> Result<Records, UnpackError> {
        let content = self.content(header)?;
        let wrong = || damaged(&header.name, "an extended header is damaged");
        let mut records = HashMap::new();
        let mut rest = content.as_slice();
        while !rest.is_empty() {
            let blank = rest.iter().position(|&byte| byte == b' ').ok_or_else(wrong)?;
            let length: usize =
                str::from_utf8(&rest[..blank]).ok().and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
            let record = rest.get(blank + 1..length).and_then(|record| record.strip_suffix(b"\n"));
            let record = record.ok_or_else(wrong)?;
            let equals = record.iter().position(|&byte| byte == b'=').ok_or_else(wrong)?;
            if let Some(key) = known(&record[..equals]) {
                records.insert(key, record[equals + 1..].to_vec());
            }
            rest = &rest[length..];
        }
        Ok(records)
    }
}

/// Keeps the keys that are used, so that hostile ones take no memory; all of sparse files' are one.
fn known(key: &[u8]) -> Option<&'static str> {
    if key.starts_with(SPARSE.as_bytes()) {
        return Some(SPARSE);
    }
    ["path", "linkpath", "size", "mtime", "uid", "gid"].into_iter().find(|known| known.as_bytes() == key)
}

fn truncated() -> UnpackError {
    damaged(b"tar", "the archive is truncated")
}

/// Errors of the decompressor count as damage: reading the file itself hardly ever fails.
fn stream_error(error: io::Error) -> UnpackError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => truncated(),
        io::ErrorKind::Other | io::ErrorKind::InvalidData => {
            damaged(b"tar", "the archive does not decompress")
        }
        _ => UnpackError::Read(error),
    }
}

fn parse(block: &[u8; BLOCK]) -> Result<Header, UnpackError> {
    let wrong = || damaged(b"tar", "a header is damaged");
    let field = |from: usize, to: usize| number(&block[from..to]).ok_or_else(wrong);
    if field(148, 156)? != i64::from(checksum(block)) {
        return Err(wrong());
    }
    let mut name = text(&block[..100]).to_vec();
    let prefix = text(&block[345..500]);
    if &block[257..263] == b"ustar\0" && !prefix.is_empty() {
        name = [prefix, b"/", &name].concat();
    }
    let kind = match block[156] {
        0 | b'7' => b'0',
        kind => kind,
    };
    let owner = u32::try_from(field(108, 116)?).ok().zip(u32::try_from(field(116, 124)?).ok());
    Ok(Header {
        name,
        link: text(&block[157..257]).to_vec(),
        kind,
        size: u64::try_from(field(124, 136)?).map_err(|_| wrong())?,
        restore: Restore {
            mode: Some((field(100, 108)? & 0o777) as u32),
            owner,
            seconds: Some(field(136, 148)?),
        },
    })
}

fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    &field[..end]
}

/// An octal number, or a binary one with the highest bit of its first byte set.
fn number(field: &[u8]) -> Option<i64> {
    if field[0] & 0x80 != 0 {
        let negative = field[0] & 0x40 != 0;
        let first = i128::from(field[0] & 0x3F) - if negative { 0x40 } else { 0 };
        let value = field[1..]
            .iter()
            .try_fold(first, |sum, &byte| sum.checked_mul(256).map(|sum| sum + i128::from(byte)))?;
        return i64::try_from(value).ok();
    }
    let digits: Vec<u8> = field.iter().copied().filter(|byte| *byte != b' ' && *byte != 0).collect();
    if digits.is_empty() {
        return Some(0);
    }
    i64::from_str_radix(str::from_utf8(&digits).ok()?, 8).ok()
}

/// Takes over what extended headers say.
fn apply(header: &mut Header, values: &Records) -> Result<(), UnpackError> {
    for (key, value) in values {
        let as_text = || str::from_utf8(value).ok();
        let wrong = || damaged(value, "an extended header is damaged");
        match *key {
            "path" => header.name.clone_from(value),
            "linkpath" => header.link.clone_from(value),
            "size" => header.size = as_text().and_then(|text| text.parse().ok()).ok_or_else(wrong)?,
            "mtime" => {
                let seconds = as_text().and_then(|text| text.split('.').next()?.parse().ok());
                header.restore.seconds = Some(seconds.ok_or_else(wrong)?);
            }
            "uid" | "gid" => {
                let id = as_text().and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
                let (user, group) = header.restore.owner.unwrap_or_default();
                header.restore.owner = Some(if *key == "uid" { (id, group) } else { (user, id) });
            }
            SPARSE => {
                return Err(UnpackError::Unsupported {
                    name: crate::paths::shown(&header.name),
                    what: "a sparse file".to_owned(),
                });
            }
            _ => {}
        }
    }
    Ok(())
}
