//! What the conformance cases say of includes.

use super::*;
use crate::{Changed, GivenVariable, SettingVariable};
use serde_json::json;

const INC: &str = "stages: [one]\na: {script: [p, q], tags: [t]}\nz: {script: z, stage: one}\n";

fn variable(name: &str, value: &str) -> GivenVariable {
    GivenVariable { name: name.into(), value: value.into(), raw: false, file: false }
}

#[test]
fn forms_of_local_includes() {
    let files = [
        ("one.yml", "a: 1"),
        ("ci/two.yml", "b: 2"),
        ("ci/three.yaml", "c: 3"),
        (".gitlab-ci.yml", "include:\n- one.yml\n- local: /ci/two.yml\n- local: ci/three.yaml\n-\nd: 4"),
    ];
    assert_eq!(read(&files).unwrap(), r#"{"a"=>1, "b"=>2, "c"=>3, "d"=>4}"#);
    let one = [("one.yml", "a: 1"), (".gitlab-ci.yml", "include: one.yml\nb: 2")];
    assert_eq!(read(&one).unwrap(), r#"{"a"=>1, "b"=>2}"#);
}

#[test]
fn the_including_file_wins_and_included_jobs_keep_their_place() {
    let main = "include: inc.yml\nb: {script: b, stage: one}\na: {script: [r], stage: one}\n";
    assert_eq!(
        read(&[(".gitlab-ci.yml", main), ("inc.yml", INC)]).unwrap(),
        r#"{"stages"=>["one"], "a"=>{"script"=>["r"], "tags"=>["t"], "stage"=>"one"}, "z"=>{"script"=>"z", "stage"=>"one"}, "b"=>{"script"=>"b", "stage"=>"one"}}"#
    );
    let main = "include: [one.yml, two.yml]\n";
    let files = [
        (".gitlab-ci.yml", main),
        ("one.yml", "a: {script: x, image: one, tags: [t]}"),
        ("two.yml", "a: {image: two}"),
    ];
    assert_eq!(read(&files).unwrap(), r#"{"a"=>{"script"=>"x", "image"=>"two", "tags"=>["t"]}}"#);
    let files = [
        (".gitlab-ci.yml", "include: one.yml\nc: 3"),
        ("one.yml", "include: ci/two.yml\na: {image: one}\nb: {image: two}"),
        ("ci/two.yml", "a: {script: x, image: two}\nb: {script: y, image: three}"),
    ];
    assert_eq!(
        read(&files).unwrap(),
        r#"{"a"=>{"script"=>"x", "image"=>"one"}, "b"=>{"script"=>"y", "image"=>"two"}, "c"=>3}"#
    );
}

#[test]
fn wildcards() {
    let read_with = |include: &str| {
        read(&[
            (".gitlab-ci.yml", &format!("include: {include}\nz: 0")),
            ("ci/a.yml", "a: 1"),
            ("ci/b.yml", "b: 2"),
            ("ci/c.txt", "no yaml: ["),
            ("ci/sub/d.yml", "d: 3"),
            ("ci/sub/deep/e.yml", "e: 4"),
        ])
        .unwrap()
    };
    assert_eq!(read_with("'ci/*.yml'"), r#"{"a"=>1, "b"=>2, "z"=>0}"#);
    assert_eq!(read_with("'/ci/**.yml'"), r#"{"a"=>1, "b"=>2, "d"=>3, "e"=>4, "z"=>0}"#);
    assert_eq!(read_with("{local: 'ci/**/*.yml'}"), r#"{"a"=>1, "b"=>2, "d"=>3, "e"=>4, "z"=>0}"#);
    assert_eq!(read_with("{local: 'ci/*/d.yml'}"), r#"{"d"=>3, "z"=>0}"#);
    assert_eq!(read_with("{local: 'none/*.yml'}"), r#"{"z"=>0}"#);
    // A wildcard does not include the file that it stands in.
    let files = [
        ("x/a.yml", "include: 'x/*.yml'\na: 1"),
        ("x/b.yml", "b: 2"),
        (".gitlab-ci.yml", "include: x/a.yml"),
    ];
    assert_eq!(read(&files).unwrap(), r#"{"b"=>2, "a"=>1}"#);
}

#[test]
fn messages() {
    let a = "\na: {script: x}\n";
    for (include, message) in [
        ("inc.yml", "Local file `inc.yml` does not exist!"),
        ("/inc.yml", "Local file `inc.yml` does not exist!"),
        ("empty.yml", "Local file `empty.yml` is empty!"),
        ("conf.txt", "Included file `conf.txt` does not have YAML extension!"),
        ("ci/$UNDEFINED.yml", "Included file `ci/.yml` does not have YAML extension!"),
        ("ci/job-$KIND.yml", "Local file `ci/job-.yml` does not exist!"),
        (
            "{yolo: x}",
            "`{\"yolo\":\"x\"}` does not have a valid subkey for include. Valid subkeys are: `local`, `project`, `remote`, `template`, `artifact`, `component`",
        ),
        (
            "{z: <x>, local: '', 3: [1, null]}",
            "`{\"z\":\"\\u003cx\\u003e\",\"local\":\"\",\"3\":[\"1\",\"\"]}` does not have a valid subkey for include. Valid subkeys are: `local`, `project`, `remote`, `template`, `artifact`, `component`",
        ),
        (
            "{local: a.yml, remote: 'https://example.com/a.yml'}",
            "Each include must use only one of: `local`, `project`, `remote`, `template`, `artifact`, `component`",
        ),
        ("[1]", "Each include must be a hash or a string"),
        ("true", "Each include must be a hash or a string"),
        ("[[one.yml]]", "Each include must be a hash or a string"),
        ("!reference [a]", "Each include must be a hash or a string"),
        ("{local: 123}", "Included file `123` needs to be a string"),
        ("bad.yml", "`bad.yml`: Invalid configuration format"),
        ("nothing.yml", "Included file `nothing.yml` does not have valid YAML syntax!"),
        ("{local: one.yml, rules: [{if: $A, when: manual}]}", "include:rule when unknown value: manual"),
        ("{local: one.yml, rules: [{if: 'A = B'}]}", "include:rule if invalid expression syntax"),
        (
            "{local: one.yml, inputs: {dir: a}}",
            "`one.yml`: Given inputs not defined in the `spec` section of the included configuration file",
        ),
        ("tpl.yml", "`tpl.yml`: `dir` input: required value has not been provided"),
        ("{local: tpl.yml, inputs: {dir: a, dirr: b}}", "`tpl.yml`: unknown input arguments: dirr"),
        ("{local: tpl.yml, inputs: a}", "`tpl.yml`: Given inputs must be a hash"),
        (
            "{artifact: x.yml, job: a}",
            "Including configs from artifacts is only allowed when triggering child pipelines",
        ),
    ] {
        let error = read(&[
            (".gitlab-ci.yml", &format!("include: {include}{a}")),
            ("one.yml", "b: 1"),
            ("empty.yml", " \n"),
            ("conf.txt", "c: 1"),
            ("bad.yml", "- a"),
            ("nothing.yml", "{}"),
            ("tpl.yml", "spec: {inputs: {dir: }}\n---\nb: $[[ inputs.dir ]]"),
        ])
        .unwrap_err();
        assert_eq!(error, message, "{include}");
    }
}

#[test]
fn messages_of_the_main_file() {
    assert_eq!(read(&[]).unwrap_err(), "Missing CI config file");
    assert_eq!(read(&[(".gitlab-ci.yml", "")]).unwrap_err(), "Local file `.gitlab-ci.yml` is empty!");
    assert_eq!(
        read(&[(".gitlab-ci.yml", "- a")]).unwrap_err(),
        "`.gitlab-ci.yml`: Invalid configuration format"
    );
    let unclosed = read(&[(".gitlab-ci.yml", "a: {script: [x}")]).unwrap_err();
    assert!(unclosed.starts_with("`.gitlab-ci.yml`: "), "{unclosed}");
    let (mut context, sources) = repository(&[(".gitlab-ci.yaml", "a: 1")]);
    let loading = loaded(&context, &sources);
    let error = &loading.result.as_ref().unwrap_err()[0];
    assert_eq!(error.note.as_deref(), Some("did you mean `.gitlab-ci.yaml`?"));
    context.project.config_path = ".gitlab-ci.txt".into();
    let message = "Included file `.gitlab-ci.txt` does not have YAML extension!";
    assert_eq!(shown(&loaded(&context, &sources)).unwrap_err(), message);
    context.inputs = (0..21).map(|number| (number.to_string(), json!(1))).collect();
    assert_eq!(shown(&loaded(&context, &sources)).unwrap_err(), "There cannot be more than 20 inputs");
}

#[test]
fn a_text_is_used_as_it_is() {
    let (mut context, sources) = repository(&[("inc.yml", "b: 2"), ("stdin", "include: inc.yml")]);
    let text = |context: &Context, text: &str| {
        let main = Main::Text { name: "stdin".into(), text: text.into() };
        shown(&load(context, main, &sources, &Limits::default()))
    };
    assert_eq!(text(&context, "include: inc.yml\na: 1").unwrap(), r#"{"b"=>2, "a"=>1}"#);
    assert_eq!(text(&context, "include: []\na: 1").unwrap(), r#"{"a"=>1}"#);
    assert_eq!(text(&context, " ").unwrap_err(), "Please provide content of .gitlab-ci.yml");
    assert_eq!(text(&context, "- a").unwrap_err(), "Invalid configuration format");
    context.inputs.insert("x".into(), json!("1"));
    assert_eq!(text(&context, "spec: {inputs: {x: }}\n---\na: $[[ inputs.x ]]").unwrap(), r#"{"a"=>"1"}"#);
}

#[test]
fn variables_in_paths() {
    let files = [
        (".gitlab-ci.yml", "include: ['$DIR/$KIND.yml', {local: '${DIR}/$CI_COMMIT_REF_NAME.yml'}]"),
        ("ci/app.yml", "a: 1"),
        ("ci/main.yml", "b: 2"),
    ];
    let (mut context, sources) = repository(&files);
    context.variables = vec![variable("KIND", "app")];
    context.project_variables = vec![setting("DIR", "ci", false)];
    let loading = loaded(&context, &sources);
    assert_eq!(shown(&loading).unwrap(), r#"{"a"=>1, "b"=>2}"#);
    assert_eq!(loading.includes[0].written, "$DIR/$KIND.yml");
    assert_eq!(loading.includes[0].location, "ci/app.yml");
    context.project_variables = vec![setting("DIR", "hidden/path", true)];
    let error = shown(&loaded(&context, &sources)).unwrap_err();
    assert_eq!(error, "Local file `[MASKED]xxx/app.yml` does not exist!");
}

#[test]
fn values_from_outside_have_no_place() {
    let header = "spec:\n  inputs:\n    a:\n    b: {type: number}\n---\nj: 1\n";
    let (mut context, sources) = repository(&[(".gitlab-ci.yml", header)]);
    for (given, line) in [("b", 3), ("zzz", 3)] {
        context.inputs = [(given.to_owned(), json!("x"))].into();
        let text = Main::Text { name: "x.yml".into(), text: header.into() };
        for main in [Main::Path, text] {
            let errors = load(&context, main, &sources, &Limits::default()).result.unwrap_err();
            let error = errors.first().unwrap();
            assert_eq!(error.span.map(|span| span.start.line), Some(line), "{error:?}");
            assert!(error.labels.iter().all(|label| label.span.start.line > 0), "{error:?}");
        }
    }
    context.inputs = [("a".to_owned(), json!("1")), ("b".to_owned(), json!("x"))].into();
    let errors = loaded(&context, &sources).result.unwrap_err();
    assert_eq!(errors.first().unwrap().span, None);
}

#[test]
fn masked_values_are_shown_nowhere() {
    let url = "https://u:glpat-0123456789@example.com/ci.yml";
    let told = |main: &str| {
        let (mut context, mut sources) = repository(&[(".gitlab-ci.yml", main)]);
        context.project_variables = vec![setting("TOKEN", "glpat-0123456789", true)];
        sources.add_remote(url, b"a: &a [*a]\n");
        loaded(&context, &sources)
    };
    for main in [
        "include: 'https://u:$TOKEN@example.com/ci.yml'",
        "include: 'https://u:$TOKEN@example.com/other.yml'",
        "include: {local: x.yml, rules: [{exists: {paths: [a], project: g/$TOKEN}}]}",
        "include: {local: x.yml, rules: [{exists: {regexp: '($TOKEN'}}]}",
        "include: {project: g/$TOKEN, file: x.yml, ref: $TOKEN}",
        "include: {component: 'gitlab.com/g/$TOKEN/c@$TOKEN'}",
    ] {
        let loading = told(main);
        let shown = format!("{:?}{:?}", loading.result.as_ref().unwrap_err(), loading.includes);
        assert!(!shown.contains("glpat-0123456789"), "{shown}");
        assert!(loading.files.iter().all(|(_, file)| !format!("{file:?}").contains("glpat")), "{main}");
    }
    let error = shown(&told("include: {local: x.yml, rules: [{exists: {paths: [a], project: g/$TOKEN}}]}"));
    let text = "include:rules:exists:project `g/[MASKED]xxxxxxxx` not found or access denied";
    assert_eq!(error.unwrap_err(), text);
}

fn setting(name: &str, value: &str, masked: bool) -> SettingVariable {
    SettingVariable {
        name: name.into(),
        value: value.into(),
        raw: false,
        file: false,
        masked,
        protected: false,
        scope: "*".into(),
    }
}

#[test]
fn rules() {
    let include = |rules: &str| {
        let main = format!("variables: {{YAML: '1'}}\ninclude: [{{local: inc.yml, rules: {rules}}}]\n");
        let (mut context, sources) = repository(&[
            (".gitlab-ci.yml", main.as_str()),
            ("inc.yml", "b: 1"),
            ("Dockerfile", ""),
            ("web/a", ""),
        ]);
        context.variables = vec![variable("USE", "1"), variable("DIR", "web")];
        context.changed = Changed::Paths(["web/a.js".to_owned()].into());
        shown(&loaded(&context, &sources)).map(|map| map.contains("\"b\"=>1"))
    };
    for (rules, expected) in [
        ("[{if: $NOPE}]", false),
        ("[{if: $USE}]", true),
        ("[{if: $YAML}]", false),
        ("[{if: '$CI_COMMIT_BRANCH == \"main\"', when: never}, {when: always}]", false),
        ("[{if: $NOPE, when: never}, {when: always}]", true),
        ("[{exists: [Dockerfile]}]", true),
        ("[{exists: [package.json]}]", false),
        ("[{exists: ['$DIR/*']}]", true),
        ("[{changes: ['web/**/*']}]", true),
        ("[{changes: ['api/**/*']}]", false),
        ("[{changes: ['$DIR/*'], if: $NOPE}]", false),
        ("null", true),
    ] {
        assert_eq!(include(rules), Ok(expected), "{rules}");
    }
    assert_eq!(
        include("[{changes: {paths: [a], compare_to: nope}}]").unwrap_err(),
        "include:rules:changes:compare_to is not a valid ref"
    );
    assert_eq!(
        include("[{exists: {paths: [a], project: g/x}}]").unwrap_err(),
        "include:rules:exists:project `g/x` not found or access denied"
    );
}

#[test]
fn a_file_left_out_need_not_exist() {
    let (context, sources) =
        repository(&[(".gitlab-ci.yml", "include: [{local: gone.yml, rules: [{if: $NOPE}]}]\na: 1")]);
    let loading = loaded(&context, &sources);
    assert_eq!(shown(&loading).unwrap(), r#"{"a"=>1}"#);
    assert_eq!(loading.includes[0].outcome, IncludeOutcome::LeftOut(None));
}

#[test]
fn inputs_for_one_file_twice() {
    let main = "include:\n- {local: tpl.yml, inputs: {dir: web, stage: build}}\n- {local: tpl.yml, inputs: {dir: api, mode: slow}}\n";
    let tpl = "spec:\n  inputs:\n    dir:\n    mode: {default: fast}\n    stage: {default: test}\n---\n\"lint-$[[ inputs.dir ]]\":\n  stage: $[[ inputs.stage ]]\n  script: lint $[[ inputs.dir ]] $[[ inputs.mode ]]\n";
    let (context, sources) = repository(&[(".gitlab-ci.yml", main), ("tpl.yml", tpl)]);
    let loading = loaded(&context, &sources);
    assert_eq!(
        shown(&loading).unwrap(),
        r#"{"lint-web"=>{"stage"=>"build", "script"=>"lint web fast"}, "lint-api"=>{"stage"=>"test", "script"=>"lint api slow"}}"#
    );
    assert_eq!(loading.files.iter().count(), 2, "the file was read once");
}

#[test]
fn files_stand_in_the_order_they_are_read() {
    let files = [
        (".gitlab-ci.yml", "include: [one.yml, three.yml]"),
        ("one.yml", "include: two.yml\na: 1"),
        ("two.yml", "b: 2"),
        ("three.yml", "c: 3"),
    ];
    let (context, sources) = repository(&files);
    let loading = loaded(&context, &sources);
    let names: Vec<_> = loading.files.iter().map(|(_, file)| file.name.as_str()).collect();
    assert_eq!(names, [".gitlab-ci.yml", "one.yml", "two.yml", "three.yml"]);
    let root = &loading.result.unwrap().root;
    let places: Vec<_> = root.iter().map(|(key, entry)| (key.to_string(), entry.key_span.file.0)).collect();
    assert_eq!(places, [("b".into(), 2), ("a".into(), 1), ("c".into(), 3)]);
}
