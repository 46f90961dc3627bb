//! Runs that were, and jobs of theirs by name.

pub(crate) mod args;

use super::World;
use super::run::show::lasted;
use super::run::{Homes, JobRecord, PastRun, Runs};
use crate::error::CliError;
use crate::terminal::{clean, fill, width};
use args::PastArgs;
use gitread::Repository;
use pipeline::Status;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

/// The run that the flags mean: the last one of the project, or the one with the number.
pub(super) fn find_run(args: &PastArgs, world: &World<'_>) -> Result<PastRun, CliError> {
    let root = match &args.repo {
        Some(root) => world.current.join(root),
        None => Repository::discover(&world.current)
            .map_or_else(|| world.current.clone(), |found| found.root().to_owned()),
    };
    let runs = Runs::of(&Homes::of(world.environment)?, &root);
    let found = match args.run {
        Some(number) => runs.nth(number),
        None => runs.last(None),
    };
    found.ok_or_else(|| no_run(args, &runs, &root))
}

fn no_run(args: &PastArgs, runs: &Runs, root: &Path) -> CliError {
    let root = root.display();
    let numbers = runs.numbers();
    let Some(number) = args.run.filter(|_| !numbers.is_empty()) else {
        return CliError::usage(format!("no pipeline has run in {root}"))
            .hint("`runner ci run` runs its pipeline; --repo names another folder");
    };
    let known: Vec<String> = numbers.iter().map(u64::to_string).collect();
    CliError::usage(format!("there is no run {number} of {root}"))
        .hint(format!("runs that are kept: {}", known.join(", ")))
}

/// A job's name with the bridges that lead to it.
pub(super) fn path(job: &JobRecord) -> String {
    let parts: Vec<&str> = job.pipeline.iter().chain([&job.name]).map(String::as_str).collect();
    parts.join("/")
}

/// All attempts of the job with a name, the last one last: never none. The name may have the bridges before it, and
/// must where several jobs have it.
pub(super) fn attempts<'a>(run: &'a PastRun, name: &str) -> Result<Vec<&'a JobRecord>, CliError> {
    let jobs = &run.record.jobs;
    let mut paths: Vec<String> = jobs.iter().map(path).collect();
    paths.sort();
    paths.dedup();
    let mut named = Vec::new();
    if !paths.iter().any(|path| path == name) {
        named = jobs.iter().filter(|job| job.name == name).map(path).collect();
        named.sort();
        named.dedup();
    }
    let wanted = match named.as_slice() {
        [] => name,
        [path] => path.as_str(),
        several => {
            let several: Vec<&str> = several.iter().map(String::as_str).collect();
            return Err(CliError::usage(format!("several jobs are called `{name}`"))
                .hint(format!("they are {}", several.join(", "))));
        }
    };
    let mut attempts: Vec<&JobRecord> = jobs.iter().filter(|job| path(job) == wanted).collect();
    attempts.sort_by_key(|job| (!job.retried, job.id));
    if attempts.is_empty() {
        return Err(no_such_job(run, name, &paths));
    }
    Ok(attempts)
}

fn no_such_job(run: &PastRun, name: &str, paths: &[String]) -> CliError {
    let error = CliError::usage(format!("run {} has no job `{name}`", run.record.number));
    let near = crate::config::nearest(name, paths.iter().map(String::as_str));
    let begins: Vec<&str> =
        paths.iter().filter(|path| path.starts_with(name)).map(String::as_str).take(10).collect();
    match (near, begins.as_slice()) {
        (Some(near), _) => error.hint(near),
        (None, [_, ..]) => error.hint(format!("did you mean one of: {}", begins.join("; "))),
        (None, []) => error.hint("without a name, the jobs of the run are listed"),
    }
}

/// What a run is called in a heading.
pub(super) fn title(run: &PastRun) -> String {
    let record = &run.record;
    let status = record.status.map_or("not over, or killed", Status::as_str);
    let sha = record.sha.get(..8).unwrap_or(&record.sha);
    let at = if sha.is_empty() { "without a commit".to_owned() } else { format!("at {}", clean(sha)) };
    format!("run {} of {} {at}: {status}", record.number, clean(&record.reference))
}

