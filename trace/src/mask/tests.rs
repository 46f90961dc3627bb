//! The masker against recorded output, tables, and a model that looks at the whole text at once.

use super::*;
use proptest::prelude::*;

fn set(values: &[&str], prefixes: &[&str]) -> MaskSet {
    MaskSet::new(values, prefixes).unwrap()
}

fn mask(set: &MaskSet, writes: &[&[u8]]) -> Vec<u8> {
    let (mut masker, mut out) = (Masker::new(set.clone()), Vec::new());
    for write in writes {
        masker.write(write, |bytes| out.extend_from_slice(bytes));
    }
    masker.close(|bytes| out.extend_from_slice(bytes));
    out
}

/// Masks `text` whole and byte by byte, which must give the same.
fn masked(set: &MaskSet, text: &str) -> String {
    let whole = mask(set, &[text.as_bytes()]);
    let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
    assert_eq!(mask(set, &bytes), whole, "byte by byte: {text}");
    String::from_utf8(whole).unwrap()
}

fn check(values: &[&str], prefixes: &[&str], cases: &[(&str, &str)]) {
    let set = set(values, prefixes);
    for (text, expected) in cases {
        assert_eq!(&masked(&set, text), expected, "{text}");
    }
}

/// What gitlab-runner 19.4 made of these lines.
#[test]
fn recorded_lines() {
    check(
        &["glcbt-64_0123456789abcdefghij", "s3cr3tValue/+=~", "abc", "aaaabbbbccccdddd"],
        &DEFAULT_TOKEN_PREFIXES,
        &[
            ("before s3cr3tValue/+=~ after\n", "before [MASKED] after\n"),
            ("s3cr3tValue/+=~ tail\n", "[MASKED] tail\n"),
            ("abc\n", "[MASKED]\n"),
            ("glpat-abcdefghij0123456789 rest\n", "glpat-[MASKED][MASKED] rest\n"),
            (
                "\x1b[32;1m$ echo 'https://x/y?private_token=abc&z=1&X-Amz-Signature=foo'\x1b[0;m\n",
                "\x1b[32;1m$ echo 'https://x/y?private_token=[MASKED]&z=1&X-Amz-Signature=[MASKED]\x1b[0;m\n",
            ),
            (
                "https://x/y?private_token=abc&z=1&X-Amz-Signature=foo\n",
                "https://x/y?private_token=[MASKED]&z=1&X-Amz-Signature=[MASKED]\n",
            ),
            ("s3cr3tValue/+=~s3cr3tValue/+=~\n", "[MASKED][MASKED]\n"),
            ("aaaabbbbccccdddd\n", "[MASKED]\n"),
            ("glcbt-64_0123456789abcdefghij\n", "[MASKED]\n"),
        ],
    );
}

#[test]
fn more_recorded_lines() {
    check(
        &["verysecretvalue", "verysecretvalue-and-more", "sécrèt✓value"],
        &DEFAULT_TOKEN_PREFIXES,
        &[
            ("verysecretvalue\n", "[MASKED]\n"),
            ("verysecretvalue-and-more\n", "[MASKED]\n"),
            ("xverysecretvaluexverysecretvalue\n", "x[MASKED]x[MASKED]\n"),
            ("no newline verysecretvalue\x1b[32;1m$ echo", "no newline [MASKED]\x1b[32;1m$ echo"),
            ("verysecretvalueverysecretvalueverysecretvalue", "[MASKED][MASKED][MASKED]"),
            ("eulavtercesyrev\n", "eulavtercesyrev\n"),
            ("glrt-t1_abcdefghijklmnopqrst end\n", "glrt-[MASKED] end\n"),
            ("glcbt-64_aaaaaaaaaaaaaaaaaaaa!\n", "glcbt-[MASKED]!\n"),
            ("glpat-short\n", "glpat-[MASKED]\n"),
            ("AGLPAT-x glpat-\n", "AGLPAT-x glpat-\n"),
            ("sécrèt✓value\n", "[MASKED]\n"),
            // Recorded as it is; here base64 is masked.
            ("dmVyeXNlY3JldHZhbHVlCg==\n", "[MASKED]Cg==\n"),
        ],
    );
}

