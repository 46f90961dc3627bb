//! The forms in which a masked value is recognised: as it is, percent-encoded and base64.

/// Shorter values have no base64 form: their few characters would turn up in ordinary words.
const SHORTEST_FOR_BASE64: usize = 8;
/// Longer values (bytes) are recognised only as they are, so that one huge variable cannot fill the memory.
const LONGEST_DERIVED: usize = 16 * 1024;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Hands every form of `value` to `add`; the same one may come more than once.
pub(super) fn each(value: &[u8], add: &mut impl FnMut(&[u8])) {
    add(value);
    if value.len() > LONGEST_DERIVED {
        return;
    }
    percent(value, add);
    if value.len() >= SHORTEST_FOR_BASE64 {
        for alphabet in [STANDARD, URL_SAFE] {
            (0..3).for_each(|before| base64(value, before, alphabet, add));
        }
    }
}

/// What common encoders leave alone besides letters, digits and `-_.~`, and whether they write a blank as `+`.
const ENCODERS: [(&[u8], bool); 5] = [
    (b"", false),                 // RFC 3986: everything but unreserved characters
    (b"", true),                  // HTML forms
    (b"/", false),                // paths
    (b"!*'()", false),            // encodeURIComponent
    (b"!*'();/?:@&=+$,#", false), // encodeURI
];

fn percent(value: &[u8], add: &mut impl FnMut(&[u8])) {
    for (kept, plus) in ENCODERS {
        for digits in [b"0123456789ABCDEF", b"0123456789abcdef"] {
            let mut form = Vec::with_capacity(value.len() * 3);
            for &byte in value {
                match byte {
                    b' ' if plus => form.push(b'+'),
                    _ if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) => {
                        form.push(byte);
                    }
                    _ => form.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]),
                }
            }
            add(&form);
        }
    }
}

/// The characters that a value makes in the base64 text of something that has it behind `before` (mod 3) other bytes.
///
/// A first character that the value shares with the bytes before it is not part of the form. One shared with the bytes
/// behind is: there are few of them. Padding is part of it too.
fn base64(value: &[u8], before: usize, alphabet: &[u8; 64], add: &mut impl FnMut(&[u8])) {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(value);
    let bits = bytes.len() * 8;
    let sextet = |at: usize| {
        let byte = |n: usize| u32::from(bytes.get(n).copied().unwrap_or(0));
        let word = byte(at * 6 / 8) << 8 | byte(at * 6 / 8 + 1);
        usize::from((word >> (10 - at * 6 % 8) & 63) as u8)
    };
    let (first, full, shared) = ((before * 8).div_ceil(6), bits / 6, bits % 6);
    let mut form: Vec<u8> = (first..full).map(|at| alphabet[sextet(at)]).collect();
    add(&form);
    if shared == 0 {
        return;
    }
    let known = sextet(full);
    for unknown in 0..1 << (6 - shared) {
        form.push(alphabet[known | unknown]);
        add(&form);
        if unknown == 0 {
            let padding = if shared == 2 { 2 } else { 1 };
            form.extend(std::iter::repeat_n(b'=', padding));
            add(&form);
            form.truncate(form.len() - padding);
        }
        form.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine;
    use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};

    fn forms(value: &str) -> Vec<String> {
        let mut all = Vec::new();
        each(value.as_bytes(), &mut |form| all.push(String::from_utf8(form.to_vec()).unwrap()));
        all.sort();
        all.dedup();
        all
    }

    #[test]
    fn short_values_have_no_base64_form() {
        assert_eq!(forms("abc"), ["abc"]);
        assert_eq!(forms("a/b"), ["a%2Fb", "a%2fb", "a/b"]);
    }

    #[test]
    fn percent_forms_follow_the_common_encoders() {
        let all = forms("a b/(ü)");
        for form in ["a%20b%2F%28%C3%BC%29", "a+b%2F%28%C3%BC%29", "a%20b%2f(%c3%bc)", "a%20b/%28%C3%BC%29"] {
            assert!(all.iter().any(|known| known == form), "{form} in {all:?}");
        }
    }

    #[test]
    fn base64_forms_cover_every_alignment_and_ending() {
        let value = "s3cr3t>>value??";
        for length in 8..=value.len() {
            let value = &value[..length];
            let all = forms(value);
            for (before, behind) in
                [("", ""), ("u", ""), ("us", ""), ("use", "x"), ("user", "\n"), ("users", ":x")]
            {
                let text = format!("{before}{value}{behind}");
                for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text), STANDARD_NO_PAD.encode(&text)]
                {
                    let longest =
                        all.iter().filter(|form| encoded.contains(form.as_str())).map(String::len).max();
                    let first = (before.len() * 8).div_ceil(6);
                    let last = match behind {
                        "" => encoded.len(),
                        _ => ((before.len() + length) * 8).div_ceil(6),
                    };
                    assert_eq!(longest, Some(last - first), "{text}: {encoded}");
                }
            }
        }
    }

    #[test]
    fn huge_values_have_one_form() {
        assert_eq!(forms(&"a/".repeat(LONGEST_DERIVED)).len(), 1);
    }
}
