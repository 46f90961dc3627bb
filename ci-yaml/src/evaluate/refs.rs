//! What the names, keywords and patterns of `only:refs` and `except:refs` match
//! (`Gitlab::Ci::Build::Policy::Refs`).

use crate::Context;
use crate::matching::pattern::{self, Regex};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Why an element of a list matches or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefVerdict {
    /// `tags` in a pipeline of a tag.
    Tag,
    /// `branches` in a pipeline of a branch.
    Branch,
    /// The pipeline's source, in the singular or the plural.
    Source,
    /// The name of the branch or tag itself.
    Name,
    /// A regular expression that is found in the name.
    Pattern,
    /// What stands behind the `@` is not the project's path.
    OtherProject,
    /// A name or a pattern in a pipeline of a merge request: only keywords are compared there.
    NotInMergeRequests,
    /// A keyword of GitLab's for another kind of pipeline.
    OtherKeyword,
    /// Another name.
    OtherName,
    /// A regular expression that is not found in the name.
    PatternNotFound,
}

impl RefVerdict {
    /// Whether it matches.
    pub fn matches(&self) -> bool {
        matches!(self, Self::Tag | Self::Branch | Self::Source | Self::Name | Self::Pattern)
    }
}

/// Searches for each pattern once: all jobs of a pipeline are on the same ref.
#[derive(Debug, Default)]
pub(super) struct RefPatterns(RefCell<HashMap<Arc<str>, bool>>);

/// Asked before each search of a regular expression for as many steps as it takes at worst. What may not be taken counts
/// as not found.
pub(super) type Afford<'a> = &'a dyn Fn(u64) -> bool;

impl RefPatterns {
    /// Compares an element of a list with the pipeline.
    pub(super) fn judge(&self, context: &Context, element: &Arc<str>, afford: Afford<'_>) -> RefVerdict {
        let (text, path) = split(element);
        if path.is_some_and(|path| path != context.project.path) {
            return RefVerdict::OtherProject;
        }
        if text == "tags" && context.is_tag() {
            return RefVerdict::Tag;
        }
        if text == "branches" && context.is_branch() {
            return RefVerdict::Branch;
        }
        if is_source(text, context.source.as_str()) {
            return RefVerdict::Source;
        }
        if !(context.is_branch() || context.is_tag()) {
            return if is_keyword(text) { RefVerdict::OtherKeyword } else { RefVerdict::NotInMergeRequests };
        }
        self.judge_name(element, text, context.reference.name(), afford)
    }

    fn judge_name(&self, element: &Arc<str>, text: &str, name: &str, afford: Afford<'_>) -> RefVerdict {
        if let Some(literal) = pattern::literal(text) {
            // Patterns that do not compile are refused before, unless an `@` tore them apart; those match nothing.
            let find = || {
                let regex = pattern::compile(literal.body, literal.flags).ok();
                regex.is_some_and(|regex| is_found(&regex, name, afford))
            };
            let found = *self.0.borrow_mut().entry(element.clone()).or_insert_with(find);
            return if found { RefVerdict::Pattern } else { RefVerdict::PatternNotFound };
        }
        match text {
            text if text == name => RefVerdict::Name,
            text if is_keyword(text) => RefVerdict::OtherKeyword,
            _ => RefVerdict::OtherName,
        }
    }
}

/// Whether a regular expression is found in a name. One that is too large for that alone is more than can be afforded.
fn is_found(regex: &Regex, name: &str, afford: Afford<'_>) -> bool {
    afford(regex.work(name)) && regex.search(name).unwrap_or_else(|_| afford(u64::MAX))
}

/// An element without the path of a project, and that path. Whatever the element is, its first `@` parts it.
pub(crate) fn split(element: &str) -> (&str, Option<&str>) {
    match element.split_once('@') {
        Some((text, path)) => (text, Some(path)),
        None => (element, None),
    }
}

/// Whether a word names a source: singular or plural, without a trailing `_event`.
pub(crate) fn is_source(word: &str, source: &str) -> bool {
    let source = source.strip_suffix("_event").unwrap_or(source);
    let Some(ending) = word.strip_prefix(source) else {
        // `policy` becomes `policies`.
        return source
            .strip_suffix('y')
            .and_then(|stem| word.strip_prefix(stem))
            .is_some_and(|ending| ending == "ies" && !ends_in_vowel_y(source));
    };
    let plural = if ["s", "sh", "ch", "x"].iter().any(|sound| source.ends_with(sound)) {
        "es"
    } else if source.ends_with('y') && !ends_in_vowel_y(source) {
        // Has its plural above.
        return ending.is_empty();
    } else {
        "s"
    };
    ending.is_empty() || ending == plural
}

fn ends_in_vowel_y(word: &str) -> bool {
    let mut ends = word.chars().rev().skip(1);
    ends.next().is_some_and(|before| "aeiou".contains(before))
}

/// The source that a word names, in the words of `CI_PIPELINE_SOURCE`.
pub(crate) fn source_named(word: &str) -> Option<&'static str> {
    crate::Source::all().iter().find(|source| is_source(word, source)).copied()
}

