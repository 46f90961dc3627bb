//! What was recorded against what happened.

use super::normal::{Names, by_section, canonical, is_users, without_health_checks};
use super::scenario::{Expected, ExpectedArtifact, ExpectedFinal, LongLog};
use kit::coordinator::{FinalUpdate, JobRecord, Listing, StoredArtifact};
use kit::trace_text::TraceText;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// All differences of one job, readable; empty if there are none.
pub(super) fn differences(expected: &Expected, job: &JobRecord, names: &Names) -> Vec<String> {
    let trace = TraceText::parse(&job.trace);
    let mut found = Vec::new();
    differ(&mut found, "state", &expected.state, &state(job));
    let final_update = expected.final_update.as_ref().map(|f| final_update(&f.state, f));
    differ(&mut found, "final update", &final_update, &job.final_update);
    differ(&mut found, "downloads", &expected.downloads, &job.downloads);
    differ_in_lines(&mut found, "sections", &expected.sections, &trace.sections);
    let actual = by_section(&trace, names);
    found.extend(long_sections(&expected.long_log, &actual));
    found.extend(trace_size(expected, job));
    if expected.long_log.is_empty() {
        found.extend(sections(expected, &actual));
    }
    found.extend(artifacts(&expected.artifacts, &job.artifacts));
    found
}

fn state(job: &JobRecord) -> String {
    job.verdict().map_or("running", kit::coordinator::Verdict::as_str).to_owned()
}

fn final_update(state: &str, expected: &ExpectedFinal) -> FinalUpdate {
    FinalUpdate {
        state: state.to_owned(),
        failure_reason: expected.failure_reason.clone(),
        exit_code: expected.exit_code,
    }
}

fn differ<T: PartialEq + std::fmt::Debug>(found: &mut Vec<String>, what: &str, expected: &T, actual: &T) {
    if expected != actual {
        found.push(format!("{what}: expected {expected:?}, found {actual:?}"));
    }
}

fn differ_in_lines(found: &mut Vec<String>, what: &str, expected: &[String], actual: &[String]) {
    if expected != actual {
        found.push(format!("{what}:\n{}", line_diff(expected, actual)));
    }
}

/// The user's sections line by line, each output stream for itself; the runner's as a whole.
fn sections(expected: &Expected, actual: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut found = Vec::new();
    let lines =
        |sections: &BTreeMap<String, Vec<String>>, key: &str| sections.get(key).cloned().unwrap_or_default();
    let base = |key: &String| key.strip_suffix(" (stderr)").unwrap_or(key).to_owned();
    let names: BTreeSet<String> = expected.log.keys().chain(actual.keys()).map(base).collect();
    for name in names {
        let stderr = format!("{name} (stderr)");
        if is_users(&name) {
            for key in [&name, &stderr] {
                differ_in_lines(&mut found, key, &lines(&expected.log, key), &lines(actual, key));
            }
            continue;
        }
        let whole = |sections| [lines(sections, &name), lines(sections, &stderr)].concat();
        let wanted = runner_lines(&whole(&expected.log));
        let mut seen = runner_lines(&whole(actual));
        if name.is_empty() {
            drop_failed_command(&wanted, &mut seen);
        }
        found.extend(runner_section(&name, &wanted, &seen));
    }
    found
}

fn runner_lines(lines: &[String]) -> Vec<String> {
    without_health_checks(lines).iter().filter_map(|line| canonical(line)).collect()
}

/// The same lines; their order counts as far as one output stream wrote them, which the recording cannot
/// tell for lines of two streams.
fn runner_section(name: &str, expected: &[String], actual: &[String]) -> Option<String> {
    let sorted = |lines: &[String]| {
        let mut lines = lines.to_vec();
        lines.sort();
        lines
    };
    (sorted(expected) != sorted(actual))
        .then(|| format!("runner's section {name:?}:\n{}", line_diff(expected, actual)))
}

/// Deliberate difference: right before `ERROR: Job failed` one line names the command that failed.
fn drop_failed_command(expected: &[String], actual: &mut Vec<String>) {
    let end = actual.iter().position(|line| line.starts_with("ERROR: Job failed: "));
    if let Some(at) = end.and_then(|end| end.checked_sub(1))
        && !expected.contains(&actual[at])
        && actual[at].starts_with("Failed at command ")
    {
        actual.remove(at);
    }
}

