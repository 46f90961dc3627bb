//! Keys without `?`, which only show to be keys at their `:`.

use super::{Result, Scanner, to_column};
use crate::yaml::syntax::{Fault, Mark, SyntaxError};

/// The characters that a key without `?` and what stands between it and its `:` may take.
const SIMPLE_KEY_LENGTH: usize = 1024;

/// A token that a `:` would make a key. There is at most one for each open bracket and one outside of them.
#[derive(Clone, Copy, Default)]
pub(super) struct SimpleKey {
    pub(super) possible: bool,
    /// Nothing else than a key may stand here.
    pub(super) required: bool,
    /// Which token it is, counted from the start.
    pub(super) token: usize,
    pub(super) mark: Mark,
}

impl Scanner<'_> {
    /// What began on an earlier line or too far back is no key any more.
    pub(super) fn forget_stale_keys(&mut self) -> Result<()> {
        for key in self.simple_keys.iter_mut().filter(|key| key.possible) {
            let is_far = (key.mark.index as usize) + SIMPLE_KEY_LENGTH < self.cursor.index();
            if is_far || key.mark.line < self.cursor.line() {
                if key.required {
                    return Err(missing_colon(key.mark, self.cursor.mark()));
                }
                key.possible = false;
            }
        }
        Ok(())
    }

    /// Notes that the token to come may be a key.
    pub(super) fn expect_key(&mut self) -> Result<()> {
        if self.simple_key_allowed {
            let mark = self.mark();
            let required = !self.in_flow() && self.indent == to_column(self.cursor.column());
            self.forget_key()?;
            let token = self.taken + self.tokens.len();
            if let Some(key) = self.simple_keys.last_mut() {
                *key = SimpleKey { possible: true, required, token, mark };
            }
        }
        Ok(())
    }

    /// What might have been a key is none.
    pub(super) fn forget_key(&mut self) -> Result<()> {
        if let Some(key) = self.simple_keys.last_mut() {
            if key.possible && key.required {
                return Err(missing_colon(key.mark, self.cursor.mark()));
            }
            key.possible = false;
        }
        Ok(())
    }
}

/// What stands where only a key may stand has no `:`.
fn missing_colon(key: Mark, here: Mark) -> Fault {
    let problem = "could not find expected ':'";
    let context = Some("while scanning a simple key");
    SyntaxError { problem, at: here, context, context_at: Some(key) }.into()
}
