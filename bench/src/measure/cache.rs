//! What a small cache adds to a job.

use crate::Result;
use crate::context::Context;
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target};
use crate::samples::{Samples, by_turns};
use crate::{text, tree};
use kit::payload::Payload;

const FILES: usize = 20;
const BYTES: usize = 10_000;
/// Most milliseconds that it may add.
const ALLOWED: f64 = 10.0;

/// Times of a job with a cache and one without, and how often the archive was written although nothing changed.
struct Times {
    with: Samples,
    without: Samples,
    written: usize,
}

impl Times {
    fn added(&self) -> Figure {
        Figure::ms(self.with.median()).minus(Figure::ms(self.without.median()))
    }
}

/// A cache that is restored into a project without it, and found unchanged at the job's end.
pub(super) fn unchanged(context: &Context) -> Result<Vec<Row>> {
    let times = measure(&Settings::ours(context), context.amount(30, 8))?;
    let (with, without) = (Figure::ms(times.with.median()), Figure::ms(times.without.median()));
    let row = Row::added("job with a small cache, unchanged", with, "without", without)
        .target(Target::AtMost(ALLOWED), "")
        .note(format!("{FILES} files of {} kB", BYTES / 1000))
        .note(times.with.spread());
    let again = times.written;
    let row = if again > 0 { row.note(format!("archive written again {again} times")) } else { row };
    let mut rows = vec![row];
    if let Some(peer) = Settings::peer(context) {
        let theirs = measure(&peer, context.amount(8, 3))?;
        rows.push(Row::peer(theirs.added(), times.added()).note("what the cache adds to a job"));
    }
    Ok(rows)
}

fn measure(settings: &Settings, rounds: usize) -> Result<Times> {
    let rig = Rig::start(settings)?;
    let source = rig.place().shared("source");
    text::folder(&source, FILES, BYTES)?;
    let copy = format!("cp -a '{}' cached", source.display());
    let job = |script: &[&str]| Payload::new("with a cache", script).cache("bench", &["cached/"]);
    rig.run(&job(&[&copy]))?;
    let last = format!("test -f cached/d0/f{}.txt", FILES - 1);
    let (with, without) = (job(&[&last]), Payload::new("without", &["true"]));
    let archives = rig.place().work().join("cache");
    let (mut before, mut written) = (tree::written(&archives), 0);
    if before.is_empty() {
        return Err(format!("no cache was saved below {}", archives.display()).into());
    }
    let mut timed = || {
        // As a job finds its project after `git clean`.
        if let Some(cached) = tree::folder_named(&rig.place().work().join("builds"), "cached") {
            std::fs::remove_dir_all(cached)?;
        }
        let time = rig.time(&with)?;
        let after = tree::written(&archives);
        written += usize::from(after != before);
        before = after;
        Ok(time)
    };
    let [with, without] = by_turns(rounds, [&mut timed, &mut || rig.time(&without)])?;
    Ok(Times { with, without, written })
}