#[test]
fn phrases() {
    check(
        &["  abcd\n", "cdef", "", "   ", "cdef", "zz", "q"],
        &[],
        &[
            ("abcdef|abcdcdef|abc", "[MASKED]|[MASKED][MASKED]|abc"),
            ("zzz zzzz q qq", "[MASKED] [MASKED] [MASKED] [MASKED][MASKED]"),
            ("ABCD", "ABCD"),
        ],
    );
    check(
        &["MASKED_VALUE", "MASKED_VALUE_OTHER", "aab"],
        &[],
        &[("MASKED_VALUE_OTHER", "[MASKED]"), ("MASKED_VALUE_O", "[MASKED]_O"), ("xaaaby", "xa[MASKED]y")],
    );
}

#[test]
fn derived_forms() {
    check(
        &["p@ss word/ü1", "short"],
        &[],
        &[
            ("http://u:p%40ss%20word%2F%C3%BC1@h", "http://u:[MASKED]@h"),
            ("http://u:p%40ss%20word%2f%c3%bc1@h", "http://u:[MASKED]@h"),
            ("v=p%40ss+word%2F%C3%BC1&", "v=[MASKED]&"),
            ("cEBzcyB3b3JkL8O8MQ==.", "[MASKED]."),
            ("Authorization: Basic dXNlcjpwQHNzIHdvcmQvw7wx", "Authorization: Basic dXNlcjp[MASKED]"),
            ("c2hvcnQ=", "c2hvcnQ="),
        ],
    );
}

#[test]
fn token_prefixes() {
    let many: Vec<String> = (10..40).map(|n| format!("acme{n}-")).collect();
    let set =
        MaskSet::new(["abc", "x/y"], many.iter().map(String::as_str).chain(DEFAULT_TOKEN_PREFIXES)).unwrap();
    for (text, expected) in [
        ("acme39-a.b_c=d-e+f", "acme39-[MASKED]+f"),
        ("_gitlab_session=0f; path", "_gitlab_session=[MASKED]; path"),
        ("xglpat-1", "xglpat-[MASKED]"),
        ("glpat-glrt-1 2", "glpat-[MASKED] 2"),
        ("glpat- 1", "glpat- 1"),
        ("glpat-abc def", "glpat-[MASKED] def"),
        ("glpat-1abc2x/y3 4", "glpat-[MASKED][MASKED][MASKED] 4"),
        ("glpat-1", "glpat-[MASKED]"),
    ] {
        assert_eq!(masked(&set, text), expected, "{text}");
    }
}

#[test]
fn a_masked_value_inside_a_prefix_uncovers_nothing() {
    check(
        &["pat", "token", "glrt-whole"],
        &["glpat-", "glrt-"],
        &[
            ("glpat-secret!", "gl[MASKED]-[MASKED]!"),
            ("?private_token=secret&", "?private_[MASKED]=[MASKED]&"),
            // All of the prefix is masked: what follows is text.
            ("glrt-whole.story", "[MASKED].story"),
        ],
    );
}

#[test]
fn url_parameters() {
    check(
        &["a&b"],
        &["glpat-"],
        &[
            ("/?PRIVATE_TOKEN=x%20y#z next", "/?PRIVATE_TOKEN=[MASKED] next"),
            (
                "?a=b&rss_token=1&authenticity_token=2\t3",
                "?a=b&rss_token=[MASKED]&authenticity_token=[MASKED]\t3",
            ),
            (
                "?x-amz-credential=1?X-Amz-Security-Token=2\u{7f}",
                "?x-amz-credential=[MASKED]?X-Amz-Security-Token=[MASKED]\u{7f}",
            ),
            ("?job_token=1&access_token=2&private_tokens=3", "?job_token=1&access_token=2&private_tokens=3"),
            (
                "private_token=1 ?private_token 1 ?private_token=&x",
                "private_token=1 ?private_token 1 ?private_token=&x",
            ),
            ("?private_token=1a&b2 3", "?private_token=[MASKED] 3"),
            ("?private_token=glpat-1+2 glpat-3+4", "?private_token=[MASKED] glpat-[MASKED]+4"),
            ("??private_token=1&&rss_token=2", "??private_token=[MASKED]&&rss_token=[MASKED]"),
        ],
    );
}

