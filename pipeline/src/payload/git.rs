//! What a runner checks out.

use crate::facts::{Facts, PersistentRef};
use ci_yaml::variables::Collection;
use ci_yaml::{Context, Ref};
use protocol::GitInfo;

/// Most commits that a depth can ask for.
const MOST_COMMITS: i64 = 1_000_000;

pub(super) fn info(context: &Context, facts: &Facts<'_>, variables: &Collection) -> GitInfo {
    let value = |name: &str| variables.get(name).and_then(|item| item.value.as_deref());
    let depth = depth(value("GIT_DEPTH"), facts.project.depth);
    GitInfo {
        repo_url: facts.project.repository_url.clone(),
        repo_object_format: facts.project.object_format.to_owned(),
        reference: reference(context),
        ref_type: if context.is_tag() { "tag" } else { "branch" }.into(),
        sha: context.commit.sha.clone(),
        before_sha: value("CI_COMMIT_BEFORE_SHA").unwrap_or_default().to_owned(),
        refspecs: refspecs(context, facts, depth),
        depth,
        protected: Some(context.protected),
    }
}

/// As Ruby reads a number: the digits that a text begins with, nothing counting as none. All commits with 0.
fn depth(written: Option<&str>, default: i64) -> i64 {
    let Some(text) = written else { return default };
    let text = text.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return 0;
    }
    text[..digits].parse().unwrap_or(MOST_COMMITS).min(MOST_COMMITS)
}

fn reference(context: &Context) -> String {
    match (&context.reference, &context.merge_request) {
        (Ref::MergeRequest(_), Some(request)) => format!("refs/merge-requests/{}/head", request.iid),
        (reference, _) => reference.name().to_owned(),
    }
}

/// What is fetched: the commit by a name that stays, then its branch or tag; all of them where all commits are wanted.
fn refspecs(context: &Context, facts: &Facts<'_>, depth: i64) -> Vec<String> {
    let id = facts.pipeline.id;
    let persistent = match facts.project.persistent_ref {
        PersistentRef::Commit => Some(format!("+{}:refs/pipelines/{id}", context.commit.sha)),
        PersistentRef::Pipeline => Some(format!("+refs/pipelines/{id}:refs/pipelines/{id}")),
        PersistentRef::Absent => None,
    };
    let mut specs: Vec<String> = persistent.into_iter().collect();
    if depth <= 0 {
        specs.push("+refs/heads/*:refs/remotes/origin/*".into());
        specs.push("+refs/tags/*:refs/tags/*".into());
        return specs;
    }
    match &context.reference {
        Ref::Branch(name) => specs.push(format!("+refs/heads/{name}:refs/remotes/origin/{name}")),
        Ref::Tag(name) => specs.push(format!("+refs/tags/{name}:refs/tags/{name}")),
        Ref::MergeRequest(_) => {}
    }
    specs
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn depths_are_numbers_or_none() {
        assert_eq!(depth(None, 20), 20);
        assert_eq!(depth(Some("5"), 20), 5);
        assert_eq!(depth(Some("0"), 20), 0);
        assert_eq!(depth(Some(""), 20), 0);
        assert_eq!(depth(Some("all"), 20), 0);
        assert_eq!(depth(Some("-3"), 20), 0);
        assert_eq!(depth(Some("99999999999999999999"), 20), 1_000_000);
    }
}
