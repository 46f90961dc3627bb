use super::*;
use proptest::prelude::*;

const T1: &str = "2026-11-21T12:03:35.883934Z";
const T2: &str = "2026-11-21T12:03:36.000007Z";

fn time(text: &str) -> SystemTime {
    let micros = match text {
        T1 => 1_795_262_615_883_934,
        T2 => 1_795_262_616_000_007,
        _ => unreachable!(),
    };
    UNIX_EPOCH + Duration::from_micros(micros)
}

fn write(stamper: &mut Timestamper, now: &str, parts: &[&str]) -> String {
    let mut out = Vec::new();
    stamper.begin(time(now));
    parts.iter().for_each(|part| stamper.feed(part.as_bytes(), &mut out));
    stamper.end(&mut out);
    String::from_utf8(out).unwrap()
}

fn close(stamper: &mut Timestamper) -> String {
    let mut out = Vec::new();
    stamper.close(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn whole_lines_are_given_out_at_once() {
    let mut stamper = Timestamper::new(1, Kind::Out);
    assert_eq!(write(&mut stamper, T1, &["a\n\nb\n"]), format!("{T1} 01O a\n{T1} 01O \n{T1} 01O b\n"));
    assert_eq!(write(&mut stamper, T2, &["c", "d\r\n", "e"]), format!("{T2} 01O cd\r\n"));
    assert_eq!(close(&mut stamper), format!("{T2} 01O e\n"));
    assert_eq!(close(&mut stamper), "");
}

#[test]
fn an_unfinished_line_has_the_time_of_its_first_byte() {
    let mut stamper = Timestamper::new(0xff, Kind::Err);
    assert_eq!(write(&mut stamper, T1, &["no newline "]), "");
    assert_eq!(
        write(&mut stamper, T2, &["at end\nnext\n"]),
        format!("{T1} ffE no newline at end\n{T2} ffE next\n")
    );
}

/// The head of a recorded log: markers become lines, what follows continues them.
#[test]
fn section_markers() {
    let mut stamper = Timestamper::new(0, Kind::Out);
    let mut log = String::new();
    for text in [
        "section_start:1795262615:prepare_executor\r\x1b[0K",
        "\x1b[0K\x1b[36;1mPreparing the \"shell\" executor\x1b[0;m\x1b[0;m\n",
        "\x1b[0KUsing Shell (bash) executor...\x1b[0;m\n",
        "section_end:1795262615:prepare_executor\r\x1b[0K",
        "section_start:1795262615:prepare_script\r\x1b[0K",
        "\x1b[0K\x1b[36;1mPreparing environment\x1b[0;m\x1b[0;m\n",
    ] {
        log += &write(&mut stamper, T1, &[text]);
    }
    let expected = [
        " section_start:1795262615:prepare_executor\r\x1b[0K",
        "+\x1b[0K\x1b[36;1mPreparing the \"shell\" executor\x1b[0;m\x1b[0;m",
        " \x1b[0KUsing Shell (bash) executor...\x1b[0;m",
        " section_end:1795262615:prepare_executor\r\x1b[0K",
        "+section_start:1795262615:prepare_script\r\x1b[0K",
        "+\x1b[0K\x1b[36;1mPreparing environment\x1b[0;m\x1b[0;m",
    ];
    assert_eq!(log, expected.map(|line| format!("{T1} 00O{line}\n")).concat());
}

#[test]
fn a_carriage_return_ends_what_is_kept_back() {
    let mut stamper = Timestamper::new(1, Kind::Out);
    assert_eq!(write(&mut stamper, T1, &["10%"]), "");
    assert_eq!(write(&mut stamper, T2, &["\r20", "%"]), format!("{T1} 01O 10%\r20%\n"));
    assert_eq!(write(&mut stamper, T2, &["\r"]), format!("{T2} 01O+\r\n"));
    assert_eq!(write(&mut stamper, T2, &["done\nmore"]), format!("{T2} 01O+done\n"));
    assert_eq!(close(&mut stamper), format!("{T2} 01O more\n"));
}

#[test]
fn long_lines_are_broken() {
    let mut stamper = Timestamper::new(1, Kind::Out);
    let (x4096, x20000) = ("x".repeat(4096), "x".repeat(20_000));
    assert_eq!(write(&mut stamper, T1, &[&x20000]), format!("{T1} 01O {x20000}\n"));
    assert_eq!(write(&mut stamper, T1, &[&x4096]), "");
    // With its header the line would have 8224 bytes.
    assert_eq!(write(&mut stamper, T2, &[&x4096]), format!("{T1} 01O+{x4096}{x4096}\n"));
    assert_eq!(write(&mut stamper, T2, &[&x4096, &x4096]), "");
    assert_eq!(write(&mut stamper, T2, &["\n"]), format!("{T2} 01O+{x4096}{x4096}\n"));
}

#[test]
fn dates() {
    for (second, text) in [
        (0, "1970-01-01T00:00:00"),
        (951_782_400, "2000-02-29T00:00:00"),
        (951_868_800, "2000-03-01T00:00:00"),
        (1_709_251_199, "2024-02-29T23:59:59"),
        (4_107_542_399, "2100-02-28T23:59:59"),
        (4_107_542_400, "2100-03-01T00:00:00"),
        (LAST_SECOND, "9999-12-31T23:59:59"),
        (LAST_SECOND + 1_000_000, "9999-12-31T23:59:59"),
    ] {
        let mut stamper = Timestamper::new(0, Kind::Out);
        stamper.begin(UNIX_EPOCH + Duration::from_secs(second));
        assert_eq!(std::str::from_utf8(&stamper.header[..19]).unwrap(), text);
    }
}

proptest! {
    /// What a reader gets that joins continuations is what was written.
    #[test]
    fn a_reader_gets_back_what_was_written(
        writes in proptest::collection::vec("[a-z\r\n]{0,12}|x{8000,9000}", 0..12),
    ) {
        let mut stamper = Timestamper::new(1, Kind::Out);
        let mut log: String = writes.iter().map(|text| write(&mut stamper, T1, &[text])).collect();
        log += &close(&mut stamper);
        let mut read = String::new();
        for line in log.split_inclusive('\n') {
            prop_assert_eq!(&line[..31], &format!("{T1} 01O"));
            if &line[31..32] == "+" {
                prop_assert_eq!(read.pop(), Some('\n'));
            }
            read += &line[32..];
        }
        let written = writes.concat();
        prop_assert_eq!(read.strip_suffix('\n').unwrap_or(&read), written.strip_suffix('\n').unwrap_or(&written));
    }
}
