//! `ci artifacts`: what jobs of a local run left.

use super::past::args::ArtifactsArgs;
use super::run::{ArtifactRecord, JobRecord};
use super::{Done, World, past};
use crate::error::CliError;
use crate::terminal::clean;
use archive::{Limits, UnpackOptions};
use flate2::read::MultiGzDecoder;
use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Most bytes that a report is unpacked to.
const LARGEST: u64 = 4 << 30;

/// Lists artifacts, of a job or of all, or unpacks those of a job.
pub(super) fn run(args: &ArtifactsArgs, world: &World<'_>) -> Result<Done, CliError> {
    let run = past::find_run(&args.past, world)?;
    let mut done = Done { out: String::new(), refused: false, warnings: Vec::new() };
    let Some(name) = &args.job else {
        let left: Vec<&JobRecord> =
            run.record.jobs.iter().filter(|job| !job.retried && !job.artifacts.is_empty()).collect();
        let _ = writeln!(done.out, "{}", past::title(&run));
        for job in &left {
            let _ = writeln!(done.out, "{}", clean(&past::path(job)));
            list(&mut done.out, job, "  ");
        }
        if left.is_empty() {
            done.out.push_str("no job left artifacts\n");
        }
        return Ok(done);
    };
    let attempts = past::attempts(&run, name)?;
    let Some(job) = attempts.last().filter(|job| !job.artifacts.is_empty()) else {
        done.warnings.push(format!("`{name}` left no artifacts in run {}", run.record.number));
        return Ok(done);
    };
    match &args.extract {
        None => list(&mut done.out, job, ""),
        Some(folder) => extract(&mut done, job, &world.current.join(folder))?,
    }
    Ok(done)
}

/// A line for each: type, size, path.
fn list(out: &mut String, job: &JobRecord, indent: &str) {
    let widest = job.artifacts.iter().map(|artifact| artifact.kind.len()).max().unwrap_or_default();
    for ArtifactRecord { kind, path } in &job.artifacts {
        let size = path.symlink_metadata().map_or_else(|_| "gone".to_owned(), |found| size(found.len()));
        let path = path.to_string_lossy();
        let _ = writeln!(out, "{indent}{:widest$}  {size:>9}  {}", clean(kind), clean(&path));
    }
}

/// `512 B`, `1.5 KiB`, `20 MiB`.
fn size(bytes: u64) -> String {
    let mut unit = "B";
    let mut value = bytes as f64;
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" || value >= 10.0 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// Unpacks archives, and reports beside them.
fn extract(done: &mut Done, job: &JobRecord, folder: &Path) -> Result<(), CliError> {
    let cannot = |error: &dyn std::error::Error| {
        CliError::operation(format!("cannot extract into {}", folder.display())).caused_by(error)
    };
    DirBuilder::new().recursive(true).mode(0o777).create(folder).map_err(|error| cannot(&error))?;
    for artifact in &job.artifacts {
        let file = past::open(&artifact.path)?;
        let kind = clean(&artifact.kind).into_owned();
        let name = artifact.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".zip") || name.ends_with(".tar.zst") {
            let cancel = AtomicBool::new(false);
            let options = UnpackOptions { threads: 0, limits: Limits::default(), cancel: &cancel };
            let unpacked = archive::unpack(&file, folder, &options).map_err(|error| cannot(&error))?;
            let entries = unpacked.entries;
            done.warnings.extend(unpacked.notes.iter().map(ToString::to_string));
            let _ = writeln!(done.out, "{kind}: {entries} files and folders from {}", clean(&name));
            continue;
        }
        let written = match name.strip_suffix(".gz") {
            Some(name) => write(folder, name, MultiGzDecoder::new(file)),
            None => write(folder, &name, file),
        };
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        written.map_err(|error| cannot(&error))?;
        let _ = writeln!(done.out, "{kind}: {}", clean(name));
    }
    Ok(())
}

/// Writes a file of that name into the folder; never through a link that is there.
fn write(folder: &Path, name: &str, content: impl Read) -> io::Result<()> {
    let flags = nix::fcntl::OFlag::O_NOFOLLOW.bits();
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).custom_flags(flags);
    let mut file: File = options.open(folder.join(name))?;
    let mut content = content.take(LARGEST + 1);
    if io::copy(&mut content, &mut file)? > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{name} is too large")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::past::testing;
    use archive::{Format, Level, PackOptions, Request, pack, select};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use pipeline::Status;
    use std::io::Write as _;

    #[test]
    fn sizes() {
        assert_eq!([0, 1023, 1536, 20 << 20].map(size), ["0 B", "1023 B", "1.5 KiB", "20 MiB"]);
    }

    #[test]
    fn archives_and_reports_are_unpacked() {
        let here = tempfile::tempdir().unwrap();
        let path = |name: &str| here.path().join(name);
        std::fs::create_dir(path("project")).unwrap();
        std::fs::write(path("project/a.txt"), "content").unwrap();
        let cancel = AtomicBool::new(false);
        let paths = ["a.txt".to_owned()];
        let project = &path("project");
        let request = Request { project, paths: &paths, exclude: &[], untracked: None, cancel: &cancel };
        let entries = select(&request).unwrap().entries;
        let options = PackOptions { format: Format::Zip, level: Level::Default, threads: 1, cancel: &cancel };
        pack(project, &entries, &options, &mut File::create(path("artifacts.zip")).unwrap()).unwrap();
        let mut report = GzEncoder::new(File::create(path("junit.xml.gz")).unwrap(), Compression::fast());
        report.write_all(b"<xml/>").unwrap();
        report.finish().unwrap();
        let artifact = |kind: &str, name: &str| ArtifactRecord { kind: kind.to_owned(), path: path(name) };
        let mut job = testing::job(1, &[], "a", Status::Success);
        job.artifacts = vec![artifact("archive", "artifacts.zip"), artifact("junit", "junit.xml.gz")];
        let mut done = Done { out: String::new(), refused: false, warnings: Vec::new() };
        extract(&mut done, &job, &path("new/folder")).unwrap();
        assert_eq!(done.out, "archive: 1 files and folders from artifacts.zip\njunit: junit.xml\n");
        assert_eq!(std::fs::read_to_string(path("new/folder/a.txt")).unwrap(), "content");
        assert_eq!(std::fs::read_to_string(path("new/folder/junit.xml")).unwrap(), "<xml/>");
        let mut out = String::new();
        list(&mut out, &job, "");
        assert!(out.starts_with("archive "), "{out}");
        // A link where a report would go is not followed.
        std::fs::remove_file(path("new/folder/junit.xml")).unwrap();
        std::os::unix::fs::symlink(path("other"), path("new/folder/junit.xml")).unwrap();
        assert!(extract(&mut done, &job, &path("new/folder")).is_err());
        assert!(!path("other").exists());
    }
}
