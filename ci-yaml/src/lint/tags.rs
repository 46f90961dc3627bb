//! Jobs that no runner takes.

use crate::Diagnostic;
use crate::config::Config;
use std::sync::Arc;

/// Each runner is given by its tags; one without tags takes jobs without tags.
pub(super) fn lint(config: &Config, runners: &[Vec<String>], found: &mut Vec<Diagnostic>) {
    let mut bases = std::collections::HashSet::new();
    for job in config.jobs.values().filter(|job| matches!(job.kind, crate::config::Kind::Build)) {
        let base = job.instance.as_ref().map_or(&job.name, |instance| &instance.base);
        // What a variable stands for is not known here.
        if job.tags.iter().any(|tag| tag.contains('$'))
            || runners.iter().any(|runner| takes(runner, &job.tags))
        {
            continue;
        }
        if !bases.insert(base.clone()) {
            continue;
        }
        let wanted = job.tags.iter().map(|tag| &**tag).collect::<Vec<_>>().join(", ");
        let message = if job.tags.is_empty() {
            format!("no runner takes `{base}`: it has no tags, and every runner given has some")
        } else {
            format!("no runner takes `{base}`: none has all of its tags ({wanted})")
        };
        let span = job.keywords.get("tags").copied().unwrap_or(job.span);
        found.push(Diagnostic::lint("no-runner", message).at(span));
    }
}

fn takes(runner: &[String], tags: &[Arc<str>]) -> bool {
    if tags.is_empty() {
        runner.is_empty()
    } else {
        tags.iter().all(|tag| runner.iter().any(|known| **known == **tag))
    }
}
