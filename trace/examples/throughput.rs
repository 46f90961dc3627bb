//! Measures the log path on one core: `cargo run --release -p trace --example throughput`.
//!
//! The text is made here: build output of ordinary kind, with a secret, a token and a URL parameter now and then.
//! Numbers are megabytes (10^6) of job output a second, the best of some rounds.

use std::error::Error;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use trace::mask::{DEFAULT_TOKEN_PREFIXES, MaskSet, Masker};
use trace::{Kind, Logger, Settings, Spool, system_clock};

/// What one read from the job's pipe brings.
const CHUNK: usize = 64 * 1024;
const TEXT: usize = 64_000_000;
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let secrets = secrets();
    let masks = MaskSet::new(&secrets, DEFAULT_TOKEN_PREFIXES)?;
    let mut short = secrets[..19].to_vec();
    short.push("abc".into());
    let with_short = MaskSet::new(&short, DEFAULT_TOKEN_PREFIXES)?;
    let build = build_output(&secrets);
    let lines = short_lines();
    let near = "a".repeat(TEXT);

    let start = Instant::now();
    MaskSet::new(&secrets, DEFAULT_TOKEN_PREFIXES)?;
    println!("compiling 20 values: {} µs", start.elapsed().as_micros());
    println!("masker alone, 20 values:");
    report("  build output", build.len(), || mask(&masks, &build));
    report("  short lines", lines.len(), || mask(&masks, &lines));
    report("  build output, one value of 3 bytes", build.len(), || mask(&with_short, &build));
    let worst = MaskSet::new([format!("{}b", "a".repeat(1000))], [""; 0])?;
    report("  near misses all over", near.len(), || mask(&worst, near.as_bytes()));
    println!("masker, time stamps and spool file:");
    report("  build output", build.len(), || spool(&masks, &build, true));
    report("  short lines (about 12 bytes)", lines.len(), || spool(&masks, &lines, true));
    report("  build output without time stamps", build.len(), || spool(&masks, &build, false));
    Ok(())
}

fn report(name: &str, bytes: usize, mut round: impl FnMut() -> Result<u64, Box<dyn Error>>) {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        match round() {
            Ok(written) => assert!(written > 0, "nothing came out"),
            Err(error) => return println!("{name}: {error}"),
        }
        best = best.min(start.elapsed());
    }
    println!("{name:<40} {:>6.0} MB/s", bytes as f64 / 1e6 / best.as_secs_f64());
}

fn mask(masks: &MaskSet, text: &[u8]) -> Result<u64, Box<dyn Error>> {
    let (mut masker, mut written) = (Masker::new(masks.clone()), 0);
    for chunk in text.chunks(CHUNK) {
        masker.write(chunk, |bytes| written += bytes.len() as u64);
    }
    masker.close(|bytes| written += bytes.len() as u64);
    Ok(written)
}

fn spool(masks: &MaskSet, text: &[u8], timestamps: bool) -> Result<u64, Box<dyn Error>> {
    let spool = Spool::new(tempfile::tempfile()?, u64::MAX);
    let settings = Settings { masks: masks.clone(), timestamps, clock: system_clock() };
    let writer = Logger::new(spool.clone(), settings).writer(1, Kind::Out);
    text.chunks(CHUNK).for_each(|chunk| writer.write(chunk));
    writer.close();
    spool.error().map_or_else(|| Ok(spool.len()), |error| Err(error.into()))
}

/// A small generator of our own (xorshift), so that every run sees the same text.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn word(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

fn secrets() -> Vec<String> {
    let mut random = Random(0x5eed);
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=@:.~_-";
    (0..20).map(|n| random.word(alphabet, 8 + n * 3)).collect()
}

fn build_output(secrets: &[String]) -> Vec<u8> {
    let words: Vec<&str> = "compiling linking checking warning unused variable function test ok passed failed src/main.rs \
        target/debug/build lib error note help expected found the of in and to with GET https://registry.example.com/v2/ \
        digest sha256 downloading extracting layer 100% [INFO] at java.base/java.lang.Thread.run(Thread.java:829) \
        npm WARN deprecated --> = | ^^^^ Running `rustc --crate-name --edition=2024 -C opt-level=3` 0.31s private token"
        .split_whitespace()
        .collect();
    let mut random = Random(42);
    let mut text = String::with_capacity(TEXT + 200);
    while text.len() < TEXT {
        for _ in 0..4 + random.below(12) {
            text.push_str(words[random.below(words.len())]);
            text.push(' ');
        }
        // Cannot fail: it is a string.
        let _ = match random.below(400) {
            0 => write!(text, "{}", secrets[random.below(secrets.len())]),
            1 => write!(text, "glpat-{}", random.word(b"abcdef0123456789", 20)),
            2 => write!(text, "https://x.example.com/?a=b&private_token=0123456789&c=d"),
            3..20 => write!(text, "{:016x}", random.below(usize::MAX)),
            _ => Ok(()),
        };
        text.push('\n');
    }
    text.into_bytes()
}

fn short_lines() -> Vec<u8> {
    let mut text = String::with_capacity(TEXT + 20);
    let mut n = 0;
    while text.len() < TEXT {
        let _ = writeln!(text, "line {n}");
        n += 1;
    }
    text.into_bytes()
}
