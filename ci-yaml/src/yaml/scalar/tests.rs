use super::*;

fn int(text: &str) -> i128 {
    match resolve(text) {
        Ok(Value::Int(number)) => number,
        other => panic!("{text}: {other:?}"),
    }
}

fn float(text: &str) -> f64 {
    match resolve(text) {
        Ok(Value::Float(number)) => number,
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn string(text: &str) {
    assert_eq!(resolve(text), Ok(Value::Str(text.into())));
}

#[test]
fn words() {
    for text in ["", "~", "null", "Null", "NULL", "nULL"] {
        assert_eq!(resolve(text), Ok(Value::Null), "{text}");
    }
    for text in ["yes", "Yes", "YES", "yEs", "true", "True", "TRUE", "on", "On", "ON"] {
        assert_eq!(resolve(text), Ok(Value::Bool(true)), "{text}");
    }
    for text in ["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
        assert_eq!(resolve(text), Ok(Value::Bool(false)), "{text}");
    }
    for text in ["y", "n", "Y", "N", "t", "nil", "none", "yess", "no way", "falsey", "~x", "~ ", "é", "nü"]
    {
        string(text);
    }
}

/// Ruby's `^` and `$` stand for any line.
#[test]
fn words_on_lines_of_their_own() {
    assert_eq!(resolve("no\non"), Ok(Value::Bool(true)));
    assert_eq!(resolve("n\nno"), Ok(Value::Bool(false)));
    string("a\nno");
    string("on\noff");
    string("12\n13");
    string(":a\n:b");
}

#[test]
fn integers() {
    let cases = [
        ("0", 0),
        ("-1", -1),
        ("+1", 1),
        ("012", 10),
        ("-012", -10),
        ("0x1f", 31),
        ("-0xFF", -255),
        ("0b101", 5),
        ("0b1_0,1", 5),
        ("1_000", 1000),
        ("1,000", 1000),
        ("1_000,000", 1_000_000),
        ("0_7", 7),
        ("0_", 0),
        ("0,", 0),
        ("0x_1", 1),
        ("00", 0),
    ];
    for (text, number) in cases {
        assert_eq!(int(text), number, "{text}");
    }
    for text in [
        "08", "09", "0o17", "0x", "0b", "0b2", "0b_", "0xg", "0X1F", "0B1", "1__0", "1_", "1,", "_1", ",1",
        "+", "-", "--1", "1a", "1 ", "1 2", "1-2", "٣",
    ] {
        string(text);
    }
}

#[test]
fn integers_of_any_size() {
    assert_eq!(int("170141183460469231731687303715884105727"), i128::MAX);
    let wide = |text: &str| {
        resolve(text).ok().and_then(|value| crate::Node::new(value, crate::Span::default()).to_text())
    };
    assert_eq!(
        wide("170141183460469231731687303715884105728").as_deref(),
        Some("170141183460469231731687303715884105728")
    );
    assert_eq!(
        wide("-0xffffffffffffffffffffffffffffffffff").as_deref(),
        Some("-87112285931760246646623899502532662132735")
    );
    let zeros = format!("1{}", "0".repeat(45));
    assert_eq!(wide(&zeros).as_deref(), Some(zeros.as_str()));
    string(&"9".repeat(1001));
}

#[test]
fn sexagesimal_numbers() {
    let cases = [
        ("12:30", 45000),
        ("12:30:45", 45045),
        ("-1:30", -1800),
        ("1:5", 3900),
        ("012:00", 43200),
        ("1_0:00", 36000),
    ];
    for (text, number) in cases {
        assert_eq!(int(text), number, "{text}");
    }
    assert_eq!(float("1:30.5"), 3600.0 + 30.5 * 60.0);
    assert_eq!(float("1:30:15.2_5"), 5415.25);
    assert_eq!(float("1:30:15."), 5415.0);
    for text in ["1:60", "1:2:3:4", "1:", ":", "1:2:", "a:1", "1:a", "1:123", "-:1", "1:2.3:4", "10:00Z"] {
        string(text);
    }
    // As many digits as one likes, and no overflow.
    string(&format!("{}:00", "9".repeat(39)));
}

#[test]
fn floats() {
    let cases = [
        ("1.50", 1.5),
        (".5", 0.5),
        ("-.5", -0.5),
        ("+1.5", 1.5),
        ("1.", 1.0),
        ("1.e+3", 1000.0),
        ("1.5e+3", 1500.0),
        ("1.5E-3", 0.0015),
        ("1_000.5", 1000.5),
        ("1,000.5", 1000.5),
        ("1,.5", 1.5),
    ];
    for (text, number) in cases {
        assert_eq!(float(text), number, "{text}");
    }
    assert_eq!(float(".inf"), f64::INFINITY);
    assert_eq!(float("+.INF"), f64::INFINITY);
    assert_eq!(float("-.Inf"), f64::NEG_INFINITY);
    assert!(float(".NaN").is_nan());
    for text in ["1e3", "1.5e3", ".", "-.", "+.", "1.2.3", "..", "1.5x", "1._5", "_.5", "inf", "e.5"] {
        string(text);
    }
    assert_eq!(resolve(".e+1"), Err(Refusal::Invalid));
}

#[test]
fn dates_and_times_are_refused() {
    for text in ["2024-01-31", "2024-1-3", "2024-02-31", "2024-00-00", "0000-12-01"] {
        assert_eq!(resolve(text), Err(Refusal::Class("Date".into())), "{text}");
    }
    for text in [
        "2024-01-31 12:30:00",
        "2024-01-31T12:30:00",
        "2024-01-31t1:30:00.5",
        "2024-01-31 12:30:00 Z",
        "2024-01-31 12:30:00 +01:00",
        "2024-01-31 12:30:00+1",
        "2024-01-31 12:30:00+1:",
        "2024-01-31 12:30:00-0530",
        "2024-01-31 12:30:00-530",
        "-2024-99-99 12:30:00.",
    ] {
        assert_eq!(resolve(text), Err(Refusal::Class("Time".into())), "{text}");
    }
    for text in [
        "2024-13-01",
        "2024-01-32",
        "24-01-01",
        "2024-01",
        "2024-01-",
        "2024-001-01",
        "2024-01-31 12:30",
        "2024-01-31 12:30:00 +01:0",
        "2024-01-31 12:30:00 +123:00",
        "2024-01-31x",
        "2024-01-31 12:30:00 PM",
        "2024/01/31",
        "-2024-01-01",
    ] {
        string(text);
    }
}

#[test]
fn symbols() {
    let name = |text: &str| match resolve(text) {
        Ok(Value::Str(name)) => name,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(&*name(":sym"), "sym");
    assert_eq!(&*name(":\"a b\""), "a b");
    assert_eq!(&*name(":'a'b'c"), "a'b");
    assert_eq!(&*name(":'a"), "'a");
    assert_eq!(&*name("::a"), ":a");
    assert_eq!(&*name(":':a'"), "a");
    assert_eq!(&*name(":"), ":");
    assert_eq!(&*name(":\""), "\"");
}
