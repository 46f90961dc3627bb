use crate::extend::tests::{errors, included, messages, place, refused, value};
use crate::extend::{Extended, resolve};
use crate::{Node, Value};
use std::fmt::Write as _;

#[test]
fn a_value_is_taken_whole() {
    let text = ".b: {tags: [t, u], variables: {URL: x}, image: i, n: 1}
a: {tags: !reference [.b, tags], variables: !reference [.b, variables], image: !reference [.b, image], u: !reference [.b, variables, URL], b: !reference [.b]}";
    assert_eq!(value(text, &["a", "tags"]), r#"["t", "u"]"#);
    assert_eq!(value(text, &["a", "variables"]), r#"{"URL"=>"x"}"#);
    assert_eq!(value(text, &["a", "image"]), r#""i""#);
    assert_eq!(value(text, &["a", "u"]), r#""x""#);
    assert_eq!(value(text, &["a", "b", "n"]), "1");
}

#[test]
fn lists_are_not_spliced() {
    let text = ".b: {script: [p, q]}\na: {script: [!reference [.b, script], z]}";
    assert_eq!(value(text, &["a", "script"]), r#"[["p", "q"], "z"]"#);
}

#[test]
fn targets_are_resolved_themselves_however_deep() {
    let text = ".x: {script: [one], if: $A}
.y: {script: [!reference [.x, script], two], rules: [{if: !reference [.x, if]}], whole: !reference [.x, script]}
a: {script: [!reference [.y, script], three], rules: [!reference [.y, rules]], whole: !reference [.y, whole]}";
    assert_eq!(value(text, &["a", "script"]), r#"[[["one"], "two"], "three"]"#);
    assert_eq!(value(text, &["a", "rules"]), r#"[[{"if"=>"$A"}]]"#);
    assert_eq!(value(text, &["a", "whole"]), r#"["one"]"#);
}

#[test]
fn extended_values_are_seen_and_values_keep_their_places() {
    let text =
        ".base:\n  script: [from base]\n.b: {extends: .base}\na: {script: [!reference [.b, script], own]}";
    let Extended { root } = resolve(&included(text)).unwrap();
    let script = root.get("a").unwrap().get("script").unwrap();
    let inner = &script.as_seq().unwrap()[0];
    assert_eq!((inner.inspect().as_str(), inner.span.start.line), (r#"["from base"]"#, 2));
}

#[test]
fn missing_targets() {
    let found = errors("a: {script: [!reference [.b, script]]}");
    assert_eq!(found[0].message, r#"!reference [".b", "script"] could not be found"#);
    assert!(place(&found[0]).starts_with("1:"));
    assert_eq!(found[0].note.as_deref(), Some("the configuration has no `.b`"));
    let found = errors(
        ".setup: {scripts: [x]}\na: {script: [!reference [.setup, script], !reference [.setpu, scripts]]}",
    );
    assert_eq!(found[0].note.as_deref(), Some("`.setup` has no `script`"));
    assert_eq!(found[0].help, ["Did you mean `scripts`?"]);
    assert_eq!(found[1].help, ["Did you mean `.setup`?"]);
}

#[test]
fn null_and_false_count_as_missing() {
    for (kept, shown) in [("retry:", "null"), ("retry: false", "`false`")] {
        let found = errors(&format!(".b:\n  {kept}\na: {{script: x, retry: !reference [.b, retry]}}"));
        assert_eq!(found[0].message, r#"!reference [".b", "retry"] could not be found"#);
        assert_eq!(found[0].note, Some(format!("`.b:retry` is {shown}")));
    }
    assert_eq!(
        value(".b: {n: 0, s: \"\"}\na: {n: !reference [.b, n], s: !reference [.b, s]}", &["a"]),
        r#"{"n"=>0, "s"=>""}"#
    );
}

#[test]
fn the_way_leads_through_maps_only() {
    let found = errors(
        ".b: {l: [x], r: !reference [.c, r]}\n.c: {r: {k: v}}\na: {x: !reference [.b, l, x], y: !reference [.b, r, k]}",
    );
    assert_eq!(found[0].message, r#"!reference [".b", "l", "x"] could not be found"#);
    assert_eq!(found[0].note.as_deref(), Some("`.b:l` is a list, not a map"));
    assert_eq!(found[1].message, r#"!reference [".b", "r", "k"] could not be found"#);
    assert_eq!(found[1].note.as_deref(), Some("`.b:r` is a `!reference`, not a map"));
}

#[test]
fn circles_name_the_reference_that_is_met_again() {
    let circle = ".b: {script: [!reference [.c, script]]}\n.c: {script: [!reference [.b, script]]}\n";
    let job = "a: {script: [!reference [.b, script]]}\n";
    let expected = [r#"!reference [".c", "script"] is part of a circular chain"#];
    assert_eq!(messages(&format!("{circle}{job}")), expected);
    assert_eq!(messages(&format!("{job}{circle}")), expected);
    let itself = ".b: {script: [!reference [.b, script]]}";
    assert_eq!(messages(itself), [r#"!reference [".b", "script"] is part of a circular chain"#]);
    // Taken over by `extends`, it is still one circle.
    let inherited = ".p: {script: [!reference [a, script]]}\na: {extends: .p}";
    assert_eq!(messages(inherited), [r#"!reference ["a", "script"] is part of a circular chain"#]);
}

#[test]
fn invalid_forms() {
    for (written, shown) in
        [("foo", "\"foo\""), ("1", "\"1\""), ("[]", "[]"), ("[a, 1]", "[\"a\", 1]"), ("", "nil")]
    {
        let message = format!("!reference {shown} is not valid");
        assert_eq!(messages(&format!("a: {{script: !reference {written}}}"))[0], message, "{written}");
    }
}

#[test]
fn what_depends_on_an_error_is_not_complained_of_again() {
    let text = ".b: {script: !reference [.nope, x]}\na: {script: !reference [.b, script]}\nc: {script: [!reference [.b, script]], x: !reference z}";
    assert_eq!(
        messages(text),
        [r#"!reference [".nope", "x"] could not be found"#, r#"!reference "z" is not valid"#]
    );
}

#[test]
fn the_order_is_that_of_the_file() {
    let text =
        "a: {script: [!reference [.b, script], !reference [.none1]]}\n.b: {script: [!reference [.none2]]}";
    assert_eq!(messages(text)[0], r#"!reference [".none2"] could not be found"#);
}

#[test]
fn bombs_are_refused() {
    let mut text = ".a0: {script: [x]}\n".to_owned();
    for level in 1..60 {
        let before = level - 1;
        writeln!(
            text,
            ".a{level}: {{script: [!reference [.a{before}, script], !reference [.a{before}, script]]}}"
        )
        .unwrap();
    }
    refused(&text, "larger than 96 MiB");
}

#[test]
fn long_chains_are_refused_whichever_way_they_are_written() {
    let link = |level: usize, form: &str| {
        format!(".a{level}: {{script: {}}}", form.replace('%', &(level + 1).to_string()))
    };
    for form in ["!reference [.a%, script]", "[!reference [.a%, script]]"] {
        let mut lines: Vec<_> = (0..10_000).map(|level| link(level, form)).collect();
        lines.push(".a10000: {script: x}".into());
        refused(&lines.join("\n"), "more than 200 levels");
        lines.reverse();
        refused(&lines.join("\n"), "more than 200 levels");
    }
}

#[test]
fn many_references_to_one_value_are_quick() {
    let mut text = ".b: {script: [p, !reference [.c, script]]}\n.c: {script: [q]}\n".to_owned();
    for job in 0..10_000 {
        writeln!(text, "a{job}: {{script: [!reference [.b, script], x]}}").unwrap();
    }
    let Extended { root } = resolve(&included(&text)).unwrap();
    let last = root.get("a9999").and_then(|job| job.get("script")).map(Node::inspect);
    assert_eq!(last.as_deref(), Some(r#"[["p", ["q"]], "x"]"#));
    assert!(!root.iter().any(|(_, entry)| matches!(entry.value.value, Value::Reference(_))));
}
