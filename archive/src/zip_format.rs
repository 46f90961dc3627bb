//! The records of a zip file: what the writer lays down and the reader looks for.

use crate::entry::Attributes;

pub(crate) const LOCAL: u32 = 0x0403_4B50;
pub(crate) const CENTRAL: u32 = 0x0201_4B50;
pub(crate) const DESCRIPTOR: u32 = 0x0807_4B50;
pub(crate) const END: u32 = 0x0605_4B50;
pub(crate) const END_64: u32 = 0x0606_4B50;
pub(crate) const LOCATOR_64: u32 = 0x0706_4B50;

/// Sizes of the fixed parts.
pub(crate) const LOCAL_SIZE: usize = 30;
pub(crate) const CENTRAL_SIZE: usize = 46;
pub(crate) const END_SIZE: usize = 22;
pub(crate) const END_64_SIZE: usize = 56;
pub(crate) const LOCATOR_64_SIZE: usize = 20;

pub(crate) const STORED: u16 = 0;
pub(crate) const DEFLATED: u16 = 8;
pub(crate) const ZSTD: u16 = 93;

/// Flag bits.
pub(crate) const ENCRYPTED: u16 = 0x1;
pub(crate) const HAS_DESCRIPTOR: u16 = 0x8;
pub(crate) const UTF8: u16 = 0x800;

/// Extra fields: zip64, extended timestamp, Info-ZIP's numeric owner.
pub(crate) const EXTRA_ZIP64: u16 = 0x0001;
pub(crate) const EXTRA_TIME: u16 = 0x5455;
pub(crate) const EXTRA_OWNER: u16 = 0x7875;

/// The value of a 32-bit field whose truth is in a zip64 field.
pub(crate) const IN_ZIP64: u32 = u32::MAX;
const SYSTEM_UNIX: u16 = 3 << 8;
const MSDOS_DIRECTORY: u32 = 0x10;
/// From this size on an entry is written with 64-bit sizes. Well below 4 GiB, since what deflate cannot shrink grows.
const LARGE: u64 = 0xF000_0000;

/// One entry as it is written.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// The stored name, directories with a slash at the end.
    pub(crate) name: &'a [u8],
    pub(crate) attributes: Attributes,
    pub(crate) is_directory: bool,
    pub(crate) method: u16,
    /// Whether checksum and sizes follow the data instead of leading it.
    pub(crate) streamed: bool,
    pub(crate) crc: u32,
    pub(crate) packed: u64,
    pub(crate) size: u64,
    /// Where the local header begins.
    pub(crate) offset: u64,
}

impl Record<'_> {
    /// Decided by the size the file had when it was opened, which its stored content never exceeds.
    fn is_large(&self) -> bool {
        !self.is_directory && self.attributes.size >= LARGE
    }

    fn flags(&self) -> u16 {
        let streamed = if self.streamed { HAS_DESCRIPTOR } else { 0 };
        let plain = |byte: &u8| (0x20..=0x7D).contains(byte) && *byte != b'\\';
        let text = if self.name.iter().all(plain) || str::from_utf8(self.name).is_err() { 0 } else { UTF8 };
        streamed | text
    }

    fn version(&self) -> u16 {
        match self.method {
            ZSTD => 63,
            _ if self.is_large() || self.offset >= u64::from(IN_ZIP64) => 45,
            _ => 20,
        }
    }

    /// The local header. Sizes and checksum are zero for a streamed entry.
    pub(crate) fn local(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LOCAL_SIZE + self.name.len() + 48);
        let mut extra = Vec::with_capacity(48);
        if self.is_large() {
            put_16(&mut extra, &[EXTRA_ZIP64, 16]);
            let known = if self.streamed { [0, 0] } else { [self.size, self.packed] };
            put_64(&mut extra, &known);
        }
        self.common_extra(&mut extra);
        put_32(&mut out, &[LOCAL]);
        self.common_fields(&mut out, self.streamed);
        put_16(&mut out, &[self.name.len() as u16, extra.len() as u16]);
        out.extend_from_slice(self.name);
        out.extend_from_slice(&extra);
        out
    }

    /// What follows the data of a streamed entry.
    pub(crate) fn descriptor(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24);
        put_32(&mut out, &[DESCRIPTOR, self.crc]);
        if self.is_large() {
            put_64(&mut out, &[self.packed, self.size]);
        } else {
            put_32(&mut out, &[self.packed as u32, self.size as u32]);
        }
        out
    }

    /// Appends the entry of the central directory.
    pub(crate) fn central(&self, out: &mut Vec<u8>) {
        let far = self.offset >= u64::from(IN_ZIP64);
        let mut extra = Vec::with_capacity(64);
        if self.is_large() || far {
            let sizes = if self.is_large() { 16 } else { 0 };
            put_16(&mut extra, &[EXTRA_ZIP64, sizes + if far { 8 } else { 0 }]);
            if self.is_large() {
                put_64(&mut extra, &[self.size, self.packed]);
            }
            if far {
                put_64(&mut extra, &[self.offset]);
            }
        }
        self.common_extra(&mut extra);
        put_32(out, &[CENTRAL]);
        put_16(out, &[SYSTEM_UNIX | self.version()]);
        self.common_fields(out, false);
        // Lengths of name, extra fields and comment; disk; internal attributes.
        put_16(out, &[self.name.len() as u16, extra.len() as u16, 0, 0, 0]);
        let msdos = if self.is_directory { MSDOS_DIRECTORY } else { 0 };
        put_32(out, &[self.attributes.mode << 16 | msdos]);
        put_32(out, &[if far { IN_ZIP64 } else { self.offset as u32 }]);
        out.extend_from_slice(self.name);
        out.extend_from_slice(&extra);
    }

    fn common_fields(&self, out: &mut Vec<u8>, unknown: bool) {
        put_16(out, &[self.version(), self.flags(), self.method]);
        let (date, time) = msdos(self.attributes.seconds);
        put_16(out, &[time, date]);
        put_32(out, &[if unknown { 0 } else { self.crc }]);
        let sizes = match (self.is_large(), unknown) {
            (true, _) => [IN_ZIP64, IN_ZIP64],
            (false, true) => [0, 0],
            (false, false) => [self.packed as u32, self.size as u32],
        };
        put_32(out, &sizes);
    }

    fn common_extra(&self, out: &mut Vec<u8>) {
        if let Ok(seconds) = i32::try_from(self.attributes.seconds) {
            put_16(out, &[EXTRA_TIME, 5]);
            out.push(1);
            out.extend_from_slice(&seconds.to_le_bytes());
        }
        put_16(out, &[EXTRA_OWNER, 11]);
        out.extend_from_slice(&[1, 4]);
        put_32(out, &[self.attributes.uid]);
        out.push(4);
        put_32(out, &[self.attributes.gid]);
    }
}

