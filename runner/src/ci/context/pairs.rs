//! `KEY=VALUE` arguments.

use crate::error::CliError;
use ci_yaml::{GivenVariable, SettingVariable};
use indexmap::IndexMap;
use std::path::PathBuf;

fn pair<'a>(flag: &str, text: &'a str) -> Result<(&'a str, &'a str), CliError> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, value)),
        _ => Err(CliError::usage(format!("--{flag} wants KEY=VALUE, not `{text}`"))),
    }
}

/// `--variable`.
pub(super) fn given(texts: &[String]) -> Result<Vec<GivenVariable>, CliError> {
    let variable = |text: &String| {
        let (name, value) = pair("variable", text)?;
        Ok(GivenVariable { name: name.to_owned(), value: value.to_owned(), raw: false, file: false })
    };
    texts.iter().map(variable).collect()
}

/// `--group-variable` and its like.
pub(super) fn settings<'a>(
    flag: &str,
    texts: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<SettingVariable>, CliError> {
    let variable = |text: &'a String| {
        let (name, value) = pair(flag, text)?;
        Ok(SettingVariable {
            name: name.to_owned(),
            value: value.to_owned(),
            raw: false,
            file: false,
            masked: false,
            protected: false,
            scope: "*".to_owned(),
        })
    };
    texts.into_iter().map(variable).collect()
}

/// Variables of a project, and predefined variables as they shall be.
type OfProject = (Vec<SettingVariable>, IndexMap<String, Option<String>>);

/// `--project-variable`: variables of the project, and the predefined ones that a name alone makes undefined.
pub(super) fn project(texts: &[String]) -> Result<OfProject, CliError> {
    let (names, pairs): (Vec<&String>, Vec<&String>) = texts.iter().partition(|text| !text.contains('='));
    if names.iter().any(|name| name.is_empty()) {
        return Err(CliError::usage("--project-variable wants KEY=VALUE or KEY, not nothing"));
    }
    let undefined = names.into_iter().map(|name| (name.clone(), None)).collect();
    Ok((settings("project-variable", pairs)?, undefined))
}

/// `--input`. What type a value is of, the configuration says.
pub(super) fn inputs(texts: &[String]) -> Result<IndexMap<String, serde_json::Value>, CliError> {
    let input = |text: &String| {
        let (name, value) = pair("input", text)?;
        Ok((name.to_owned(), serde_json::Value::from(value)))
    };
    texts.iter().map(input).collect()
}

/// `--project-dir`.
pub(super) fn clones(texts: &[String]) -> Result<Vec<(String, PathBuf)>, CliError> {
    let clone = |text: &String| match text.split_once('=') {
        Some((project, path)) if project.contains('/') && !path.is_empty() => {
            Ok((project.trim_matches('/').to_owned(), PathBuf::from(path)))
        }
        _ => Err(CliError::usage(format!("--project-dir wants GROUP/NAME=DIR, not `{text}`"))),
    };
    texts.iter().map(clone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_end_at_the_first_sign() {
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<String>>();
        let variables = given(&list(&["A=b=c", "B="])).unwrap();
        assert_eq!((variables[0].value.as_str(), variables[1].value.as_str()), ("b=c", ""));
        let (settings, undefined) = project(&list(&["A=1", "CI_X"])).unwrap();
        assert_eq!((settings.len(), undefined.get("CI_X")), (1, Some(&None)));
        assert_eq!(inputs(&list(&["n=5"])).unwrap()["n"], "5");
        assert_eq!(clones(&list(&["g/p=/x=y"])).unwrap(), [("g/p".to_owned(), PathBuf::from("/x=y"))]);
        for error in [
            given(&list(&["A"])).unwrap_err(),
            given(&list(&["=1"])).unwrap_err(),
            project(&list(&[""])).unwrap_err(),
            clones(&list(&["p=/x"])).unwrap_err(),
        ] {
            assert!(error.one_line().starts_with("--"), "{}", error.one_line());
        }
    }
}
