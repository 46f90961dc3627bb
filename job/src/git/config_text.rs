//! Git's configuration files: writing them, and reading those that git wrote.

/// Writes a configuration.
#[derive(Default)]
pub(super) struct ConfigWriter {
    text: String,
}

/// A name or value that no configuration can hold.
#[derive(Debug, thiserror::Error)]
#[error("a git setting contains a character that it cannot hold")]
pub(super) struct Unwritable;

impl ConfigWriter {
    /// Adds a section with its settings.
    pub(super) fn section(
        &mut self,
        name: &str,
        subsection: Option<&str>,
        settings: &[(&str, &str)],
    ) -> Result<(), Unwritable> {
        self.text.push('[');
        self.text.push_str(name);
        if let Some(subsection) = subsection {
            if subsection.contains(['\n', '\0']) {
                return Err(Unwritable);
            }
            self.text.push_str(" \"");
            self.text.push_str(&subsection.replace('\\', "\\\\").replace('"', "\\\""));
            self.text.push('"');
        }
        self.text.push_str("]\n");
        for (key, value) in settings {
            self.text.push('\t');
            self.text.push_str(key);
            self.text.push_str(" = ");
            self.value(value)?;
            self.text.push('\n');
        }
        Ok(())
    }

    fn value(&mut self, value: &str) -> Result<(), Unwritable> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/:._-+@%$~ ".contains(c);
        if !value.is_empty() && value.trim() == value && value.chars().all(plain) {
            self.text.push_str(value);
            return Ok(());
        }
        self.text.push('"');
        for c in value.chars() {
            match c {
                '\0' => return Err(Unwritable),
                '\n' => self.text.push_str("\\n"),
                '\t' => self.text.push_str("\\t"),
                '\\' => self.text.push_str("\\\\"),
                '"' => self.text.push_str("\\\""),
                c => self.text.push(c),
            }
        }
        self.text.push('"');
        Ok(())
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// One setting of a configuration. Section and key are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) section: String,
    pub(super) subsection: Option<String>,
    pub(super) key: String,
    /// A key without `=` has none.
    pub(super) value: Option<String>,
}

impl Setting {
    /// Whether it is that key of that section.
    pub(super) fn is(&self, section: &str, subsection: Option<&str>, key: &str) -> bool {
        self.section == section && self.subsection.as_deref() == subsection && self.key == key
    }

    /// Its value; empty where it has none.
    pub(super) fn text(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }
}

/// Reads a configuration; nothing where it is not one, or not surely the one that git would read.
pub(super) fn parse(bytes: &[u8]) -> Option<Vec<Setting>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parser = Parser { rest: text, section: String::new(), subsection: None, settings: Vec::new() };
    while parser.line()? {}
    Some(parser.settings)
}

struct Parser<'a> {
    rest: &'a str,
    section: String,
    subsection: Option<String>,
    settings: Vec<Setting>,
}