#[test]
fn only_what_may_begin_a_secret_is_held_back() {
    let mut masker = Masker::new(set(&["secret"], &["glpat-"]));
    let mut out = String::new();
    let mut write = |text: &str| {
        masker.write(text.as_bytes(), |bytes| out.push_str(std::str::from_utf8(bytes).unwrap()));
        std::mem::take(&mut out)
    };
    assert_eq!(write("Password: "), "Password: ");
    assert_eq!(write("sec"), "");
    assert_eq!(write("ond"), "second");
    assert_eq!(write(" sec"), " ");
    assert_eq!(write("ret"), "[MASKED]");
    assert_eq!(write(" glpat-"), " glpat-");
    assert_eq!(write("1"), "[MASKED]");
    assert_eq!(write("2.sec"), "");
    assert_eq!(write("\n"), "\n");
}

#[test]
fn too_many_values_are_refused() {
    let huge = "x".repeat(MAX_VALUES);
    assert_eq!(MaskSet::new([&huge, "y"], [""; 0]).unwrap_err(), MasksTooLarge { bytes: MAX_VALUES + 1 });
}

#[test]
fn debug_shows_no_secret() {
    assert_eq!(format!("{:?}", set(&["hunter2"], &[])), "MaskSet { .. }");
}

/// The rules of the module, applied to the whole text without any automaton.
fn model(text: &[u8], values: &[String], prefixes: &[String]) -> Vec<u8> {
    let mut marks = phrase_marks(text, values);
    url_marks(text, &mut marks);
    token_marks(text, prefixes, &mut marks);
    let mut out = Vec::new();
    for (&byte, mark) in text.iter().zip(marks) {
        match mark {
            Mark::Plain => out.push(byte),
            Mark::Start => out.extend(MASK.bytes()),
            Mark::Inside => {}
        }
    }
    out
}

fn phrase_marks(text: &[u8], values: &[String]) -> Vec<Mark> {
    let mut forms = Vec::new();
    values
        .iter()
        .for_each(|value| forms::each(value.trim().as_bytes(), &mut |form| forms.push(form.to_vec())));
    let mut found: Vec<(usize, usize)> = (0..text.len())
        .flat_map(|at| {
            forms.iter().filter(move |f| text[at..].starts_with(f)).map(move |f| (at, at + f.len()))
        })
        .filter(|(start, end)| start < end)
        .collect();
    found.sort();
    let mut marks = vec![Mark::Plain; text.len()];
    let mut reached = 0;
    for (start, end) in found {
        if start >= reached {
            marks[start] = Mark::Start;
        }
        for mark in &mut marks[start.max(reached)..end.max(reached)] {
            if *mark == Mark::Plain {
                *mark = Mark::Inside;
            }
        }
        reached = reached.max(end);
    }
    marks
}

fn url_marks(text: &[u8], marks: &mut [Mark]) {
    let mut at = 0;
    while at < text.len() {
        match url_value(text, marks, at) {
            Some(start) => {
                let end = (start..text.len())
                    .find(|&n| marks[n] == Mark::Plain && matches!(text[n], b'?' | b'&' | 0..=32 | 127))
                    .unwrap_or(text.len());
                marks[start..end].fill(Mark::Inside);
                if start < end {
                    marks[start] = Mark::Start;
                }
                at = end;
            }
            None => at += 1,
        }
    }
}

fn url_value(text: &[u8], marks: &[Mark], at: usize) -> Option<usize> {
    let rest = text[at..].to_ascii_lowercase();
    let key = url::KEYS.iter().find(|key| {
        matches!(rest[0], b'?' | b'&') && rest[1..].starts_with(key) && rest.get(1 + key.len()) == Some(&b'=')
    })?;
    let start = at + key.len() + 2;
    marks[at..start].contains(&Mark::Plain).then_some(start)
}

