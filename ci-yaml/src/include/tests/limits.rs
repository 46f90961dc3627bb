//! Limits, the order of errors, and what it costs to read.

use super::*;
use std::time::{Duration, Instant};

const TOO_MANY: &str = "Maximum of 150 nested includes are allowed!";

#[test]
fn circles_end_at_the_limit() {
    let files = [
        (".gitlab-ci.yml", "include: one.yml\na: {script: x}"),
        ("one.yml", "include: two.yml"),
        ("two.yml", "include: one.yml"),
    ];
    assert_eq!(read(&files).unwrap_err(), TOO_MANY);
    let files = [(".gitlab-ci.yml", "include: [.gitlab-ci.yml, .gitlab-ci.yml]\na: 1")];
    assert_eq!(read(&files).unwrap_err(), TOO_MANY);
}

#[test]
fn repeated_includes_count() {
    let with = |times: usize| {
        let main = format!("include: [{}]\nb: 1", "a.yml, ".repeat(times));
        read(&[(".gitlab-ci.yml", &main), ("a.yml", "a: 1")])
    };
    assert_eq!(with(150).unwrap(), r#"{"a"=>1, "b"=>1}"#);
    assert_eq!(with(151).unwrap_err(), TOO_MANY);
}

#[test]
fn a_chain_as_deep_as_allowed() {
    let texts: Vec<(String, String)> = (0..150)
        .map(|number| (format!("{number}.yml"), format!("include: {}.yml\nk{number}: 1", number + 1)))
        .collect();
    let mut files: Vec<(&str, &str)> =
        texts.iter().take(149).map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("149.yml", "last: 1"));
    files.push((".gitlab-ci.yml", "include: 0.yml\nmain: 1"));
    let shown = read(&files).unwrap();
    assert!(shown.starts_with(r#"{"last"=>1, "k148"=>1"#) && shown.ends_with(r#""k0"=>1, "main"=>1}"#));
}

#[test]
fn large_files_that_include_each_other_are_quick() {
    let jobs: String = (0..3000).map(|number| format!("job{number}: {{script: x{number}}}\n")).collect();
    let (one, two) = (format!("include: two.yml\n{jobs}"), format!("include: one.yml\n{jobs}"));
    let (context, sources) =
        repository(&[(".gitlab-ci.yml", "include: one.yml"), ("one.yml", &one), ("two.yml", &two)]);
    let started = Instant::now();
    assert_eq!(shown(&loaded(&context, &sources)).unwrap_err(), TOO_MANY);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn what_all_files_take_is_bounded() {
    let list = "x, ".repeat(50_000);
    let (plain, filled) = (
        format!(".a: [{list}]"),
        format!("spec: {{inputs: {{a: {{}}}}}}\n---\n.$[[ inputs.a ]]: ['$[[ inputs.a ]]', {list}]"),
    );
    let with = |times: usize, inputs: bool| {
        let item = |number| match inputs {
            true => format!("{{local: filled.yml, inputs: {{a: k{number}}}}}"),
            false => "plain.yml".to_owned(),
        };
        let items: Vec<String> = (0..times).map(item).collect();
        let main = format!("include: [{}]\nb: 1", items.join(", "));
        read(&[(".gitlab-ci.yml", &main), ("plain.yml", &plain), ("filled.yml", &filled)]).map(drop)
    };
    assert_eq!(with(150, false), Ok(()), "the same content is kept once");
    assert_eq!(with(5, true), Ok(()));
    assert_eq!(with(20, true).unwrap_err(), "the included files take more than 64 MiB of memory");
}

#[test]
fn all_errors_are_told_the_one_first_that_gitlab_stops_at() {
    let files = [
        (".gitlab-ci.yml", "include: [gone.yml, one.yml, bad.yml, one.yml]\n"),
        ("one.yml", "include: missing.yml\n"),
        ("bad.yml", "- a"),
    ];
    let (context, sources) = repository(&files);
    let loading = loaded(&context, &sources);
    let errors = loading.result.unwrap_err();
    let told: Vec<_> = errors.iter().map(|error| (error.message.as_str(), error.later)).collect();
    assert_eq!(
        told,
        [
            ("Local file `missing.yml` does not exist!", false),
            ("Local file `gone.yml` does not exist!", true),
            ("`bad.yml`: Invalid configuration format", true),
        ]
    );
    let places: Vec<_> = errors.iter().map(|error| error.span.unwrap().file.0).collect();
    assert_eq!(places[1], 0);
    assert_eq!(loading.files.get(errors[0].span.unwrap().file).unwrap().name, "one.yml");
}

#[test]
fn the_nearest_path_is_named() {
    let note = |include: &str| {
        let main = format!("include: {include}\na: 1");
        let (context, sources) = repository(&[
            (".gitlab-ci.yml", main.as_str()),
            ("ci/build.yml", "include: deploy.yml"),
            ("ci/deploy.yml", "b: 1"),
            ("notes.txt", ""),
        ]);
        let loading = loaded(&context, &sources);
        loading.result.unwrap_err()[0].note.clone()
    };
    assert_eq!(note("ci/biuld.yml").as_deref(), Some("did you mean `ci/build.yml`?"));
    assert_eq!(note("CI/Build.yml").as_deref(), Some("did you mean `ci/build.yml`?"));
    assert_eq!(note("ci/build.yml").as_deref(), Some("did you mean `ci/deploy.yml`?"));
    assert_eq!(note("lib/deploy.yml").as_deref(), Some("did you mean `ci/deploy.yml`?"));
    assert_eq!(note("zzz.yml"), None);
}

#[test]
fn a_long_list_is_refused() {
    let main = format!("include: [{}]\na: 1", "{local: a.yml, rules: [{if: $NOPE}]}, ".repeat(5001));
    let (context, sources) = repository(&[(".gitlab-ci.yml", main.as_str())]);
    let limits = Limits { memory: usize::MAX, ..Limits::default() };
    let loading = load(&context, Main::Path, &sources, &limits);
    let errors = loading.result.unwrap_err();
    assert!(!errors[0].from_gitlab && errors[0].message.contains("at most 5000"), "{errors:?}");
}

#[test]
fn rules_that_ask_the_same_are_asked_once() {
    let rule = "{local: a.yml, rules: [{exists: ['[x]*[y]*[z].yml', '**/[x]/**/[y]']}]}, ";
    let main = format!("include: [{}]\na: 1", rule.repeat(4_000));
    let (context, mut sources) = repository(&[(".gitlab-ci.yml", main.as_str())]);
    for number in 0..20_000 {
        sources.add_file(&context.tree, &format!("directory/x/{number}/x.yml"), "");
    }
    let limits = Limits { memory: usize::MAX, ..Limits::default() };
    let started = Instant::now();
    let loading = load(&context, Main::Path, &sources, &limits);
    assert_eq!(shown(&loading).unwrap(), r#"{"a"=>1}"#);
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}

#[test]
fn matching_of_wildcards_is_bounded() {
    let (context, sources) = repository(&[
        (".gitlab-ci.yml", "include: ['none/*.yml', 'ci/*.yml', 'ci/*.yml']"),
        ("ci/build.yml", "a: 1"),
        ("ci/test.yml", "b: 1"),
    ]);
    let told = |steps: usize| {
        let (builder, limits) = (Builder::new(&context), Limits::default());
        let variables = builder.for_include();
        let mut loader = loader::Loader::new(&context, &sources, &limits, &variables);
        loader.wildcard_steps = steps;
        let result = loader.main(Main::Path);
        shown(&loader.finish(result))
    };
    // Two paths that cannot match, and twice two that do.
    let needed = 2 + 2 * ("ci/build.yml".len() + "ci/test.yml".len());
    assert_eq!(told(needed).unwrap(), r#"{"a"=>1, "b"=>1}"#);
    let message = "all wildcards of `include` together take too long to be matched";
    assert_eq!(told(needed - 1).unwrap_err(), message);
}
