//! Any text is loaded or refused, quickly; what is loaded is written as text that loads to the same.

#![no_main]

use ci_yaml::{FileId, Key, Map, Node, Value, yaml};
use libfuzzer_sys::fuzz_target;
use std::time::{Duration, Instant};

/// Far more than anything takes that is not quadratic.
const AT_ONCE: Duration = Duration::from_secs(1);

fuzz_target!(|text: &str| {
    let limits = yaml::Limits::default();
    let start = Instant::now();
    let loaded = yaml::load(text, FileId(0), &limits);
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    match loaded {
        Ok(loaded) => {
            for root in [Some(&loaded.content), loaded.header.as_ref()].into_iter().flatten() {
                write_and_load(root, &limits);
            }
        }
        Err(refused) => {
            let span = refused.span.expect("a place");
            assert!(span.start <= span.end && span.start.column > 0);
            assert!(span.start.line as usize <= text.matches('\n').count() + 1, "{span:?}");
            assert!(!refused.message.is_empty() && refused.note.is_some());
        }
    }
});

fn write_and_load(root: &Node, limits: &yaml::Limits) {
    let map = root.as_map().expect("a map");
    let text = yaml::emit(map, Some(&|span| Some(format!("{}:{}", span.start.line, span.start.column))));
    // Aliases are written out, and a key that is a list or a map is written as the text that stands for it.
    let limits = yaml::Limits { bytes: usize::MAX, memory: limits.memory * 16, ..*limits };
    match yaml::load(&text, FileId(0), &limits) {
        Ok(again) if !has_odd_key(map) => assert_eq!(again.content.inspect(), root.inspect(), "{text}"),
        Ok(_) => {}
        Err(refused) => panic!("{refused:?}\n{text}"),
    }
}

fn has_odd_key(map: &Map) -> bool {
    map.iter().any(|(key, entry)| {
        matches!(key, Key::Other(text) if text.parse::<f64>().is_err()) || has_odd_keys(&entry.value)
    })
}

fn has_odd_keys(node: &Node) -> bool {
    match &node.value {
        Value::Seq(items) => items.iter().any(has_odd_keys),
        Value::Map(map) => has_odd_key(map),
        Value::Reference(reference) => has_odd_keys(&reference.path),
        _ => false,
    }
}
