//! What of a job's variables reaches the environment of its commands.

use super::Variables;
use super::go::quote;
use super::list::file_path;
use protocol::Variable;
use std::collections::BTreeSet;

/// Name of the file in the temporary directory whose lines later stages export.
pub(super) const GITLAB_ENV_FILE: &str = "gitlab_runner_env";
/// Name of git's global configuration where credentials come from a helper.
pub(crate) const GIT_CONFIG_GLOBAL_FILE: &str = ".glr.gconf";

/// Names that bash keeps for itself: an assignment to them fails.
const READ_ONLY: [&str; 6] = ["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"];

impl Variables {
    /// The environment in order, the same name more than once where the list has it so. Ends with `GITLAB_ENV`
    /// and, where credentials come from a helper, `GIT_CONFIG_GLOBAL`.
    ///
    /// What cannot be exported is left out; [`Self::left_out`] names it.
    pub fn exports(&self) -> Vec<(String, String)> {
        let mut exports: Vec<(String, String)> = self
            .iter()
            .filter(|v| obstacle(v).is_none())
            .map(|v| {
                let value = if v.file { file_path(self.temp_dir(), &v.key) } else { v.value.clone() };
                (v.key.clone(), value)
            })
            .collect();
        exports.push(("GITLAB_ENV".to_owned(), self.gitlab_env_path()));
        if self.token_less_git() {
            let path = file_path(self.temp_dir(), GIT_CONFIG_GLOBAL_FILE);
            exports.push(("GIT_CONFIG_GLOBAL".to_owned(), path));
        }
        exports
    }

    /// What [`Self::exports`] leaves out and why, in words for the trace; each name once.
    pub fn left_out(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        self.iter()
            .filter_map(|v| obstacle(v).map(|why| (&v.key, why)))
            .filter(|(key, _)| seen.insert(key.as_str()))
            .map(|(key, why)| format!("variable {} is left out: {why}", quote(key)))
            .collect()
    }

    /// The value of `GITLAB_ENV`.
    pub fn gitlab_env_path(&self) -> String {
        file_path(self.temp_dir(), GITLAB_ENV_FILE)
    }
}

/// Why a variable cannot be exported.
fn obstacle(variable: &Variable) -> Option<&'static str> {
    let key = variable.key.as_str();
    if !is_shell_name(key) {
        Some("a shell cannot take its name")
    } else if is_read_only(key) {
        Some("the shell keeps that name for itself")
    } else if !variable.file && variable.value.contains('\0') {
        Some("its value contains a NUL byte")
    } else {
        None
    }
}

/// Whether bash keeps a name for itself, so that no script may assign to it.
pub(crate) fn is_read_only(name: &str) -> bool {
    READ_ONLY.contains(&name)
}

/// Whether shells take a name for a variable.
pub fn is_shell_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::Flags;
    use crate::variables::testing::{order, workspace};

    #[test]
    fn what_a_shell_cannot_take_is_left_out_and_named() {
        let order = order(&[
            ("BAD-NAME", "x"),
            ("1A", "x"),
            ("", "x"),
            ("../../x", "x"),
            ("NUL", "a\0b"),
            ("UID", "5"),
            ("GOOD", "a'\"\n$(x)"),
            ("BAD-NAME", "again"),
        ]);
        let list = Variables::build(&order, &Flags::resolve(&order), Some(&workspace("/w".as_ref())));
        assert_eq!(
            list.left_out(),
            [
                "variable \"BAD-NAME\" is left out: a shell cannot take its name",
                "variable \"1A\" is left out: a shell cannot take its name",
                "variable \"\" is left out: a shell cannot take its name",
                "variable \"../../x\" is left out: a shell cannot take its name",
                "variable \"NUL\" is left out: its value contains a NUL byte",
                "variable \"UID\" is left out: the shell keeps that name for itself",
            ]
        );
        let exports = list.exports();
        assert!(exports.iter().all(|(key, _)| is_shell_name(key)));
        // `$(x)` is no reference to the runner, so it stays.
        assert!(exports.contains(&("GOOD".to_owned(), "a'\"\n$(x)".to_owned())));
        assert_eq!(exports.last().unwrap().1, "/w/builds/p.tmp/gitlab_runner_env");
    }
}
