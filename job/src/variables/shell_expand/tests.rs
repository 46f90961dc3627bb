use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::process::Command;

const VARIABLES: [(&str, &str); 9] = [
    ("X", "hello.tar.gz"),
    ("E", ""),
    ("N", "7"),
    ("M", "N"),
    ("REF", "X"),
    ("P", "/a/b/c.txt"),
    ("U", "äöü ÄÖÜ"),
    ("Q", "it's"),
    ("STAR", "*"),
];

fn expanded(text: &str) -> Result<String, String> {
    let variables = BTreeMap::from(VARIABLES);
    expand(text, &|name| variables.get(name).map(|v| (*v).to_owned())).map_err(|e| e.to_string())
}

/// Texts whose result has to be that of bash, inside double quotes.
const AS_BASH: &[&str] = &[
    "plain text",
    "$X-${X}-$N$M",
    "${NOPE:-d} ${NOPE-d} ${X:-d} ${E:-d}",
    "${X:+set} ${NOPE:+set} ${X+set}",
    "${NOPE:-${X:-inner}} ${NOPE:-a $X b}",
    "${X:1:3} ${X:6} ${X: -2} ${X:0:-3} ${X:N:2} ${X:2+1:1} ${X:99} ${X:(-5):2}",
    "${X%.gz} ${X%%.*} ${X#*.} ${X##*.} ${X%nope} ${P##*/} ${P%/*}",
    "${X/l/L} ${X//l/L} ${X/#he/HE} ${X/%gz/GZ} ${X//l} ${X/nope/x} ${P//\\//_} ${X//[aeiou]/-}",
    "${X/./\\}} ${X//[!a-z]/_} ${X//[[:punct:]]/_} ${X/h*o/Y} ${X/?/Z}",
    "${X^} ${X^^} ${X^^[h-l]} ${U,,} ${U^^} ${X,}",
    "${#X} ${#U} ${#NOPE}",
    "${!REF} ${!REF%.gz}",
    "$((1+2*3)) $((N*2)) $((M+1)) $(( (1+2)*3 )) $((7/2)) $((-7%3)) $((2**10)) $((1<<4|1)) $((N>3&&N<9))",
    "$((0x1f)) $((017)) $((2#101)) $((1?2:3)) $((0||0)) $((!5)) $((~0)) $((N==7)) $((1,2)) $(($N+1)) $((0&&1/0))",
    "a\\$X b\\\\c d\\e \\`x\\` end",
    "'$X' 100% $ $/ $.",
    "${X#\"hello\"} ${X#'hello'} ${X%\"*\"} ${X#$STAR} ${X#\"$STAR\"}",
    "${NOPE:-\"q $X\"} ${NOPE:-'q'}",
    "${X@U} ${X@u} ${U@L}",
    "${X[0]}${X[1]}${X[@]}",
    "x${X}y$X_${N}z",
    "1 \\\n2",
];

#[test]
fn results_are_those_of_bash() {
    for text in AS_BASH {
        let script = format!("printf '%s' \"{text}\"");
        let output = Command::new("bash")
            .args(["-c", &script])
            .env_clear()
            .envs(VARIABLES)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let bash = String::from_utf8(output.stdout).unwrap();
        assert_eq!(expanded(text), Ok(bash), "{text} {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn where_a_document_is_not_a_quoted_word() {
    for (text, result) in [
        ("say \"$N\"", "say \"7\""),
        ("${E-empty counts as unset}", "empty counts as unset"),
        ("${E+set}", ""),
        ("$1$@$*$#$?$$$!$- ${1} ${10} ${@} ${#}", "    "),
        ("${Q@Q}", "'it'\\''s'"),
        ("$'x'", "$'x'"),
    ] {
        assert_eq!(expanded(text).as_deref(), Ok(result), "{text}");
    }
}

#[test]
fn what_would_have_an_effect_is_refused() {
    for (text, error) in [
        ("$(id)", "unexpected command substitution"),
        ("`id`", "unexpected command substitution"),
        ("${NOPE:-$(id)}", "unexpected command substitution"),
        ("$((`id`))", "unexpected command substitution"),
        ("${NOPE:=x}", "environment is read-only"),
        ("$((N=1))", "environment is read-only"),
        ("$((N++))", "environment is read-only"),
        ("$((N+=1))", "environment is read-only"),
        ("${NOPE:?not there}", "NOPE: not there"),
        ("$((1/0))", "division by zero"),
        ("${X", "an unknown expansion at offset 3"),
        ("${X:-a", "a `${` without `}` at offset 6"),
        ("${}", "no name at offset 2"),
        ("${X~}", "an unknown expansion at offset 4"),
        ("$((1+))", "not an arithmetic expression at offset 2"),
        ("$((1", "an expression that does not end at offset 4"),
    ] {
        assert_eq!(expanded(text), Err(error.to_owned()), "{text}");
    }
}

#[test]
fn nesting_and_size_are_bounded() {
    let deep = "${NOPE:-".repeat(1000) + &"}".repeat(1000);
    assert_eq!(expanded(&deep), Err("too large an expansion".to_owned()));
    let parentheses = format!("$(({}1{}))", "(".repeat(1000), ")".repeat(1000));
    assert_eq!(expanded(&parentheses), Err("too large an expansion".to_owned()));
    let minus = format!("$(({}1))", "- ".repeat(1000));
    assert_eq!(expanded(&minus), Err("too large an expansion".to_owned()));
    let long = "x".repeat(300_000);
    let big = |name: &str| (name == "B").then(|| long.clone());
    assert_eq!(expand("$B$B$B$B", &big), Err(ExpandError::TooLarge));
    assert_eq!(expand("${B//*y/z}", &big), Err(ExpandError::TooLarge));
    let own = |_: &str| Some("SELF".to_owned());
    assert_eq!(expand("$((SELF))", &own).as_deref(), Ok("0"));
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}|[${}()\\[\\]X:#%/^,@!*?+=\"'`\\\\0-9a é-]{0,40}") {
        let _ = expanded(&text);
    }

    #[test]
    fn text_without_expansions_stays(text in "[^$`\\\\]*") {
        prop_assert_eq!(expanded(&text), Ok(text));
    }

    #[test]
    fn sums_are_right(a in any::<i32>(), b in any::<i32>()) {
        prop_assert_eq!(expanded(&format!("$(({a} + ({b}) * 2))")), Ok((i64::from(a) + i64::from(b) * 2).to_string()));
    }
}
