//! Made-up configurations, plausible and now and then wrong, keep all promises.

use crate::invariants::{Tally, hold};
use crate::keywords::{self, BASE, HIDDEN, NAMES};
use crate::piece::{Piece, keys, list, map, odd, one_of, plain, text};
use crate::repository::Repository;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::fmt::Write as _;

type Entries = Vec<(String, Piece)>;

/// Now and then something else.
fn spoilt(entries: impl Strategy<Value = Entries> + 'static) -> BoxedStrategy<Entries> {
    let fault = prop::option::weighted(0.04, (any::<Index>(), odd()));
    (entries, fault)
        .prop_map(|(mut entries, fault)| {
            if let Some((at, odd)) = fault.filter(|_| !entries.is_empty()) {
                let at = at.index(entries.len());
                entries[at].1 = odd;
            }
            entries
        })
        .boxed()
}

/// A few keywords.
fn a_few(from: Vec<(&'static str, BoxedStrategy<Piece>)>, most: usize) -> BoxedStrategy<Entries> {
    let chosen = subsequence(from, 0..=most);
    let values = chosen.prop_flat_map(|chosen| {
        let entry = |(key, value): (&'static str, BoxedStrategy<Piece>)| {
            value.prop_map(move |value| (key.to_owned(), value))
        };
        chosen.into_iter().map(entry).collect::<Vec<_>>()
    });
    values.boxed()
}

fn body() -> BoxedStrategy<Entries> {
    let named = |key: &'static str| move |value: Piece| vec![(key.to_owned(), value)];
    let referring = |lines| Piece::List(vec![text("x"), lines, plain("!reference [.h, script]")]);
    let script = prop_oneof![
        4 => one_of(&["make", "echo $A"]).prop_map(named("script")),
        2 => list(one_of(&["a", "b"])).prop_map(referring).prop_map(named("script")),
    ];
    let build = (script, keywords::conditions(), a_few(keywords::of_jobs(), 4));
    let trigger =
        one_of(&["g/o", "$A"]).prop_map(|project| map([("project", project)])).prop_map(named("trigger"));
    let bridge = (trigger, keywords::conditions(), a_few(keywords::of_all(), 3));
    let joined = |(own, conditions, more): (Entries, Entries, Entries)| {
        own.into_iter().chain(conditions).chain(more).collect()
    };
    spoilt(prop_oneof![6 => build.prop_map(joined), 1 => bridge.prop_map(joined)])
}

fn jobs(names: &'static [&'static str]) -> BoxedStrategy<Entries> {
    let named = subsequence(names, 1..=names.len().min(4));
    named
        .prop_flat_map(|names| {
            prop::collection::vec(body(), names.len()).prop_map(move |bodies| {
                let jobs = bodies.into_iter().map(Piece::Map);
                names.iter().map(|name| (*name).to_owned()).zip(jobs).collect()
            })
        })
        .boxed()
}

/// What others need, extend and refer to: always there, so that most of it is right.
fn hidden() -> BoxedStrategy<Entries> {
    let rules = map([("rules", Piece::List(vec![map([("when", text("manual"))])])), ("script", text("h"))]);
    (a_few(keywords::inheritable(), 3), keywords::variables())
        .prop_map(move |(own, variables)| {
            let [first, second] = [HIDDEN[0], HIDDEN[1]].map(str::to_owned);
            let second_own = map([("variables", variables), ("extends", text(&first))]);
            let own = own.into_iter().chain([("stage".to_owned(), text("test"))]).collect();
            let base = map([("script", text("x")), ("stage", text(".pre"))]);
            vec![
                (BASE.to_owned(), base),
                (".h".to_owned(), rules.clone()),
                (first, Piece::Map(own)),
                (second, second_own),
            ]
        })
        .boxed()
}

fn global() -> BoxedStrategy<Entries> {
    let stages = Just(Piece::List(["build", "test", "deploy"].map(text).to_vec()));
    let all = vec![
        ("stages", stages.boxed()),
        ("variables", keywords::variables()),
        ("workflow", keywords::workflow()),
        ("default", keys(keywords::inheritable())),
    ];
    spoilt(a_few(all, 3))
}

/// A repository of up to three files, as one text.
fn repository() -> impl Strategy<Value = String> {
    let included = prop::option::of((global(), jobs(&["b", "c", "x"])));
    let filled = prop::option::of(jobs(&["$[[ inputs.a ]]", "job", "y"]));
    let variables = prop::sample::select(&["", "A=1\nB=$A\n", "DIR=src\nA=$B\nB=$C\nC=x\n"][..]);
    let parts = (global(), hidden(), jobs(NAMES), included, filled, variables);
    parts.prop_map(|(global, hidden, jobs, included, filled, variables)| {
        let mut includes = Vec::new();
        let mut more = String::new();
        if let Some((global, jobs)) = included {
            includes.push(text("b.yml"));
            let _ = write!(more, "--8<-- b.yml\n{}{}", Piece::lines(&global), Piece::lines(&jobs));
        }
        if let Some(jobs) = filled {
            includes.push(map([("local", text("c.yml")), ("inputs", map([("a", text("z"))]))]));
            let _ = write!(more, "--8<-- c.yml\nspec: {{inputs: {{a: {{}}}}}}\n---\n{}", Piece::lines(&jobs));
        }
        let include = [("include".to_owned(), Piece::List(includes))];
        let main = [&include[..], &global, &hidden, &jobs].map(Piece::lines).concat();
        format!("{main}{more}--8<-- variables\n{variables}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn made_up_configurations_keep_all_promises(text in repository()) {
        hold(&Repository::parse(&text));
    }
}

#[test]
fn most_made_up_configurations_are_right_and_some_are_not() {
    let mut runner = TestRunner::deterministic();
    let mut all = Tally::default();
    for _ in 0..25 {
        let text = repository().new_tree(&mut runner).expect("a configuration").current();
        let Tally { refused, empty, created } = hold(&Repository::parse(&text));
        all.refused += refused;
        all.empty += empty;
        all.created += created;
    }
    assert!(all.created > 40 && all.refused > 20, "{all:?}");
}
