//! Which refs may be pushed.

use super::receive::Command;
use crate::model::Project;
use gitread::is_ref_name;

/// Places of refs that belong to the coordinator. Nobody pushes there.
pub(super) const OWN: &[&str] =
    &["refs/pipelines", "refs/keep-around", "refs/merge-requests", "refs/environments", "refs/coordinator"];

/// What is said of one ref of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be.
    Allowed,
    /// It may be if nothing is lost: the new commit has the old one among its ancestors.
    OnlyForward,
    /// It may not be, and why.
    Refused(&'static str),
}

/// Why a branch is not set back.
pub(super) const NO_FORCE: &str =
    "You are not allowed to force push code to a protected branch on this project.";

/// What is said of a ref that a push wants to change.
pub(super) fn verdict(project: &Project, command: &Command) -> Verdict {
    use Verdict::{Allowed, OnlyForward, Refused};
    let name = command.reference.as_str();
    if !is_ref_name(name) || !name.starts_with("refs/") {
        return Refused("This is no name for a branch or a tag.");
    }
    if OWN
        .iter()
        .any(|own| name.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    {
        return Refused("This ref belongs to the server.");
    }
    if let Some(branch) = name.strip_prefix("refs/heads/") {
        return match command.after {
            None if branch == project.default_branch => {
                Refused("The default branch of a project cannot be deleted.")
            }
            None if is_protected(&project.protected_branches, branch) => {
                Refused("You can only delete protected branches using the web interface.")
            }
            Some(_) if looks_like_id(branch) => Refused("A branch cannot be called like a commit."),
            Some(_) if branch.starts_with('-') || branch == "HEAD" => {
                Refused("A branch cannot be called so.")
            }
            Some(_) if is_protected(&project.protected_branches, branch) => OnlyForward,
            _ => Allowed,
        };
    }
    if let Some(tag) = name.strip_prefix("refs/tags/") {
        let protected = is_protected(&project.protected_tags, tag);
        return match (&command.before, &command.after) {
            (_, None) if protected => Refused("Protected tags cannot be deleted."),
            (Some(_), Some(_)) if protected => Refused("Protected tags cannot be updated."),
            (_, Some(_)) if tag.starts_with('-') => Refused("A tag cannot be called so."),
            _ => Allowed,
        };
    }
    Allowed
}

fn looks_like_id(branch: &str) -> bool {
    matches!(branch.len(), 40 | 64) && branch.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_protected(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, name))
}

/// Whether a name fits a pattern in which `*` stands for any run of characters.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut open = false;
    let mut last = "";
    for part in parts {
        if open && !last.is_empty() {
            let Some(at) = rest.find(last) else { return false };
            rest = &rest[at + last.len()..];
        }
        (open, last) = (true, part);
    }
    if open { rest.ends_with(last) } else { rest.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        for (pattern, name, is) in [
            ("main", "main", true),
            ("main", "maint", false),
            ("*", "anything/else", true),
            ("release/*", "release/1", true),
            ("release/*", "release", false),
            ("*-stable", "1-2-stable", true),
            ("*-stable", "1-stable-2", false),
            ("v*.*-x", "v1.2-x", true),
            ("v*.*-x", "v1-x", false),
            ("a*a", "a", false),
            ("a**b", "ab", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(fits(pattern, name), is, "{pattern} {name}");
        }
    }

    #[test]
    fn protected_things_stay_and_the_rest_is_free() {
        let project = crate::git::testing::project(1, "g/p");
        let id = Some("1".repeat(40));
        let said = |reference: &str, before: &Option<String>, after: &Option<String>| {
            let command =
                Command { reference: reference.into(), before: before.clone(), after: after.clone() };
            verdict(&project, &command)
        };
        let refused =
            |reference: &str, before, after| matches!(said(reference, before, after), Verdict::Refused(_));
        assert_eq!(said("refs/heads/main", &id, &id), Verdict::OnlyForward);
        assert_eq!(said("refs/heads/side", &id, &id), Verdict::Allowed);
        assert_eq!(said("refs/heads/side", &id, &None), Verdict::Allowed);
        assert_eq!(said("refs/tags/v1", &None, &id), Verdict::Allowed);
        assert_eq!(said("refs/notes/x", &None, &id), Verdict::Allowed);
        assert_eq!(said("refs/pipelinesque/x", &None, &id), Verdict::Allowed);
        assert!(refused("refs/heads/main", &id, &None));
        assert!(refused("refs/heads/stable", &id, &None));
        assert!(refused("refs/tags/p1", &id, &id) && refused("refs/tags/p1", &id, &None));
        for name in [
            "refs/pipelines/1",
            "refs/keep-around/x",
            "HEAD",
            "refs/heads/../x",
            "refs/heads/-x",
            "refs/heads/0123456789012345678901234567890123456789",
            "refs/heads/a b",
            "refs/heads/",
        ] {
            assert!(refused(name, &None, &id), "{name}");
        }
    }
}
