//! Files of other projects, of the web, of GitLab; components; declarations of inputs.

use super::*;
use crate::{Component, ComponentAddress, ComponentFacts};

fn with_main(main: &str) -> (Context, MemorySources) {
    repository(&[(".gitlab-ci.yml", main)])
}

#[test]
fn files_of_other_projects() {
    let (context, mut sources) = with_main(
        "include:\n- {project: G/Other, file: [/a.yml, b.yml]}\n- {project: g/other, ref: v1, file: a.yml}\n",
    );
    let (head, tagged) = (other_tree("g/other", "1"), other_tree("g/other", "2"));
    sources.add_file(&head, "a.yml", "include: inner.yml\na: head\nh: 1").add_file(&head, "b.yml", "b: 1");
    sources.add_file(&head, "inner.yml", "inner: of the other project");
    sources.add_name(&tagged, "v1").add_file(&tagged, "a.yml", "a: tag");
    let loading = loaded(&context, &sources);
    assert_eq!(shown(&loading).unwrap(), r#"{"inner"=>"of the other project", "a"=>"tag", "h"=>1, "b"=>1}"#);
    let record = &loading.includes[2];
    let named = (record.project.as_deref(), record.reference.as_deref(), record.location.as_str());
    assert_eq!(named, (Some("g/other"), Some("v1"), "a.yml"));
    for (include, message) in [
        (
            "{project: G/None, file: a.yml}",
            "Project `g/none` not found or access denied! Make sure any includes in the pipeline configuration are correctly defined.",
        ),
        ("{project: g/other, ref: v2, file: a.yml}", "Project `g/other` reference `v2` does not exist!"),
        ("{project: g/other, file: z.yml}", "Project `g/other` file `z.yml` does not exist!"),
        ("{project: g/other, file: [z.txt]}", "Included file `z.txt` does not have YAML extension!"),
    ] {
        sources.add_file(&context.tree, ".gitlab-ci.yml", &format!("include: {include}\nx: 1"));
        assert_eq!(shown(&loaded(&context, &sources)).unwrap_err(), message, "{include}");
    }
}

#[test]
fn the_main_file_of_another_project() {
    let (mut context, mut sources) = with_main("a: 1");
    let other = other_tree("g/other", "1");
    sources.add_name(&other, "stable").add_file(&other, "ci.yml", "b: 1");
    context.project.config_path = "ci.yml@g/other:stable".into();
    assert_eq!(shown(&loaded(&context, &sources)).unwrap(), r#"{"b"=>1}"#);
    context.project.config_path = "https://example.com/c.yml".into();
    sources.add_remote("https://example.com/c.yml", b"c: 1");
    assert_eq!(shown(&loaded(&context, &sources)).unwrap(), r#"{"c"=>1}"#);
}

#[test]
fn files_on_the_web() {
    let url = "https://example.com/a.yml";
    let content = b"a: 1\ninclude: {template: T.gitlab-ci.yml}\n";
    let (context, mut sources) = with_main(&format!("include: '{url}'\nx: 1"));
    sources.add_remote(url, content).add_template("T.gitlab-ci.yml", "t: 1");
    assert_eq!(shown(&loaded(&context, &sources)).unwrap(), r#"{"t"=>1, "a"=>1, "x"=>1}"#);
    for (text, message) in [
        ("a: 1\ninclude: b.yml", "Local file `b.yml` does not have project!"),
        ("a: 1\ninclude: '*.yml'", "Local file `*.yml` does not have project!"),
        ("include: {component: gitlab.com/g/c/x@1}", "Unable to use components outside of a project context"),
        // It sees no variables either.
        ("include: $CI_COMMIT_BRANCH.yml", "Included file `.yml` does not have YAML extension!"),
        (" ", "Included file `https://example.com/a.yml` is empty or does not exist!"),
        ("- a", "`https://example.com/a.yml`: Invalid configuration format"),
    ] {
        sources.add_remote(url, text.as_bytes());
        assert_eq!(shown(&loaded(&context, &sources)).unwrap_err(), message);
    }
    sources.add_remote(url, b"a: \xff");
    let loading = loaded(&context, &sources);
    let error = &loading.result.unwrap_err()[0];
    assert!(!error.from_gitlab && error.message.contains("not UTF-8"), "{error:?}");
}

#[test]
fn integrity_is_checked() {
    let url = "https://example.com/a.yml";
    let include = |integrity: &str| {
        let (context, mut sources) =
            with_main(&format!("include: {{remote: '{url}', integrity: '{integrity}'}}\n"));
        sources.add_remote(url, b"a: 1\n");
        let loading = loaded(&context, &sources);
        let note = loading.result.as_ref().err().and_then(|errors| errors[0].note.clone());
        shown(&loading).map_err(|message| (message, note.unwrap_or_default()))
    };
    let failed = "Remote file `https://example.com/a.yml` failed integrity check!".to_owned();
    let right = "sha256-N7EoxZ8fUJf3P4JpHLUZ8fVoZn+qtc7RtKuXnTaDfq4=";
    assert_eq!(include(right).unwrap(), r#"{"a"=>1}"#);
    assert_eq!(
        include("sha1-abc").unwrap_err(),
        (failed.clone(), "integrity hash must start with 'sha256-'".into())
    );
    assert_eq!(
        include("sha256-!").unwrap_err(),
        (failed.clone(), "integrity hash must be base64 encoded".into())
    );
    assert_eq!(include("sha256-abcd").unwrap_err(), (failed, String::new()));
}

#[test]
fn what_is_not_here_is_told_in_our_words() {
    let (context, sources) = with_main("include: {template: T.gitlab-ci.yml}\n");
    let loading = loaded(&context, &sources);
    let error = &loading.result.unwrap_err()[0];
    assert!(!error.from_gitlab);
    assert_eq!(error.message, "`T.gitlab-ci.yml` is not among the sources.");
    assert_eq!(error.span.unwrap().start.line, 1);
    let (context, sources) = with_main("include: {template: T.yml}\n");
    let message = "Template file `T.yml` is not a valid location!";
    assert_eq!(shown(&loaded(&context, &sources)).unwrap_err(), message);
}

fn component(sources: &mut MemorySources, text: &str) {
    let tree = other_tree("g/c", "abc");
    let address = ComponentAddress {
        host: "gitlab.com".into(),
        project: "g/c".into(),
        name: "lint".into(),
        version: "1.0".into(),
    };
    let facts = ComponentFacts {
        name: "lint".into(),
        sha: "abc".into(),
        version: Some("1.0.3".into()),
        reference: "1.0".into(),
    };
    sources.add_file(&tree, "shared.yml", "shared: 1");
    sources.add_component(
        address,
        Component { tree, path: "templates/lint.yml".into(), text: text.into(), facts },
    );
}

#[test]
fn components() {
    let text = "spec: {component: [name, version], inputs: {stage: {default: test}}}\n---\ninclude: {local: shared.yml}\n\
                $[[ component.name ]]: $[[ component.version ]] $[[ inputs.stage ]]\n";
    let (context, mut sources) =
        with_main("include: {component: $CI_SERVER_FQDN/g/c/lint@1.0, inputs: {stage: x}}\n");
    component(&mut sources, text);
    assert_eq!(shown(&loaded(&context, &sources)).unwrap(), r#"{"shared"=>1, "lint"=>"1.0.3 x"}"#);
    for (address, message) in [
        (
            "example.com/g/c/lint@1.0",
            "Component 'example.com/g/c/lint@1.0' - the component path is not supported",
        ),
        ("gitlab.com/g/c/lint", "Component 'gitlab.com/g/c/lint' - the component path is not supported"),
        ("gitlab.com/g/c/lint@2", "Component 'gitlab.com/g/c/lint@2' - content not found"),
        ("gitlab.com/lint@2", "Component 'gitlab.com/lint@2' - content not found"),
    ] {
        sources.add_file(
            &context.tree,
            ".gitlab-ci.yml",
            &format!("include: {{component: {address}}}\nx: 1"),
        );
        assert_eq!(shown(&loaded(&context, &sources)).unwrap_err(), message);
    }
}

#[test]
fn a_component_included_as_a_file_knows_nothing_of_itself() {
    let (context, mut sources) = with_main("include: {project: g/c, file: templates/x.yml}\n");
    let text = "spec: {component: [name]}\n---\na: $[[ component.name ]]\n";
    sources.add_file(&other_tree("g/c", "abc"), "templates/x.yml", text);
    let message = "`templates/x.yml`: unknown interpolation provided: `name` in `component.name`";
    assert_eq!(shown(&loaded(&context, &sources)).unwrap_err(), message);
}

#[test]
fn declarations_of_inputs_from_other_files() {
    let main = "spec: {include: [shared.yml, {local: more.yml}], inputs: {c: {default: 3}}}\n---\n\
                x: $[[ inputs.a ]]$[[ inputs.b ]]$[[ inputs.c ]]\n";
    fn files(main: &str) -> [(&str, &str); 4] {
        [
            (".gitlab-ci.yml", main),
            ("shared.yml", "inputs: {a: {default: 1}}"),
            ("more.yml", "inputs: {b: {default: 2}}"),
            ("bad.yml", "inputs: {}\njobs: 1"),
        ]
    }
    assert_eq!(read(&files(main)).unwrap(), r#"{"x"=>"123"}"#);
    for (spec, message) in [
        (
            "{include: shared.yml, inputs: {a: }}",
            "`.gitlab-ci.yml`: Duplicate input keys found: a. Input keys must be unique across all included files and inline specifications.",
        ),
        (
            "{include: bad.yml}",
            "`.gitlab-ci.yml`: Header include file `bad.yml` contains unknown keys: [:jobs]",
        ),
        ("{include: no.yml}", "`.gitlab-ci.yml`: Local file `no.yml` does not exist!"),
        (
            "{include: {template: A.gitlab-ci.yml}}",
            "`.gitlab-ci.yml`: `{\"template\":\"A.gitlab-ci.yml\"}` does not have a valid subkey for header include. Valid subkeys are: `local`, `remote`, `project`",
        ),
    ] {
        let main = format!("spec: {spec}\n---\nx: 1\n");
        assert_eq!(read(&files(&main)).unwrap_err(), message);
    }
}

#[test]
fn what_has_no_effect_is_warned_of() {
    let (context, sources) = repository(&[
        (".gitlab-ci.yml", "include: [{local: a.yml, reff: x, integrity: y}, {project: g/x}]\nx: 1"),
        ("a.yml", "a: 1"),
    ]);
    let loading = loaded(&context, &sources);
    assert_eq!(shown(&loading).unwrap(), r#"{"a"=>1, "x"=>1}"#);
    let told: Vec<_> = loading.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "`reff` has no effect in an `include`",
            "`integrity` has no effect in an `include` without `remote`",
            "an `include` of a project without `file` includes nothing",
        ]
    );
    assert_eq!(loading.warnings[0].note.as_deref(), Some("did you mean `ref`?"));
}

#[test]
fn children_include_what_jobs_of_the_parent_made() {
    let main = "include: {artifact: /out/gen.yml, job: gen}\na: 1";
    let (mut context, mut sources) = repository(&[(".gitlab-ci.yml", main), ("more.yml", "b: 2")]);
    context.parent = Some(crate::Parent::default());
    let error = |sources: &MemorySources| shown(&loaded(&context, sources)).unwrap_err();
    assert_eq!(error(&sources), "File `/out/gen.yml` is empty!");
    sources.add_artifact("gen", "out/gen.yml", " \n");
    assert_eq!(error(&sources), "File `/out/gen.yml` is empty!");
    sources.add_artifact("gen", "out/gen.yml", "include: more.yml\nc: 3");
    assert_eq!(shown(&loaded(&context, &sources)), read(&[(".gitlab-ci.yml", "b: 2\nc: 3\na: 1")]));
}
