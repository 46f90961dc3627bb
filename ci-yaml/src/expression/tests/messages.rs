use crate::expression::{MOST_TOKENS, parse};

/// What is wrong, what it concerns, and a part of the advice.
#[test]
fn messages_and_hints() {
    for (text, at, message, hint) in [
        ("$A = \"x\"", "=", "`=` is not part of the language", "`==`"),
        ("$A & $B", "&", "`&` is not part of the language", "`&&`"),
        ("$A | $B", "|", "`|` is not part of the language", "`||`"),
        ("$A ~ /ab/", "~", "`~` is not part of the language", "`=~`"),
        ("$A == x", "x", "`x` is not part of the language", "\"x\""),
        ("$A == 12", "12", "`12` is not part of the language", "\"12\""),
        ("$A and $B", "and", "`and` is not part of the language", "`&&`"),
        ("$A == nil", "nil", "`nil` is not part of the language", "`null`"),
        ("${A} == \"x\"", "${A}", "`${A}` is not part of the language", "`$A`, without braces"),
        ("%A% == \"x\"", "%", "`%` is not part of the language", "`$NAME`"),
        ("$A > \"1\"", ">", "`>` is not part of the language", "greater"),
        ("$A # note", "#", "`#` is not part of the language", "no comments"),
        ("$A-B == \"x\"", "-", "`-` is not part of the language", "ends as `$A`"),
        ("$A == “x”", "“", "`“` is not part of the language", "straight quotes"),
        ("$[[ inputs.a ]]", "$[[ inputs.a ]]", "`$[[ inputs.a ]]` is not part of the language", "as text"),
        ("$ == 1", "$", "`$` is not part of the language", "`$NAME`"),
        ("$A == \"x", "\"x", "text without a closing \"", "another \""),
        ("$A =~ /a/", "/a/", "a regular expression needs two characters or more", "`/(a)/`"),
        ("$A =~ //", "//", "a regular expression needs two characters or more", "`/.*/`"),
        ("$A =~ /ab", "/ab", "a regular expression without a closing slash", "`/…/`"),
        (r"$A =~ /ab\/", r"/ab\/", "a regular expression without a closing slash", "one more slash"),
        (
            "CI_TAG == $A",
            "CI_TAG",
            "`CI_TAG` is not part of the language",
            "a variable is written `$CI_TAG`;",
        ),
        ("$A =~ /ab/cd/", "cd", "`cd` is not part of the language", r"`\/`"),
        ("$A =~ /ab/x", "x", "`x` is not part of the language", "i, s, m and U"),
        ("$A =~ /^(?!ab)/", "/^(?!ab)/", "RE2 has no lookaround: `(?!`", "`!~`"),
        ("$A =~ /^(?<=ab)/", "/^(?<=ab)/", "RE2 has no lookaround: `(?<=`", "`&&`"),
        ("$A =~ /(ab/", "/(ab/", "`(` is not closed", r"`\(`"),
        ("$A =~ /*ab/", "/*ab/", "`*` has nothing to repeat", "`.*`"),
        ("$A =~ /a++/", "/a++/", "a repetition of a repetition: `+`", "possessive"),
        ("$A $B", "$B", "no operator before `$B`", "join values"),
        ("$A ==", "==", "nothing on the right of `==`", ""),
        ("== $A", "==", "nothing on the left of `==`", ""),
        ("$A == && $B", "==", "nothing on the right of `==`", ""),
        ("($A ==) && $B", "==", "nothing on the right of `==`", ""),
        ("!", "!", "nothing on the right of `!`", ""),
        ("($A", "(", "`(` is not closed", ""),
        ("$A)", ")", "`)` without `(`", ""),
        (")", ")", "`)` without `(`", ""),
        ("()", "()", "there is no value", ""),
        ("", "", "there is no value", "`$NAME`"),
        ("  ", "  ", "there is no value", "`$NAME`"),
        ("/ab/ == $A", "/ab/ == $A", "`==` cannot compare a regular expression with something else", "`=~`"),
        ("$A =~ true", "$A =~ true", "`=~` needs a regular expression, not true", "`/…/`"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(&text[error.offset..error.offset + error.length], at, "{text}");
        assert_eq!(error.to_string(), message, "{text}");
        let given = error.hint.unwrap_or_default();
        assert!(given.contains(hint) && given.is_empty() == hint.is_empty(), "{text}: {given}");
    }
}

#[test]
fn the_token_too_many_is_told() {
    let text = vec!["$A"; 51].join("||");
    let error = parse(&text).expect_err("too long");
    assert_eq!(error.offset, (MOST_TOKENS / 2) * 4 + 2, "the fiftieth operator");
}
