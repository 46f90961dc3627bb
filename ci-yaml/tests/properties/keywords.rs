//! Keywords of jobs with values that are mostly right.

use crate::piece::{Piece, few_of, keys, list, map, one_of, plain_of, some, text};
use proptest::prelude::*;

/// Names of jobs that may be there.
pub(crate) const NAMES: &[&str] = &["a", "b", "c", "deploy:x", "e 1/2", "job"];

/// A job that is always there, before all others.
pub(crate) const BASE: &str = "base";

/// Names of what is extended.
pub(crate) const HIDDEN: &[&str] = &[".f", ".g"];

const GLOBS: &[&str] =
    &["**/*", "src/**/*.rs", "*.{md,yml}", "Dockerfile", "docs/", "[a-d]*", "$DIR/**", "none"];

const CONDITIONS: &[&str] = &[
    "$CI_COMMIT_BRANCH",
    "$CI_COMMIT_TAG =~ /^v\\d/",
    "$CI_PIPELINE_SOURCE == \"merge_request_event\"",
    "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $A",
    "$A != null || $B == ''",
    "($A || !$B) && $CI_COMMIT_REF_NAME !~ /feature/i",
    "$CI_MERGE_REQUEST_LABELS =~ $B",
    "null",
];

pub(crate) fn variables() -> BoxedStrategy<Piece> {
    let map = keys(vec![("value", one_of(&["x", "$C"])), ("expand", plain_of(&["false", "true"]))]);
    variables_of(prop_oneof![4 => texts(), 1 => map].boxed())
}

fn texts() -> BoxedStrategy<Piece> {
    prop_oneof![
        4 => one_of(&["x", "", "$A", "${B}$C", "$$A", "%A%", "/x/"]),
        1 => plain_of(&["1", "true", "1.50"]),
    ]
    .boxed()
}

fn variables_of(value: BoxedStrategy<Piece>) -> BoxedStrategy<Piece> {
    let names = prop::sample::subsequence(&["A", "B", "C", "DIR"][..], 0..4);
    names
        .prop_flat_map(move |names| {
            let values = prop::collection::vec(value.clone(), names.len());
            values.prop_map(move |values| {
                Piece::Map(names.iter().map(|name| (*name).to_owned()).zip(values).collect())
            })
        })
        .boxed()
}

/// Needs that are mostly there or optional.
fn needs() -> BoxedStrategy<Piece> {
    let optional = |name: &Piece| map([("job", name.clone()), ("optional", Piece::Plain("true".into()))]);
    let optional = few_of(NAMES).prop_map(move |names| match names {
        Piece::List(names) => Piece::List(names.iter().map(optional).collect()),
        other => other,
    });
    let other = keys(vec![("project", one_of(&["g/o"])), ("artifacts", plain_of(&["true"]))]);
    let other = other.prop_map(|other| match other {
        Piece::Map(mut entries) => {
            entries.extend([("job".to_owned(), text("x")), ("ref".to_owned(), text("$A"))]);
            Piece::List(vec![Piece::Map(entries)])
        }
        other => other,
    });
    prop_oneof![6 => optional, 1 => few_of(&[BASE]), 1 => other].boxed()
}

fn changes() -> BoxedStrategy<Piece> {
    let map = keys(vec![("paths", list(one_of(GLOBS))), ("compare_to", one_of(&["main", "nope"]))]);
    prop_oneof![3 => list(one_of(GLOBS)), 1 => map].boxed()
}

/// One rule of a job.
fn rule() -> BoxedStrategy<Piece> {
    keys(vec![
        ("if", one_of(CONDITIONS)),
        ("changes", changes()),
        ("exists", list(one_of(GLOBS))),
        ("when", one_of(&["on_success", "manual", "never", "always", "on_failure"])),
        ("allow_failure", plain_of(&["true", "false"])),
        ("interruptible", plain_of(&["true", "false"])),
        ("variables", variables_of(texts())),
        ("needs", few_of(&[BASE])),
    ])
}

/// A rule of `workflow`, of which there are fewer clauses.
pub(crate) fn workflow() -> BoxedStrategy<Piece> {
    let rule = keys(vec![
        ("if", one_of(CONDITIONS)),
        ("when", one_of(&["always", "always", "never"])),
        ("variables", variables_of(texts())),
        ("auto_cancel", keys(vec![("on_new_commit", one_of(&["interruptible", "none"]))])),
    ]);
    let always = map([("when", text("always"))]);
    let rules = prop::collection::vec(rule, 0..3).prop_map(move |mut rules| {
        rules.push(always.clone());
        Piece::List(rules)
    });
    keys(vec![("name", one_of(&["$CI_COMMIT_BRANCH", "p", "$A$B"])), ("rules", rules.boxed())])
}

