//! `git_info`.

use crate::support::{facts, payload_of};
use ci_yaml::{Context, MergeRequest, Ref, Source};
use pipeline::{PersistentRef, ProjectFacts};

const TEXT: &str = "a: {script: x, rules: [{when: always}]}";
const SHA: &str = "1111111111111111111111111111111111111111";
const ZEROS: &str = "0000000000000000000000000000000000000000";

#[test]
fn branches_are_fetched_beside_the_commit() {
    let git = payload_of(&Context::push("main"), TEXT, &facts()).git_info;
    assert_eq!((&*git.reference, &*git.ref_type, git.depth), ("main", "branch", 20));
    assert_eq!(git.sha, SHA);
    assert_eq!(git.before_sha, "2".repeat(40));
    assert_eq!(
        git.refspecs,
        [format!("+{SHA}:refs/pipelines/7"), "+refs/heads/main:refs/remotes/origin/main".into()]
    );
    assert_eq!(git.protected, Some(false));
    assert!(git.repo_url.expose().contains("glcbt-64_token"));
}

#[test]
fn tags_are_fetched_as_tags() {
    let mut context = Context::push("main");
    context.reference = Ref::Tag("v1".into());
    let mut facts = facts();
    facts.project = ProjectFacts { persistent_ref: PersistentRef::Pipeline, ..facts.project };
    let git = payload_of(&context, TEXT, &facts).git_info;
    assert_eq!((&*git.reference, &*git.ref_type), ("v1", "tag"));
    assert_eq!(git.refspecs, ["+refs/pipelines/7:refs/pipelines/7", "+refs/tags/v1:refs/tags/v1"]);
}

#[test]
fn merge_requests_are_branches_with_a_ref_of_their_own() {
    let mut context = Context::push("main");
    context.source = Source::new("merge_request_event").unwrap();
    context.reference = Ref::MergeRequest("topic".into());
    context.merge_request = Some(MergeRequest { iid: 5, target: "main".into(), ..MergeRequest::default() });
    let git = payload_of(&context, TEXT, &facts()).git_info;
    assert_eq!((&*git.reference, &*git.ref_type), ("refs/merge-requests/5/head", "branch"));
    assert_eq!(git.refspecs, [format!("+{SHA}:refs/pipelines/7")]);
    assert_eq!(git.before_sha, ZEROS);
}

#[test]
fn all_commits_mean_all_refs() {
    let text = "variables: {N: 0, GIT_DEPTH: $N}\na: {script: x}";
    let mut facts = facts();
    facts.project.persistent_ref = PersistentRef::Absent;
    let git = payload_of(&Context::push("main"), text, &facts).git_info;
    assert_eq!(git.depth, 0, "its value is expanded");
    assert_eq!(git.refspecs, ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]);
}
