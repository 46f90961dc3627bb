//! Masking gives the same however the text is cut, and shows no masked value.
//!
//! The input's lines: one with the values to mask, separated by blanks, then the text; the first byte says how it is
//! cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trace::mask::{MASK, MaskSet, Masker};

fuzz_target!(|input: &[u8]| {
    let Some((&cut, rest)) = input.split_first() else { return };
    let Some(end) = rest.iter().position(|&byte| byte == b'\n') else { return };
    let Ok(values) = std::str::from_utf8(&rest[..end]) else { return };
    let values: Vec<&str> = values.split_whitespace().collect();
    let text = &rest[end + 1..];

    // Token prefixes mask more; without them it is certain which bytes lie side by side in the text.
    let set = MaskSet::new(&values, ["glpat-", "tok:"]).expect("a small set");
    let whole = mask(&set, text.chunks(usize::MAX));
    assert_eq!(whole, mask(&set, text.chunks(usize::from(cut) + 1)));
    assert_eq!(whole, mask(&set, text.chunks(1)));

    let plain = MaskSet::new(&values, [""; 0]).expect("a small set");
    let out = mask(&plain, text.chunks(usize::MAX));
    if contains(text, MASK.as_bytes()) {
        return;
    }
    for value in values {
        assert!(!pieces(&out).any(|piece| contains(piece, value.as_bytes())), "a value is shown");
    }
});

fn mask<'a>(set: &MaskSet, writes: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut masker, mut out) = (Masker::new(set.clone()), Vec::new());
    writes.for_each(|write| masker.write(write, |bytes| out.extend_from_slice(bytes)));
    masker.close(|bytes| out.extend_from_slice(bytes));
    out
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// What stands between the replacements.
fn pieces(out: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(out);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.windows(MASK.len()).position(|part| part == MASK.as_bytes());
        rest = end.map(|end| &text[end + MASK.len()..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}
