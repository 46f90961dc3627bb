//! config.toml: read with complaints that name places, watched, and edited without loss.
//!
//! A file that works with gitlab-runner works here unchanged. Reading goes text → document → checked values
//! ([`reading`], by the tables of [`schema`]) → [`Config`]. Writing edits the document ([`store`]), so what
//! nobody asked to change stays byte for byte.

mod docker;
mod draft;
mod duration;
mod expand;
mod load;
mod model;
mod reading;
mod resolve;
mod store;
mod suggest;
mod watch;

pub(crate) mod schema;

pub(crate) use draft::{Draft, SectionOption, go_bool, section_options};
pub(crate) use duration::GoDuration;
#[cfg(test)]
pub(crate) use load::parse;
pub(crate) use load::{LoadError, Loaded, load, load_template};
pub(crate) use model::{Config, RunnerSection, Unusable};
pub(crate) use reading::{Node, Value};
pub(crate) use schema::url_complaint;
pub(crate) use store::{NewToken, SectionId, Store};
pub(crate) use suggest::nearest;
pub(crate) use watch::{Reload, Watch};

/// The log levels of gitlab-runner, the most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LogLevel {
    Panic,
    Fatal,
    Error,
    Warning,
    Info,
    Debug,
    Trace,
}

impl std::str::FromStr for LogLevel {
    type Err = ();

    /// In any case; `warn` is `warning`.
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "panic" => Self::Panic,
            "fatal" => Self::Fatal,
            "error" => Self::Error,
            "warn" | "warning" => Self::Warning,
            "info" => Self::Info,
            "debug" => Self::Debug,
            "trace" => Self::Trace,
            _ => return Err(()),
        })
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Runner,
    Text,
    Json,
}

impl std::str::FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "runner" => Self::Runner,
            "text" => Self::Text,
            "json" => Self::Json,
            _ => return Err(()),
        })
    }
}

#[cfg(test)]
mod tests;
