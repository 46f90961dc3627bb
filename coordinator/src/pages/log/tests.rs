use super::*;
use proptest::prelude::*;
use std::io::Cursor;

fn whole(log: &[u8]) -> Part {
    part(Cursor::new(log), State::default(), u64::MAX).unwrap()
}

fn shown(log: &str) -> String {
    html::write(&whole(log.as_bytes()), "continued")
}

fn rows(part: &Part) -> Vec<(u64, String)> {
    let row = |piece: &Piece| match piece {
        Piece::Row(row) => Some((row.number, row.text())),
        Piece::Open { .. } | Piece::Close { .. } => None,
    };
    part.pieces.iter().filter_map(row).collect()
}

fn texts(log: &str) -> Vec<String> {
    rows(&whole(log.as_bytes())).into_iter().map(|(_, text)| text).collect()
}

const SECTIONS: &str = "Running\nsection_start:10:get_sources\r\u{1b}[0K\u{1b}[36;1mGetting source\u{1b}[0;m\nHEAD\n\
    section_end:75:get_sources\r\u{1b}[0Ksection_start:75:step_script[collapsed=true]\r\u{1b}[0K\u{1b}[0;mScript\n\
    $ make\nsection_end:80:step_script\r\u{1b}[0K\u{1b}[32;1mJob succeeded\u{1b}[0;m\n";

#[test]
fn sections_are_folded_and_timed() {
    assert_eq!(
        shown(SECTIONS),
        "<div class=\"l\" id=\"L1\"><a class=\"n\" href=\"#L1\">1</a><span class=\"x\">Running</span></div>\
         <details class=\"s\" open data-s=\"2\" data-name=\"get-sources\">\
         <summary class=\"l h\" id=\"L2\"><a class=\"n\" href=\"#L2\">2</a><span class=\"x\">\
         <span class=\"term-fg-l-cyan term-bold\">Getting source</span></span><span class=\"d\">01:05</span></summary>\
         <div class=\"l\" id=\"L3\"><a class=\"n\" href=\"#L3\">3</a><span class=\"x\">HEAD</span></div></details>\
         <details class=\"s\" data-s=\"4\" data-name=\"step-script\">\
         <summary class=\"l h\" id=\"L4\"><a class=\"n\" href=\"#L4\">4</a><span class=\"x\">Script</span>\
         <span class=\"d\">00:05</span></summary>\
         <div class=\"l\" id=\"L5\"><a class=\"n\" href=\"#L5\">5</a><span class=\"x\">$ make</span></div></details>\
         <div class=\"l\" id=\"L6\"><a class=\"n\" href=\"#L6\">6</a><span class=\"x\">\
         <span class=\"term-fg-l-green term-bold\">Job succeeded</span></span></div>"
    );
}

#[test]
fn a_carriage_return_leaves_only_what_came_last() {
    assert_eq!(texts("10%\r50%\r100%\r\nnext\r\n"), ["100%", "next"]);
}

#[test]
fn sections_may_be_nested_unclosed_or_never_opened() {
    let nested = "section_start:1:a\r\u{1b}[0Ksection_start:2:b\r\u{1b}[0KHead\nx\nsection_end:9:a\r\u{1b}[0K\nsection_end:9:z\r\u{1b}[0Ky";
    assert_eq!(texts(nested), ["a", "Head", "x", "y"]);
    let page = shown(nested);
    assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
    assert!(whole(b"section_start:1:a\r\x1b[0Kx\n").end.sections.len() == 1);
}

#[test]
fn an_empty_line_is_a_line_and_a_lone_mark_is_none() {
    assert_eq!(texts("a\n\nb\n"), ["a", "", "b"]);
    assert_eq!(texts("section_start:1:a\r\u{1b}[0KA\nsection_end:2:a\r\u{1b}[0K\nb\n"), ["A", "b"]);
}

#[test]
fn addresses_become_links_and_nothing_else_does() {
    let page = shown("see https://example.com/a?b=1&c=(2). and javascript:alert(1) http://\n");
    assert!(page.contains("href=\"https://example.com/a?b=1&amp;c=(2\""), "{page}");
    assert_eq!(page.matches("target=").count(), 1);
    assert!(!shown("https://a\"onmouseover=x").contains("\"onmouseover"));
}

