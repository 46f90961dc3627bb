//! What there is to tell a job's owner about the files of an archive, as data and in GitLab Runner's words.

use std::fmt;

/// How serious a note is; decides colour and prefix of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteLevel {
    /// A plain line.
    Info,
    /// A line that begins with `WARNING: `.
    Warning,
}

/// Something to tell while files are selected, packed or unpacked. `Display` is the message without its level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A path matched. `count` counts visits: an entry reached through several matches counts each time.
    Found {
        /// The path as given.
        path: String,
        /// Visits of entries that no exclude rule took.
        count: u64,
    },
    /// A path matched nothing, or only what is excluded.
    NoMatch {
        /// The path as given.
        path: String,
        /// The project directory as given.
        project: String,
    },
    /// A path is empty.
    EmptyPath,
    /// A path lies outside the project directory.
    PathOutside {
        /// The path as given.
        path: String,
    },
    /// An exclude rule lies outside the project directory.
    ExcludeOutside {
        /// The rule as given.
        rule: String,
    },
    /// A path leaves the project directory through a symbolic link; nothing of it is taken.
    LinkOutside {
        /// The path.
        path: String,
    },
    /// A path is not a valid pattern.
    BadPattern {
        /// The path as given.
        path: String,
    },
    /// An exclude rule is not a valid pattern.
    BadExclude {
        /// The rule as given.
        rule: String,
    },
    /// The untracked files that were taken.
    Untracked {
        /// How many.
        count: u64,
    },
    /// There are no untracked files.
    NoUntracked,
    /// The untracked files could not be listed.
    UntrackedFailed {
        /// Why.
        reason: String,
    },
    /// What an exclude rule took away, in visits.
    Excluded {
        /// The rule as given.
        rule: String,
        /// Visits.
        count: u64,
    },
    /// A file or directory could not be read and is left out, a directory with its content.
    Unreadable {
        /// The path relative to the project directory.
        path: String,
        /// Why.
        reason: String,
    },
    /// A file was gone, or no longer a file, when it was to be packed.
    Vanished {
        /// The path relative to the project directory.
        path: String,
    },
    /// A file became shorter while it was packed; the archive holds zeros for what was missing.
    Shrunk {
        /// The path relative to the project directory.
        path: String,
    },
    /// A socket, device or FIFO, which no archive holds.
    Irregular {
        /// The path relative to the project directory.
        path: String,
    },
}

impl Note {
    /// How serious it is.
    #[must_use]
    pub fn level(&self) -> NoteLevel {
        match self {
            Self::Found { .. } | Self::Untracked { .. } | Self::Excluded { .. } => NoteLevel::Info,
            Self::NoMatch { .. }
            | Self::EmptyPath
            | Self::PathOutside { .. }
            | Self::ExcludeOutside { .. }
            | Self::LinkOutside { .. }
            | Self::BadPattern { .. }
            | Self::BadExclude { .. }
            | Self::NoUntracked
            | Self::UntrackedFailed { .. }
            | Self::Unreadable { .. }
            | Self::Vanished { .. }
            | Self::Shrunk { .. }
            | Self::Irregular { .. } => NoteLevel::Warning,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { path, count } => {
                write!(out, "{path}: found {count} matching artifact files and directories")
            }
            Self::NoMatch { path, project } => write!(
                out,
                "{path}: no matching files. Ensure that the artifact path is relative to the working directory ({project})"
            ),
            Self::EmptyPath => write!(out, "No matching files. Path is empty."),
            Self::PathOutside { path } => {
                write!(out, "processPath: artifact path is not a subpath of project directory: {path}")
            }
            Self::ExcludeOutside { rule } => {
                write!(out, "isExcluded: artifact path is not a subpath of project directory: {rule}")
            }
            Self::LinkOutside { path } => {
                write!(out, "{path}: left out, a symbolic link leads out of the project directory")
            }
            Self::BadPattern { path } => write!(out, "{path}: {}", crate::glob::PatternError),
            Self::BadExclude { rule } => write!(out, "isExcluded: {rule}: {}", crate::glob::PatternError),
            Self::Untracked { count } => write!(out, "untracked: found {count} files"),
            Self::NoUntracked => write!(out, "untracked: no files"),
            Self::UntrackedFailed { reason } => write!(out, "untracked: {reason}"),
            Self::Excluded { rule, count } => write!(out, "{rule}: excluded {count} files"),
            Self::Unreadable { path, reason } => write!(out, "{path}: left out, it cannot be read: {reason}"),
            Self::Vanished { path } => write!(out, "{path}: left out, it is no longer there"),
            Self::Shrunk { path } => write!(out, "{path}: became shorter while it was packed"),
            Self::Irregular { path } => {
                write!(out, "{path}: left out, neither a file nor a directory nor a symbolic link")
            }
        }
    }
}
