//! Expansion of keys and paths as a shell expands text in double quotes: bounded, and without effects.

#![no_main]

use job::variables::shell_expand::{ExpandError, expand};
use libfuzzer_sys::fuzz_target;
use std::time::{Duration, Instant};

/// Beyond what any key or path can be; far beyond what this takes on a slow machine.
const LONGEST: usize = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(2);

fuzz_target!(|text: &str| {
    let start = Instant::now();
    match expand(text, &lookup) {
        Ok(expanded) => assert!(expanded.len() <= LONGEST),
        Err(ExpandError::Unset { name, .. }) => assert!(lookup(&name).is_none_or(|value| value.is_empty())),
        Err(_) => {}
    }
    assert!(start.elapsed() < PATIENCE, "takes {:?}", start.elapsed());

    let mut escaped = String::new();
    for character in text.chars() {
        if matches!(character, '$' | '`' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    assert_eq!(expand(&escaped, &|name| panic!("asks for {name}")).as_deref(), Ok(text));

    // A value stands as it is, whatever it holds.
    let value = |name: &str| (name == "V").then(|| text.to_owned());
    assert_eq!(expand("<${V}>", &value), Ok(format!("<{text}>")));
});

fn lookup(name: &str) -> Option<String> {
    let value = match name {
        "A" => "a/b.tar.gz *?[x]'\"".to_owned(),
        "E" => String::new(),
        "N" => "7".to_owned(),
        "R" => "R".to_owned(),
        "L" => "ab".repeat(5000),
        "U" => "Äöü€".to_owned(),
        _ => return None,
    };
    Some(value)
}
