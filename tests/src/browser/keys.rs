//! Keys by their names.

use serde_json::{Value, json};

/// Name, code of its place, number of Windows, what it types.
const KEYS: [(&str, &str, u32, &str); 15] = [
    ("Tab", "Tab", 9, ""),
    ("Enter", "Enter", 13, "\r"),
    ("Escape", "Escape", 27, ""),
    ("Space", "Space", 32, " "),
    ("PageUp", "PageUp", 33, ""),
    ("PageDown", "PageDown", 34, ""),
    ("End", "End", 35, ""),
    ("Home", "Home", 36, ""),
    ("ArrowLeft", "ArrowLeft", 37, ""),
    ("ArrowUp", "ArrowUp", 38, ""),
    ("ArrowRight", "ArrowRight", 39, ""),
    ("ArrowDown", "ArrowDown", 40, ""),
    ("Delete", "Delete", 46, ""),
    ("Backspace", "Backspace", 8, ""),
    ("/", "Slash", 191, "/"),
];

/// The events of a key: down and up.
pub(super) fn events(name: &str) -> (Value, Value) {
    let mut modifiers = 0;
    let mut rest = name;
    for (word, bit) in [("Alt+", 1), ("Control+", 2), ("Shift+", 8)] {
        if let Some(key) = rest.strip_prefix(word) {
            (rest, modifiers) = (key, modifiers | bit);
        }
    }
    let known = KEYS.iter().find(|(key, ..)| *key == rest);
    let letter = rest.chars().next().filter(|c| c.is_ascii_alphanumeric() && rest.len() == 1);
    let (key, code, number, text) = match (known, letter) {
        (Some((key, code, number, text)), _) => {
            (if *key == "Space" { " " } else { *key }, (*code).to_owned(), *number, *text)
        }
        (None, Some(letter)) => {
            let upper = letter.to_ascii_uppercase();
            let code = if letter.is_ascii_digit() { format!("Digit{letter}") } else { format!("Key{upper}") };
            (rest, code, u32::from(upper), rest)
        }
        (None, None) => panic!("there is no key {name}"),
    };
    // With Control or Alt a key types nothing.
    let text = if modifiers & 3 == 0 { text } else { "" };
    let event = |kind: &str| {
        json!({
            "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number,
            "nativeVirtualKeyCode": number, "modifiers": modifiers,
        })
    };
    let mut down = event(if text.is_empty() { "rawKeyDown" } else { "keyDown" });
    if !text.is_empty() {
        down["text"] = text.into();
        down["unmodifiedText"] = text.into();
    }
    (down, event("keyUp"))
}

#[cfg(test)]
mod tests {
    use super::events;

    #[test]
    fn keys_type_what_is_on_them() {
        let (down, up) = events("Enter");
        assert_eq!((down["text"].as_str(), up["type"].as_str()), (Some("\r"), Some("keyUp")));
        let (down, _) = events("Control+a");
        assert_eq!((down["modifiers"].as_u64(), down["text"].as_str()), (Some(2), None));
        assert_eq!(events("Shift+Tab").0["type"], "rawKeyDown");
    }
}
