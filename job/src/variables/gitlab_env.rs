//! The file that `GITLAB_ENV` names: variables that one stage of a job leaves for the next.
//!
//! Scripts read it themselves, line by line, with the shell's `read` and `export`. Stages without a shell read
//! it here, by the same rules: blanks around a line go, a last line without its newline does not count, an
//! empty line or one that does not begin with a name fails the stage.

use super::export::{GITLAB_ENV_FILE, is_shell_name};
use super::private_dir::PrivateDir;
use executor::Workspace;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Larger files are refused: nothing that long could be an environment.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// An environment in the making: names and values, sorted by name.
pub type Environment = BTreeMap<OsString, OsString>;

/// The file cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum GitlabEnvError {
    /// A line that the shell's `export` refuses.
    #[error("GITLAB_ENV, line {line}: not a valid identifier")]
    Line {
        /// Which, from 1.
        line: usize,
    },
    /// It cannot be read.
    #[error("cannot read GITLAB_ENV: {source}")]
    Unreadable {
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Adds what the file says to an environment. A missing file adds nothing.
///
/// # Errors
/// [`GitlabEnvError`]; a stage that meets it fails with exit status 1.
pub fn apply(workspace: &Workspace, environment: &mut Environment) -> Result<(), GitlabEnvError> {
    let unreadable = |source| GitlabEnvError::Unreadable { source };
    let Some(dir) = PrivateDir::open_existing(&workspace.temp_dir).map_err(unreadable)? else {
        return Ok(());
    };
    match dir.read(GITLAB_ENV_FILE, MAX_BYTES).map_err(unreadable)? {
        None => Ok(()),
        Some(content) => apply_lines(&content, environment),
    }
}

fn apply_lines(content: &[u8], environment: &mut Environment) -> Result<(), GitlabEnvError> {
    let Some(end) = memchr::memrchr(b'\n', content) else { return Ok(()) };
    for (index, line) in content[..end].split(|&b| b == b'\n').enumerate() {
        let line: Vec<u8> = line.iter().copied().filter(|&b| b != 0).collect();
        apply_line(trim(&line), environment).ok_or(GitlabEnvError::Line { line: index + 1 })?;
    }
    Ok(())
}

/// One `NAME=value`, `NAME+=value` or bare `NAME`, the last of which changes nothing here.
fn apply_line(line: &[u8], environment: &mut Environment) -> Option<()> {
    let (name, value) = match memchr::memchr(b'=', line) {
        Some(equals) => (&line[..equals], Some(&line[equals + 1..])),
        None => (line, None),
    };
    let (name, append) = match name.strip_suffix(b"+") {
        Some(name) if value.is_some() => (name, true),
        _ => (name, false),
    };
    let name = std::str::from_utf8(name).ok().filter(|n| is_shell_name(n))?;
    if let Some(value) = value {
        let mut bytes = match environment.get(std::ffi::OsStr::new(name)) {
            Some(old) if append => old.as_bytes().to_owned(),
            _ => Vec::new(),
        };
        bytes.extend_from_slice(value);
        environment.insert(name.into(), OsString::from_vec(bytes));
    }
    Some(())
}

fn trim(line: &[u8]) -> &[u8] {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let start = line.iter().position(|b| !blank(b)).unwrap_or(line.len());
    let end = line.iter().rposition(|b| !blank(b)).map_or(start, |last| last + 1);
    &line[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn applied(content: &[u8]) -> Result<Vec<(String, String)>, String> {
        let mut environment = Environment::from([("OLD".into(), "o".into())]);
        apply_lines(content, &mut environment).map_err(|e| e.to_string())?;
        let text = |s: OsString| s.into_string().unwrap();
        Ok(environment.into_iter().map(|(k, v)| (text(k), text(v))).collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>, String> {
        Ok(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn lines() {
        assert_eq!(
            applied(b"A=b\n C = d \nE"),
            pairs(&[("A", "b"), ("OLD", "o")])
                .and(Err("GITLAB_ENV, line 2: not a valid identifier".to_owned()))
        );
        assert_eq!(applied(b"A=b\n\tB=x=y \nC=lost"), pairs(&[("A", "b"), ("B", "x=y"), ("OLD", "o")]));
        assert_eq!(applied(b"OLD+=p\nNEW+=q\nNAME\nA=\n"), pairs(&[("A", ""), ("NEW", "q"), ("OLD", "op")]));
        assert_eq!(applied(b""), pairs(&[("OLD", "o")]));
        for bad in ["\n", "A=1\n\n", "1A=x\n", "A-B=x\n", "=x\n", "-x\n"] {
            assert!(applied(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_content_panics(content in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = apply_lines(&content, &mut Environment::new());
        }
    }
}