#[test]
fn a_part_in_the_middle_opens_what_was_open_before_it() {
    let log = SECTIONS.replace("HEAD\n", &"HEAD\n".repeat(5));
    let first = part(Cursor::new(&log), State::default(), 4).unwrap();
    assert!(!first.complete);
    let second = part(Cursor::new(&log), first.end.clone(), 100).unwrap();
    let page = html::write(&second, "continued");
    assert!(page.starts_with("<details class=\"s cont\" open data-s=\"2\""), "{page}");
    assert!(page.contains("<div class=\"e\" data-for=\"2\">01:05</div></details>"), "{page}");
    assert!(second.complete);
}

#[test]
fn the_index_finds_every_part_and_parts_of_lines() {
    let log: String = (1..=2500).map(|n| format!("line {n}\n")).collect();
    let index = index(Cursor::new(&log)).unwrap();
    assert_eq!(index.parts.iter().map(|place| place.line).collect::<Vec<_>>(), [1, 1001, 2001]);
    assert_eq!((index.lines, index.bytes), (2500, log.len() as u64));
    let found = part_of_line(Cursor::new(&log), 1500).unwrap();
    assert_eq!(rows(&found)[0], (1001, "line 1001".into()));
    assert_eq!(part_of_line(Cursor::new(&log), 99_999).unwrap().from.line, 2001);
    assert_eq!(
        find(Cursor::new(&log), "LINE 24", 3).unwrap().iter().map(|found| found.line).collect::<Vec<_>>(),
        [24, 240, 241]
    );
}

#[test]
fn a_log_that_became_shorter_is_read_from_its_begin() {
    let state = State { offset: 999, line: 9, ..State::default() };
    assert_eq!(rows(&part(Cursor::new("new\n"), state, 10).unwrap()), [(1, "new".into())]);
}

/// Pieces of logs that mean something, in any order.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\u{1b}[".to_owned()),
        Just("\u{1b}]8;;".to_owned()),
        Just("\u{1b}[31;1m".to_owned()),
        Just("<script>alert(1)</script>".to_owned()),
        Just("https://x\" onclick=\"".to_owned()),
        "section_(start|end):[0-9]{1,3}:[ab<]{1,2}(\\[collapsed=true\\])?\r\u{1b}\\[0K",
        "2026-01-02T03:04:05.678901Z 0[01][OE][ +]",
        "[38;5m0-9]{1,8}",
        "\\PC{0,12}",
    ];
    let bytes = prop_oneof![9 => word.prop_map(String::into_bytes), 1 => proptest::collection::vec(any::<u8>(), 0..6)];
    proptest::collection::vec(bytes, 0..60).prop_map(|parts| parts.concat())
}

/// Tags, the names of which and of whose attributes are all ours.
fn tags_are_ours(page: &str) -> bool {
    let known = ["div", "a", "span", "details", "summary"];
    page.split('<').skip(1).all(|tag| {
        let Some((inside, _)) = tag.split_once('>') else { return false };
        let name = inside.trim_start_matches('/').split(' ').next().unwrap_or_default();
        known.contains(&name) && !inside.contains("onclick=\"") && !inside.contains("script")
    })
}

proptest! {
    #[test]
    fn no_character_of_a_job_is_markup(log in hostile()) {
        let page = html::write(&whole(&log), "continued");
        prop_assert!(tags_are_ours(&page), "{page}");
        prop_assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
        prop_assert_eq!(page.matches("<div").count(), page.matches("</div>").count());
    }

    #[test]
    fn parts_make_what_the_whole_makes(log in hostile(), lines in 1_u64..6) {
        let expected = whole(&log);
        let (mut state, mut pieces) = (State::default(), Vec::new());
        loop {
            let part = part(Cursor::new(&log), State::decode(&state.encode()).unwrap(), lines).unwrap();
            pieces.extend(part.pieces);
            state = part.end;
            if part.complete { break }
        }
        prop_assert_eq!(pieces, expected.pieces);
    }

    #[test]
    fn a_growing_log_ends_as_the_finished_one(log in hostile(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(log.len() + 1);
        let before = part(Cursor::new(&log[..cut]), State::default(), u64::MAX).unwrap();
        let mut shown: Vec<_> = rows(&before);
        shown.retain(|(number, _)| *number < before.last.line);
        let after = part(Cursor::new(&log), before.last, u64::MAX).unwrap();
        shown.extend(rows(&after));
        prop_assert_eq!(shown, rows(&whole(&log)));
    }
}
