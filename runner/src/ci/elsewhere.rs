//! Keywords that only GitLab's servers can act on: they are checked and listed, and nothing here obeys them.

use crate::terminal::{self, Paint, Style, clean};
use ci_yaml::config::{Job, Kind};
use std::fmt::Write as _;

/// Keywords of a job that nothing on this machine acts on.
fn keywords(job: &Job) -> impl Iterator<Item = &'static str> {
    let artifacts = job.artifacts.as_ref();
    let bridge = matches!(job.kind, Kind::Bridge(_));
    [
        ("secrets", job.secrets.is_some()),
        ("identity", job.identity.is_some()),
        ("id_tokens", !job.id_tokens.is_empty()),
        ("dast_configuration", job.dast_configuration.is_some()),
        ("release", job.release.is_some()),
        ("pages", job.pages.is_some()),
        ("environment", job.environment.is_some()),
        ("resource_group", job.resource_group.is_some()),
        ("coverage", job.coverage.is_some()),
        ("manual_confirmation", job.manual_confirmation.is_some()),
        ("artifacts:reports", artifacts.is_some_and(|artifacts| artifacts.reports.is_some())),
        ("artifacts:expose_as", artifacts.is_some_and(|artifacts| artifacts.expose_as.is_some())),
        ("trigger", bridge),
    ]
    .into_iter()
    .filter_map(|(name, used)| used.then_some(name))
}

/// Keywords that nothing here acts on, each with the names of the jobs that have it.
pub(super) fn used<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> Vec<(&'static str, Vec<&'a str>)> {
    let mut found: Vec<(&'static str, Vec<&'a str>)> = Vec::new();
    for job in jobs {
        // The instances of a parallel job have the same keywords.
        let name = job.instance.as_ref().map_or(&*job.name, |instance| &*instance.base);
        for keyword in keywords(job) {
            match found.iter_mut().find(|(known, _)| *known == keyword) {
                Some((_, names)) if names.last() == Some(&name) => {}
                Some((_, names)) => names.push(name),
                None => found.push((keyword, vec![name])),
            }
        }
    }
    found
}

/// Writes them in a few lines; nothing where there are none.
pub(super) fn write(out: &mut String, used: &[(&'static str, Vec<&str>)], style: Style) {
    if used.is_empty() {
        return;
    }
    let one = |(keyword, names): &(&str, Vec<&str>)| match names.as_slice() {
        [name] => format!("{keyword} ({})", clean(name)),
        [name, other] => format!("{keyword} ({}, {})", clean(name), clean(other)),
        [name, rest @ ..] => format!("{keyword} ({} and {} others)", clean(name), rest.len()),
        [] => (*keyword).to_owned(),
    };
    let list: Vec<String> = used.iter().map(one).collect();
    let text = format!("Not acted on here: {}.", list.join(", "));
    for line in terminal::wrap(&text, style.columns()) {
        let _ = writeln!(out, "{}", style.paint(Paint::Dim, line));
    }
}
