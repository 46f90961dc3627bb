//! Order and groups of jobs in columns.

use crate::model::JobRow;
use std::cmp::Ordering;

/// Jobs that are shown as one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group<'a> {
    /// What their names have in common.
    pub(crate) name: &'a str,
    /// The jobs: at least one.
    pub(crate) jobs: Vec<&'a JobRow>,
}

/// Jobs by their groups, in natural order.
pub(crate) fn by_group<'a>(jobs: impl Iterator<Item = &'a JobRow>) -> Vec<Group<'a>> {
    let mut sorted: Vec<&JobRow> = jobs.collect();
    sorted.sort_by(|one, other| natural(&one.name, &other.name));
    let mut groups: Vec<Group<'a>> = Vec::new();
    for job in sorted {
        let name = group_name(&job.name);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.jobs.push(job),
            None => groups.push(Group { name, jobs: vec![job] }),
        }
    }
    groups.sort_by(|one, other| natural(one.name, other.name));
    groups
}

/// What is left of a name without the suffixes of parallel jobs: `unit 1/3`, `unit: [a, b]`, `unit 1 3` are `unit`.
pub(crate) fn group_name(name: &str) -> &str {
    let mut rest = name;
    for _ in 0..3 {
        match suffix(rest) {
            Some(shorter) => rest = shorter,
            None => break,
        }
    }
    if rest.is_empty() { name } else { rest }
}

/// The text before a suffix of `[…]` or two numbers; a blank or a colon has to come before it.
fn suffix(name: &str) -> Option<&str> {
    let before = match name.strip_suffix(']') {
        Some(inside) => {
            inside.get(..inside.find(": [").or_else(|| inside.find(" ["))?)?.trim_end_matches(blank)
        }
        None => {
            let (rest, separated) = number(name).map(|rest| (rest, rest.trim_end_matches(separator)))?;
            if rest == separated {
                return None;
            }
            let first = number(separated)?;
            let cut = first.trim_end_matches(blank);
            if cut == first {
                return None;
            }
            cut
        }
    };
    (!before.is_empty()).then_some(before)
}

fn blank(c: char) -> bool {
    c == ' ' || c == ':'
}

fn separator(c: char) -> bool {
    blank(c) || c == '/' || c == '\\'
}

/// The text before the digits at its end.
fn number(text: &str) -> Option<&str> {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

/// Compares as people do: `job 9` is before `job 10`.
pub(crate) fn natural(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one, other);
    loop {
        let ((a, more), (b, rest)) = match (chunk(left), chunk(right)) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => return one.cmp(other),
            (a, b) => return a.is_some().cmp(&b.is_some()),
        };
        let order = match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.to_lowercase().cmp(&b.to_lowercase()),
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (more, rest);
    }
}

/// The digits, or what is none, at the begin.
fn chunk(text: &str) -> Option<(&str, &str)> {
    let digit = text.chars().next()?.is_ascii_digit();
    let end = text.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(text.len());
    text.split_at_checked(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_of_parallel_jobs_are_no_part_of_the_group() {
        for name in ["unit 1/3", "unit: [a, b]", "unit 1 3", "unit 1:3", "unit:1/2"] {
            assert_eq!(group_name(name), "unit", "{name}");
        }
        for name in ["v1.2", "unit", "build-2", "deploy 3", "[x]", "1/2", ""] {
            assert_eq!(group_name(name), name);
        }
        assert_eq!(group_name("test: [a] 1/2"), "test");
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let mut names = vec!["job 10", "job 9", "Job 1", "alpha", "job"];
        names.sort_by(|one, other| natural(one, other));
        assert_eq!(names, ["alpha", "job", "Job 1", "job 9", "job 10"]);
    }
}
