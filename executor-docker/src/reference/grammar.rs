//! The grammar of names, after Docker's `distribution` library.

/// Longest tag in bytes.
const LONGEST_TAG: usize = 128;

/// Fewest digits of a digest.
const SHORTEST_DIGEST: usize = 32;

/// Host (perhaps) and path.
pub(super) fn is_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((first, rest)) => (is_domain(first) || is_component(first)) && rest.split('/').all(is_component),
        None => is_component(text),
    }
}

/// A part of a path: lower-case letters and digits, in between one `.`, one or two `_`, or any number of `-`.
fn is_component(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = text.as_bytes();
    edge(bytes.first().copied())
        && edge(bytes.last().copied())
        && text.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).all(|between| {
            matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
        })
}

/// A host, perhaps with a port.
fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        // The colons of an address of IPv6 are between brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => !address.is_empty() && is_address(address),
        None => host.split('.').all(is_label),
    };
    is_host && port.is_none_or(is_port)
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && !text.starts_with('-') && !text.ends_with('-') && text.bytes().all(inner)
}

pub(super) fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().next().is_some_and(word)
        && text.len() <= LONGEST_TAG
        && text.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

/// An algorithm, a colon, and digits in base 16.
pub(super) fn is_digest(text: &str) -> bool {
    let Some((algorithm, digits)) = text.split_once(':') else { return false };
    let part = |part: &str| {
        part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(part)
        && digits.len() >= SHORTEST_DIGEST
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
