//! The runner's own expansion, and texts in Go's notations.

#![no_main]

use job::variables::expand::expand;
use job::variables::go;
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

fuzz_target!(|text: &str| {
    let names = RefCell::new(Vec::new());
    let expanded = expand(text, |name| {
        names.borrow_mut().push(name.to_owned());
        "$HOME".to_owned()
    });
    for name in names.borrow().iter() {
        assert!(!name.is_empty() && !name.contains('}') && text.contains(name.as_str()), "no name: {name:?}");
    }
    // Values are not expanded again: each reference gives exactly one.
    assert!(expanded.matches("$HOME").count() >= names.borrow().len());
    assert!(expanded.len() <= text.len() + names.borrow().len() * "$HOME".len());
    assert!(text.contains('$') || expanded == text);
    assert_eq!(expand(&text.replace('$', "$$"), |name| panic!("asks for {name}")), text);

    let quoted = go::quote(text);
    assert!(quoted.starts_with('"') && quoted.ends_with('"') && !quoted.contains(char::is_control));
    assert!(!quoted[1..quoted.len() - 1].replace(r"\\", "").replace("\\\"", "").contains('"'));

    if let Some(go::GoDuration::Positive(duration)) = go::parse_duration(text) {
        let written = job::go_duration::format(duration);
        assert_eq!(go::parse_duration(&written), Some(go::GoDuration::Positive(duration)), "{written}");
    }
});
