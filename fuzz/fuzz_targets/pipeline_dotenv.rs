//! A dotenv report is read or refused, and what is read keeps to the rules.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pipeline::dotenv::parse;

fuzz_target!(|bytes: &[u8]| {
    let Ok(variables) = parse(bytes) else { return };
    assert!(bytes.len() < 5120 && variables.len() <= 20, "more than may be");
    let mut names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
    for (name, value) in &variables {
        assert!(!name.is_empty(), "a name");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name:?}");
        assert!(!value.contains('\n'), "{value:?}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), variables.len(), "each name is there once");
});
