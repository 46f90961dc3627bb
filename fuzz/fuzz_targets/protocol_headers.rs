//! Headers and tokens: what is understood means what it says, and is written so that it is understood again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Checksum, ContentRange, JobStatus, RunnerToken, StoredRange};

fuzz_target!(|text: &str| {
    if let Some(range) = ContentRange::parse(text) {
        assert!(range.first <= range.last);
        assert_eq!(ContentRange::parse(&range.to_string()), Some(range));
        if let Some(length) = (range.last - range.first).checked_add(1) {
            assert_eq!(ContentRange::of_chunk(range.first, length), range);
        }
    }
    let stored = StoredRange::parse(Some(text));
    assert_eq!(StoredRange::parse(Some(&stored.to_string())), stored);
    assert!(stored.0 == 0 || text.contains('-'), "a size from nowhere");

    if let Ok(checksum) = Checksum::try_from(text.to_owned()) {
        let written = checksum.to_string();
        assert_eq!(written.len(), "crc32:".len() + 8);
        assert!(Checksum::try_from(written).is_ok_and(|again| again == checksum));
    }
    let stops = ["canceling", "canceled", "failed"].contains(&text.trim());
    assert_eq!(JobStatus::from_header(Some(text)) != JobStatus::Carry, stops);

    let token = RunnerToken::new(text);
    assert!(text.contains(token.short()) && token.short().chars().count() <= 9);
    assert_eq!(format!("{token:?}"), format!("{:?}", RunnerToken::default()));
});
