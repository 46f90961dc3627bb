//! From checked values to [`Config`]: defaults, variables, and what only shows when sections are compared.

use super::expand::expand;
use super::model::{ArtifactTimeouts, Config, DOCKER, HookScripts, RunnerSection, Unusable};
use super::reading::{Node, Value};
use super::schema::{AVAILABLE_EXECUTORS, Complaint};
use super::{GoDuration, docker, schema};
use crate::diagnostic::{Diagnostic, Source};
use crate::environment::Environment;
use protocol::RunnerToken;
use std::collections::BTreeMap;
use std::time::Duration;

/// Shells that this build writes scripts for.
const AVAILABLE_SHELLS: &[&str] = &["bash", "sh"];

/// Most labels of a section after merging.
const LABELS_LIMIT: usize = 32;

/// The configuration of a file, and complaints about how its parts fit together.
pub(super) fn resolve(root: &Node, source: &Source, environment: &Environment) -> (Config, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let defaults = Config::default();
    let labels = root.text_map("labels");
    let runners: Vec<RunnerSection> = root
        .tables("runners")
        .iter()
        .map(|node| {
            let mut section = section(node, &labels, Some(environment), &mut diagnostics);
            section.line = node.span.as_ref().map_or(0, |span| source.position(span.start).line);
            section
        })
        .collect();
    duplicates(root.tables("runners"), &runners, &mut diagnostics);
    let config = Config {
        concurrent: root.count("concurrent").unwrap_or(defaults.concurrent),
        check_interval: root.seconds("check_interval").unwrap_or(defaults.check_interval),
        log_level: root.text("log_level").and_then(|text| text.parse().ok()),
        log_format: root.text("log_format").and_then(|text| text.parse().ok()),
        shutdown_timeout: root.seconds("shutdown_timeout").unwrap_or(defaults.shutdown_timeout),
        connection_max_age: match root.duration("connection_max_age") {
            None => defaults.connection_max_age,
            Some(GoDuration(0)) => None,
            Some(duration) => Some(duration.clamped()),
        },
        listen_address: root.text("listen_address"),
        labels,
        runners,
    };
    (config, diagnostics)
}

/// A section made of flags instead of a file.
pub(super) fn section_of_draft(node: &Node) -> RunnerSection {
    // The shell that the flags were typed in has replaced variables already. Complaints about single values
    // were made when the flags were read; what is left is said by whoever uses the section.
    section(node, &BTreeMap::new(), None, &mut Vec::new())
}

/// A section to fill others from: without its token, its url ready for use.
pub(super) fn for_template(node: &Node, environment: &Environment) -> Node {
    let mut node = node.clone();
    node.remove("token");
    let url = expanded(&node, "url", Some(environment), &mut Vec::new());
    node.set("url", Value::Text(url));
    node
}

fn section(
    node: &Node,
    global_labels: &BTreeMap<String, String>,
    environment: Option<&Environment>,
    diagnostics: &mut Vec<Diagnostic>,
) -> RunnerSection {
    let url = expanded(node, "url", environment, diagnostics);
    let token = RunnerToken::new(expanded(node, "token", environment, diagnostics));
    if url.trim_end_matches('/').ends_with("/ci") {
        let message = "the url ends in `/ci`, as very old versions wanted it";
        diagnostics.push(Diagnostic::warning(message).at(node.span_of("url")).expected("`/ci` is left out"));
    }
    let executor = node.text("executor").unwrap_or_default();
    let shell = node.text("shell");
    // In an image, a login shell costs time and finds nothing; gitlab-runner's has none there either.
    let login_shell = node.boolean("login_shell").unwrap_or(executor != DOCKER);
    let docker = docker::resolve(node, &executor, diagnostics);
    let unusable = unusable(&url, &token, &executor, shell.as_deref(), docker.is_some());
    if let Some(reason) = &unusable {
        report_unusable(node, reason, diagnostics);
    }
    RunnerSection {
        line: 0,
        name: node.text("name").unwrap_or_default(),
        url,
        id: node.integer("id").unwrap_or(0),
        token,
        token_obtained_at: node.date_time("token_obtained_at"),
        token_expires_at: node.date_time("token_expires_at"),
        tls_ca_file: node.path("tls-ca-file"),
        tls_cert_file: node.path("tls-cert-file"),
        tls_key_file: node.path("tls-key-file"),
        limit: node.count("limit"),
        request_concurrency: node.count("request_concurrency").unwrap_or(1),
        strict_check_interval: node.boolean("strict_check_interval").unwrap_or(false),
        output_limit: node.output_limit(),
        unhealthy_requests_limit: node.small_count("unhealthy_requests_limit").unwrap_or(3),
        unhealthy_interval: match node.duration("unhealthy_interval") {
            None => Duration::from_secs(3600),
            Some(duration) => duration.clamped(),
        },
        executor,
        builds_dir: node.path("builds_dir"),
        cache_dir: node.path("cache_dir"),
        clone_url: node.text("clone_url"),
        environment: node.assignments("environment"),
        scripts: HookScripts {
            pre_get_sources: node.text("pre_get_sources_script"),
            post_get_sources: node.text("post_get_sources_script"),
            pre_build: node.text("pre_build_script"),
            post_build: node.text("post_build_script"),
        },
        prepare_timeout: stage_timeout(node, "prepare_timeout", diagnostics),
        get_sources_timeout: stage_timeout(node, "get_sources_timeout", diagnostics),
        debug_trace_disabled: node.boolean("debug_trace_disabled").unwrap_or(false),
        safe_directory_checkout: node.boolean("safe_directory_checkout"),
        clean_git_config: node.boolean("clean_git_config"),
        shell,
        login_shell,
        graceful_kill_timeout: node.kill_timeout("graceful_kill_timeout"),
        force_kill_timeout: node.kill_timeout("force_kill_timeout"),
        retry_pause: node.retry_pause(),
        labels: merged_labels(node, global_labels, diagnostics),
        custom_build_dir: node.table("custom_build_dir").and_then(|table| table.boolean("enabled")),
        artifact: artifact_timeouts(node),
        feature_flags: match node.get("feature_flags") {
            Some(Value::BooleanMap(map)) => map.clone(),
            _ => BTreeMap::new(),
        },
        docker,
        unusable,
    }
}

