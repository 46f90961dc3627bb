//! Branches and tags of a checkout, as the copies have them.

use crate::checkout::Checkout;
use crate::error::SnapshotError;
use crate::git::Call;
use std::collections::BTreeMap;

const HEADS: &str = "refs/heads/";
const ORIGIN: &str = "refs/remotes/origin/";
const TAGS: &str = "refs/tags/";

/// A reference and the object it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ref {
    pub(crate) object: String,
    pub(crate) name: String,
}

/// Branches, tags, and what was last seen of the branches of the remote `origin`.
pub(crate) fn list(checkout: &Checkout) -> Result<Vec<Ref>, SnapshotError> {
    let call = Call::new(&checkout.root, "for-each-ref");
    let output = call
        .args(["--format=%(objectname) %(refname)", "refs/heads", "refs/tags", "refs/remotes/origin"])
        .output()?;
    Ok(parse(&String::from_utf8_lossy(&output)))
}

fn parse(text: &str) -> Vec<Ref> {
    let line = |line: &str| {
        let (object, name) = line.split_once(' ')?;
        is_object(object).then(|| Ref { object: object.to_owned(), name: name.to_owned() })
    };
    text.lines().filter_map(line).collect()
}

fn is_object(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// References as a job's clone has them: branches are those of `origin`. A branch of the checkout itself comes before
/// what was seen of the remote's.
pub(crate) fn packed(refs: &[Ref]) -> Vec<u8> {
    let mut names = BTreeMap::new();
    for Ref { object, name } in refs {
        if name.starts_with(TAGS) || (name.starts_with(ORIGIN) && name != "refs/remotes/origin/HEAD") {
            names.insert(name.clone(), object);
        }
    }
    for Ref { object, name } in refs {
        let Some(branch) = name.strip_prefix(HEADS) else { continue };
        let name = format!("{ORIGIN}{branch}");
        // `a` and `a/b` cannot both be.
        let inside = format!("{name}/");
        names.retain(|other, _| !other.starts_with(&inside) && !name.starts_with(&format!("{other}/")));
        names.insert(name, object);
    }
    let mut text = String::from("# pack-refs with: sorted \n");
    for (name, object) in names {
        text.push_str(object);
        text.push(' ');
        text.push_str(&name);
        text.push('\n');
    }
    text.into_bytes()
}

/// What the copies' `HEAD` is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head {
    Commit(String),
    /// The branch that the first commit will be on.
    Unborn(String),
}

impl Head {
    pub(crate) fn of(checkout: &Checkout, refs: &[Ref], commit: Option<&str>) -> Result<Self, SnapshotError> {
        if let Some(commit) = commit {
            if !is_object(commit) {
                let message = format!("{commit:?} is not the name of a commit");
                return Err(SnapshotError::Git { call: "rev-parse", message });
            }
            return Ok(Self::Commit(commit.to_owned()));
        }
        let path = checkout.git_dir.join("HEAD");
        let text =
            std::fs::read_to_string(&path).map_err(|source| SnapshotError::Unreadable { path, source })?;
        let text = text.trim();
        if is_object(text) {
            return Ok(Self::Commit(text.to_owned()));
        }
        let name = text.strip_prefix("ref:").unwrap_or(text).trim();
        let found = refs.iter().find(|known| known.name == name).map(|known| known.object.clone());
        let found = found.or_else(|| crate::template::ask_for_head(checkout));
        Ok(found.map_or_else(|| Self::Unborn(name.to_owned()), Self::Commit))
    }

    pub(crate) fn commit(&self) -> Option<&str> {
        match self {
            Self::Commit(commit) => Some(commit),
            Self::Unborn(_) => None,
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Commit(commit) => format!("{commit}\n"),
            Self::Unborn(name) => format!("ref: {name}\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_become_those_of_origin() {
        let refs = |names: &[(&str, &str)]| -> Vec<Ref> {
            names.iter().map(|(o, name)| Ref { object: o.repeat(40), name: (*name).to_owned() }).collect()
        };
        let packed = packed(&refs(&[
            ("1", "refs/heads/main"),
            ("2", "refs/remotes/origin/main"),
            ("2", "refs/remotes/origin/other"),
            ("2", "refs/remotes/origin/HEAD"),
            ("2", "refs/remotes/origin/deep/er"),
            ("3", "refs/heads/deep"),
            ("4", "refs/tags/v1"),
        ]));
        let text = String::from_utf8(packed).unwrap();
        let short: Vec<String> =
            text.lines().skip(1).map(|line| format!("{} {}", &line[..1], &line[41..])).collect();
        assert_eq!(
            short,
            [
                "3 refs/remotes/origin/deep",
                "1 refs/remotes/origin/main",
                "2 refs/remotes/origin/other",
                "4 refs/tags/v1"
            ]
        );
    }

    #[test]
    fn lines_that_are_no_references_are_left_out() {
        assert_eq!(parse("nonsense\n\n0 refs/heads/x\n"), []);
    }
}
