//! Which release of a component a version stands for.

use super::{GitError, Repository};

/// A version of a component that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The commit.
    pub sha: String,
    /// The tag, where it is a released one.
    pub tag: Option<String>,
}

impl Repository {
    /// What a version of a component stands for, in GitLab's order: the latest or a partial version, a released tag,
    /// then whatever else names a commit.
    ///
    /// # Errors
    /// Where git fails.
    pub fn release(&self, asked: &str) -> Result<Option<Release>, GitError> {
        let tags = self.tags()?;
        let wanted = Asked::parse(asked);
        if let Some(best) = wanted.best(tags.iter().map(|(name, _)| name.as_str())) {
            let found = tags.iter().find(|(name, _)| name == best);
            return Ok(found.map(|(name, sha)| Release { sha: sha.clone(), tag: Some(name.clone()) }));
        }
        if wanted == Asked::Latest {
            return Ok(None);
        }
        Ok(self.resolve(asked)?.map(|sha| Release { sha, tag: None }))
    }
}

/// A semantic version; released ones have no pre-release part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    numbers: [u64; 3],
    /// Whether it is a release proper: those are greater than what came before them.
    proper: bool,
}

/// What was asked for behind the `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked<'a> {
    /// `~latest`: the greatest.
    Latest,
    /// `1`, `1.2`: the greatest that begins so.
    Beginning(Vec<u64>),
    /// A tag, a branch, a commit.
    Name(&'a str),
}

impl Version {
    /// Reads `1.2.3`, with a `v` before it and a pre-release behind it if there are.
    fn parse(tag: &str) -> Option<Self> {
        let text = tag.strip_prefix('v').unwrap_or(tag);
        let text = text.split_once('+').map_or(text, |(text, _)| text);
        let (text, proper) = match text.split_once('-') {
            Some((text, _)) => (text, false),
            None => (text, true),
        };
        let numbers = numbers(text)?.try_into().ok()?;
        Some(Self { numbers, proper })
    }
}

impl<'a> Asked<'a> {
    /// Reads what stands behind the `@`.
    fn parse(text: &'a str) -> Self {
        match numbers(text) {
            _ if text == "~latest" => Self::Latest,
            Some(numbers) if numbers.len() < 3 => Self::Beginning(numbers),
            _ => Self::Name(text),
        }
    }

    /// The greatest release among tags that it stands for. Only its full name stands for a pre-release.
    fn best<'t>(&self, tags: impl IntoIterator<Item = &'t str>) -> Option<&'t str> {
        let beginning = match self {
            Self::Latest => &[],
            Self::Beginning(numbers) => numbers.as_slice(),
            Self::Name(name) => return tags.into_iter().find(|tag| tag == name),
        };
        let versions = tags.into_iter().filter_map(|tag| Some((Version::parse(tag)?, tag)));
        versions
            .filter(|(version, _)| version.proper && version.numbers.starts_with(beginning))
            .max_by(|(one, _), (other, _)| one.cmp(other))
            .map(|(_, tag)| tag)
    }
}

fn numbers(text: &str) -> Option<Vec<u64>> {
    let number = |part: &str| {
        let plain = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    };
    text.split('.').take(4).map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_release_that_fits() {
        let tags = ["1.0.0", "1.2.0", "1.10.1", "v2.0.0", "2.1.0-rc1", "3.0", "nightly", "1.10.1.1"];
        for (asked, best) in [
            ("~latest", Some("v2.0.0")),
            ("1", Some("1.10.1")),
            ("1.2", Some("1.2.0")),
            ("2", Some("v2.0.0")),
            ("2.1", None),
            ("3", None),
            ("1.0.0", Some("1.0.0")),
            ("2.1.0-rc1", Some("2.1.0-rc1")),
            ("nightly", Some("nightly")),
            ("main", None),
        ] {
            assert_eq!(Asked::parse(asked).best(tags), best, "{asked}");
        }
    }
}
