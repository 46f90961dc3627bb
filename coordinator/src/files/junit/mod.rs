//! Test results of a job, read out of its JUnit reports.

mod parse;

use super::gunzip::{GunzipError, gunzip};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::io::Read;

/// The largest report, in bytes.
const MOST_FILE: usize = 30_000_000;
/// All reports of a job, in bytes.
const MOST_ALL: u64 = 100_000_000;
/// So many cases are kept with all that is known of them; further ones are only counted.
const MOST_CASES: usize = 50_000;
/// The longest output of a case that is kept, in bytes.
const MOST_OUTPUT: usize = 64 * 1024;
/// All outputs that are kept, in bytes.
const MOST_OUTPUTS: usize = 8 << 20;
/// The longest name that is kept, in bytes.
const MOST_NAME: usize = 2048;

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// It passed.
    Success,
    /// It found something wrong.
    Failed,
    /// It broke off.
    Error,
    /// It did not run.
    Skipped,
}

/// A test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// What became of it.
    pub status: CaseStatus,
    /// What it is called.
    pub name: String,
    /// The class, module or file it belongs to, as the report says.
    pub classname: String,
    /// The file it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How long it took, in seconds.
    pub execution_time: f64,
    /// What it said when it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_output: Option<String>,
    /// The path of a file that it left: `[[ATTACHMENT|path]]` in its output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<String>,
}

/// How many there are of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Seconds in all.
    pub time: f64,
    /// All tests.
    pub count: u64,
    /// Those that passed.
    pub success: u64,
    /// Those that found something wrong.
    pub failed: u64,
    /// Those that did not run.
    pub skipped: u64,
    /// Those that broke off.
    pub error: u64,
}

/// All test results of a job; what a report row of kind `junit` holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Why there are none: a report that cannot be read.
    pub suite_error: Option<String>,
    /// How many.
    pub total: Counts,
    /// The tests, as far as they are kept: failed and broken ones first, the slowest of each first.
    pub cases: Vec<Case>,
}

impl Report {
    /// Reads a `junit` artifact: gzip members, each a report. What is wrong with one is told in the result, since it
    /// changes nothing for the job. Blocks.
    pub fn read(gzip: impl Read) -> Self {
        let mut suite = Suite::default();
        let mut wrong = None;
        let outcome = gunzip(gzip, MOST_ALL, |file| {
            if wrong.is_none() {
                wrong = suite.add_file(&file).err();
            }
        });
        let wrong = wrong.or(outcome.err().map(Wrong::Gzip));
        match wrong {
            Some(wrong) => Self { suite_error: Some(wrong.to_string()), ..Self::default() },
            None => suite.report(),
        }
    }
}

/// Why the reports of a job are not read.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error("JUnit XML parsing failed: the file is larger than {MOST_FILE} bytes")]
    TooLarge,
    #[error("JUnit XML parsing failed: {0}")]
    Xml(String),
    #[error("JUnit data parsing failed: {0}")]
    Gzip(GunzipError),
}

/// All tests of a job while they are read.
#[derive(Default)]
struct Suite {
    cases: Vec<Case>,
    /// Tests by status, suite, class and name: GitLab knows each once, as it was read last.
    known: HashMap<(CaseStatus, [u64; 2]), Known>,
    outputs: usize,
}

/// What is known of a test that was read.
struct Known {
    time: f64,
    /// Where it is in the list, if it is kept.
    index: Option<usize>,
}

impl Suite {
    fn add_file(&mut self, file: &[u8]) -> Result<(), Wrong> {
        if file.len() > MOST_FILE {
            return Err(Wrong::TooLarge);
        }
        let text = String::from_utf8_lossy(file);
        parse::cases(&text, &mut |suite, case| self.add(suite, case)).map_err(Wrong::Xml)
    }

    fn add(&mut self, suite: &str, mut case: Case) {
        let key = (case.status, digest(&[suite, &case.classname, &case.name]));
        let time = case.execution_time;
        for text in [&mut case.name, &mut case.classname]
            .into_iter()
            .chain(&mut case.file)
            .chain(&mut case.attachment)
        {
            cut(text, MOST_NAME);
        }
        if let Some(output) = &mut case.system_output {
            let left = MOST_OUTPUTS.saturating_sub(self.outputs);
            cut(output, MOST_OUTPUT.min(left));
            self.outputs += output.len();
        }
        match self.known.entry(key) {
            Place::Occupied(mut known) => {
                known.get_mut().time = time;
                if let Some(place) = known.get().index.and_then(|index| self.cases.get_mut(index)) {
                    *place = case;
                }
            }
            Place::Vacant(place) => {
                let index = (self.cases.len() < MOST_CASES).then_some(self.cases.len());
                place.insert(Known { time, index });
                if index.is_some() {
                    self.cases.push(case);
                }
            }
        }
    }

    fn report(self) -> Report {
        let mut total = Counts::default();
        for ((status, _), known) in &self.known {
            total.time += known.time;
            total.count += 1;
            match status {
                CaseStatus::Success => total.success += 1,
                CaseStatus::Failed => total.failed += 1,
                CaseStatus::Error => total.error += 1,
                CaseStatus::Skipped => total.skipped += 1,
            }
        }
        // Sums of parts differ in the last digits with the order they are added in, which is that of a map.
        total.time = (total.time * 1e6).round() / 1e6;
        let mut cases = self.cases;
        let rank = |case: &Case| match case.status {
            CaseStatus::Failed => 0,
            CaseStatus::Error => 1,
            CaseStatus::Skipped => 2,
            CaseStatus::Success => 3,
        };
        cases.sort_by(|one, other| {
            rank(one).cmp(&rank(other)).then(other.execution_time.total_cmp(&one.execution_time))
        });
        Report { suite_error: None, total, cases }
    }
}

/// Half of a SHA-256 over texts kept apart: what is known of a test is not enough to make another one look like it.
fn digest(texts: &[&str]) -> [u64; 2] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for text in texts {
        context.update(&(text.len() as u64).to_le_bytes());
        context.update(text.as_bytes());
    }
    let digest = context.finish();
    let half = |at: usize| {
        let bytes = digest.as_ref().get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        u64::from_le_bytes(bytes.unwrap_or_default())
    };
    [half(0), half(8)]
}

fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
    }
}

#[cfg(test)]
mod tests;