fn token_marks(text: &[u8], prefixes: &[String], marks: &mut [Mark]) {
    let before = marks.to_vec();
    let begins = |at: usize| {
        prefixes.iter().any(|p| {
            text[..at].ends_with(p.as_bytes())
                && !p.is_empty()
                && before[at - p.len()..at].contains(&Mark::Plain)
        })
    };
    let (mut live, mut masked) = (false, false);
    for at in 0..text.len() {
        live |= begins(at);
        if before[at] != Mark::Plain || !live {
            continue;
        }
        if text[at].is_ascii_alphanumeric() || b"_.=-".contains(&text[at]) {
            marks[at] = if masked { Mark::Inside } else { Mark::Start };
            masked = true;
        } else {
            (live, masked) = (false, false);
        }
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{1,5}", "a{1,9}", "[a-c/ ?&=%]{1,4}", "[a-d]{8,12}", "(pat|token|priv|gl)", "é[a/]{7}"]
}

/// Text in which whole and broken secrets, keys and prefixes are likely.
fn text(values: &[String]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let mut known: Vec<Vec<u8>> = Vec::new();
    values
        .iter()
        .for_each(|value| forms::each(value.trim().as_bytes(), &mut |form| known.push(form.to_vec())));
    known.push(b"a".to_vec());
    let piece = prop_oneof![
        "[ab]{0,8}".prop_map(String::into_bytes),
        "[a-d ?&=\n.é]{0,6}".prop_map(String::into_bytes),
        "(glpat-|gl|tok:|[?&](private_token|X-Amz-Signature|rss_tok)=?|plain text here )"
            .prop_map(String::into_bytes),
        proptest::sample::select(known.clone()),
        (proptest::sample::select(known), 0..20usize)
            .prop_map(|(form, n)| form[..n.min(form.len())].to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn case() -> impl Strategy<Value = (Vec<String>, Vec<u8>, Vec<usize>)> {
    proptest::collection::vec(value(), 0..5)
        .prop_flat_map(|values| {
            let text = text(&values);
            (Just(values), text)
        })
        .prop_flat_map(|(values, text)| {
            let cuts = proptest::collection::vec(0..=text.len(), 0..6);
            (Just(values), Just(text), cuts)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_gives_what_the_model_gives((values, text, mut cuts) in case()) {
        let prefixes = ["glpat-", "tok:", "ab"].map(String::from);
        let set = MaskSet::new(&values, &prefixes).unwrap();
        let expected = model(&text, &values, &prefixes);
        prop_assert_eq!(mask(&set, &[&text]).escape_ascii().to_string(), expected.escape_ascii().to_string());
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let writes: Vec<&[u8]> = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect();
        prop_assert_eq!(mask(&set, &writes).escape_ascii().to_string(), expected.escape_ascii().to_string());
    }

    #[test]
    fn no_secret_survives((values, text, _) in case()) {
        let set = MaskSet::new(&values, [""; 0]).unwrap();
        let out = mask(&set, &[&text]);
        for value in values.iter().map(|value| value.trim().as_bytes()).filter(|value| !value.is_empty()) {
            let shown = pieces(&out).any(|piece| piece.windows(value.len()).any(|part| part == value));
            prop_assert!(!shown, "{} in {}", value.escape_ascii(), out.escape_ascii());
        }
    }
}

/// What stands between the replacements.
fn pieces(out: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(out);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.windows(MASK.len()).position(|part| part == MASK.as_bytes());
        rest = end.map(|end| &text[end + MASK.len()..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// A phrase that nearly matches everywhere must not make the work grow with its length.
#[test]
fn near_misses_cost_no_more_for_longer_phrases() {
    let text = vec![b'a'; 1 << 20];
    let long = format!("{}b", "a".repeat(60_000));
    let set = set(&[&long, "a"], &[]);
    let mut bytes = 0;
    let mut masker = Masker::new(set);
    masker.write(&text, |out| bytes += out.len());
    masker.close(|out| bytes += out.len());
    // A comparison at every place would be 6e10 steps: this test would not end.
    assert_eq!(bytes, text.len() * MASK.len());
}
