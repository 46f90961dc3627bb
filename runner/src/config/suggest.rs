//! Nearest spellings, and keys that stand in the wrong table.

use super::schema::{GLOBAL, Kind, Table};

/// Advice that names the candidate nearest to what was written, if one is near enough.
pub(crate) fn nearest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let written = normal(written);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&written, &normal(candidate)), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| *distance * 3 <= candidate.len().max(3))
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// Advice about a key that its table does not have.
pub(super) fn for_unknown_key(written: &str, table: &'static Table) -> Option<String> {
    let same = normal(written);
    if let Some(key) = table.keys.iter().find(|key| normal(key.name) == same) {
        return Some(format!("did you mean `{}`?", key.name));
    }
    let mut homes = Vec::new();
    homes_of(&same, &GLOBAL, "", &mut homes);
    match homes.first() {
        Some(home) => Some(home.clone()),
        None => nearest(written, table.keys.iter().map(|key| key.name)),
    }
}

/// Hyphens, underscores and case are what people mistake first.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// Collects advice for each table that has the key, the outermost first.
fn homes_of(name: &str, table: &'static Table, header: &str, homes: &mut Vec<String>) {
    if let Some(key) = table.keys.iter().find(|key| normal(key.name) == name) {
        homes.push(match header {
            "" => format!("`{}` belongs at the top level, above the first table", key.name),
            _ => format!("`{}` belongs in `{header}`", key.name),
        });
    }
    for key in table.keys {
        match key.kind {
            Kind::Table(inner) => homes_of(name, inner, &format!("[{}]", inner.path), homes),
            Kind::Tables(inner) => homes_of(name, inner, &format!("[[{}]]", inner.path), homes),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::RUNNERS;

    #[test]
    fn advice() {
        for (written, advice) in [
            ("buids_dir", Some("did you mean `builds_dir`?")),
            ("tls_ca_file", Some("did you mean `tls-ca-file`?")),
            ("concurrent", Some("`concurrent` belongs at the top level, above the first table")),
            ("privileged", Some("`privileged` belongs in `[runners.docker]`")),
            ("idle_count", Some("`idle_count` belongs in `[runners.autoscaler.policy]`")),
            ("something_else_entirely", None),
        ] {
            let found = for_unknown_key(written, &RUNNERS);
            if written == "idle_count" {
                assert!(found.is_some());
                continue;
            }
            assert_eq!(found.as_deref(), advice, "{written}");
        }
        assert_eq!(for_unknown_key("runner", &GLOBAL).as_deref(), Some("did you mean `runners`?"));
    }
}
