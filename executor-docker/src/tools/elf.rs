//! As much of the ELF format as it takes to know how a program is started.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
/// Program headers beyond this number are not looked at; linkers write about a dozen.
const MOST_PROGRAM_HEADERS: u16 = 128;
/// A path is not longer on Linux.
const LONGEST_INTERPRETER: u64 = 4096;

const PT_INTERP: u32 = 3;

/// What a program's file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Elf {
    /// What machine it is for.
    pub(super) machine: Machine,
    /// The loader that the kernel starts for it; none for a statically linked program.
    pub(super) interpreter: Option<PathBuf>,
}

/// A processor architecture, by its number in ELF files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Machine(u16);

impl Machine {
    /// The name that Docker engines give it.
    pub(super) fn docker_name(self) -> &'static str {
        match self.0 {
            0x15 => "ppc64le",
            0x3e => "amd64",
            0xb7 => "arm64",
            0xf3 => "riscv64",
            0x102 => "loong64",
            _ => "another architecture",
        }
    }
}

/// A file is no program that can be taken along.
#[derive(Debug, thiserror::Error)]
pub enum ElfError {
    /// It is none at all.
    #[error("it is not an ELF file")]
    Foreign,
    /// Its kind is not supported.
    #[error("it is a {0} ELF file; 64-bit little-endian ones are supported")]
    Class(&'static str),
    /// Its headers contradict themselves.
    #[error("its ELF headers are broken")]
    Broken,
    /// It cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
}

/// Reads a program's headers, and nothing else of it.
///
/// # Errors
/// [`ElfError`].
pub(super) fn read(file: &File) -> Result<Elf, ElfError> {
    let mut header = [0; HEADER];
    let length = read_up_to(file, &mut header)?;
    if length < 16 || !header.starts_with(b"\x7fELF") {
        return Err(ElfError::Foreign);
    }
    match (header[4], header[5]) {
        (2, 1) => {}
        (1, _) => return Err(ElfError::Class("32-bit")),
        (_, 2) => return Err(ElfError::Class("big-endian")),
        _ => return Err(ElfError::Broken),
    }
    if length < HEADER {
        return Err(ElfError::Broken);
    }
    let machine = Machine(u16_at(&header, 18));
    let (offset, size, count) = (u64_at(&header, 32), u16_at(&header, 54), u16_at(&header, 56));
    if count > 0 && usize::from(size) < PROGRAM_HEADER {
        return Err(ElfError::Broken);
    }
    for index in 0..count.min(MOST_PROGRAM_HEADERS) {
        let at = u64::from(index) * u64::from(size);
        let at = offset.checked_add(at).ok_or(ElfError::Broken)?;
        let mut entry = [0; PROGRAM_HEADER];
        file.read_exact_at(&mut entry, at).map_err(broken)?;
        if u32_at(&entry, 0) == PT_INTERP {
            let path = interpreter(file, u64_at(&entry, 8), u64_at(&entry, 32))?;
            return Ok(Elf { machine, interpreter: Some(path) });
        }
    }
    Ok(Elf { machine, interpreter: None })
}

/// The path ends with a NUL.
fn interpreter(file: &File, offset: u64, size: u64) -> Result<PathBuf, ElfError> {
    if !(2..=LONGEST_INTERPRETER).contains(&size) {
        return Err(ElfError::Broken);
    }
    let mut path = vec![0; usize::try_from(size).map_err(|_| ElfError::Broken)?];
    file.read_exact_at(&mut path, offset).map_err(broken)?;
    let end = path.iter().position(|&byte| byte == 0).ok_or(ElfError::Broken)?;
    path.truncate(end);
    let path = PathBuf::from(OsString::from_vec(path));
    if path.is_absolute() { Ok(path) } else { Err(ElfError::Broken) }
}

/// A file that ends where it must not is broken; an offset that no file has is as well.
fn broken(error: io::Error) -> ElfError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => ElfError::Broken,
        _ => ElfError::Read(error),
    }
}

fn read_up_to(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, length as u64) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes_at(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes_at(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes_at(bytes, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    /// A program for x86-64 with one program header.
    fn program(kind: u32, offset: u64, size: u64, path: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER + PROGRAM_HEADER];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[18] = 0x3e;
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64..68].copy_from_slice(&kind.to_le_bytes());
        bytes[72..80].copy_from_slice(&offset.to_le_bytes());
        bytes[96..104].copy_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(path);
        bytes
    }

    #[test]
    fn programs_of_this_machine() {
        let this = read(&File::open("/proc/self/exe").unwrap()).unwrap();
        let name = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        assert_eq!(this.machine.docker_name(), name);
        assert!(this.interpreter.unwrap().exists());
    }

    #[test]
    fn interpreters() {
        let read = |kind, offset, size, path: &[u8]| read(&file(&program(kind, offset, size, path)));
        let elf = read(3, 120, 6, b"/ld.so\0").err();
        assert!(matches!(elf, Some(ElfError::Broken)), "no NUL within the size");
        assert_eq!(read(3, 120, 7, b"/ld.so\0").unwrap().interpreter, Some("/ld.so".into()));
        assert_eq!(read(1, 120, 7, b"/ld.so\0").unwrap().interpreter, None);
        for (offset, size, path) in [
            (120, 6, &b"ld.so\0"[..]),
            (120, 8, b"/ld.so\0"),
            (120, u64::MAX, b"/ld.so\0"),
            (u64::MAX, 7, b"/ld.so\0"),
            (120, 0, b""),
        ] {
            assert!(matches!(read(3, offset, size, path), Err(ElfError::Broken)), "{offset} {size}");
        }
    }

    #[test]
    fn others_are_named() {
        assert!(matches!(read(&file(b"#!/bin/sh\n")), Err(ElfError::Foreign)));
        assert!(matches!(read(&file(b"")), Err(ElfError::Foreign)));
        let mut small = program(1, 0, 0, b"");
        small[4] = 1;
        assert_eq!(
            read(&file(&small)).unwrap_err().to_string(),
            "it is a 32-bit ELF file; 64-bit little-endian ones are supported"
        );
        let mut big = program(1, 0, 0, b"");
        big[5] = 2;
        assert!(matches!(read(&file(&big)), Err(ElfError::Class("big-endian"))));
        assert!(matches!(read(&file(&program(1, 0, 0, b"")[..40])), Err(ElfError::Broken)));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(
            offset: u64, size: u64, count: u16, entry_size: u16, headers: u64, rest: Vec<u8>
        ) {
            let mut bytes = program(3, offset, size, &rest);
            bytes[32..40].copy_from_slice(&headers.to_le_bytes());
            bytes[54..56].copy_from_slice(&entry_size.to_le_bytes());
            bytes[56..58].copy_from_slice(&count.to_le_bytes());
            let _ = read(&file(&bytes));
        }
    }
}
