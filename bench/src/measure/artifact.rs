//! What an artifact of many files adds to a job.

use super::archives::{compress_in_memory, pack};
use crate::Result;
use crate::context::{Context, cores};
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target};
use crate::samples::by_turns;
use crate::{post, text};
use kit::coordinator::{JobHandle, StoredArtifact};
use kit::payload::Payload;
use std::path::{Path, PathBuf};

const FILES: usize = 200;
const BYTES: usize = 50_000;

/// A rig whose project holds the files, and the jobs with and without an artifact of them.
struct Setting {
    rig: Rig,
    source: PathBuf,
    with: Payload,
    without: Payload,
}

impl Setting {
    fn new(settings: &Settings) -> Result<Self> {
        let rig = Rig::start(settings)?;
        let source = rig.place().shared("source");
        text::folder(&source, FILES, BYTES)?;
        let copy = format!("cp -a '{}' out", source.display());
        rig.run(&Payload::new("fill", &[&copy]))?;
        let with = Payload::new("with an artifact", &["test -d out/d0"]).archive(&["out/"], "on_success");
        Ok(Self { rig, source, with, without: Payload::new("without", &["true"]) })
    }

    /// What the job uploads.
    fn archive(&self) -> Result<Vec<u8>> {
        let job = self.rig.run(&self.with)?;
        let bytes = |job: &JobHandle| job.inspect(|job| job.artifacts.first().map(stored));
        bytes(&job).ok_or_else(|| "the job uploaded nothing".into())
    }
}

fn stored(artifact: &StoredArtifact) -> Vec<u8> {
    artifact.bytes.to_vec()
}

/// An artifact of 200 files of 50 kB, against compressing them in memory and sending that.
pub(super) fn many_files(context: &Context) -> Result<Vec<Row>> {
    let setting = Setting::new(&Settings::ours(context))?;
    let rig = &setting.rig;
    let archive = setting.archive()?;
    let files = contents(&setting.source)?;
    let host = rig.coordinator().host();
    let packed = rig.place().shared("packed.zip");
    let [with, without, compress, pack, upload] = by_turns(
        context.amount(20, 5),
        [
            &mut || rig.time(&setting.with),
            &mut || rig.time(&setting.without),
            &mut || Ok(compress_in_memory(&files)),
            &mut || pack(&setting.source, &packed, 0),
            &mut || post::time(&host, &archive),
        ],
    )?;
    let ms = |samples: &crate::samples::Samples| Figure::ms(samples.median());
    let added = ms(&with).minus(ms(&without));
    let limit = 1.2 * ms(&compress).number + ms(&upload).number;
    let name = format!("compress on {} cores", cores());
    let mut row = Row::added("artifact of 200 × 50 kB: what it adds", added, &name, ms(&compress));
    row.result = added;
    row = row
        .target(Target::AtMost(limit), &format!("1.2 × + upload {}", ms(&upload)))
        .note(format!("the crate `archive` alone, files read and archive written: {}", ms(&pack)))
        .note(format!("archive of {:.2} MB", archive.len() as f64 / 1e6))
        .note(with.spread());
    let mut rows = vec![row];
    if let Some(peer) = Settings::peer(context) {
        let theirs = Setting::new(&peer)?;
        let rig = &theirs.rig;
        let [with, without] = by_turns(
            context.amount(8, 3),
            [&mut || rig.time(&theirs.with), &mut || rig.time(&theirs.without)],
        )?;
        rows.push(Row::peer(ms(&with).minus(ms(&without)), added));
    }
    Ok(rows)
}

fn contents(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for (path, _) in crate::tree::written(folder) {
        files.push(std::fs::read(path)?);
    }
    Ok(files)
}
