use super::*;
use proptest::prelude::*;

fn pairs(text: &str) -> Vec<(String, String)> {
    parse(text.as_bytes()).unwrap()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.into(), value.into())
}

#[test]
fn lines_are_taken_as_they_are_but_for_space_around() {
    assert_eq!(pairs("A=1\nB = two words \r\nC=\n"), [pair("A", "1"), pair("B", "two words"), pair("C", "")]);
    assert_eq!(pairs("A=\"x\"\nB=a=b\nC=$A"), [pair("A", "\"x\""), pair("B", "a=b"), pair("C", "$A")]);
    assert_eq!(pairs(""), []);
}

#[test]
fn the_last_of_a_name_counts() {
    assert_eq!(pairs("A=1\nB=2\nA=3"), [pair("A", "3"), pair("B", "2")]);
}

#[test]
fn what_is_no_variable_is_an_error() {
    for (text, error) in [
        ("A=1\n\nB=2", DotenvError::Format { line: 2 }),
        ("# A", DotenvError::Format { line: 1 }),
        ("\n", DotenvError::Format { line: 1 }),
        ("A=1\n# B=2", DotenvError::Name { line: 2 }),
        ("=1", DotenvError::Name { line: 1 }),
        ("A-B=1", DotenvError::Name { line: 1 }),
    ] {
        assert_eq!(parse(text.as_bytes()), Err(error), "{text:?}");
    }
    assert_eq!(parse(b"A=\xff"), Err(DotenvError::NotText));
}

#[test]
fn reports_are_bounded() {
    let many: String = (0..20).map(|number| format!("A{number}=\n")).collect();
    assert_eq!(pairs(&many).len(), 20);
    assert_eq!(parse(format!("{many}B=").as_bytes()), Err(DotenvError::TooMany { count: 21 }));
    let long = |bytes: usize| format!("A={}", "x".repeat(bytes - 2));
    assert!(parse(long(5119).as_bytes()).is_ok());
    assert_eq!(parse(long(5120).as_bytes()), Err(DotenvError::TooLarge { size: 5120 }));
}

#[test]
fn other_encodings_are_read() {
    let utf16 = |little: bool| {
        let unit = move |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        "\u{feff}A=é\n".encode_utf16().flat_map(unit).collect::<Vec<u8>>()
    };
    assert_eq!(parse(&utf16(true)).unwrap(), [pair("A", "é")]);
    assert_eq!(parse(&utf16(false)).unwrap(), [pair("A", "é")]);
    assert_eq!(pairs("\u{feff}A=é"), [pair("A", "é")]);
}

proptest! {
    #[test]
    fn no_report_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn what_is_written_is_read(values in proptest::collection::vec("[!-~][ -~]{0,9}[!-~]", 0..20)) {
        let named = values.iter().enumerate().map(|(index, value)| (format!("V_{index}"), value.clone()));
        let named: Vec<_> = named.collect();
        let text: String = named.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        prop_assert_eq!(parse(text.as_bytes()).unwrap(), named);
    }
}
