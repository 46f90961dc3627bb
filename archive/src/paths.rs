//! Lexical work on slash-separated byte paths: cleaning, and placing a path inside the project.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The longest relative path handled, in bytes (`PATH_MAX` of Linux).
pub(crate) const MAX_PATH: usize = 4096;

/// The components of a path, without empty ones and `.`.
pub(crate) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

/// Appends a component to a relative directory path, the empty path being the root.
pub(crate) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(directory.len() + 1 + name.len());
    path.extend_from_slice(directory);
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// Splits a relative path into its directory and its last component.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&[], path),
    }
}

/// Resolves `text` against the absolute directory `project` by text alone and gives the rest below it, empty for the
/// project itself; `None` if the path is elsewhere.
///
/// `.`, `..`, doubled and trailing slashes go, as `filepath.Clean` of Go does it, which GitLab Runner applies to
/// patterns too.
pub(crate) fn inside(project: &Path, text: &[u8]) -> Option<Vec<u8>> {
    let project = absolute(&[], project.as_os_str().as_bytes());
    let place = absolute(&project, text);
    let below = place.strip_prefix(project.as_slice())?;
    Some(below.join(&b'/'))
}

fn absolute<'a>(base: &[&'a [u8]], text: &'a [u8]) -> Vec<&'a [u8]> {
    let mut parts = if text.first() == Some(&b'/') { Vec::new() } else { base.to_vec() };
    for part in components(text) {
        if part == b".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts
}

/// A path as text for a person: invalid UTF-8 replaced, control characters escaped, so that a name cannot forge lines
/// of the job's trace.
pub(crate) fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    if !text.chars().any(char::is_control) {
        return text.into_owned();
    }
    text.chars().fold(String::new(), |mut safe, character| {
        if character.is_control() {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_paths_inside_the_project() {
        let project = Path::new("/builds/group/project/");
        let cases: [(&str, Option<&str>); 14] = [
            ("a", Some("a")),
            ("./a", Some("a")),
            ("a/b/../x", Some("a/x")),
            ("a//b/", Some("a/b")),
            (".", Some("")),
            ("a/..", Some("")),
            ("/builds/group/project/a", Some("a")),
            ("/builds/group/project", Some("")),
            ("/builds/group/other/../project/a", Some("a")),
            ("../up.txt", None),
            ("a/../../up", None),
            ("/etc/hostname", None),
            ("/builds/group/projectile", None),
            ("..a", Some("..a")),
        ];
        for (text, want) in cases {
            let got = inside(project, text.as_bytes());
            assert_eq!(got.as_deref(), want.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn shows_hostile_names_on_one_line() {
        assert_eq!(shown(b"a\nb\x1b[0m\xff"), "a\\nb\\u{1b}[0m\u{fffd}");
    }
}