/// The jobs of a run in lines.
pub(super) fn list(run: &PastRun, more: impl Fn(&JobRecord) -> String) -> String {
    let mut out = format!("{}\n", title(run));
    let rows: Vec<[String; 4]> = run
        .record
        .jobs
        .iter()
        .map(|job| {
            let duration = job.duration.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let retried = if job.retried { " (retried)" } else { "" };
            let name = clean(&path(job)).into_owned();
            [name, format!("{}{retried}", job.status), duration.map(lasted).unwrap_or_default(), more(job)]
        })
        .collect();
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or_default()
    };
    let widths = [widest(0), widest(1), widest(2)];
    for [name, status, duration, more] in &rows {
        let [first, second, third] = widths;
        let line = format!(
            "  {name}{}  {status}{}  {}{duration}  {more}",
            fill(name, first),
            fill(status, second),
            fill(duration, third)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// Opens a file of a run; a link or a device in its place is none.
pub(super) fn open(path: &Path) -> Result<File, CliError> {
    let flags = (nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK).bits();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let regular = opened.and_then(|file| match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")),
    });
    regular.map_err(|error| CliError::operation(format!("cannot read {}", path.display())).caused_by(&error))
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use pipeline::JobId;

    pub(in crate::ci) fn job(id: i64, pipeline: &[&str], name: &str, status: Status) -> JobRecord {
        let record = serde_json::json!({"id": id, "name": name, "pipeline": pipeline, "status": status});
        let mut record: JobRecord = serde_json::from_value(record).unwrap();
        assert_eq!(record.id, JobId(id));
        record.duration = (status != Status::Skipped).then_some(1.5);
        record
    }

    pub(in crate::ci) fn run() -> PastRun {
        let mut jobs = vec![
            job(7001, &[], "build", Status::Success),
            job(7002, &[], "test: [a]", Status::Failed),
            job(7005, &[], "test: [a]", Status::Success),
            job(7003, &[], "test: [b]", Status::Skipped),
            job(7006, &["one"], "inner", Status::Success),
            job(7007, &["two"], "inner", Status::Success),
            job(7008, &["two"], "other", Status::Success),
        ];
        jobs[1].retried = true;
        let record = serde_json::json!({
            "number": 7, "reference": "main", "sha": "0123456789", "status": "failed", "jobs": jobs,
        });
        let record = serde_json::from_value(record).unwrap();
        PastRun { record }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_by_name() {
        let run = testing::run();
        let ids =
            |name: &str| attempts(&run, name).map(|jobs| jobs.iter().map(|job| job.id.0).collect::<Vec<_>>());
        assert_eq!(ids("build").unwrap(), [7001]);
        assert_eq!(ids("test: [a]").unwrap(), [7002, 7005]);
        assert_eq!(ids("two/inner").unwrap(), [7007]);
        assert_eq!(ids("other").unwrap(), [7008]);
        let wrong = |name: &str| ids(name).unwrap_err().render();
        insta::assert_snapshot!(wrong("inner") + &wrong("biuld") + &wrong("test") + &wrong("deploy"), @r"
        error: several jobs are called `inner`
        hint: they are one/inner, two/inner
        error: run 7 has no job `biuld`
        hint: did you mean `build`?
        error: run 7 has no job `test`
        hint: did you mean one of: test: [a]; test: [b]
        error: run 7 has no job `deploy`
        hint: without a name, the jobs of the run are listed
        ");
    }

    #[test]
    fn a_run_in_lines() {
        insta::assert_snapshot!(list(&testing::run(), |_| "x".to_owned()), @r"
        run 7 of main at 01234567: failed
          build      success           1.5s  x
          test: [a]  failed (retried)  1.5s  x
          test: [a]  success           1.5s  x
          test: [b]  skipped                 x
          one/inner  success           1.5s  x
          two/inner  success           1.5s  x
          two/other  success           1.5s  x
        ");
    }
}
