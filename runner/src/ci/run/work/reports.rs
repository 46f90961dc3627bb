//! What a job said and left that others want to know: coverage, and variables of dotenv reports.

use crate::ci::run::local::LocalEnd;
use crate::ci::run::news::News;
use pipeline::coverage::Finder;
use pipeline::dotenv;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// How much of a log is looked at once.
const PIECE: usize = 64 * 1024;

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// In per cent.
    pub(super) coverage: Option<f64>,
    /// Of dotenv reports, in order.
    pub(super) variables: Vec<(String, String)>,
}

/// Looks at a job's log and reports, where there is something to look for.
pub(super) async fn read(name: &str, coverage: Option<&str>, end: &LocalEnd, tell: &dyn Fn(News)) -> Found {
    let reports: Vec<PathBuf> =
        end.artifacts.iter().filter(|kept| kept.kind == "dotenv").map(|kept| kept.path.clone()).collect();
    if coverage.is_none() && reports.is_empty() {
        return Found::default();
    }
    let (log, expression) = (end.log.clone(), coverage.map(str::to_owned));
    let work = move || look(&log, expression.as_deref(), &reports);
    let (found, faults) = tokio::task::spawn_blocking(work).await.unwrap_or_default();
    for fault in faults {
        tell(News::Warning(format!("`{name}`: {fault}")));
    }
    found
}

fn look(log: &Path, coverage: Option<&str>, reports: &[PathBuf]) -> (Found, Vec<String>) {
    let (mut found, mut faults) = (Found::default(), Vec::new());
    if let Some(expression) = coverage {
        match covered(log, expression) {
            Ok(coverage) => found.coverage = coverage,
            Err(fault) => faults.push(format!("coverage: {fault}")),
        }
    }
    for report in reports {
        match variables(report) {
            Ok(variables) => found.variables.extend(variables),
            Err(fault) => faults.push(format!("the dotenv report is not taken: {fault}")),
        }
    }
    (found, faults)
}

fn covered(log: &Path, expression: &str) -> Result<Option<f64>, String> {
    let mut finder = Finder::new(expression).map_err(|error| error.to_string())?;
    let mut feed = || -> io::Result<()> {
        let (mut file, mut piece) = (File::open(log)?, vec![0; PIECE]);
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(()),
                read => finder.feed(&piece[..read]),
            }
        }
    };
    feed().map_err(|error| error.to_string())?;
    Ok(finder.finish())
}

/// Reports lie as they are uploaded: packed by gzip.
fn variables(report: &Path) -> Result<Vec<(String, String)>, String> {
    let mut text = Vec::new();
    let limit = u64::try_from(dotenv::MOST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let file = File::open(report).map_err(|error| error.to_string())?;
    let read = flate2::read::MultiGzDecoder::new(file).take(limit).read_to_end(&mut text);
    read.map_err(|error| error.to_string())?;
    dotenv::parse(&text).map_err(|error| super::in_words(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn variables_and_coverage_are_found_and_faults_named() {
        let here = tempfile::tempdir().unwrap();
        let (log, good, bad) = (here.path().join("log"), here.path().join("a.gz"), here.path().join("b.gz"));
        std::fs::write(&log, "x".repeat(PIECE - 8) + "\nall: 71.5%\n").unwrap();
        let mut packed =
            flate2::write::GzEncoder::new(File::create(&good).unwrap(), flate2::Compression::fast());
        packed.write_all(b"A=1\nB=2\n").unwrap();
        packed.finish().unwrap();
        std::fs::write(&bad, "A=1").unwrap();
        let (found, faults) = look(&log, Some(r"all: (\d+\.\d+)%"), &[good, bad]);
        assert_eq!(found.coverage, Some(71.5));
        assert_eq!(found.variables, [("A".into(), "1".into()), ("B".into(), "2".into())]);
        assert!(faults.len() == 1 && faults[0].starts_with("the dotenv report is not taken: "), "{faults:?}");
    }
}
