//! What `git push -o` says.

use crate::model::PipelineVariable;
use indexmap::IndexMap;
use serde_json::Value as Json;

/// The push options that are known here, and what was wrong with others.
#[derive(Clone, Debug, Default)]
pub struct PushOptions {
    /// `ci.skip`: pipelines without jobs.
    pub skip: bool,
    /// `ci.no_pipeline`: no pipelines at all.
    pub no_pipeline: bool,
    /// `ci.variable=NAME=VALUE`.
    pub variables: Vec<PipelineVariable>,
    /// `ci.input=NAME=VALUE`.
    pub inputs: IndexMap<String, Json>,
    /// What is to be said about options that were not understood.
    pub complaints: Vec<String>,
}

impl PushOptions {
    /// Reads options in the order they were given. Of two variables or inputs of a name, the last one counts.
    pub fn read<'a>(options: impl IntoIterator<Item = &'a str>) -> Self {
        let mut read = Self::default();
        for option in options {
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (option, None),
            };
            match (name, value) {
                ("ci.skip", None) => read.skip = true,
                ("ci.no_pipeline", None) => read.no_pipeline = true,
                ("ci.skip" | "ci.no_pipeline", Some(value)) => read.flag(name, value),
                ("ci.variable", Some(pair)) => read.variable(pair),
                ("ci.input", Some(pair)) => read.input(pair),
                ("ci.variable" | "ci.input", None) => {
                    read.complaints
                        .push(format!("push option {name} wants a name and a value: {name}=NAME=VALUE"));
                }
                _ => read.complaints.push(format!("push option {name} is not known here: it is ignored")),
            }
        }
        read
    }

    fn flag(&mut self, name: &str, value: &str) {
        let set = match value {
            "" | "true" | "1" => true,
            "false" | "0" => false,
            _ => return self.complaints.push(format!("push option {name} has no such value: it is ignored")),
        };
        match name {
            "ci.skip" => self.skip = set,
            _ => self.no_pipeline = set,
        }
    }

    fn variable(&mut self, pair: &str) {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| is_name(key)) else {
            let complaint = "push option ci.variable wants a name of letters, digits and _, and a value";
            return self.complaints.push(complaint.to_owned());
        };
        self.variables.retain(|variable| variable.key != key);
        let (key, value) = (key.to_owned(), value.to_owned());
        self.variables.push(PipelineVariable { key, value, file: false, raw: false });
    }

    fn input(&mut self, pair: &str) {
        match pair.split_once('=').filter(|(name, _)| !name.is_empty()) {
            Some((name, value)) => {
                self.inputs.insert(name.to_owned(), typed(value));
            }
            None => self.complaints.push("push option ci.input wants a name and a value".to_owned()),
        }
    }
}

/// Numbers, truth values and lists are what they look like; all else is text.
fn typed(value: &str) -> Json {
    match serde_json::from_str(value) {
        Ok(json @ (Json::Bool(_) | Json::Number(_) | Json::Array(_))) => json,
        _ => Json::String(value.to_owned()),
    }
}

fn is_name(name: &str) -> bool {
    let sound = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.len() <= 255 && name.bytes().all(sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_options_are_read() {
        let read = PushOptions::read([
            "ci.skip",
            "ci.variable=A=1",
            "ci.variable=B=x=y",
            "ci.variable=A=2",
            "ci.input=n=3",
            "ci.input=flag=true",
            "ci.input=list=[\"a\"]",
            "ci.input=text=a=b",
            "ci.no_pipeline=false",
        ]);
        assert!(read.skip && !read.no_pipeline && read.complaints.is_empty());
        let variables: Vec<_> = read.variables.iter().map(|v| (v.key.as_str(), v.value.as_str())).collect();
        assert_eq!(variables, [("B", "x=y"), ("A", "2")]);
        let inputs = serde_json::to_value(&read.inputs).unwrap();
        assert_eq!(inputs, serde_json::json!({"n": 3, "flag": true, "list": ["a"], "text": "a=b"}));
    }

    #[test]
    fn others_are_named_and_their_values_are_not() {
        let options = [
            "ci.variable",
            "ci.variable=a b=secret",
            "mr.create=secret",
            "ci.skip=secret",
            "ci.input==x",
            "",
        ];
        let read = PushOptions::read(options);
        assert_eq!(read.complaints.len(), 6, "{:?}", read.complaints);
        assert!(!read.complaints.iter().any(|complaint| complaint.contains("secret")));
        assert!(!read.skip && read.variables.is_empty() && read.inputs.is_empty());
    }
}