/// What may stand under `default` as well.
pub(crate) fn inheritable() -> Vec<(&'static str, BoxedStrategy<Piece>)> {
    let cache = keys(vec![
        (
            "key",
            prop_oneof![
                one_of(&["k", "$A"]),
                keys(vec![("files", Just(Piece::List(vec![text("Dockerfile")])).boxed())])
            ]
            .boxed(),
        ),
        ("paths", list(one_of(&["x/", "y"]))),
        ("policy", one_of(&["pull", "push", "$A"])),
    ]);
    let named = keys(vec![
        ("name", one_of(&["ruby:$A"])),
        ("entrypoint", list(one_of(&["sh"]))),
        ("pull_policy", some(one_of(&["always", "never"]))),
    ]);
    let image = prop_oneof![one_of(&["ruby", "ruby:$A"]), named];
    vec![
        ("image", image.clone().boxed()),
        ("services", list(image)),
        ("cache", some(cache)),
        ("tags", list(one_of(&["t", "u$A"]))),
        ("retry", prop_oneof![plain_of(&["0", "2"]), Just(map([("max", Piece::Plain("1".into()))]))].boxed()),
        ("timeout", one_of(&["1 hour", "30m", "1 day 2 hrs"])),
        ("interruptible", plain_of(&["true", "false"])),
        ("before_script", list(one_of(&["echo $A", "make"]))),
        ("after_script", list(one_of(&["echo", "true"]))),
        (
            "artifacts",
            keys(vec![
                ("paths", Just(Piece::List(vec![text("out/")])).boxed()),
                ("expire_in", one_of(&["1 week", "never"])),
                ("when", one_of(&["always", "on_failure"])),
            ]),
        ),
    ]
}

/// Whether a job is in: by `rules`, or by `only` and `except`, or always.
pub(crate) fn conditions() -> BoxedStrategy<Vec<(String, Piece)>> {
    let refs = || {
        list(one_of(&["main", "branches", "tags", "/^v/", "merge_requests", "schedules", "web", "/x/@g/p"]))
    };
    let policy = || {
        let map = keys(vec![
            ("refs", refs()),
            ("variables", list(one_of(CONDITIONS))),
            ("changes", list(one_of(GLOBS))),
        ]);
        prop_oneof![refs(), map]
    };
    let named = |key: &'static str| move |value: Piece| (key.to_owned(), value);
    prop_oneof![
        2 => Just(Vec::new()),
        4 => list(rule()).prop_map(named("rules")).prop_map(|entry| vec![entry]),
        1 => list(rule()).prop_map(|rules| vec![("rules".to_owned(), match rules {
            Piece::List(mut rules) => {
                rules.insert(0, Piece::Plain("!reference [.h, rules]".into()));
                Piece::List(rules)
            }
            other => other,
        })]),
        2 => policy().prop_map(named("only")).prop_map(|entry| vec![entry]),
        1 => (policy(), policy()).prop_map(move |(only, except)| vec![named("only")(only), named("except")(except)]),
    ]
    .boxed()
}

/// Keywords of jobs that trigger a pipeline as well.
pub(crate) fn of_all() -> Vec<(&'static str, BoxedStrategy<Piece>)> {
    let matrix = keys(vec![("A", list(one_of(&["x", "y"]))), ("B", list(plain_of(&["1", "2"])))]);
    let matrix = prop::collection::vec(matrix, 1..3).prop_map(|list| map([("matrix", Piece::List(list))]));
    vec![
        ("stage", one_of(&["build", "test", "deploy", ".pre", ".post"])),
        ("needs", needs()),
        ("when", one_of(&["on_success", "manual", "always", "on_failure"])),
        ("allow_failure", plain_of(&["true", "false"])),
        ("variables", variables()),
        ("parallel", prop_oneof![plain_of(&["2", "3"]), matrix].boxed()),
        ("resource_group", one_of(&["r", "$A"])),
        ("inherit", inherit()),
    ]
}

fn inherit() -> BoxedStrategy<Piece> {
    keys(vec![
        ("variables", prop_oneof![plain_of(&["false", "true"]), list(one_of(&["A", "B"]))].boxed()),
        ("default", prop_oneof![plain_of(&["false", "true"]), list(one_of(&["image", "tags"]))].boxed()),
    ])
}

/// The other keywords of jobs with a script.
pub(crate) fn of_jobs() -> Vec<(&'static str, BoxedStrategy<Piece>)> {
    let mut all = inheritable();
    all.extend(of_all());
    all.extend([
        ("extends", some(one_of(HIDDEN))),
        ("dependencies", few_of(&[BASE])),
        ("environment", one_of(&["prod", "review/$A"])),
        ("coverage", one_of(&["/\\d+%/"])),
    ]);
    all
}
