use super::*;
use proptest::prelude::*;

fn read(pieces: &[&[u8]]) -> Vec<String> {
    let mut reader = Reader::default();
    let mut told = Vec::new();
    let mut tell = |piece: Piece<'_>| {
        told.push(match piece {
            Piece::Line(line) => Harmless::plain(line),
            Piece::Open(name) => format!("<{name}>"),
            Piece::Close(name) => format!("</{name}>"),
        });
    };
    for piece in pieces {
        reader.feed(piece, &mut tell);
    }
    reader.finish(&mut tell);
    told
}

const LOG: &[u8] = b"section_start:17:get_sources\r\x1b[0K\x1b[0K\x1b[36;1mGetting source\x1b[0;m\n\
    10%\r50%\r\x1b[K100%\nwindows\r\n\n\
    no end section_end:18:get_sources\r\x1b[0Ksection_start:18:s[collapsed=true]\r\x1b[0KTitle\nsection_end:19:s\r\x1b[0K\nlast";

#[test]
fn markers_progress_and_lines() {
    let lines = read(&[LOG]);
    let expected = [
        "<get_sources>",
        "Getting source",
        "100%",
        "windows",
        "",
        "no end ",
        "</get_sources>",
        "<s>",
        "Title",
        "</s>",
        "last",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn time_stamps_go() {
    let log = b"2026-11-21T12:03:35.883972Z 00O section_start:1795262615:a\r\x1b[0K\n\
        2026-11-21T12:03:35.883972Z 00O+Heading\n2026-11-21T12:03:35.883972Z 01E err\n";
    assert_eq!(read(&[log]), ["<a>", "Heading", "err"]);
}

#[test]
fn the_line_being_written_is_known() {
    let mut reader = Reader::default();
    let mut none = |_: Piece<'_>| {};
    reader.feed(b"Receiving objects: 10%\rReceiving", &mut none);
    assert_eq!(reader.unfinished(), b"Receiving");
    reader.feed(b" objects: 50%\r", &mut none);
    assert_eq!(reader.unfinished(), b"Receiving objects: 50%");
    reader.feed(b"\nsection_start:1:a\rsection_sta", &mut none);
    assert_eq!(reader.open_sections(), ["a"]);
    reader.feed(b"rt:2:", &mut none);
    assert_eq!(reader.unfinished(), b"");
}

#[test]
fn endless_lines_are_broken() {
    let long = vec![b'x'; LONGEST * 2 + 5];
    let lines = read(&[&long, b"\nnext\n"]);
    assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [LONGEST, LONGEST, 5, 4]);
}

proptest! {
    #[test]
    fn cuts_do_not_matter(cuts in proptest::collection::vec(0..60usize, 0..8)) {
        let (mut pieces, mut rest) = (Vec::new(), LOG);
        for cut in cuts {
            let (piece, later) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = later;
        }
        pieces.push(rest);
        prop_assert_eq!(read(&pieces), read(&[LOG]));
    }
}