impl Parser<'_> {
    /// Reads what begins here; false at the end.
    fn line(&mut self) -> Option<bool> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        match self.rest.chars().next() {
            None => return Some(false),
            Some('#' | ';') => {
                self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
            }
            Some('[') => self.header()?,
            Some(c) if c.is_ascii_alphabetic() => self.setting()?,
            Some(_) => return None,
        }
        Some(true)
    }

    fn header(&mut self) -> Option<()> {
        let rest = &self.rest[1..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?;
        self.section = rest[..end].to_ascii_lowercase();
        self.subsection = None;
        let mut rest = rest[end..].trim_start_matches([' ', '\t']);
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut name = String::new();
            let mut chars = quoted.char_indices();
            let end = loop {
                match chars.next()? {
                    (at, '"') => break at,
                    (_, '\n') => return None,
                    (_, '\\') => name.push(chars.next()?.1),
                    (_, c) => name.push(c),
                }
            };
            self.subsection = Some(name);
            rest = &quoted[end + 1..];
        }
        self.rest = rest.strip_prefix(']')?;
        (!self.section.is_empty()).then_some(())
    }

    fn setting(&mut self) -> Option<()> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(self.rest.len());
        let key = self.rest[..end].to_ascii_lowercase();
        self.rest = self.rest[end..].trim_start_matches([' ', '\t']);
        let value = match self.rest.strip_prefix('=') {
            Some(rest) => {
                self.rest = rest;
                Some(self.value()?)
            }
            None if self.rest.is_empty()
                || self.rest.starts_with(['\n', '#', ';'])
                || self.rest.starts_with("\r\n") =>
            {
                None
            }
            None => return None,
        };
        if self.section.is_empty() {
            return None;
        }
        self.settings.push(Setting {
            section: self.section.clone(),
            subsection: self.subsection.clone(),
            key,
            value,
        });
        Some(())
    }

    /// A value to the end of its line: blanks around it and an unquoted remark do not belong to it.
    fn value(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut solid = 0;
        let mut quoted = false;
        let mut remark = false;
        let mut chars = self.rest.char_indices();
        let end = loop {
            let Some((at, c)) = chars.next() else { break self.rest.len() };
            match c {
                '\n' if quoted => return None,
                '\n' => break at,
                _ if remark => continue,
                '#' | ';' if !quoted => remark = true,
                '"' => quoted = !quoted,
                '\\' => {
                    match chars.next()?.1 {
                        'n' => value.push('\n'),
                        't' => value.push('\t'),
                        'b' => value.push('\x08'),
                        c @ ('"' | '\\') => value.push(c),
                        '\n' => continue,
                        _ => return None,
                    }
                    solid = value.len();
                }
                ' ' | '\t' | '\r' if !quoted => {
                    if !value.is_empty() {
                        value.push(c);
                    }
                }
                c => {
                    value.push(c);
                    solid = value.len();
                }
            }
            if quoted {
                solid = value.len();
            }
        };
        value.truncate(solid);
        self.rest = &self.rest[end..];
        (!quoted).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    fn shown(text: &str) -> Option<Vec<String>> {
        let settings = parse(text.as_bytes())?;
        let line = |s: &Setting| {
            let sub = s.subsection.as_ref().map_or_else(String::new, |s| format!("<{s}>"));
            format!("{}{sub}.{}={:?}", s.section, s.key, s.value)
        };
        Some(settings.iter().map(line).collect())
    }

    #[test]
    fn what_git_writes() {
        let text = "[init]\n\tdefaultBranch = none\n[core]\n\tbare = false ; remark\n\tflag\n\
                    [remote \"or\\\"i\\\\gin\"]\n\turl = \"a;b\" c  # x\n\tempty =\n\tesc = a\\tb\\\n  c\n[A] k=v\r\n";
        assert_eq!(
            shown(text).unwrap(),
            [
                "init.defaultbranch=Some(\"none\")",
                "core.bare=Some(\"false\")",
                "core.flag=None",
                "remote<or\"i\\gin>.url=Some(\"a;b c\")",
                "remote<or\"i\\gin>.empty=Some(\"\")",
                "remote<or\"i\\gin>.esc=Some(\"a\\tb  c\")",
                "a.k=Some(\"v\")",
            ]
        );
        for bad in [
            "[a",
            "[a]\nk = \"x",
            "k = v",
            "[a.b]\nk=v",
            "[a]\nk = \\q",
            "[a \"b\n\"]\n",
            "[a]\n=x",
            "[a]\nk x",
        ] {
            assert_eq!(shown(bad), None, "{bad:?}");
        }
        assert_eq!(shown("").unwrap().len(), 0);
    }

    #[test]
    fn git_reads_what_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        let values = ["plain", " blanks ", "q\"uo\\te", "a#b;c", "tab\tnew\nline", "", "é $x `y`"];
        let mut writer = ConfigWriter::default();
        for value in values {
            writer.section("url", Some("https://u:p@h/\"x\\"), &[("insteadOf", value)]).unwrap();
        }
        let text = writer.into_text();
        std::fs::write(&path, &text).unwrap();
        let output = Command::new("git")
            .args(["config", "-z", "--file"])
            .arg(&path)
            .args(["--get-all", "url.https://u:p@h/\"x\\.insteadOf"])
            .output()
            .unwrap();
        let expected: Vec<u8> = values.iter().flat_map(|v| [v.as_bytes(), b"\0"].concat()).collect();
        assert_eq!(output.stdout, expected);
        let read: Vec<String> = parse(text.as_bytes()).unwrap().iter().map(|s| s.text().to_owned()).collect();
        assert_eq!(read, values);
        assert!(ConfigWriter::default().section("a", Some("x\ny"), &[]).is_err());
        assert!(ConfigWriter::default().section("a", None, &[("k", "\0")]).is_err());
    }

    proptest! {
        #[test]
        fn written_is_read(values in proptest::collection::vec("[^\0\r]{0,20}", 0..5), sub in "[^\0\n]{0,10}") {
            let mut writer = ConfigWriter::default();
            for value in &values {
                writer.section("s", Some(&sub), &[("k", value)]).unwrap();
            }
            let settings = parse(writer.into_text().as_bytes()).unwrap();
            prop_assert_eq!(settings.iter().map(|s| s.text().to_owned()).collect::<Vec<_>>(), values);
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]\"\\\\a-c=#; \n\té]{0,60}") {
            let _ = parse(text.as_bytes());
        }
    }
}
