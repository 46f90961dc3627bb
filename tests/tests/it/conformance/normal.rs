//! What varies between two runs, taken out of the lines of a trace.

use kit::trace_text::TraceText;
use std::collections::BTreeMap;

/// What stands for a run's own values.
pub(super) struct Names {
    pub(super) host: String,
    pub(super) work: String,
    pub(super) machine: String,
    /// What stands in names for the runner; `rigrigrig` when it was recorded.
    pub(super) short_token: String,
}

/// The lines of a trace by section; what came over standard error is under `NAME (stderr)`.
pub(super) fn by_section(trace: &TraceText, names: &Names) -> BTreeMap<String, Vec<String>> {
    let mut sections: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in &trace.lines {
        let key = if line.stderr { format!("{} (stderr)", line.section) } else { line.section.clone() };
        let text = line.text.replace(&names.work, "WORK").replace(&names.host, "HOST");
        let text = if is_users(&line.section) { shell_message(&text) } else { text };
        let text = without_image_ids(&text.replace(&names.short_token, "rigrigrig"));
        let text = if text.starts_with("Running on ") { machine(&text, &names.machine) } else { text };
        sections.entry(key).or_default().push(text);
    }
    sections
}

/// `sha256:` and 64 digits are `sha256:ID`. An image has a digest if somebody has pushed it to some registry.
fn without_image_ids(line: &str) -> String {
    let line =
        match line.strip_prefix("Using docker image ").and_then(|rest| rest.split_once(" with digest ")) {
            Some((image, _)) => &format!("Using docker image {image} ..."),
            None => line,
        };
    let Some((before, rest)) = line.split_once("sha256:") else { return line.to_owned() };
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    if digits == 64 { format!("{before}sha256:ID{}", &rest[digits..]) } else { line.to_owned() }
}

/// `Running on vm...` or `Running on runner-… via vm...`, whatever this machine is called.
fn machine(line: &str, machine: &str) -> String {
    match line.strip_suffix(&format!("{machine}...")) {
        Some(start) => format!("{start}vm..."),
        None => line.to_owned(),
    }
}

/// Whether scripts of the user write this section; the comparison is exact there.
pub(super) fn is_users(section: &str) -> bool {
    let runners = [
        "",
        "prepare_",
        "get_sources",
        "restore_cache",
        "download_",
        "archive_",
        "upload_",
        "clean",
        "clear_",
    ];
    !runners.iter().any(|prefix| section == *prefix || (!prefix.is_empty() && section.starts_with(prefix)))
}

/// `bash: line 12: text` is `sh: text`: name, path and line number are the generated script's.
fn shell_message(line: &str) -> String {
    let Some((shell, rest)) = line.split_once(": ") else { return line.to_owned() };
    let name = shell.rsplit('/').next().unwrap_or(shell);
    if !matches!(name, "bash" | "sh" | "dash") {
        return line.to_owned();
    }
    let rest = rest.strip_prefix("eval: ").unwrap_or(rest);
    match rest.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((number, message)) if is_number(number) => format!("sh: {message}"),
        _ => format!("sh: {rest}"),
    }
}

/// A line of one of the runner's own sections, without what differs between two runners that do the same.
/// Nothing for lines that only gitlab-runner's inner works explain.
pub(super) fn canonical(line: &str) -> Option<String> {
    const INNER_WORKS: [&str; 5] = [
        "Runtime platform",
        "CORRELATION",
        "Gitaly correlation ID",
        "Waiting before making the next call",
        // Ours: who comes first does it.
        "Copying the runner into the engine",
    ];
    if INNER_WORKS.iter().any(|start| line.starts_with(start)) || is_disconnection(line) {
        return None;
    }
    let line = &without_call(line);
    let line = &without_dialled(line);
    if line.starts_with("Running with ") {
        return Some("Running with".to_owned());
    }
    // How each program words the system's refusal, and which path it names.
    if line.starts_with("FATAL: ") && line.to_lowercase().contains("file name too long") {
        return Some("FATAL: file name too long".to_owned());
    }
    let words: Vec<String> = line.split(' ').filter(|w| !w.is_empty()).filter_map(canonical_word).collect();
    let indent = if line.starts_with("  ") { "  " } else { "" };
    Some(format!("{indent}{}", words.join(" ")))
}

/// gitlab-runner takes containers off their networks one by one, and does so before it says how the job ended.
fn is_disconnection(line: &str) -> bool {
    line.starts_with("Container ") && line.contains(" disconnected from network ")
}

/// An error of the engine's without the place in gitlab-runner's sources: `… (docker.go:12:N)`.
pub(super) fn without_call(line: &str) -> String {
    let call = |text: &str| text.strip_suffix(')').is_some_and(|text| text.contains(".go:"));
    match line.rsplit_once(" (") {
        Some((before, rest)) if call(rest) => before.to_owned(),
        _ => line.to_owned(),
    }
}

/// The address behind a name is the resolver's affair, as is the name server that was asked.
fn without_dialled(line: &str) -> String {
    let cut = |line: &str, before: &str, after: &str| {
        let (head, rest) = line.split_once(before)?;
        let (_, tail) = rest.split_once(after)?;
        Some(format!("{head}{before}{after}{tail}"))
    };
    cut(line, "dial tcp ", ": connect:")
        .or_else(|| cut(line, ": lookup registry-1.docker.io on ", ": no such host"))
        .unwrap_or_else(|| line.to_owned())
}