/// Where a log is long only the number of its lines and a sum over the first 5000 were recorded. How many
/// lines fit below a limit depends on where the runner's own lines end.
fn long_sections(
    expected: &BTreeMap<String, LongLog>,
    actual: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (key, wanted) in expected {
        let lines = actual.get(key).map(Vec::as_slice).unwrap_or_default();
        let slack = if wanted.lines > 5000 { 20 } else { 0 };
        if lines.len().abs_diff(wanted.lines) > slack {
            found.push(format!("{key}: expected about {} lines, found {}", wanted.lines, lines.len()));
        }
        let first = lines[..lines.len().min(5000)].join("\n");
        let sum: String = Sha256::digest(first.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        if sum != wanted.sha256_of_first_5000 {
            let start: Vec<String> = lines.iter().take(30).map(|l| l.chars().take(120).collect()).collect();
            found.push(format!("{key}: the first lines differ, they begin\n  {}", start.join("\n  ")));
        }
    }
    found
}

fn trace_size(expected: &Expected, job: &JobRecord) -> Option<String> {
    let wanted = expected.trace_bytes_about?;
    let actual = job.trace.len() as u64;
    (actual.abs_diff(wanted) > wanted / 100)
        .then(|| format!("trace: expected about {wanted} bytes, found {actual}"))
}

fn artifacts(expected: &[ExpectedArtifact], actual: &[StoredArtifact]) -> Vec<String> {
    let wanted: Vec<String> = expected
        .iter()
        .flat_map(|a| describe(&a.artifact_type, &a.format, &a.filename, a.expire_in.as_deref(), &a.listing))
        .collect();
    let seen: Vec<String> = actual
        .iter()
        .flat_map(|a| describe(&a.artifact_type, &a.format, &a.filename, a.expire_in.as_deref(), &listing(a)))
        .collect();
    let mut found = Vec::new();
    differ_in_lines(&mut found, "artifacts", &wanted, &seen);
    found
}

/// Stands for everything below `.git/`.
const BELOW_GIT: &str = "  .git/…";

/// An artifact as lines: its head, then its members in the order of their names.
fn describe(
    kind: &str,
    format: &str,
    filename: &str,
    expire_in: Option<&str>,
    listing: &Value,
) -> Vec<String> {
    let mut lines = vec![format!("{kind} {format} {filename} expires {expire_in:?}")];
    match listing.as_array() {
        Some(members) => {
            let mut members: Vec<String> = members.iter().map(member_line).collect();
            members.sort();
            members.dedup_by(|a, b| a == b && a.as_str() == BELOW_GIT);
            lines.extend(members);
        }
        None => lines.push(format!("  {listing}")),
    }
    lines
}

/// Below `.git/` nothing counts but that there is something.
fn member_line(member: &Value) -> String {
    let name = member["name"].as_str().unwrap_or_default();
    if name.starts_with(".git/") && name != ".git/" {
        return BELOW_GIT.to_owned();
    }
    let (size, crc, mode, method) = (&member["size"], &member["crc"], &member["mode"], &member["method"]);
    format!("  {name} size {size} crc {crc} mode {mode} method {method}")
}

fn listing(artifact: &StoredArtifact) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match artifact.listing() {
        Listing::Gunzipped(bytes) => json!({ "gunzipped": text(&bytes) }),
        Listing::Raw(bytes) => json!({ "raw": text(&bytes) }),
        Listing::Broken(why) => json!({ "broken": why }),
        Listing::Zip(entries) => entries
            .into_iter()
            .map(|entry| {
                json!({ "name": entry.name, "size": entry.size, "crc": format!("{:08x}", entry.crc),
                    "mode": format!("0o{:o}", entry.mode), "method": entry.method })
            })
            .collect(),
    }
}

/// A line diff by the longest common subsequence.
fn line_diff(expected: &[String], actual: &[String]) -> String {
    let (rows, columns) = (expected.len(), actual.len());
    let mut common = vec![vec![0usize; columns + 1]; rows + 1];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            common[i][j] = if expected[i] == actual[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, String::new());
    while i < rows || j < columns {
        let is_same = i < rows && j < columns && expected[i] == actual[j];
        let is_missing = i < rows && (j == columns || common[i + 1][j] >= common[i][j + 1]);
        let (sign, line) = match (is_same, is_missing) {
            (true, _) => (' ', &expected[i]),
            (false, true) => ('-', &expected[i]),
            (false, false) => ('+', &actual[j]),
        };
        i += usize::from(is_same || is_missing);
        j += usize::from(is_same || !is_missing);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {sign} {line}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_diff_shows_what_lacks_and_what_is_new() {
        let diff = line_diff(&lines(&["a", "b", "c"]), &lines(&["a", "c", "d"]));
        assert_eq!(diff, "    a\n  - b\n    c\n  + d\n");
    }

    #[test]
    fn only_the_line_that_names_the_command_may_be_new() {
        let expected = lines(&["x", "ERROR: Job failed: exit status 3"]);
        let mut actual = lines(&[
            "x",
            "Failed at command 2 of 2 (exit status 3): $ false",
            "ERROR: Job failed: exit status 3",
        ]);
        drop_failed_command(&expected, &mut actual);
        assert_eq!(actual, expected);
        drop_failed_command(&expected, &mut actual);
        assert_eq!(actual, expected);
    }
}
