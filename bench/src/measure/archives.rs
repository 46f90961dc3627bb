//! Archives against the `zip` program.

use crate::Result;
use crate::context::{Context, cores};
use crate::program::in_path;
use crate::row::{Figure, Row, Target, Unit};
use crate::samples::by_turns;
use crate::text::{self, Lines};
use crate::timing::{program, timed};
use archive::{Format, Level, PackOptions, Request, select};
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

static GO_ON: AtomicBool = AtomicBool::new(false);

/// The compression level of both the crate `archive` and `zip` where none is asked for is about this one.
const LEVEL: u32 = 5;

/// Many small files: at least twice as fast as `zip`.
pub(super) fn small_files(context: &Context) -> Result<Vec<Row>> {
    let (count, length) = (context.amount(10_000, 1_000), 20_000);
    let folder = tempfile::tempdir()?;
    text::folder(&folder.path().join("files"), count, length)?;
    let what = format!("archive: {count} files, {} MB", count * length / 1_000_000);
    compare(context, folder.path(), &what, 0, 2.0).map(|(row, _)| vec![row])
}

/// One big text on two cores: at least three times as fast as `zip`, and hardly larger.
pub(super) fn big_file(context: &Context) -> Result<Vec<Row>> {
    let length = context.amount(250_000_000, 50_000_000);
    let folder = tempfile::tempdir()?;
    let files = folder.path().join("files");
    std::fs::create_dir(&files)?;
    Lines::new(1).file(&files.join("text.log"), length)?;
    let what = format!("archive: {} MB of text, two cores", length / 1_000_000);
    let (row, size) = compare(context, folder.path(), &what, 2, 3.0)?;
    Ok(vec![row, size.target(Target::AtMost(1.1), "")])
}

/// Packs `files` of a folder with our code and with `zip`; gives speed and size.
fn compare(context: &Context, folder: &Path, what: &str, threads: usize, least: f64) -> Result<(Row, Row)> {
    if in_path("zip").is_none() {
        return Err("needs the program `zip`".into());
    }
    let (files, ours, theirs) = (folder.join("files"), folder.join("ours.zip"), folder.join("theirs.zip"));
    let mut zip = || {
        if theirs.exists() {
            std::fs::remove_file(&theirs)?;
        }
        program(Command::new("zip").arg("-qr").arg(&theirs).arg(".").current_dir(&files))
    };
    let rounds = context.amount(3, 2);
    let [our_time, zip_time] = by_turns(rounds, [&mut || pack(&files, &ours, threads), &mut zip])?;
    let (our_time, zip_time) = (Figure::ms(our_time.median()), Figure::ms(zip_time.median()));
    let mut speed = Row::ratio(what, our_time, "zip", zip_time);
    speed.result = zip_time.over(our_time);
    let megabytes =
        |path: &Path| -> Result<Figure> { Ok(Figure::of(path.metadata()?.len() as f64 / 1e6, Unit::MB)) };
    let size = Row::ratio("  its size", megabytes(&ours)?, "zip", megabytes(&theirs)?);
    Ok((speed.target(Target::AtLeast(least), "as fast as zip"), size))
}

/// Selects and packs a folder into a zip file, as a job does with its artifacts. 0 threads are as many as cores.
pub(super) fn pack(project: &Path, path: &Path, threads: usize) -> Result<Duration> {
    timed(|| {
        let paths = ["**".to_owned()];
        let request = Request { project, paths: &paths, exclude: &[], untracked: None, cancel: &GO_ON };
        let selection = select(&request)?;
        let options = PackOptions { format: Format::Zip, level: Level::Default, threads, cancel: &GO_ON };
        archive::pack(project, &selection.entries, &options, &mut File::create(path)?)?;
        Ok(())
    })
}

/// What no archiver can beat: compressing what is already in memory, on all cores, into nowhere.
pub(super) fn compress_in_memory(files: &[Vec<u8>]) -> Duration {
    let (next, begin) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                let mut deflate = flate2::Compress::new(flate2::Compression::new(LEVEL), false);
                let mut out = Vec::with_capacity(1 << 20);
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    deflate.reset();
                    out.clear();
                    // Its room is larger than any of the files.
                    let _ = deflate.compress_vec(file, &mut out, flate2::FlushCompress::Finish);
                }
            });
        }
    });
    begin.elapsed()
}
