//! Time stamps take nothing from a log and add nothing but headers; a log is found again as it was left.
//!
//! The first byte says how writes are cut and how much the log may hold; the rest is the text. A NUL ends a write.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::time::UNIX_EPOCH;
use trace::Spool;
use trace::timestamp::{HEADER, Kind, LONGEST_PENDING, Timestamper};

fuzz_target!(|input: &[u8]| {
    let Some((&cut, text)) = input.split_first() else { return };
    let stamped = stamp(text, usize::MAX);
    assert_eq!(stamped, stamp(text, usize::from(cut) + 1), "where a write is cut does not matter");
    let mut expected = text.to_vec();
    if expected.last().is_some_and(|&last| last != b'\n') {
        expected.push(b'\n');
    }
    assert_eq!(without_headers(&stamped), expected);
    recovered(text, u64::from(cut) * 16);
});

fn stamp(text: &[u8], cut: usize) -> Vec<u8> {
    let (mut stamper, mut out) = (Timestamper::new(1, Kind::Out), Vec::new());
    for write in text.split_inclusive(|&byte| byte == 0) {
        stamper.begin(UNIX_EPOCH);
        write.chunks(cut).for_each(|part| stamper.feed(part, &mut out));
        stamper.end(&mut out);
        assert!(stamper.pending() <= LONGEST_PENDING + HEADER);
    }
    stamper.close(&mut out);
    out
}

/// Drops the headers, and the line feeds in front of lines that continue one.
fn without_headers(stamped: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for line in stamped.split_inclusive(|&byte| byte == b'\n') {
        let (header, content) = line.split_at(HEADER);
        match header[HEADER - 1] {
            b'+' => assert_eq!(text.pop(), Some(b'\n')),
            flag => assert_eq!(flag, b' '),
        }
        assert_eq!(&header[..HEADER - 1], b"1970-01-01T00:00:00.000000Z 01O");
        text.extend_from_slice(content);
    }
    text
}

fn recovered(text: &[u8], limit: u64) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let spool = Spool::new(file.reopen().expect("a temporary file"), limit);
    text.split(|&byte| byte == 0).for_each(|part| spool.append(part));
    let again = Spool::recover(file.path(), limit).expect("a log");
    assert_eq!(again.summary(), spool.summary());
    assert_eq!((again.truncated(), again.ends_line()), (spool.truncated(), spool.ends_line()));
    let stored = std::fs::read(file.path()).expect("a log");
    assert_eq!(stored.len() as u64, spool.len());
    let kept = text.iter().copied().filter(|&byte| byte != 0).collect::<Vec<_>>();
    assert!(spool.truncated() || stored == kept);
}
