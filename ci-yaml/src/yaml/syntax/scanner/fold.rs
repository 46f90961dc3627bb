//! Line breaks within a scalar, which become spaces or fewer breaks.

/// The line breaks passed since the last character of a scalar.
#[derive(Default)]
pub(super) struct Breaks {
    /// Whether there were any. Blanks before the first belong to the text, if no break follows them.
    pub(super) any: bool,
    first: &'static str,
    rest: String,
}

impl Breaks {
    /// One more. An escaped break stands for nothing.
    pub(super) fn add(&mut self, meaning: &'static str) {
        if self.any {
            self.rest.push_str(meaning);
        } else {
            self.any = true;
            self.first = meaning;
        }
    }

    /// Writes what they stand for, a single `\n` being a space, and begins anew.
    pub(super) fn join(&mut self, text: &mut String) {
        if self.first == "\n" {
            text.push_str(if self.rest.is_empty() { " " } else { &self.rest });
        } else {
            text.push_str(self.first);
            text.push_str(&self.rest);
        }
        self.any = false;
        self.rest.clear();
    }
}
