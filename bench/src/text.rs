//! Text as jobs print it and leave it in files, the same in every run.

use crate::Result;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

/// A small generator (xorshift), so that every run sees the same.
pub(crate) struct Random(u64);

impl Random {
    /// One that begins at any number.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit as u64) as usize
    }

    fn word(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

/// Twenty values that jobs mask, of 8 to 65 characters.
pub(crate) fn secrets() -> Vec<String> {
    let mut random = Random::new(0x5eed);
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=@:.~_-";
    (0..20).map(|number| random.word(alphabet, 8 + number * 3)).collect()
}

/// Lines of words by a skewed distribution, every fourth one with times and numbers; every two hundredth holds a
/// secret or a token that has to be masked.
pub(crate) struct Lines {
    random: Random,
    words: Vec<String>,
    secrets: Vec<String>,
}

impl Lines {
    /// Lines without secrets.
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), words: words(), secrets: Vec::new() }
    }

    /// Lines that hold these now and then.
    pub(crate) fn with_secrets(seed: u64, secrets: Vec<String>) -> Self {
        Self { secrets, ..Self::new(seed) }
    }

    /// Puts one more line into a buffer.
    fn push(&mut self, out: &mut String) {
        let random = &mut self.random;
        if random.below(4) == 0 {
            let (minute, second, milli) = (random.below(60), random.below(60), random.below(1000));
            let (id, took) = (random.below(usize::MAX), random.below(5000));
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "2026-01-31T08:{minute:02}:{second:02}.{milli:03}Z INFO request id={id:016x} took {took} ms"
            );
            return;
        }
        for _ in 0..6 + random.below(12) {
            // The square of an evenly spread number: common words come often, rare ones do come.
            let (a, b) = (random.below(self.words.len()), random.below(self.words.len()));
            out.push_str(&self.words[a * b / self.words.len()]);
            out.push(' ');
        }
        if !self.secrets.is_empty() {
            match random.below(200) {
                0 => out.push_str(&self.secrets[random.below(self.secrets.len())]),
                1 => {
                    let _ = write!(out, "glpat-{}", random.word(b"abcdef0123456789", 20));
                }
                _ => {}
            }
        }
        out.push('\n');
    }

    /// So many bytes of lines.
    pub(crate) fn text(&mut self, length: usize) -> Vec<u8> {
        let mut out = String::with_capacity(length + 400);
        while out.len() < length {
            self.push(&mut out);
        }
        out.truncate(length);
        out.into_bytes()
    }

    /// A file of so many bytes of lines.
    pub(crate) fn file(&mut self, path: &Path, length: usize) -> Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        let mut left = length;
        while left > 0 {
            let part = left.min(1 << 20);
            file.write_all(&self.text(part))?;
            left -= part;
        }
        Ok(file.flush()?)
    }
}

/// So many numbered lines.
pub(crate) fn short_lines(path: &Path, count: usize) -> Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 1..=count {
        writeln!(file, "line {number}")?;
    }
    file.flush()?;
    Ok(file.get_ref().metadata()?.len())
}

/// A folder of files of so many bytes each, at most a hundred a subfolder.
pub(crate) fn folder(path: &Path, files: usize, length: usize) -> Result<()> {
    let mut lines = Lines::new(42);
    for number in 0..files {
        let parent = path.join(format!("d{}", number / 100));
        std::fs::create_dir_all(&parent)?;
        std::fs::write(parent.join(format!("f{number}.txt")), lines.text(length))?;
    }
    Ok(())
}

fn words() -> Vec<String> {
    let mut random = Random::new(12_345);
    let letters = b"etaoinshrdlucmfwypvbgkjqxz";
    let mut letter = || char::from(letters[random.below(26) * random.below(26) / 26]);
    (0..6000).map(|number| (0..2 + number * 7 % 9).map(|_| letter()).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_reproducible_and_has_secrets() {
        let text = || Lines::with_secrets(7, secrets()).text(400_000);
        assert_eq!(text().len(), 400_000);
        assert!(text() == text());
        let text = String::from_utf8(text()).unwrap();
        assert!(text.lines().all(|line| line.len() < 400));
        assert!(secrets().iter().filter(|secret| text.contains(secret.as_str())).count() > 5);
        assert!(text.contains("glpat-"));
        assert!(!String::from_utf8(Lines::new(7).text(400_000)).unwrap().contains("glpat-"));
    }

    #[test]
    fn files_have_the_size_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        Lines::new(1).file(&path, 3_000_000).unwrap();
        assert_eq!(path.metadata().unwrap().len(), 3_000_000);
        assert_eq!(short_lines(&path, 10).unwrap(), "line 1\n".len() as u64 * 10 + 1);
        super::folder(&folder.path().join("many"), 201, 10).unwrap();
        assert!(folder.path().join("many/d2/f200.txt").is_file());
    }
}
