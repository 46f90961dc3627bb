//! Whatever a job holds, its payload is read as it was written.

use crate::support::{blueprint, facts, payload, setting, template};
use ci_yaml::{Context, GivenVariable};
use proptest::prelude::*;
use serde_json::json;
use std::collections::HashSet;

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~é\n]{0,12}", "(\\$[AB]|\\$\\{C\\}|%D%|\\$\\$|[a-z/]){0,5}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn payloads_read_as_they_were_written(
        script in proptest::collection::vec("[ -~é]{1,12}", 1..4),
        values in proptest::collection::vec(value(), 4),
        settings in proptest::collection::vec(value(), 4),
        dotenv in value(),
        file in any::<bool>(),
    ) {
        let mut context = Context::push("main");
        let variables: Vec<_> = ["A", "B", "C", "E"].into_iter().zip(&values).collect();
        let variables: serde_json::Map<_, _> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), json!({"value": value, "expand": false}))).collect();
        let text = json!({"a": {"script": script, "variables": variables}}).to_string();
        let mut template = template(&blueprint(&context, &text), "a");
        for variable in &mut template.variables {
            variable.raw = false;
        }
        let names = ["A", "D", "F", "G"];
        context.project_variables =
            names.into_iter().zip(&settings).map(|(name, value)| setting(name, value)).collect();
        context.variables =
            vec![GivenVariable { name: "B".into(), value: dotenv.clone(), raw: false, file }];
        let reported = [("C".to_owned(), dotenv)];
        let mut facts = facts();
        facts.dotenv = &reported;
        let job = payload(&template, &context, &facts);
        prop_assert_eq!(&job.steps[0].script, &script);
        let names: HashSet<&str> = job.variables.iter().map(|variable| &*variable.key).collect();
        for name in ["A", "B", "C", "D", "E", "F", "G", "CI_JOB_TOKEN"] {
            prop_assert!(names.contains(name), "{}", name);
        }
    }
}
