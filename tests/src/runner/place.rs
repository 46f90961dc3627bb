//! The directory that one runner lives in.

use super::config::Config;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A fresh directory: `config.toml`, an empty home, a folder for builds and caches, a folder for temporary
/// files, the log.
#[derive(Debug)]
pub struct Place {
    dir: TempDir,
}

impl Place {
    /// Makes one.
    ///
    /// # Panics
    /// When the file system fails.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("kit-run-").tempdir().expect("a temporary directory");
        for folder in ["home", "work", "tmp", "etc"] {
            std::fs::create_dir(dir.path().join(folder)).expect("a folder in the temporary directory");
        }
        Self { dir }
    }

    /// The whole.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The runner's `HOME`.
    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// The folder of `builds` and `cache`.
    pub fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// The runner's `TMPDIR`.
    pub fn temporary(&self) -> PathBuf {
        self.path().join("tmp")
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.path().join("etc/config.toml")
    }

    /// Where standard output and error of the service go.
    pub fn log(&self) -> PathBuf {
        self.path().join("runner.log")
    }

    /// A file that test and jobs share, for evidence and barriers.
    pub fn shared(&self, name: &str) -> PathBuf {
        self.path().join(format!("shared-{name}"))
    }

    /// Writes the configuration file whole, so that nobody reads half of it.
    ///
    /// # Panics
    /// When the file system fails.
    pub fn write_config(&self, config: &Config) {
        self.write_config_text(&config.text(&self.work().to_string_lossy()));
    }

    /// Writes any text as the configuration file.
    ///
    /// # Panics
    /// When the file system fails.
    pub fn write_config_text(&self, text: &str) {
        let next = self.path().join("etc/.config.toml.next");
        std::fs::write(&next, text).expect("a configuration file");
        std::fs::rename(next, self.config()).expect("a configuration file");
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}
