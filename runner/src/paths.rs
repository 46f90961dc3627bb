//! Where files are unless told otherwise.

use crate::environment::Environment;
use std::path::{Path, PathBuf};

/// The folder of configuration for root.
const SYSTEM: &str = "/etc/gitlab-runner";

/// The folder that config.toml and certificates are looked for in.
pub(crate) fn default_folder(environment: &Environment) -> PathBuf {
    folder_of(nix::unistd::geteuid().is_root(), environment.home().as_deref())
}

/// The default configuration file.
pub(crate) fn default_config(environment: &Environment) -> PathBuf {
    default_folder(environment).join("config.toml")
}

/// The folder that a file is in.
pub(crate) fn folder_of_file(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn folder_of(root: bool, home: Option<&Path>) -> PathBuf {
    match home {
        _ if root => PathBuf::from(SYSTEM),
        Some(home) => home.join(".gitlab-runner"),
        None => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders() {
        assert_eq!(folder_of(true, Some(Path::new("/root"))), Path::new("/etc/gitlab-runner"));
        assert_eq!(folder_of(false, Some(Path::new("/home/a"))), Path::new("/home/a/.gitlab-runner"));
        assert_eq!(folder_of(false, None), Path::new("."));
        assert_eq!(folder_of_file(Path::new("config.toml")), Path::new("."));
    }
}