/// Whether a word is one of those that stand for a kind of pipeline.
pub(crate) fn is_keyword(word: &str) -> bool {
    matches!(word, "tags" | "branches") || source_named(word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MergeRequest, Ref, Source};

    fn branch(name: &str) -> Context {
        Context::push(name)
    }

    fn tag(name: &str) -> Context {
        Context { reference: Ref::Tag(name.into()), ..Context::push("main") }
    }

    fn from(source: &str, name: &str) -> Context {
        Context { source: Source::new(source).unwrap(), ..Context::push(name) }
    }

    fn request(name: &str) -> Context {
        Context {
            reference: Ref::MergeRequest(name.into()),
            merge_request: Some(MergeRequest::default()),
            ..from("merge_request_event", name)
        }
    }

    fn matching(context: &Context, elements: &[&str]) -> Vec<String> {
        let patterns = RefPatterns::default();
        let matches = |element: &&&str| patterns.judge(context, &(**element).into(), &|_| true).matches();
        elements.iter().filter(matches).map(ToString::to_string).collect()
    }

    #[test]
    fn names_are_exact() {
        let elements = ["feat*", "feat", "Feature", "feat.*", "^feature$", "feature"];
        assert_eq!(matching(&branch("feature"), &elements), ["feature"]);
        assert_eq!(matching(&branch("feat*"), &elements), ["feat*"]);
        assert_eq!(matching(&tag("feature"), &elements), ["feature"]);
        assert_eq!(matching(&request("feature"), &elements), [""; 0]);
    }

    #[test]
    fn patterns_search_the_name() {
        let elements =
            ["/feat/", "/^feat/", "/feature$/", "/^my-.*$/", "/FEATURE/", "/FEATURE/i", "/feature/x"];
        assert_eq!(
            matching(&branch("my-feature"), &elements),
            ["/feat/", "/feature$/", "/^my-.*$/", "/FEATURE/i"]
        );
        let elements = ["/^release/.*$/", r"/^release\/1/", "/r/", "//", "/^releases//"];
        assert_eq!(matching(&branch("release/1.0"), &elements), elements[..4]);
        assert_eq!(matching(&request("topic"), &["/.*/", "topic", "merge_requests"]), ["merge_requests"]);
        assert_eq!(
            matching(&branch("issue-12"), &["issue-/.*/", "/issue-12", r"/^issue-\d+$/"]),
            [r"/^issue-\d+$/"]
        );
    }

    #[test]
    fn what_takes_too_long_is_not_found_and_told() {
        let (patterns, left) = (RefPatterns::default(), std::cell::Cell::new(Some(200_000_u64)));
        let afford = |steps| {
            left.set(left.get().and_then(|left| left.checked_sub(steps)));
            left.get().is_some()
        };
        let judge = |element: &str| patterns.judge(&branch("main"), &element.into(), &afford);
        assert_eq!(judge("/^m.*n$/"), RefVerdict::Pattern);
        assert_eq!(judge("/^(m|n){90}.*$/"), RefVerdict::PatternNotFound);
        assert!(left.get().is_none(), "one evaluation has only so many steps");
        left.set(Some(u64::MAX - 1));
        let deep = format!("/{}main{}/", "(".repeat(900), ")".repeat(900));
        assert_eq!(judge(&deep), RefVerdict::PatternNotFound);
        assert!(left.get().is_none(), "one expression alone may be too much");
    }

    #[test]
    fn an_at_sign_parts_everything() {
        let elements = ["rel@1", "/^rel@1/", r"/^rel\x40/", "branches"];
        assert_eq!(matching(&branch("rel@1"), &elements), [r"/^rel\x40/", "branches"]);
        let elements = [
            "main@g/p",
            "main@g/q",
            "main@G/P",
            "branches@g/p",
            "branches@g",
            "/^m/@g/p",
            "/(/@g/p",
            "main@",
        ];
        assert_eq!(matching(&branch("main"), &elements), ["main@g/p", "branches@g/p", "/^m/@g/p"]);
    }

    #[test]
    fn keywords_name_kinds_and_sources() {
        let request_words = ["merge_requests", "merge_request", "merge_request_event", "branches", "pushes"];
        assert_eq!(matching(&request("topic"), &request_words), request_words[..2]);
        assert_eq!(
            matching(&branch("main"), &["pushes", "push", "pushs", "web", "tags", "branches"]),
            ["pushes", "push", "branches"]
        );
        assert_eq!(matching(&tag("v1"), &["tags", "branches", "pushes"]), ["tags", "pushes"]);
        assert_eq!(matching(&from("api", "main"), &["api", "apis", "web"]), ["api", "apis"]);
        assert_eq!(matching(&from("web", "main"), &["web", "webs", "webide"]), ["web", "webs"]);
        let policy = from("security_orchestration_policy", "main");
        assert_eq!(
            matching(&policy, &["security_orchestration_policies", "security_orchestration_policys"]),
            ["security_orchestration_policies"]
        );
        assert_eq!(matching(&branch("tags"), &["tags"]), ["tags"]);
        assert_eq!(matching(&branch("web"), &["web", "schedules"]), ["web"]);
    }

    #[test]
    fn a_child_of_a_merge_request_is_no_branch() {
        let mut child = from("parent_pipeline", "topic");
        child.merge_request = Some(MergeRequest::default());
        assert_eq!(matching(&child, &["branches", "topic", "parent_pipelines"]), ["parent_pipelines"]);
    }

    #[test]
    fn reasons_are_told() {
        let patterns = RefPatterns::default();
        let judge = |context: &Context, element: &str| patterns.judge(context, &element.into(), &|_| true);
        assert_eq!(judge(&branch("main"), "tags"), RefVerdict::OtherKeyword);
        assert_eq!(judge(&branch("main"), "dev"), RefVerdict::OtherName);
        assert_eq!(judge(&branch("main"), "/dev/"), RefVerdict::PatternNotFound);
        assert_eq!(judge(&branch("main"), "main@x/y"), RefVerdict::OtherProject);
        assert_eq!(judge(&request("main"), "main"), RefVerdict::NotInMergeRequests);
    }
}
