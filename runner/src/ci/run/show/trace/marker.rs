//! Markers of sections: `section_start:<seconds>:<name>[options]`, followed by a return.

/// A marker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// Whether the section starts; otherwise it ends.
    pub(super) starts: bool,
    /// The section's name.
    pub(super) name: String,
}

const PREFIX: &[u8] = b"section_";

impl Marker {
    /// The marker that the text ends with, and where it begins.
    pub(super) fn at_end(text: &[u8]) -> Option<(usize, Self)> {
        let at = text.windows(PREFIX.len()).rposition(|window| {
            // The last one that is whole; names may have the same letters.
            window == PREFIX
        });
        let mut end = at?;
        loop {
            if let Some(marker) = Self::parse(text.get(end..)?) {
                return Some((end, marker));
            }
            end = text.get(..end)?.windows(PREFIX.len()).rposition(|window| window == PREFIX)?;
        }
    }

    /// Whether a text begins as a marker does, and may become one.
    pub(super) fn may_begin(text: &[u8]) -> bool {
        text.starts_with(b"section_start:") || text.starts_with(b"section_end:")
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text.strip_prefix(PREFIX)?).ok()?;
        let (starts, rest) = match text.strip_prefix("start:") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("end:")?),
        };
        let (seconds, rest) = rest.split_once(':')?;
        let (name, options) = rest.split_once('[').map_or((rest, None), |(name, rest)| (name, Some(rest)));
        let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let sound = !seconds.is_empty()
            && seconds.bytes().all(|byte| byte.is_ascii_digit())
            && !name.is_empty()
            && name.chars().all(named)
            && options.is_none_or(|options| options.ends_with(']'));
        sound.then(|| Self { starts, name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_at_the_end() {
        let found =
            |text: &str| Marker::at_end(text.as_bytes()).map(|(at, marker)| (at, marker.starts, marker.name));
        assert_eq!(found("section_start:17:a.b-c"), Some((0, true, "a.b-c".to_owned())));
        assert_eq!(
            found("x section_end:18:section_script_0"),
            Some((2, false, "section_script_0".to_owned()))
        );
        assert_eq!(
            found("section_start:17:a[collapsed=true,hide_duration=true]"),
            Some((0, true, "a".to_owned()))
        );
        for other in
            ["section_start:x:a", "section_start:1:", "section_end:1:a b", "section_start:1:a[x", "x"]
        {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