/// What gitlab-runner's health check says of itself is of no interest, only whose it was.
pub(super) fn without_health_checks(lines: &[String]) -> Vec<String> {
    let mut is_inside = false;
    let is_outside = |line: &&String| {
        let was_inside = is_inside;
        is_inside = match line.as_str() {
            "*********" => false,
            line => is_inside || line.starts_with("*** WARNING: Service "),
        };
        !was_inside
    };
    lines.iter().filter(is_outside).cloned().collect()
}

fn canonical_word(word: &str) -> Option<String> {
    if word == "CORRELATION" || word.starts_with("correlation_id=") {
        return None;
    }
    for key in ["id=", "pid=", "duration="] {
        if word
            .strip_prefix(key)
            .is_some_and(|value| value == "N" || value.starts_with(|c: char| c.is_ascii_digit()))
        {
            return Some(format!("{key}N"));
        }
    }
    if word.starts_with("token=") {
        return Some("token=TOKEN".to_owned());
    }
    Some(without_numbers(word))
}

/// Job numbers in addresses and brackets, durations, system ids.
fn without_numbers(word: &str) -> String {
    if let Some((before, after)) = word.split_once("/api/v4/jobs/") {
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == 'N');
        return format!("{before}/api/v4/jobs/N{rest}");
    }
    let inner = word.strip_prefix('(').and_then(|w| w.strip_suffix(")..."));
    if inner.is_some_and(is_number) {
        return "(N)...".to_owned();
    }
    let duration = word.strip_suffix('s').unwrap_or(word).replace(['h', 'm', '.'], "");
    if word.ends_with('s') && is_number(&duration) {
        return "N".to_owned();
    }
    if let Some(name) = without_chance(word) {
        return name;
    }
    let system = word.strip_prefix("s_").or_else(|| word.strip_prefix("r_"));
    match system {
        Some(rest) if rest.len() == 12 => "SYSTEM".to_owned(),
        _ => word.to_owned(),
    }
}

/// Names of containers have 16 digits by chance: `runner-…-concurrent-0-0123456789abcdef-rig__web-0`.
fn without_chance(word: &str) -> Option<String> {
    let (before, rest) = word.split_once("-concurrent-")?;
    let (number, rest) = rest.split_once('-')?;
    let (chance, after) = rest.split_at_checked(16)?;
    let is_chance = chance.bytes().all(|b| b.is_ascii_hexdigit());
    is_chance.then(|| format!("{before}-concurrent-{number}-CHANCE{after}"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_runner_lose_what_varies() {
        for (line, expected) in [
            ("Running with gitlab-runner 19.4.0 (d79f3e7b)", Some("Running with")),
            ("  on rig rigrigrig, system ID: s_1746f8786189", Some("  on rig rigrigrig, system ID: SYSTEM")),
            ("Runtime platform    arch=amd64 os=linux", None),
            (
                "Downloading artifacts for producer (1001)...",
                Some("Downloading artifacts for producer (N)..."),
            ),
            (
                "Uploading... 201 Created  correlation_id=01ab id=1000 status=201 token=64_001000",
                Some("Uploading... 201 Created id=N status=201 token=TOKEN"),
            ),
            (
                "POST http://HOST/api/v4/jobs/1095/artifacts: 413 Too Large",
                Some("POST http://HOST/api/v4/jobs/N/artifacts: 413 Too Large"),
            ),
            (
                "ERROR: Job failed: execution took longer than 1m4s seconds",
                Some("ERROR: Job failed: execution took longer than N seconds"),
            ),
        ] {
            assert_eq!(canonical(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn lines_of_the_docker_executor_lose_what_varies() {
        let name = "runner-x-project-1-concurrent-0-c2792f4baff72823-rig__web-0";
        assert_eq!(canonical(&format!("Container {name} disconnected from network bridge")), None);
        let warning = format!("*** WARNING: Service {name} probably didn't start properly.");
        let lines = ["a", &warning, "Health check error:", "x", "*********", "b"].map(str::to_owned);
        assert_eq!(without_health_checks(&lines), ["a", &warning, "b"]);
        assert_eq!(
            canonical(&warning).as_deref(),
            Some(
                "*** WARNING: Service runner-x-project-1-concurrent-0-CHANCE-rig__web-0 probably didn't start properly."
            )
        );
        let error = "ERROR: no such image: rig/none (manager.go:272:N)";
        assert_eq!(canonical(error).as_deref(), Some("ERROR: no such image: rig/none"));
        let error = "Get x: dial tcp 127.0.0.1:5: connect: connection refused";
        assert_eq!(canonical(error).as_deref(), Some("Get x: dial tcp : connect: connection refused"));
        let id = "0".repeat(64);
        let line = format!("Using docker image sha256:{id} for x with digest h:1/x@sha256:{id} ...");
        assert_eq!(without_image_ids(&line), "Using docker image sha256:ID for x ...");
    }

    #[test]
    fn the_shells_own_messages_lose_its_name_and_line() {
        assert_eq!(shell_message("/usr/bin/bash: line 154: X: unbound variable"), "sh: X: unbound variable");
        assert_eq!(shell_message("bash: eval: line 3: syntax error"), "sh: syntax error");
        assert_eq!(shell_message("ls: cannot access 'x'"), "ls: cannot access 'x'");
    }
}
