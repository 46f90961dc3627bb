//! `.env` files: `KEY=VALUE` lines as dotenv programs read them.
//!
//! A line may begin with `export`; blanks around `=` do not count; what begins with `#` is a comment, behind a value
//! after a blank. Values in single quotes are taken as they are, also over several lines, and no variable in them is
//! expanded. In double quotes `\n`, `\r`, `\t`, `\"`, `\\` and `\$` mean what they mean in a shell or in C. A `$` stays
//! for the job to expand, as in GitLab's settings, where it is the runner that does it.

use super::{Fault, Found, check_name, check_value};

/// Reads a text.
pub(super) fn parse(text: &str) -> Result<Vec<Found>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text, line: 1 };
    let mut found = Vec::new();
    while !reader.rest.is_empty() {
        found.extend(reader.entry()?);
    }
    Ok(found)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    /// One line, or several that a quoted value goes over.
    fn entry(&mut self) -> Result<Option<Found>, Fault> {
        let line = self.line;
        let whole = self.rest.split('\n').next().unwrap_or_default();
        let trimmed = whole.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            self.skip(whole.len());
            return Ok(None);
        }
        let Some((left, _)) = whole.split_once('=') else {
            return Err(Fault::new(line, "a line has no `=`: KEY=VALUE is expected"));
        };
        let name = left.trim();
        let name =
            name.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(name).trim();
        check_name(line, name)?;
        self.rest = &self.rest[left.len() + 1..];
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        let (value, raw) = self.value(name)?;
        check_value(line, name, &value)?;
        let mut found = Found::plain(line, name, value);
        found.variable.raw = raw;
        Ok(Some(found))
    }

    /// A value, and whether nothing in it is to be expanded.
    fn value(&mut self, name: &str) -> Result<(String, bool), Fault> {
        match self.rest.as_bytes().first() {
            Some(b'\'') => {
                let inner = &self.rest[1..];
                let end = inner.find('\'').ok_or_else(|| self.open(name, '\''))?;
                self.take(end + 2, name)?;
                Ok((unix(&inner[..end]), true))
            }
            Some(b'"') => self.double(name),
            _ => {
                let whole = self.rest.split('\n').next().unwrap_or_default();
                let value = without_comment(whole).trim();
                let found = (value.to_owned(), !value.contains('$'));
                self.skip(whole.len());
                Ok(found)
            }
        }
    }

    fn double(&mut self, name: &str) -> Result<(String, bool), Fault> {
        let inner = &self.rest[1..];
        let (mut value, mut escaped, mut plain) = (String::new(), false, false);
        let mut chars = inner.char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' if escaped && plain => {
                    return Err(Fault::new(
                        self.line,
                        format!("`{name}` has both `\\$` and a `$` to be expanded: use two variables"),
                    ));
                }
                '"' => {
                    self.take(at + 2, name)?;
                    return Ok((unix(&value), !plain));
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 'r')) => value.push('\r'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, char @ ('"' | '\\'))) => value.push(char),
                    Some((_, '$')) => {
                        escaped = true;
                        value.push('$');
                    }
                    Some((_, char)) => value.extend(['\\', char]),
                    None => break,
                },
                char => {
                    plain |= char == '$';
                    value.push(char);
                }
            }
        }
        Err(self.open(name, '"'))
    }

    fn open(&self, name: &str, quote: char) -> Fault {
        Fault::new(self.line, format!("`{name}` begins with a {quote} that never ends"))
    }

    /// Steps over a quoted value, and over what may stand behind it.
    fn take(&mut self, length: usize, name: &str) -> Result<(), Fault> {
        let (value, rest) = self.rest.split_at(length);
        self.line += value.matches('\n').count();
        self.rest = rest;
        let behind = rest.split('\n').next().unwrap_or_default();
        let text = behind.trim();
        if !text.is_empty() && !text.starts_with('#') {
            return Err(Fault::new(self.line, format!("`{name}` has something behind its closing quote")));
        }
        self.skip(behind.len());
        Ok(())
    }

    /// Steps over the rest of a line and its end.
    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length + 1..).unwrap_or_default();
        self.line += 1;
    }
}

