//! What of a checkout's git settings a copy has: how files are, never what to run.

/// Settings that say how files and objects are to be read, and which names they may not be missing for.
const KEPT: &[(&str, &str)] = &[
    ("core", "filemode"),
    ("core", "symlinks"),
    ("core", "ignorecase"),
    ("core", "precomposeunicode"),
    ("core", "autocrlf"),
    ("core", "eol"),
    ("extensions", "objectformat"),
    ("extensions", "partialclone"),
    ("remote.origin", "promisor"),
    ("remote.origin", "partialclonefilter"),
];

/// Settings of a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    kept: Vec<(&'static str, &'static str, String)>,
    url: Option<String>,
}

impl Settings {
    /// Takes what is known out of a git configuration file; all else is left out, files it includes too.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let mut settings = Self::default();
        let mut section = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix('[') {
                section = rest.split_once(']').map(|(name, _)| section_name(name)).unwrap_or_default();
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, "true"));
            let Some(value) = plain(value.trim()) else { continue };
            settings.take(&section, &key.trim().to_ascii_lowercase(), value);
        }
        settings
    }

    fn take(&mut self, section: &str, key: &str, value: &str) {
        if (section, key) == ("remote.origin", "url") {
            self.url = Some(without_credentials(value));
        }
        let Some(&(section, key)) = KEPT.iter().find(|known| **known == (section, key)) else { return };
        // The last one counts.
        self.kept.retain(|(one, other, _)| (*one, *other) != (section, key));
        self.kept.push((section, key, value.to_owned()));
    }

    /// As a configuration file.
    pub(crate) fn text(&self) -> String {
        let version = u8::from(self.kept.iter().any(|(section, ..)| *section == "extensions"));
        let mut text = format!("[core]\n\trepositoryformatversion = {version}\n\tbare = false\n");
        // Copies have other inodes and times of change than the index knows, but the same sizes and times.
        text.push_str(
            "\tcheckStat = minimal\n\ttrustctime = false\n\tuntrackedCache = false\n\tfsmonitor = false\n",
        );
        self.section(&mut text, "core");
        for section in ["extensions", "remote.origin"] {
            if self.kept.iter().any(|(of, ..)| *of == section)
                || (section == "remote.origin" && self.url.is_some())
            {
                text.push_str(if section == "extensions" {
                    "[extensions]\n"
                } else {
                    "[remote \"origin\"]\n"
                });
                self.section(&mut text, section);
            }
        }
        if let Some(url) = &self.url {
            text.push_str("\turl = ");
            text.push_str(&quoted(url));
            text.push_str("\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n");
        }
        text
    }

    fn section(&self, text: &mut String, section: &str) {
        for (_, key, value) in self.kept.iter().filter(|(of, ..)| *of == section) {
            text.push('\t');
            text.push_str(key);
            text.push_str(" = ");
            text.push_str(&quoted(value));
            text.push('\n');
        }
    }
}

/// `remote "origin"` as `remote.origin`. Sections know no case, what is quoted does.
fn section_name(name: &str) -> String {
    match name.split_once('"') {
        Some((section, rest)) => {
            format!("{}.{}", section.trim().to_ascii_lowercase(), rest.trim_end_matches('"'))
        }
        None => name.trim().to_ascii_lowercase(),
    }
}

/// A value that stands for itself. None of the known ones needs escapes; one that has some is not taken.
fn plain(value: &str) -> Option<&str> {
    let value = match value.strip_prefix('"') {
        Some(rest) => rest.split_once('"')?.0,
        None => value.split([';', '#']).next()?.trim(),
    };
    (!value.contains(['\\', '"']) && !value.chars().any(char::is_control)).then_some(value)
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A URL without user and password.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority);
    match authority.rsplit_once('@') {
        // Who logs in with a key is no secret, and the URL is of no use without it.
        Some((user, host)) if scheme.starts_with("ssh") => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}{path}")
        }
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_settings_are_kept() {
        let text = b"[core]\n\tfileMode = false\n\tfsmonitor = /bin/evil\n\tsshCommand = evil\n\thooksPath = x\n[filter \"x\"]\n\tclean = evil\n[include]\n\tpath = y\n[remote \"origin\"]\n\turl = https://me:secret@host/x.git ; comment\n\tuploadpack = evil\n[Extensions]\n\tobjectFormat = sha256\n";
        let text = Settings::parse(text).text();
        assert!(!text.contains("evil") && !text.contains("secret") && !text.contains("include"), "{text}");
        for part in [
            "filemode = \"false\"",
            "objectformat = \"sha256\"",
            "repositoryformatversion = 1",
            "https://host/x.git",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn credentials() {
        for (url, plain) in [
            ("git@host:a/b.git", "git@host:a/b.git"),
            ("ssh://git:pw@host/a", "ssh://git@host/a"),
            ("https://token@host/a@b", "https://host/a@b"),
            ("/srv/a.git", "/srv/a.git"),
        ] {
            assert_eq!(without_credentials(url), plain);
        }
    }
}
