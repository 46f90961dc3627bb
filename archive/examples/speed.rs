//! Measures packing and unpacking against the `zip` and `unzip` programs, in one run, on data made here.
//!
//! `cargo run --release -p archive --example speed [FOLDER]`; needs 1 GB in FOLDER (default: the temporary folder).
//! Prints, for each case, our time and theirs, the ratio, the sizes, and the largest memory this process needed.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use archive::{Format, Level, Limits, PackOptions, Request, UnpackOptions, pack, select, unpack};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

static GO_ON: AtomicBool = AtomicBool::new(false);

fn main() -> Result<()> {
    let base = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = base.join(format!("archive-speed-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = run(&folder);
    fs::remove_dir_all(&folder)?;
    result
}

fn run(folder: &Path) -> Result<()> {
    println!("{} cores", std::thread::available_parallelism()?);
    let small = folder.join("small");
    for number in 0..10_000_u64 {
        let parent = small.join(format!("d{}", number % 100));
        fs::create_dir_all(&parent)?;
        write_text(&parent.join(format!("f{number}.txt")), 20_000, number)?;
    }
    compare(folder, &small, "10,000 files, 200 MB")?;
    fs::remove_dir_all(&small)?;

    let big = folder.join("big");
    fs::create_dir_all(&big)?;
    write_text(&big.join("text.log"), 250_000_000, 1)?;
    compare(folder, &big, "one text, 250 MB")?;
    fs::remove_dir_all(&big)?;

    let some = folder.join("some");
    fs::create_dir_all(&some)?;
    for number in 0..200 {
        write_text(&some.join(format!("f{number}.txt")), 50_000, number)?;
    }
    compare(folder, &some, "200 files of 50 kB")?;
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    // By turns, so that whatever else the machine does falls on both.
    for _ in 0..10 {
        ours = ours.min(pack_to(&some, &folder.join("ours.zip"), Format::Zip)?);
        bare = bare.min(compress_only(&some)?);
    }
    println!(
        "  packing {ours:.1?}, bare compression on all cores {bare:.1?}: {:.2} times as long",
        ratio(ours, bare)
    );
    Ok(())
}

/// Packs and unpacks a folder with our code and with the programs.
fn compare(folder: &Path, project: &Path, what: &str) -> Result<()> {
    println!("{what}");
    let (ours, theirs) = (folder.join("ours.zip"), folder.join("theirs.zip"));
    reset_peak();
    let our_time = best(|| pack_to(project, &ours, Format::Zip))?;
    let peak = peak_kib();
    let zip = best(|| {
        let _ = fs::remove_file(&theirs);
        program(Command::new("zip").arg("-qr").arg(&theirs).arg(".").current_dir(project))
    })?;
    println!("  pack {our_time:.1?}, zip {zip:.1?}: {:.1} times as fast", ratio(zip, our_time));
    let (our_size, zip_size) = (fs::metadata(&ours)?.len(), fs::metadata(&theirs)?.len());
    let part = our_size as f64 / zip_size as f64;
    println!("  size {our_size}, zip {zip_size}: {part:.3}; peak memory {peak} KiB");
    for format in [Format::ZipZstd, Format::TarZstd] {
        let path = folder.join("zstd");
        reset_peak();
        let time = best(|| pack_to(project, &path, format))?;
        println!(
            "  {format:?} {time:.1?}, size {}; peak memory {} KiB",
            fs::metadata(&path)?.len(),
            peak_kib()
        );
    }
    let target = folder.join("target");
    reset_peak();
    let our_time = best(|| {
        fresh(&target)?;
        timed(|| {
            let options = UnpackOptions { threads: 0, limits: Limits::default(), cancel: &GO_ON };
            unpack(&File::open(&ours)?, &target, &options)?;
            Ok(())
        })
    })?;
    let peak = peak_kib();
    let unzip = best(|| {
        fresh(&target)?;
        program(Command::new("unzip").arg("-q").arg(&ours).arg("-d").arg(&target))
    })?;
    fs::remove_dir_all(&target)?;
    println!(
        "  unpack {our_time:.1?}, unzip {unzip:.1?}: {:.1} times as fast; peak memory {peak} KiB",
        ratio(unzip, our_time)
    );
    Ok(())
}

fn pack_to(project: &Path, path: &Path, format: Format) -> Result<Duration> {
    timed(|| {
        let paths = ["**".to_owned()];
        let request = Request { project, paths: &paths, exclude: &[], untracked: None, cancel: &GO_ON };
        let selection = select(&request)?;
        let options = PackOptions { format, level: Level::Default, threads: 0, cancel: &GO_ON };
        pack(project, &selection.entries, &options, &mut File::create(path)?)?;
        Ok(())
    })
}

/// What no archiver can beat: the same compression of the same files in memory, on all cores, written nowhere.
fn compress_only(folder: &Path) -> Result<Duration> {
    let files: Vec<Vec<u8>> =
        fs::read_dir(folder)?.map(|item| fs::read(item?.path())).collect::<std::io::Result<_>>()?;
    let next = AtomicUsize::new(0);
    timed(|| {
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    let mut deflate = flate2::Compress::new(flate2::Compression::new(5), false);
                    let mut out = Vec::with_capacity(1 << 20);
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        deflate.reset();
                        out.clear();
                        let _ = deflate.compress_vec(file, &mut out, flate2::FlushCompress::Finish);
                    }
                });
            }
        });
        Ok(())
    })
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed())
}

fn program(command: &mut Command) -> Result<Duration> {
    timed(|| match command.status()?.success() {
        true => Ok(()),
        false => Err(format!("{command:?} failed").into()),
    })
}

fn best(mut work: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    let mut best = work()?;
    for _ in 0..2 {
        best = best.min(work()?);
    }
    Ok(best)
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir(folder)?)
}

/// The largest memory since the last reset, where the kernel tells.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn reset_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Text as logs and prose are: words by a skewed distribution, lines with times and numbers in between.
fn write_text(path: &Path, length: usize, seed: u64) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let words = words();
    let mut written = 0;
    while written < length {
        let line = random.line(&words);
        let part = line.len().min(length - written);
        out.write_all(&line.as_bytes()[..part])?;
        written += part;
    }
    Ok(out.flush()?)
}

fn words() -> Vec<String> {
    let mut random = Random(12_345);
    let letters = b"etaoinshrdlucmfwypvbgkjqxz";
    let mut letter = || char::from(letters[(random.below(26) * random.below(26) / 26) as usize]);
    (0..6000).map(|number| (0..2 + number * 7 % 9).map(|_| letter()).collect()).collect()
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn line(&mut self, words: &[String]) -> String {
        if self.below(4) == 0 {
            let (minute, second, milli) = (self.below(60), self.below(60), self.below(1000));
            let (id, took) = (self.below(u64::MAX), self.below(5000));
            return format!(
                "T08:{minute:02}:{second:02}.{milli:03}Z INFO request id={id:016x} took {took} ms\n"
            );
        }
        let mut line = String::new();
        for _ in 0..6 + self.below(12) {
            let skewed = (words.len() as f64).powf(self.below(1_000_000) as f64 / 1e6) - 1.0;
            line.push_str(&words[skewed as usize]);
            line.push(' ');
        }
        line.push('\n');
        line
    }
}
