//! What must hold of anything that comes from outside, for tests that make input up. Not for programs.

pub use crate::api::of_anything as params;
pub use crate::git::of_anything as push;
pub use crate::runner_api::{
    call_of_anything as call, range_of_anything as range, upload_of_anything as upload,
};

use crate::files::junit::Report;
use crate::pages::log::{self, State};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Cursor, Write as _};

/// A JUnit report: whatever is in it, what is kept is bounded, and counts are right.
pub fn junit(xml: &[u8]) {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    if gzip.write_all(xml).is_err() {
        return;
    }
    let report = Report::read(gzip.finish().unwrap_or_default().as_slice());
    let total = report.total;
    assert_eq!(total.count, total.success + total.failed + total.skipped + total.error, "counts");
    assert!(report.cases.len() as u64 <= total.count, "more cases than there are");
    assert!(report.suite_error.is_none() || report.cases.is_empty(), "a report is read or refused");
    assert!(total.time.is_finite(), "a time");
    let text = serde_json::to_string(&report).unwrap_or_default();
    assert!(serde_json::from_str::<Report>(&text).is_ok_and(|read| read.total == total), "it is stored");
}

/// The log of a job: as HTML it has no markup but ours, however it is cut into parts.
///
/// # Panics
/// Where that does not hold.
pub fn log(bytes: &[u8], lines: u64) {
    let lines = lines.clamp(1, 1000);
    let mut state = State::default();
    loop {
        let Ok(part) = log::part(Cursor::new(bytes), state.clone(), lines) else { return };
        check_html(&log::html::write(&part, "continued"));
        let read = State::decode(&part.end.encode());
        assert_eq!(read.as_ref(), Some(&part.end), "a state comes back as it went");
        if part.complete {
            break;
        }
        assert!(part.end.offset > state.offset, "a part goes on");
        state = part.end;
    }
    if let Ok(index) = log::index(Cursor::new(bytes)) {
        assert_eq!(index.bytes, bytes.len() as u64);
    }
}

/// Tags are opened and closed, and those of ours alone.
fn check_html(html: &str) {
    const OURS: [&str; 11] =
        ["div", "span", "details", "summary", "a", "time", "b", "i", "code", "pre", "button"];
    let mut depth = 0i64;
    for tag in html.split('<').skip(1) {
        let inside = tag.split('>').next().unwrap_or_default();
        let name = inside.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
        assert!(OURS.contains(&name), "<{inside}> is not ours");
        let bare: String = inside.split('"').step_by(2).collect();
        assert!(
            !bare.contains(" on") && !bare.contains('\''),
            "<{inside}> has an attribute that is not ours"
        );
        depth += if inside.starts_with('/') { -1 } else { 1 };
        assert!(depth >= 0, "more is closed than was opened");
    }
    assert_eq!(depth, 0, "what is opened is closed");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => proptest::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..6),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    const XML: [&str; 14] = [
        "<testsuite name=\"s\">",
        "</testsuite>",
        "<testcase name=\"a\" time=\"1\">",
        "</testcase>",
        "<failure>",
        "</failure>",
        "<skipped/>",
        "&lt;",
        "&x;",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE a [<!ENTITY x \"y\">]>",
        "time=\"nan\"",
        "<system-out>",
    ];
    const LOG: [&str; 16] = [
        "\n",
        "\r",
        "\x1b[31m",
        "\x1b[0m",
        "\x1b[38;5;200m",
        "section_start:1:a\r\x1b[0K",
        "section_end:2:a\r\x1b[0K",
        "<b>",
        "'\" onclick=x",
        "2026-01-01T00:00:00.000000Z 00O ",
        "2026-01-01T00:00:00.000000Z 00O+",
        "&amp;",
        "\x1b[",
        "\x1b]8;;",
        "é",
        "http://x/\"><i>",
    ];
    const PUSH: [&str; 12] = [
        "0000",
        "0008",
        "fff0",
        "0001",
        "00a8",
        "1111111111111111111111111111111111111111 ",
        "0000000000000000000000000000000000000000 ",
        "refs/heads/main",
        "\0report-status push-options atomic",
        "\n",
        "push-cert",
        "shallow ",
    ];
    const FORM: [&str; 14] = [
        "--b\r\n",
        "--b--\r\n",
        "\r\n",
        "\r\n\r\n",
        "Content-Disposition: form-data; name=\"file\"; filename=\"a\"",
        "Content-Disposition: form-data; name=\"artifact_type\"",
        "archive",
        "Content-Type: x\r\n",
        "a[b]=1",
        "&a[][c]=2",
        "&",
        "{\"a\":",
        "[1]}",
        "%41",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn reports(xml in near(&XML)) {
            junit(&xml);
        }

        #[test]
        fn logs(bytes in near(&LOG), lines in 1..5u64) {
            log(&bytes, lines);
        }

        #[test]
        fn pushes(bytes in near(&PUSH), cut in 1..50usize) {
            push(&bytes, cut);
        }

        #[test]
        fn calls(bytes in near(&FORM), json: bool) {
            call(&bytes, json);
            params(&bytes, u8::from(json));
            params(&bytes, 2);
            upload(&bytes);
        }

        #[test]
        fn ranges(text in "[bytes=0-9, x]{0,24}", size: u64) {
            range(&text, size);
        }
    }
}