/// The end of a zip file whose central directory has this many entries, begins here and is this long.
pub(crate) fn end(entries: u64, offset: u64, size: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(END_64_SIZE + LOCATOR_64_SIZE + END_SIZE);
    let limit = u64::from(IN_ZIP64);
    if entries >= u64::from(u16::MAX) || offset >= limit || size >= limit {
        put_32(&mut out, &[END_64]);
        put_64(&mut out, &[END_64_SIZE as u64 - 12]);
        put_16(&mut out, &[SYSTEM_UNIX | 45, 45]);
        put_32(&mut out, &[0, 0]);
        put_64(&mut out, &[entries, entries, size, offset]);
        put_32(&mut out, &[LOCATOR_64, 0]);
        put_64(&mut out, &[offset + size]);
        put_32(&mut out, &[1]);
    }
    let count = entries.min(u16::MAX.into()) as u16;
    put_32(&mut out, &[END]);
    put_16(&mut out, &[0, 0, count, count]);
    put_32(&mut out, &[size.min(limit) as u32, offset.min(limit) as u32]);
    put_16(&mut out, &[0]);
    out
}

fn put_16(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put_32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put_64(out: &mut Vec<u8>, values: &[u64]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// Date and time as MS-DOS keeps them, in UTC so that an archive does not depend on where it was made.
pub(crate) fn msdos(seconds: i64) -> (u16, u16) {
    const FIRST: i64 = 315_532_800; // 1980-01-01
    const LAST: i64 = 4_354_819_198; // 2107-12-31 23:59:58
    let seconds = seconds.clamp(FIRST, LAST);
    let (year, month, day) = date_of(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let date = (year - 1980) << 9 | month << 5 | day;
    let time = (second / 3600) << 11 | (second / 60 % 60) << 5 | (second % 60 / 2);
    (date as u16, time as u16)
}

/// The inverse of [`msdos`], for archives without a better time.
pub(crate) fn from_msdos(date: u16, time: u16) -> i64 {
    let (date, time) = (i64::from(date), i64::from(time));
    let (year, month, day) = (1980 + (date >> 9), (date >> 5 & 15).clamp(1, 12), (date & 31).max(1));
    let second = (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
    day_of(year, month, day) * 86_400 + second
}

/// The proleptic Gregorian date of a day counted from 1970-01-01, by counting from a March 1st, where leap days end a
/// year.
fn date_of(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let in_era = shifted.rem_euclid(146_097);
    let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year + year / 4 - year / 100);
    let march_month = (5 * in_year + 2) / 153;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, in_year - (153 * march_month + 2) / 5 + 1)
}

fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let in_year = (153 * march_month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + in_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn msdos_times_go_both_ways() {
        for seconds in [315_532_800, 951_782_400, 1_709_164_798, 1_795_247_940, 4_354_819_198] {
            let (date, time) = msdos(seconds);
            assert_eq!(from_msdos(date, time), seconds);
        }
        assert_eq!(msdos(951_782_400), (20 << 9 | 2 << 5 | 29, 0), "2000-02-29");
        assert_eq!(msdos(-5), msdos(315_532_800));
        assert_eq!(msdos(i64::MAX), msdos(4_354_819_198));
    }

    #[test]
    fn many_entries_need_zip64() {
        assert_eq!(end(65_534, 1, 1).len(), END_SIZE);
        assert_eq!(end(65_535, 1, 1).len(), END_64_SIZE + LOCATOR_64_SIZE + END_SIZE);
        assert_eq!(end(1, u64::from(u32::MAX), 1).len(), END_64_SIZE + LOCATOR_64_SIZE + END_SIZE);
    }
}
