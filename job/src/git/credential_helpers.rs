//! Whether git may hand credentials to a helper that keeps them.

use crate::variables::gitlab_env::Environment;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Where git builds look for the configuration of the machine.
const SYSTEM: [&str; 3] = ["/etc/gitconfig", "/usr/local/etc/gitconfig", "/opt/homebrew/etc/gitconfig"];
/// Variables that bring further configuration.
const VARIABLES: [&str; 4] =
    ["GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"];

/// False only where no configuration outside of repositories can name a helper. A superficial look is enough:
/// a true too many costs one process.
pub(super) fn may_exist(environment: &Environment) -> bool {
    if !cfg!(target_os = "linux") || VARIABLES.iter().any(|name| environment.contains_key(OsStr::new(name))) {
        return true;
    }
    let directory =
        |name: &str| environment.get(OsStr::new(name)).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = directory("HOME");
    let xdg = directory("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
    let own = [home.map(|home| home.join(".gitconfig")), xdg.map(|xdg| xdg.join("git/config"))];
    SYSTEM.iter().map(PathBuf::from).chain(own.into_iter().flatten()).any(|path| names_helper(&path))
}

fn names_helper(path: &Path) -> bool {
    match fs::read(path) {
        Ok(text) => {
            let text = text.to_ascii_lowercase();
            ["helper", "include"].iter().any(|word| memchr::memmem::find(&text, word.as_bytes()).is_some())
        }
        Err(error) => {
            !matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_and_includes_are_noticed() {
        let home = tempfile::tempdir().unwrap();
        let mut environment = Environment::from([("HOME".into(), home.path().into())]);
        let without = may_exist(&environment);
        fs::write(home.path().join(".gitconfig"), "[user]\n\tname = x\n").unwrap();
        assert_eq!(may_exist(&environment), without);
        fs::write(home.path().join(".gitconfig"), "[Credential]\n\tHelper = store\n").unwrap();
        assert!(may_exist(&environment));
        fs::remove_file(home.path().join(".gitconfig")).unwrap();
        fs::create_dir_all(home.path().join(".config/git")).unwrap();
        fs::write(home.path().join(".config/git/config"), "[include]\n\tpath = x\n").unwrap();
        assert!(may_exist(&environment));
        fs::remove_dir_all(home.path().join(".config")).unwrap();
        environment.insert("GIT_CONFIG_COUNT".into(), "1".into());
        assert!(may_exist(&environment));
    }
}