/// A value without the comment behind it.
fn without_comment(text: &str) -> &str {
    if text.starts_with('#') {
        return "";
    }
    text.find(" #").into_iter().chain(text.find("\t#")).min().map_or(text, |at| &text[..at])
}

/// Ends of lines as Unix has them.
fn unix(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(text: &str) -> Vec<(String, String, bool)> {
        let found = parse(text).unwrap();
        found.into_iter().map(|f| (f.variable.name, f.variable.value, f.variable.raw)).collect()
    }

    fn one(text: &str) -> (String, bool) {
        let mut found = pairs(text);
        assert_eq!(found.len(), 1, "{text}");
        let (_, value, raw) = found.remove(0);
        (value, raw)
    }

    #[test]
    fn values_are_read_as_dotenv_programs_do() {
        for (line, value, raw) in [
            ("A=1", "1", true),
            ("export A=1", "1", true),
            ("export\tA = 1 ", "1", true),
            ("A=", "", true),
            ("A=# all comment", "", true),
            ("A=x # comment", "x", true),
            ("A=x#y", "x#y", true),
            ("A=a=b", "a=b", true),
            ("A=it's", "it's", true),
            ("A=$B/c", "$B/c", false),
            ("A='$B \\n \"x\" # no' # yes", "$B \\n \"x\" # no", true),
            (r#"A="a\nb\t\"q\" \\ \x" # c"#, "a\nb\t\"q\" \\ \\x", true),
            (r#"A="$B #""#, "$B #", false),
            (r#"A="\$B""#, "$B", true),
            ("A=1\r\n", "1", true),
            ("A='x\r\ny'\r\n", "x\ny", true),
            ("\u{feff}A=ü", "ü", true),
            ("A=\"\"", "", true),
        ] {
            assert_eq!(one(line), (value.to_owned(), raw), "{line}");
        }
        assert_eq!(pairs("# a\n\n  B='x\ny'\nexport=1\n").len(), 2);
        assert_eq!(parse("A='1\n2'\n\nB=3").unwrap()[1].line, 4);
    }

    #[test]
    fn faults_have_a_line_and_a_key_and_no_value() {
        for (text, line, part) in [
            ("A=1\nsecret", 2, "no `=`"),
            ("A=1\n=secret", 2, "a name is missing"),
            ("A-B=secret", 1, "`A-B` is no name"),
            ("1A=secret", 1, "`1A` begins with a digit"),
            ("A='secret\n\nB=1", 1, "`A` begins with a '"),
            ("A=\"secret\\", 1, "`A` begins with a \""),
            ("A='1\n2' secret", 2, "`A` has something behind"),
            ("A=\"\\$x $secret\"", 1, "`A` has both"),
            ("A=sec\0ret", 1, "`A` has a zero byte"),
        ] {
            let fault = parse(text).unwrap_err();
            assert_eq!(fault.line, line, "{text}");
            assert!(fault.message.contains(part) && !fault.message.contains("secret"), "{}", fault.message);
        }
    }

    proptest! {
        #[test]
        fn anything_ends(text in "[A-C=#'\"\\\\$ \t\r\nxü\0]{0,60}") {
            let lines = text.split('\n').count();
            match parse(&text) {
                Ok(found) => prop_assert!(found.iter().all(|found| (1..=lines).contains(&found.line))),
                Err(fault) => prop_assert!((1..=lines).contains(&fault.line)),
            }
        }

        #[test]
        fn what_single_quotes_hold_stays(value in "[^'\0\r]{0,40}") {
            prop_assert_eq!(one(&format!("A='{value}' # x")), (value, true));
        }

        #[test]
        fn what_double_quotes_hold_comes_back(value in "[^$\0\r]{0,40}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            prop_assert_eq!(one(&format!("A=\"{quoted}\"")), (value, true));
        }
    }
}
