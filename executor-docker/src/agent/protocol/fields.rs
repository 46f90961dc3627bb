//! The fields of a payload: numbers and byte strings one after another.

use super::Malformed;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

/// Writes fields.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(crate) fn number(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn long(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn bytes(self, value: &[u8]) -> Self {
        let mut written = self.number(u32::try_from(value.len()).unwrap_or(u32::MAX));
        written.0.extend_from_slice(value);
        written
    }

    /// How many follow, and each of them.
    pub(crate) fn list<T>(self, items: &[T], mut write: impl FnMut(Self, &T) -> Self) -> Self {
        let mut written = self.number(u32::try_from(items.len()).unwrap_or(u32::MAX));
        for item in items {
            written = write(written, item);
        }
        written
    }

    /// Whether there is one, and it.
    pub(crate) fn option<T>(self, item: Option<T>, write: impl FnOnce(Self, T) -> Self) -> Self {
        match item {
            Some(item) => write(self.byte(1), item),
            None => self.byte(0),
        }
    }

    pub(crate) fn done(self) -> bytes::Bytes {
        self.0.into()
    }
}

/// Reads fields.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(payload: &'a [u8]) -> Self {
        Self(payload)
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(size).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn number(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn long(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let size = self.number()?;
        self.take(usize::try_from(size).map_err(|_| Malformed)?)
    }

    pub(crate) fn os_string(&mut self) -> Result<OsString, Malformed> {
        self.bytes().map(|bytes| OsString::from_vec(bytes.to_vec()))
    }

    pub(crate) fn text(&mut self) -> Result<String, Malformed> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// No room is made for what only was announced.
    pub(crate) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        (0..self.number()?).map(|_| read(self)).collect()
    }

    pub(crate) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.byte()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Malformed),
        }
    }

    /// Nothing may follow.
    pub(crate) fn done(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}
