use super::*;
use crate::FileId;
use crate::yaml::{self, Limits};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

struct Variables;

impl Lookup for Variables {
    fn variable(&self, name: &str) -> Option<Arc<str>> {
        (name == "CI_COMMIT_BRANCH").then(|| "main".into())
    }
}

fn filled_with(
    text: &str,
    given: &Json,
    component: Option<&ComponentFacts>,
) -> Result<Node, Vec<Diagnostic>> {
    let loaded = yaml::load(text, FileId(0), &Limits::default()).unwrap();
    let given = node_from_json(given, Span::default());
    let masked = HashSet::new();
    fill(&loaded, &Request { given: given.as_map(), variables: &Variables, masked: &masked, component })
}

use crate::Span;

fn shown(spec: &str, content: &str, given: &Json) -> Result<String, String> {
    let text = format!("spec: {{inputs: {spec}}}\n---\n{content}\n");
    let filled = filled_with(&text, given, None);
    filled.map(|node| node.inspect()).map_err(|errors| {
        assert!(errors.iter().skip(1).all(|error| error.later), "{errors:?}");
        errors.first().map(|error| error.message.clone()).unwrap()
    })
}

fn value(spec: &str, given: &Json) -> Result<String, String> {
    let map = shown(spec, "k: $[[ inputs.s ]]", given)?;
    Ok(map.strip_prefix(r#"{"k"=>"#).and_then(|map| map.strip_suffix('}')).unwrap().to_owned())
}

#[test]
fn values_given_and_defaults_are_filled_in() {
    assert_eq!(value("{s: }", &json!({"s": "prod"})).unwrap(), r#""prod""#);
    assert_eq!(value("{s: {default: dev}}", &json!({})).unwrap(), r#""dev""#);
    assert_eq!(value("{s: {default: dev}}", &json!({"s": "prod"})).unwrap(), r#""prod""#);
    assert_eq!(value("{s: {default: }}", &json!({})).unwrap(), r#""""#);
    assert_eq!(value("{s: {default: 1.50}}", &json!({})).unwrap(), r#""1.5""#);
    assert_eq!(value("{s: {default: dev}}", &json!({"s": null})).unwrap(), r#""dev""#);
}

#[test]
fn types_stay_where_a_block_is_the_whole_value() {
    assert_eq!(value("{s: {type: number}}", &json!({"s": "3"})).unwrap(), "3");
    assert_eq!(value("{s: {type: number, default: 2}}", &json!({})).unwrap(), "2");
    assert_eq!(value("{s: {type: boolean}}", &json!({"s": "true"})).unwrap(), "true");
    assert_eq!(value("{s: {type: array}}", &json!({"s": "[1, \"a\"]"})).unwrap(), r#"[1, "a"]"#);
    assert_eq!(value("{s: {type: array, default: [{if: $A}]}}", &json!({})).unwrap(), r#"[{"if"=>"$A"}]"#);
}

#[test]
fn lists_are_spliced_and_text_is_put_into_text() {
    let spec = "{l: {type: array, default: [a, b]}, n: {type: number, default: 2}, b: {type: boolean, default: true}, s: {default: ''}}";
    let show = |content: &str| shown(spec, content, &json!({})).unwrap();
    assert_eq!(show("j: ['$[[ inputs.l ]]', c]"), r#"{"j"=>["a", "b", "c"]}"#);
    assert_eq!(show("j: [z, ['$[[ inputs.l ]]']]"), r#"{"j"=>["z", ["a", "b"]]}"#);
    assert_eq!(show("j: 'x $[[ inputs.l ]]'"), r#"{"j"=>"x [\"a\", \"b\"]"}"#);
    assert_eq!(show("j: '$[[ inputs.l[1] ]]'"), r#"{"j"=>"b"}"#);
    assert_eq!(
        show("j: 'n=$[[ inputs.n ]] b=$[[inputs.b]] s=$[[ inputs.s ]] $[[inputs.n]]$[[inputs.n]]'"),
        r#"{"j"=>"n=2 b=true s= 22"}"#
    );
    assert_eq!(show("'a-$[[ inputs.n ]]': 1\n'$[[ inputs.n ]]': 2"), r#"{"a-2"=>1, 2=>2}"#);
    assert_eq!(show("j: '$[[ matrix.K ]] x'"), r#"{"j"=>"$[[ matrix.K ]] x"}"#);
    assert_eq!(show("j: '$[[ inputs.s | expand_vars ]]'"), r#"{"j"=>""}"#);
    assert_eq!(show("j: !reference ['$[[ inputs.s ]]']"), r#"{"j"=>!reference ["$[[ inputs.s ]]"]}"#);
}

#[test]
fn backslashes_in_values_are_what_they_are_on_the_server() {
    let spec = r"{r: {default: 'a\\.b\d'}, n: {default: '<$[[ inputs.r ]]>'}}";
    let show = |content: &str| shown(spec, content, &json!({})).unwrap();
    assert_eq!(show("j: $[[ inputs.r ]]"), r#"{"j"=>"a\\\\.b\\d"}"#);
    assert_eq!(show("j: x $[[ inputs.r ]]"), r#"{"j"=>"x a\\.b\\d"}"#);
    assert_eq!(show("j: $[[ inputs.n ]] $[[ inputs.r ]]"), r#"{"j"=>"<a\\.b\\d> a\\.b\\d"}"#);
}

#[test]
fn variables_are_expanded_on_demand() {
    let given = json!({"s": "$CI_COMMIT_BRANCH-$NOPE"});
    let made = shown("{s: }", "k: 'x $[[ inputs.s | expand_vars ]]'", &given).unwrap();
    assert_eq!(made, r#"{"k"=>"x main-$NOPE"}"#);
}

#[test]
fn a_file_without_header_is_left_alone() {
    let content = filled_with("a: $[[ inputs.e ]]\n", &json!({}), None).unwrap();
    assert_eq!(content.inspect(), r#"{"a"=>"$[[ inputs.e ]]"}"#);
    let errors = filled_with("a: b\n", &json!({"x": 1}), None).unwrap_err();
    let message = "Given inputs not defined in the `spec` section of the included configuration file";
    assert_eq!(errors[0].message, message);
}

#[test]
fn wrong_values_are_told_as_gitlab_does() {
    for (spec, given, message) in [
        ("{s: }", json!({}), "`s` input: required value has not been provided"),
        (
            "{s: {options: [dev, prod]}}",
            json!({"s": "test"}),
            "`s` input: `test` cannot be used because it is not in the list of allowed options",
        ),
        (
            "{s: {type: number, options: [1, 2]}}",
            json!({"s": 3}),
            "`s` input: `3` cannot be used because it is not in the list of the allowed options",
        ),
        (
            "{s: {regex: '^\\d+\\.\\d+$'}}",
            json!({"s": "1.x"}),
            "`s` input: provided value does not match required RegEx pattern",
        ),
        (
            "{s: {regex: '^x', default: y}}",
            json!({}),
            "`s` input: default value does not match required RegEx pattern",
        ),
        ("{s: {regex: '('}}", json!({"s": "y"}), "`s` input: invalid regular expression"),
        ("{s: {type: number}}", json!({"s": "two"}), "`s` input: provided value is not a number"),
        ("{s: {type: boolean}}", json!({"s": 1}), "`s` input: provided value is not a boolean"),
        ("{s: {type: array}}", json!({"s": "a"}), "`s` input: provided value is not an array"),
        ("{s: {type: number, default: two}}", json!({}), "`s` input: default value is not a number"),
        (
            "{s: {type: boolean, options: [true]}}",
            json!({"s": true}),
            "`s` input: Options can only be used with string and number inputs",
        ),
        (
            "{s: {type: number, regex: '1'}}",
            json!({"s": 1}),
            "`s` input: RegEx validation can only be used with string inputs",
        ),
        ("{s: {default: a}}", json!({"t": 1, "u": 2}), "unknown input arguments: t, u"),
        (
            "{a: , b: , s: , d: }",
            json!({"x": 1}),
            "unknown input arguments: x, `a` input: required value has not been provided, `b` input: required value \
             has not been provided",
        ),
    ] {
        assert_eq!(value(spec, &given).unwrap_err(), message, "{spec}");
    }
}

#[test]
fn wrong_headers_are_told_as_gitlab_does() {
    for (header, message) in [
        ("spec: {inputs: {s: {default: a}}}\ntitle: x", "header config contains unknown keys: title"),
        ("spec: x", "header:spec config should be a hash"),
        ("spec: {input: {}}", "header:spec config contains unknown keys: input"),
        ("spec: {inputs: [a]}", "header:spec:inputs config should be a hash"),
        ("spec: {inputs: {Name: x}}", "header:spec:inputs:name config should be a hash"),
        ("spec: {inputs: {s: {defualt: x}}}", "header:spec:inputs:s config contains unknown keys: defualt"),
        ("spec: {inputs: {s: {type: int}}}", "header:spec:inputs:s input type unknown value: int"),
        ("spec: {inputs: {s: {options: a}}}", "header:spec:inputs:s input options should be an array"),
        (
            "spec: {inputs: {s: {options: [a, null]}}}",
            "header:spec:inputs:s config options array cannot contain null values",
        ),
        ("spec: {inputs: {s: {regex: 1}}}", "header:spec:inputs:s input regex should be a string"),
        ("spec: {inputs: {true: }}", "header:spec:inputs:true key must be an alphanumeric string"),
        (
            "spec: {inputs: {s: {rules: [{options: [a], default: a}], default: x}}}",
            "header:spec:inputs:s config these keys cannot be used together: rules, default",
        ),
        ("spec: {inputs: {s: {rules: x}}}", "header:spec:inputs:s:rules config should be an array"),
        (
            "spec: {inputs: {s: {rules: [{options: [a]}]}}}",
            "header:spec:inputs:s:rules:rule rule must define 'options' with at least one value and a 'default'",
        ),
        (
            "spec: {inputs: {s: {rules: [{options: [a], default: B}]}}}",
            "header:spec:inputs:s:rules:rule default 'b' must be one of the options",
        ),
        (
            "spec: {inputs: {s: {rules: [{if: '$[[ inputs.z ]] == \"a\"', options: [a], default: a}]}}}",
            "header:spec:inputs:s config rule[0] references undefined inputs: z",
        ),
        (
            "spec: {inputs: {s: {rules: [{if: '$[[ inputs.s ]] == \"a\"', options: [a], default: a}]}}}",
            "header:spec:inputs:s config circular dependency detected",
        ),
        (
            "spec: {inputs: {s: {rules: [{if: 'nope', options: [a], default: a}]}}}",
            "header:spec:inputs:s:rules:rule if invalid expression syntax",
        ),
        ("spec: {component: [name, nope]}", "header:spec:component config contains unknown values: nope"),
        ("spec: {description: [a]}", "header:spec:description config should be a string"),
    ] {
        let errors = filled_with(&format!("{header}\n---\na: b\n"), &json!({}), None).unwrap_err();
        assert_eq!(errors[0].message, message, "{header}");
        assert!(errors[0].span.is_some(), "{header}");
    }
}

#[test]
fn wrong_blocks_are_told_as_gitlab_does() {
    let spec = "{some: {default: a}, l: {type: array, default: [a]}}";
    let tail = "check that the function name, arguments, and types are correct";
    for (block, message) in [
        ("inputs.z", "unknown interpolation provided: `z` in `inputs.z`".to_owned()),
        ("foo", "invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]".into()),
        ("inputs.some | foo", format!("no function matching `foo`: {tail}")),
        ("inputs.some|a|b", format!("no function matching `a`: {tail}, no function matching `b`: {tail}")),
        ("inputs.l[5]", "array index 5 out of bounds (size: 1) in `inputs.l[5]`".into()),
        ("component.name", "unknown interpolation provided: `name` in `component.name`".into()),
    ] {
        assert_eq!(shown(spec, &format!("k: 'x $[[ {block} ]]'"), &json!({})).unwrap_err(), message);
    }
    // The server stops at the first; we tell of the others as well.
    let text = format!(
        "spec: {{inputs: {spec}}}\n---\na: $[[ inputs.y ]]\nb: $[[ inputs.z ]]\nc: $[[ inputs.z ]]\n"
    );
    let errors = filled_with(&text, &json!({}), None).unwrap_err();
    let told: Vec<_> = errors.iter().map(|error| (error.message.as_str(), error.later)).collect();
    assert_eq!(
        told,
        [
            ("unknown interpolation provided: `y` in `inputs.y`", false),
            ("unknown interpolation provided: `z` in `inputs.z`", true)
        ]
    );
    let errors =
        filled_with("spec: {inputs: {some: }}\n---\na: $[[ inputs.sone ]]\n", &json!({"some": 1}), None)
            .unwrap_err();
    assert_eq!(errors[0].note.as_deref(), Some("did you mean `some`?"));
    assert_eq!(errors[0].span.unwrap().start.line, 3);
}

#[test]
fn rules_choose_options_and_defaults() {
    let spec = "{env: {default: dev, options: [dev, prod]}, s: {rules: [\
                {if: '$[[ inputs.env ]] == \"prod\"', options: [big, huge], default: big},\
                {options: [small], default: small}]}}";
    assert_eq!(value(spec, &json!({})).unwrap(), r#""small""#);
    assert_eq!(value(spec, &json!({"env": "prod"})).unwrap(), r#""big""#);
    assert_eq!(value(spec, &json!({"env": "prod", "s": "huge"})).unwrap(), r#""huge""#);
    assert_eq!(
        value(spec, &json!({"s": "huge"})).unwrap_err(),
        "`s` input: `huge` cannot be used because it is not in the list of allowed options"
    );
    let required = "{e: {default: x}, s: {rules: [{if: '$[[ inputs.e ]] == \"y\"', default: z}]}}";
    assert_eq!(value(required, &json!({})).unwrap(), r#""""#);
    assert_eq!(value(required, &json!({"e": "y"})).unwrap(), r#""z""#);
    let numbers = "{s: {type: number, rules: [{options: [1, 2], default: 2}]}}";
    assert_eq!(value(numbers, &json!({})).unwrap(), "2");
}

#[test]
fn components_learn_what_they_ask_for() {
    let facts =
        ComponentFacts { name: "gcc".into(), sha: "abc".into(), version: None, reference: "main".into() };
    let text = "spec: {component: [name, version]}\n---\na: $[[ component.name ]]/$[[ component.version ]]\n";
    let content = filled_with(text, &json!({}), Some(&facts)).unwrap();
    assert_eq!(content.inspect(), r#"{"a"=>"gcc/"}"#);
    let text = "spec: {component: [name]}\n---\na: $[[ component.sha ]]\n";
    let errors = filled_with(text, &json!({}), Some(&facts)).unwrap_err();
    assert_eq!(errors[0].message, "unknown interpolation provided: `sha` in `component.sha`");
}

#[test]
fn what_is_filled_in_keeps_the_place_of_its_block() {
    let text = "spec: {inputs: {l: {type: array, default: [a]}}}\n---\nx:\n  y: $[[ inputs.l ]]\n";
    let content = filled_with(text, &json!({}), None).unwrap();
    let list = content.get("x").and_then(|x| x.get("y")).unwrap();
    assert_eq!(list.span.start.line, 4);
    assert_eq!(list.as_seq().unwrap()[0].span.start.line, 1);
}

#[test]
fn limits_are_named() {
    let blocks: String =
        (0..10_001).map(|index| format!("- $[[ inputs.s | truncate(0,{index}) ]]\n")).collect();
    let text = format!("spec: {{inputs: {{s: {{default: a}}}}}}\n---\nx:\n{blocks}");
    let limits = Limits { memory: usize::MAX, ..Limits::default() };
    let masked = HashSet::new();
    let request = Request { given: None, variables: &Variables, masked: &masked, component: None };
    let first = |text: &str| {
        let loaded = yaml::load(text, FileId(0), &limits).unwrap();
        fill(&loaded, &request).unwrap_err().remove(0).message
    };
    assert_eq!(first(&text), "too many interpolation blocks");

    let long = "y".repeat(100_000);
    for uses in ["- x$[[ inputs.s ]]\n", "- $[[ inputs.s ]]\n", "- '$[[ inputs.s ]]': 1\n"] {
        let uses = uses.repeat(1000);
        let text = format!("spec: {{inputs: {{s: {{default: {long}}}}}}}\n---\nx:\n{uses}");
        assert_eq!(first(&text), "config too large");
    }

    let items = "a, ".repeat(10_000);
    let uses = "- $[[ inputs.s ]]\n".repeat(100);
    let text = format!("spec: {{inputs: {{s: {{type: array, default: [{items}]}}}}}}\n---\nx:\n{uses}");
    assert_eq!(first(&text), "config too large");
}

proptest! {
    #[test]
    fn no_block_makes_it_panic(block in r"[ a-z.|()\[\]0-9',$]{0,40}", value in "\\PC{0,20}") {
        let text = format!("spec: {{inputs: {{s: }}}}\n---\nx: {}\n", json!(format!("$[[ inputs.s{block} ]] $[[{block}]]")));
        if let Ok(loaded) = yaml::load(&text, FileId(0), &Limits::default()) {
            let given = node_from_json(&json!({"s": value}), Span::default());
            let masked = HashSet::new();
            let request = Request { given: given.as_map(), variables: &Variables, masked: &masked, component: None };
            let _ = fill(&loaded, &request);
        }
    }
}
