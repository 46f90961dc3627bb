//! Listings of zip archives, read from the central directory and checked against the data.

use flate2::read::DeflateDecoder;
use std::io::Read;

/// One member of an archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name, directories with a slash at the end.
    pub name: String,
    /// Uncompressed size in bytes.
    pub size: u64,
    /// CRC-32 of the uncompressed bytes.
    pub crc: u32,
    /// Unix mode with the type bits.
    pub mode: u32,
    /// 0 stored, 8 deflated.
    pub method: u16,
    /// The uncompressed bytes.
    pub data: Vec<u8>,
}

/// Reads an archive whole.
///
/// # Errors
/// Names what is not as it has to be, a wrong checksum of a member among it.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let end = end_of_central_directory(bytes)?;
    let mut at = end.offset;
    let mut entries = Vec::new();
    for _ in 0..end.count {
        let (entry, next) = central_entry(bytes, at)?;
        entries.push(entry);
        at = next;
    }
    Ok(entries)
}

struct End {
    count: u64,
    offset: usize,
}

fn end_of_central_directory(bytes: &[u8]) -> Result<End, String> {
    let at = (0..bytes.len().saturating_sub(21))
        .rev()
        .find(|&i| bytes[i..].starts_with(b"PK\x05\x06"))
        .ok_or("no end of central directory")?;
    let (count, offset) = (u64::from(u16_at(bytes, at + 10)?), u32_at(bytes, at + 16)?);
    if count != 0xffff && offset != u32::MAX {
        return Ok(End { count, offset: offset as usize });
    }
    let locator = at.checked_sub(20).ok_or("no zip64 locator")?;
    let end64 = usize_at(bytes, locator + 8)?;
    if !bytes.get(end64..).is_some_and(|b| b.starts_with(b"PK\x06\x06")) {
        return Err("no zip64 end of central directory".to_owned());
    }
    Ok(End { count: u64_at(bytes, end64 + 32)?, offset: usize_at(bytes, end64 + 48)? })
}

fn central_entry(bytes: &[u8], at: usize) -> Result<(Entry, usize), String> {
    if !bytes.get(at..).is_some_and(|b| b.starts_with(b"PK\x01\x02")) {
        return Err(format!("no central directory entry at {at}"));
    }
    let (method, crc) = (u16_at(bytes, at + 10)?, u32_at(bytes, at + 16)?);
    let name_length = usize::from(u16_at(bytes, at + 28)?);
    let extra_length = usize::from(u16_at(bytes, at + 30)?);
    let comment_length = usize::from(u16_at(bytes, at + 32)?);
    let mode = u32_at(bytes, at + 38)? >> 16;
    let name = String::from_utf8_lossy(part(bytes, at + 46, name_length)?).into_owned();
    let extra = part(bytes, at + 46 + name_length, extra_length)?;
    let sizes = Sizes::read(bytes, at, extra)?;
    let data = member(bytes, &sizes, method).map_err(|e| format!("{name}: {e}"))?;
    if data.len() as u64 != sizes.full || crc32fast::hash(&data) != crc {
        return Err(format!("{name}: size or checksum does not fit the data"));
    }
    let next = at + 46 + name_length + extra_length + comment_length;
    Ok((Entry { name, size: sizes.full, crc, mode, method, data }, next))
}

struct Sizes {
    packed: usize,
    full: u64,
    header: usize,
}

impl Sizes {
    fn read(bytes: &[u8], at: usize, extra: &[u8]) -> Result<Self, String> {
        let mut wide = zip64_fields(extra);
        let mut pick = |value: u32| match value {
            u32::MAX => wide.next().ok_or("a zip64 field is missing"),
            small => Ok(u64::from(small)),
        };
        let full = pick(u32_at(bytes, at + 24)?)?;
        let packed = pick(u32_at(bytes, at + 20)?)?;
        let header = pick(u32_at(bytes, at + 42)?)?;
        Ok(Self { packed: to_usize(packed)?, full, header: to_usize(header)? })
    }
}

