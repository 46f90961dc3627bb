//! `config.toml`, put together.

use serde_json::Value;
use std::fmt::Write;

/// The whole file.
#[derive(Clone, Debug, Default)]
pub struct Config {
    globals: Vec<(String, Value)>,
    sections: Vec<Section>,
}

impl Config {
    /// `concurrent = 1`, `check_interval = 1`, no section.
    pub fn new() -> Self {
        Self::default().global("concurrent", 1).global("check_interval", 1)
    }

    /// One section and nothing special.
    pub fn with_section(section: Section) -> Self {
        Self::new().section(section)
    }

    /// Sets a global key; the last value counts.
    #[must_use]
    pub fn global(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.globals.retain(|(known, _)| known != key);
        self.globals.push((key.to_owned(), value.into()));
        self
    }

    /// Adds a `[[runners]]` section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The file's text, with builds and caches below `work`.
    pub fn text(&self, work: &str) -> String {
        let mut text = String::new();
        for (key, value) in &self.globals {
            line(&mut text, key, value);
        }
        for section in &self.sections {
            text.push_str(&section.text(work));
        }
        text
    }
}

/// One `[[runners]]` section.
#[derive(Clone, Debug)]
pub struct Section {
    keys: Vec<(String, Value)>,
    docker: Vec<(String, Value)>,
    tables: String,
}

impl Section {
    /// The shell executor with bash, named `rig`.
    pub fn new(url: &str, token: &str) -> Self {
        Self { keys: Vec::new(), docker: Vec::new(), tables: String::new() }
            .key("name", "rig")
            .key("url", url)
            .key("token", token)
            .key("executor", "shell")
            .key("shell", "bash")
    }

    /// The docker executor with this image for jobs that name none, named `rig`. Its directories are the containers'.
    pub fn with_docker(url: &str, token: &str, image: &str) -> Self {
        Self::new(url, token).key("executor", "docker").docker("image", image)
    }

    /// Sets a key; the last value counts.
    #[must_use]
    pub fn key(mut self, key: &str, value: impl Into<Value>) -> Self {
        set(&mut self.keys, key, value.into());
        self
    }

    /// Sets a key of `[runners.docker]`; the last value counts.
    #[must_use]
    pub fn docker(mut self, key: &str, value: impl Into<Value>) -> Self {
        set(&mut self.docker, key, value.into());
        self
    }

    /// Adds tables, as TOML, after the keys.
    #[must_use]
    pub fn tables(mut self, toml: &str) -> Self {
        self.tables.push_str(toml);
        self.tables.push('\n');
        self
    }

    fn text(&self, work: &str) -> String {
        let mut text = "\n[[runners]]\n".to_owned();
        for (key, folder) in [("builds_dir", "builds"), ("cache_dir", "cache")] {
            if self.docker.is_empty() && !self.keys.iter().any(|(known, _)| known == key) {
                line(&mut text, key, &Value::from(format!("{work}/{folder}")));
            }
        }
        for (key, value) in &self.keys {
            line(&mut text, key, value);
        }
        if !self.docker.is_empty() {
            text.push_str("[runners.docker]\n");
        }
        for (key, value) in &self.docker {
            line(&mut text, key, value);
        }
        text.push_str(&self.tables);
        text
    }
}

fn set(keys: &mut Vec<(String, Value)>, key: &str, value: Value) {
    keys.retain(|(known, _)| known != key);
    keys.push((key.to_owned(), value));
}

fn line(text: &mut String, key: &str, value: &Value) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{key} = {}", toml_literal(value));
}

/// A value as TOML writes it.
pub fn toml_literal(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(toml_literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(k, v)| format!("{k:?} = {}", toml_literal(v))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        // JSON's strings, numbers and booleans are TOML's too.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_in_order() {
        let section = Section::new("http://h", "glrt-x").key("limit", 2).key("environment", vec!["A=\"b\""]);
        let config =
            Config::with_section(section.tables("[runners.cache]\nType = \"s3\"")).global("concurrent", 4);
        assert_eq!(
            config.text("/w"),
            "check_interval = 1\nconcurrent = 4\n\n[[runners]]\nbuilds_dir = \"/w/builds\"\n\
             cache_dir = \"/w/cache\"\nname = \"rig\"\nurl = \"http://h\"\ntoken = \"glrt-x\"\n\
             executor = \"shell\"\nshell = \"bash\"\nlimit = 2\nenvironment = [\"A=\\\"b\\\"\"]\n\
             [runners.cache]\nType = \"s3\"\n"
        );
    }

    #[test]
    fn docker_has_a_table_and_no_directories_here() {
        let section = Section::with_docker("http://h", "glrt-x", "i").docker("volumes", vec!["/cache"]);
        let text = Config::with_section(section).text("/w");
        let (keys, table) = text.split_once("[runners.docker]\n").unwrap();
        assert!(!keys.contains("/w/") && keys.contains("executor = \"docker\"\n"), "{keys}");
        assert_eq!(table, "image = \"i\"\nvolumes = [\"/cache\"]\n");
    }
}
