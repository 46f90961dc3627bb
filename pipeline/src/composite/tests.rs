use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// `failed! success` and the like.
fn jobs(text: &str) -> Statuses {
    text.split_whitespace()
        .map(|word| {
            let name = word.trim_end_matches('!');
            (Status::parse(name).unwrap(), name != word)
        })
        .collect()
}

/// Jobs; stage or pipeline; needs; warnings.
const WORKED: [(&str, &str, &str, bool); 25] = [
    ("success failed!", "success", "success", true),
    ("failed!", "success", "success", true),
    ("canceled!", "success", "success", true),
    ("success manual!", "success", "skipped", false),
    ("manual!", "skipped", "skipped", false),
    ("skipped success", "success", "skipped", false),
    ("failed skipped", "failed", "skipped", false),
    ("failed canceled", "failed", "failed", false),
    ("success canceled", "canceled", "canceled", false),
    ("failed manual", "manual", "manual", false),
    ("manual canceled", "manual", "manual", false),
    ("success manual created", "manual", "manual", false),
    ("scheduled manual", "manual", "manual", false),
    ("success created", "running", "running", false),
    ("failed created", "running", "running", false),
    ("created manual!", "created", "skipped", false),
    ("created pending", "pending", "pending", false),
    ("created skipped", "pending", "skipped", false),
    ("success pending", "running", "running", false),
    ("running canceling", "running", "running", false),
    ("canceling success", "canceling", "canceling", false),
    ("canceling canceled created", "running", "running", false),
    ("waiting_for_resource success", "waiting_for_resource", "waiting_for_resource", false),
    ("failed pending", "running", "running", false),
    ("skipped failed!", "success", "skipped", true),
];

#[test]
fn worked_results() {
    for (text, stage, needs, warnings) in WORKED {
        let set = jobs(text);
        assert_eq!(set.composite().map(Status::as_str), Some(stage), "stage: {text}");
        assert_eq!(set.composite_of_needs().map(Status::as_str), Some(needs), "needs: {text}");
        assert_eq!(set.has_warnings(), warnings, "warnings: {text}");
    }
}

#[test]
fn no_jobs_have_no_status() {
    assert_eq!(Statuses::default().composite(), None);
    assert_eq!(Statuses::default().composite_of_needs(), None);
}

#[test]
fn a_status_alone_is_its_own_composite() {
    for status in Status::ALL {
        let mut set = Statuses::default();
        set.add(status, false);
        assert_eq!(set.composite(), Some(status), "{status}");
    }
}

/// The rules once more, in words and sets of words.
pub(crate) fn naive(jobs: &[(Status, bool)], needs: bool) -> Option<&'static str> {
    let names: BTreeSet<&str> = jobs
        .iter()
        .map(|&(status, forgiven)| match (status.as_str(), forgiven) {
            ("failed" | "canceled", true) => "warn",
            ("manual", true) => "ignored",
            (name, _) => name,
        })
        .collect();
    let only = |allowed: &[&str]| names.iter().all(|name| allowed.contains(name));
    let any = |wanted: &str| names.contains(wanted);
    Some(if names.is_empty() {
        return None;
    } else if needs && (any("skipped") || any("ignored")) || only(&["skipped", "ignored"]) {
        "skipped"
    } else if only(&["success", "skipped", "warn", "ignored"]) {
        "success"
    } else if only(&["created", "warn", "ignored"]) {
        "created"
    } else if only(&["preparing", "warn", "ignored"]) {
        "preparing"
    } else if only(&["canceled", "success", "skipped", "warn", "ignored"]) {
        "canceled"
    } else if only(&["pending", "created", "skipped", "warn", "ignored"]) {
        "pending"
    } else if any("running") || any("pending") {
        "running"
    } else if any("waiting_for_resource") {
        "waiting_for_resource"
    } else if any("waiting_for_callback") {
        "waiting_for_callback"
    } else if any("manual") {
        "manual"
    } else if any("scheduled") {
        "scheduled"
    } else if any("preparing") {
        "preparing"
    } else if any("created") {
        "running"
    } else if any("canceling") {
        "canceling"
    } else {
        "failed"
    })
}

proptest! {
    #[test]
    fn agrees_with_the_rules_in_words(picked in proptest::collection::vec((0usize..13, any::<bool>()), 0..7)) {
        let jobs: Vec<_> = picked.iter().map(|&(at, forgiven)| (Status::ALL[at], forgiven)).collect();
        let set: Statuses = jobs.iter().copied().collect();
        prop_assert_eq!(set.composite().map(Status::as_str), naive(&jobs, false));
        prop_assert_eq!(set.composite_of_needs().map(Status::as_str), naive(&jobs, true));
    }
}