/// The 64-bit numbers of the zip64 extra field, in the order of those that are needed.
fn zip64_fields(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut fields = Vec::new();
    while extra.len() >= 4 {
        let id = u16::from_le_bytes([extra[0], extra[1]]);
        let length = usize::from(u16::from_le_bytes([extra[2], extra[3]]));
        let body = extra.get(4..4 + length).unwrap_or_default();
        if id == 1 {
            let numbers = body.chunks_exact(8).filter_map(|c| c.try_into().ok()).map(u64::from_le_bytes);
            fields.extend(numbers);
        }
        extra = extra.get(4 + length..).unwrap_or_default();
    }
    fields.into_iter()
}

fn member(bytes: &[u8], sizes: &Sizes, method: u16) -> Result<Vec<u8>, String> {
    let skip =
        usize::from(u16_at(bytes, sizes.header + 26)?) + usize::from(u16_at(bytes, sizes.header + 28)?);
    let packed = part(bytes, sizes.header + 30 + skip, sizes.packed)?;
    match method {
        0 => Ok(packed.to_vec()),
        8 => {
            let mut data = Vec::new();
            DeflateDecoder::new(packed).read_to_end(&mut data).map_err(|e| e.to_string())?;
            Ok(data)
        }
        other => Err(format!("method {other}")),
    }
}

fn part(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], String> {
    bytes.get(at..at + length).ok_or_else(|| format!("cut short at {at}"))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, String> {
    part(bytes, at, 2).map(|b| u16::from_le_bytes([b[0], b[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, String> {
    part(bytes, at, 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn u64_at(bytes: &[u8], at: usize) -> Result<u64, String> {
    Ok(u64::from(u32_at(bytes, at)?) | (u64::from(u32_at(bytes, at + 4)?) << 32))
}

fn usize_at(bytes: &[u8], at: usize) -> Result<usize, String> {
    to_usize(u64_at(bytes, at)?)
}

fn to_usize(number: u64) -> Result<usize, String> {
    usize::try_from(number).map_err(|e| e.to_string())
}

/// A member as it shall be written, true or not.
#[derive(Clone, Debug)]
pub struct RawMember<'a> {
    /// Its name.
    pub name: &'a str,
    /// Unix mode with the type bits.
    pub mode: u32,
    /// 0 stored, 8 deflated.
    pub method: u16,
    /// The packed bytes.
    pub packed: &'a [u8],
    /// The size that the headers name.
    pub size: u32,
    /// The checksum that the headers name.
    pub crc: u32,
}

/// An archive of stored members, for tests that hand out archives of their own.
pub fn write_stored(members: &[(&str, &[u8], u32)]) -> Vec<u8> {
    let members: Vec<RawMember<'_>> = members
        .iter()
        .map(|(name, data, mode)| RawMember {
            name,
            mode: *mode,
            method: 0,
            packed: data,
            size: data.len() as u32,
            crc: crc32fast::hash(data),
        })
        .collect();
    write_raw(&members)
}

/// An archive of members whose headers say what they are told to say.
pub fn write_raw(members: &[RawMember<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut central = Vec::new();
    for member in members {
        let offset = out.len() as u32;
        let mut common = vec![20, 0, 0, 0];
        common.extend(member.method.to_le_bytes());
        common.extend([0, 0, 0x21, 0]);
        common.extend(
            [member.crc, member.packed.len() as u32, member.size].iter().flat_map(|n| n.to_le_bytes()),
        );
        common.extend((member.name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(member.name.as_bytes());
        out.extend(member.packed);
        central.extend(b"PK\x01\x02\x14\x03");
        central.extend(&common);
        central.extend([0, 0, 0, 0, 0, 0]);
        central.extend((member.mode << 16).to_le_bytes());
        central.extend(offset.to_le_bytes());
        central.extend(member.name.as_bytes());
    }
    let (offset, count) = (out.len() as u32, members.len() as u16);
    out.extend(&central);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend((central.len() as u32).to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes = write_stored(&[("a.txt", b"hello", 0o100_644), ("d/", b"", 0o40_755)]);
        let entries = read(&bytes).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[0].name.as_str(), entries[0].size, entries[0].mode), ("a.txt", 5, 0o100_644));
        assert_eq!(entries[0].data, b"hello");
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let mut bytes = write_stored(&[("a.txt", b"hello", 0o100_644)]);
        let at = bytes.windows(5).position(|w| w == b"hello").unwrap();
        bytes[at] = b'j';
        assert!(read(&bytes).unwrap_err().contains("checksum"));
        assert!(read(b"<html>").is_err());
    }
}
