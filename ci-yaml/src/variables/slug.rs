//! Names in the form that host names and labels allow.

use sha2::{Digest, Sha256};

/// A name in lower case with everything but `a-z` and `0-9` as hyphens, 63 characters at most, without hyphens at its
/// ends (`Gitlab::Utils.slugify`).
pub fn slug(name: &str) -> String {
    let hyphened: String = name.to_lowercase().chars().map(keep_or_hyphen).take(63).collect();
    hyphened.trim_matches('-').to_owned()
}

/// The slug of an environment: at most 24 characters, beginning with a letter, with a suffix of its digest where the
/// name is no slug itself (`Gitlab::Slug::Environment`).
pub fn environment_slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.to_lowercase().chars().map(keep_or_hyphen) {
        if slug.is_empty() && !character.is_ascii_lowercase() {
            slug.push_str("env-");
        }
        if !(character == '-' && slug.ends_with('-')) {
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

/// The last six digits of the name's SHA-256 as a number to the base of 36.
fn suffix(name: &str) -> String {
    const MODULUS: u64 = 36_u64.pow(6);
    let digest = Sha256::digest(name.as_bytes());
    let mut rest = digest.iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % MODULUS);
    let mut digits = [0_u8; 6];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
        rest /= 36;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

fn keep_or_hyphen(character: char) -> char {
    if character.is_ascii_lowercase() || character.is_ascii_digit() { character } else { '-' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_slugs() {
        assert_eq!(slug("Feature/A_b.1"), "feature-a-b-1");
        assert_eq!(slug("--x--"), "x");
        assert_eq!(slug(&format!("{}-z", "a".repeat(62))), "a".repeat(62));
        assert_eq!(slug("größe"), "gr--e");
        assert_eq!(slug(""), "");
    }

    #[test]
    fn environments_have_slugs_of_their_own() {
        assert_eq!(environment_slug("production"), "production");
        assert_eq!(environment_slug("staging-"), "staging");
        for (name, slug) in [
            ("review/app", "review-app-8c15it"),
            ("Staging", "staging-p75vhx"),
            ("1-more", "env-1-more-qymb97"),
            ("a-very-long-environment-name-indeed", "a-very-long-envir-8xini4"),
        ] {
            assert_eq!(environment_slug(name), slug);
        }
    }
}
