//! The log for people: without the markers that are meant for GitLab's page.

/// Longest line that is held back for its end.
const LONGEST: usize = 8 * 1024;

/// Takes the log in pieces of any size and gives it out by lines.
pub(super) struct Renderer {
    /// Whether colours are wanted.
    colours: bool,
    pending: Vec<u8>,
}

impl Renderer {
    pub(super) fn new(colours: bool) -> Self {
        Self { colours, pending: Vec::new() }
    }

    /// Takes a piece; gives what can be shown by now.
    pub(super) fn render(&mut self, piece: &[u8]) -> Vec<u8> {
        self.pending.extend_from_slice(piece);
        let end = match self.pending.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => at + 1,
            None if self.pending.len() > LONGEST => self.pending.len(),
            None => return Vec::new(),
        };
        let rest = self.pending.split_off(end);
        let ready = std::mem::replace(&mut self.pending, rest);
        self.shown(&ready)
    }

    /// Gives what is left.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        let ready = std::mem::take(&mut self.pending);
        self.shown(&ready)
    }

    fn shown(&self, mut text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        while let Some(first) = text.first() {
            if let Some(rest) = without_marker(text) {
                text = rest;
            } else if let Some(rest) = (!self.colours).then(|| without_colour(text)).flatten() {
                text = rest;
            } else {
                out.push(*first);
                text = &text[1..];
            }
        }
        out
    }
}

/// What follows `section_start:<seconds>:<name>` or `section_end:…`, up to the return and the erasure that end it.
fn without_marker(text: &[u8]) -> Option<&[u8]> {
    let rest = text
        .strip_prefix(b"section_")
        .filter(|rest| rest.starts_with(b"start:") || rest.starts_with(b"end:"))?;
    let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
    let rest = rest[end..].strip_prefix(b"\r")?;
    Some(rest.strip_prefix(b"\x1b[0K").unwrap_or(rest))
}

/// What follows an escape sequence that sets colours or erases.
fn without_colour(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"\x1b[")?;
    let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';'))?;
    matches!(rest[end], b'm' | b'K').then(|| &rest[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOG: &[u8] = b"section_start:17:a[collapsed=true]\r\x1b[0K\x1b[36;1mHeading\x1b[0;m\n50%\r100%\nx section_end:18:a\r\x1b[0Kend";

    fn whole(colours: bool, cuts: &[usize]) -> Vec<u8> {
        let mut renderer = Renderer::new(colours);
        let (mut out, mut rest) = (Vec::new(), LOG);
        for cut in cuts {
            let (piece, later) = rest.split_at((*cut).min(rest.len()));
            out.extend(renderer.render(piece));
            rest = later;
        }
        out.extend(renderer.render(rest));
        out.extend(renderer.rest());
        out
    }

    #[test]
    fn markers_go_and_colours_go_where_nobody_sees_them() {
        assert_eq!(whole(false, &[]), b"Heading\n50%\r100%\nx end");
        assert_eq!(whole(true, &[]), b"\x1b[36;1mHeading\x1b[0;m\n50%\r100%\nx end");
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(cuts in proptest::collection::vec(0..40usize, 0..8)) {
            prop_assert_eq!(whole(false, &cuts), whole(false, &[]));
        }
    }
}
