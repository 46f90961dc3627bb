//! Wrong calls: status 2 and one message.

use super::{PIPELINE, Repository};

#[test]
fn wrong_calls_are_named_and_have_their_own_status() {
    let repository = Repository::with(PIPELINE);
    for (arguments, part) in [
        (&["plan", "--bogus"][..], "--bogus"),
        (&["plan", "--event", "pusch"], "merge_request"),
        (&["plan", "--source", "pushh"], "did you mean `push`?"),
        (&["plan", "--changed", "a", "--no-changes"], "cannot be used with"),
        (&["plan", "--repo", "nowhere"], "cannot use"),
        (&["plan", "--revision", "nowhere"], "`nowhere`"),
        (&["plan", "--variable", "A"], "KEY=VALUE"),
        (&["plan", "--file", "other.yml"], "there is no other.yml in"),
        (&["why"], "JOB"),
        (&["why", "test", "--event", "push,tag"], "one event at a time"),
        (&["frobnicate"], "frobnicate"),
        (&["graph", "--format", "png"], "mermaid"),
    ] {
        let said = repository.ci(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments:?}: {}", said.err);
        assert_eq!(said.err.matches("error: ").count(), 1, "{arguments:?}: {}", said.err);
        said.has(&[part]);
    }
}

#[test]
fn help_has_examples() {
    let repository = Repository::with(PIPELINE);
    for command in ["lint", "plan", "why", "expand", "graph"] {
        let said = repository.ci(&[command, "--help"]);
        assert_eq!(said.code, Some(0));
        said.has(&["Examples:", &format!("runner ci {command}"), "--project-dir"]);
    }
}