/// `url` and `token`: the only keys in which variables are replaced.
fn expanded(
    node: &Node,
    name: &str,
    environment: Option<&Environment>,
    diagnostics: &mut Vec<Diagnostic>,
) -> String {
    let raw = match node.get(name) {
        Some(Value::Text(text)) => text.as_str(),
        Some(Value::Secret(secret)) => secret.expose(),
        _ => return String::new(),
    };
    let Some(environment) = environment.filter(|_| raw.contains('$')) else { return raw.to_owned() };
    let expanded = expand(raw, environment);
    let span = node.span_of(name);
    for variable in &expanded.unset {
        let message = format!("`{name}` uses the environment variable `{variable}`, which is not set");
        diagnostics.push(Diagnostic::warning(message).at(span.clone()).expected("replaced by nothing"));
    }
    if name == "url"
        && !expanded.text.is_empty()
        && let Some(Complaint { message, expected, .. }) = schema::url_complaint(&expanded.text)
    {
        if !expanded.unset.is_empty() {
            // Said above; what is left of the address is of no use.
            return String::new();
        }
        diagnostics.push(Diagnostic::error(message).at(span).expected(expected));
    }
    expanded.text
}

fn unusable(
    url: &str,
    token: &RunnerToken,
    executor: &str,
    shell: Option<&str>,
    has_docker: bool,
) -> Option<Unusable> {
    if url.is_empty() {
        return Some(Unusable::NoUrl);
    }
    if token.is_blank() {
        return Some(Unusable::NoToken);
    }
    if executor.is_empty() {
        return Some(Unusable::NoExecutor);
    }
    if !AVAILABLE_EXECUTORS.contains(&executor) {
        return Some(Unusable::Executor(executor.to_owned()));
    }
    if executor == DOCKER && !has_docker {
        return Some(Unusable::NoDocker);
    }
    shell.filter(|shell| !AVAILABLE_SHELLS.contains(shell)).map(|shell| Unusable::Shell(shell.to_owned()))
}

fn report_unusable(node: &Node, reason: &Unusable, diagnostics: &mut Vec<Diagnostic>) {
    let key = match reason {
        Unusable::NoToken => "token",
        Unusable::NoUrl => "url",
        Unusable::NoExecutor | Unusable::NoDocker | Unusable::Executor(_) => "executor",
        Unusable::Shell(_) => "shell",
    };
    let message = match reason {
        Unusable::NoToken | Unusable::NoUrl | Unusable::NoExecutor => format!("the section has no {key}"),
        Unusable::NoDocker => "the section has no `[runners.docker]`".to_owned(),
        _ => reason.to_string(),
    };
    diagnostics
        .push(Diagnostic::warning(message).at(node.span_of(key)).expected("the section takes no jobs"));
}

fn stage_timeout(node: &Node, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Duration> {
    let duration = node.duration(name)?;
    if duration.0 < 0 {
        let message = format!("`{name}` is negative");
        diagnostics
            .push(Diagnostic::warning(message).at(node.span_of(name)).expected("the job's timeout counts"));
    }
    duration.positive()
}

fn artifact_timeouts(node: &Node) -> ArtifactTimeouts {
    let defaults = ArtifactTimeouts::default();
    let Some(table) = node.table("artifact") else { return defaults };
    let positive = |name| table.duration(name).and_then(GoDuration::positive);
    ArtifactTimeouts {
        upload: positive("upload_timeout").unwrap_or(defaults.upload),
        response_header: positive("response_header_timeout").unwrap_or(defaults.response_header),
    }
}

fn merged_labels(
    node: &Node,
    global: &BTreeMap<String, String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    let own = node.text_map("labels");
    let mut labels = global.clone();
    labels.extend(own.clone());
    // Too many in one table is complained about where the table stands.
    if labels.len() > LABELS_LIMIT && own.len() <= LABELS_LIMIT && global.len() <= LABELS_LIMIT {
        let message = format!("{} labels together with the global ones", labels.len());
        diagnostics
            .push(Diagnostic::error(message).at(node.span_of("labels")).expected("expected at most 32"));
    }
    labels
}

fn duplicates(nodes: &[Node], sections: &[RunnerSection], diagnostics: &mut Vec<Diagnostic>) {
    for (index, (node, section)) in nodes.iter().zip(sections).enumerate() {
        let earlier = &sections[..index];
        let same_token = |other: &&RunnerSection| other.token == section.token && other.url == section.url;
        if !section.token.is_blank()
            && let Some(other) = earlier.iter().find(same_token)
        {
            let message = format!("the section starting at line {} has the same token", other.line);
            let effect = "both share one count of jobs and requests";
            diagnostics.push(Diagnostic::warning(message).at(node.span_of("token")).expected(effect));
        }
        if !section.name.is_empty()
            && let Some(other) = earlier.iter().find(|other| other.name == section.name)
        {
            let message = format!("the section starting at line {} has the same name", other.line);
            let effect = "commands given a name take the first";
            diagnostics.push(Diagnostic::warning(message).at(node.span_of("name")).expected(effect));
        }
    }
}
