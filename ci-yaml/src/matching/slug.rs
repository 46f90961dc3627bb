//! Names made fit for host names.

use sha2::{Digest, Sha256};

/// A ref's name as in `CI_COMMIT_REF_SLUG`, also a job's as in `CI_JOB_NAME_SLUG` (`Gitlab::Utils.slugify`): lower case,
/// 63 characters at most, hyphens for all but `a-z` and `0-9`, none at either end.
pub fn slugify(name: &str) -> String {
    let slug: String = dashed(name).take(63).collect();
    slug.trim_matches('-').to_owned()
}

/// An environment's name as in `CI_ENVIRONMENT_SLUG` (`Gitlab::Slug::Environment`): 24 characters at most, a letter
/// first. A name that is no slug itself gets six characters of its own at the end.
pub fn environment(name: &str) -> String {
    let mut slug = String::new();
    let dashed: String = dashed(name).collect();
    // Ruby's `^` begins any line, but no line break is left here.
    if !dashed.starts_with(|first: char| first.is_ascii_lowercase()) {
        slug.push_str("env-");
    }
    for character in dashed.chars() {
        if character != '-' || !slug.ends_with('-') {
            slug.push(character);
        }
    }
    if slug.len() <= 24 && slug == name {
        return slug.strip_suffix('-').unwrap_or(&slug).to_owned();
    }
    slug.truncate(17);
    if !slug.ends_with('-') {
        slug.push('-');
    }
    slug + &suffix(name)
}

fn dashed(name: &str) -> impl Iterator<Item = char> {
    name.chars().flat_map(char::to_lowercase).map(|character| {
        if character.is_ascii_lowercase() || character.is_ascii_digit() { character } else { '-' }
    })
}

/// The last six digits, to the base of 36, of the name's SHA-256.
fn suffix(name: &str) -> String {
    const SPACE: u64 = 36_u64.pow(6);
    let digest = Sha256::digest(name.as_bytes());
    let mut rest = digest.iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % SPACE);
    let mut digits = [0_u8; 6];
    for digit in digits.iter_mut().rev() {
        let value = u8::try_from(rest % 36).unwrap_or_default();
        *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
        rest /= 36;
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::{environment, slugify};

    #[test]
    fn refs() {
        for (name, slug) in [
            ("main", "main"),
            ("Feature/ABC_1", "feature-abc-1"),
            ("-x-", "x"),
            ("é", ""),
            ("1.2.3", "1-2-3"),
        ] {
            assert_eq!(slugify(name), slug, "{name}");
        }
        assert_eq!(slugify(&"a".repeat(80)).len(), 63);
        assert_eq!(slugify(&format!("{}/b", "a".repeat(62))), "a".repeat(62), "cut before it is trimmed");
    }

    #[test]
    fn environments() {
        // As GitLab's own specification has them (`spec/lib/gitlab/slug/environment_spec.rb`).
        for (name, slug) in [
            ("staging-12345678901234567", "staging-123456789-q517sa"),
            ("9-staging-123456789012345", "env-9-staging-123-q517sa"),
            ("staging-1234567890123456", "staging-1234567890123456"),
            ("staging-1234567890123456-", "staging-123456789-q517sa"),
            ("production", "production"),
            ("PRODUCTION", "production-q517sa"),
            ("review/1-foo", "review-1-foo-q517sa"),
            ("1-foo", "env-1-foo-q517sa"),
            ("1/foo", "env-1-foo-q517sa"),
            ("foo-", "foo"),
            ("foo--bar", "foo-bar-q517sa"),
            ("foo**bar", "foo-bar-q517sa"),
            ("*-foo", "env-foo-q517sa"),
            ("staging-12345678-", "staging-12345678"),
            ("staging-12345678-01234567", "staging-12345678-q517sa"),
        ] {
            let made = environment(name);
            let (slug_head, made_head) = match slug.strip_suffix("q517sa") {
                // That specification replaces what is computed from the name by a constant.
                Some(head) => (head, &made[..made.len() - 6]),
                None => (slug, made.as_str()),
            };
            assert_eq!(made_head, slug_head, "{name}");
        }
    }
}
