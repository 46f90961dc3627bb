//! What every page needs to know of whoever looks at it.

use super::Assets;
use super::text::{Lang, Text};
use super::views::Viewer;
use crate::model::Project;
use pipeline::{JobId, Moment, PipelineId};
use std::fmt::Write as _;
use std::sync::Arc;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// In cookies and addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Of a code.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.code() == code)
    }
}

/// What every page needs to know.
#[derive(Clone, Debug)]
pub struct Ui {
    /// The language.
    pub lang: Lang,
    /// Light or dark.
    pub theme: Theme,
    /// What comes before every path: empty, or `/path` where the coordinator is not at the root.
    pub root: String,
    /// How people reach the coordinator.
    pub url: String,
    /// The path and query of this page, without the root.
    pub here: String,
    /// Who looks.
    pub viewer: Option<Viewer>,
    /// The time.
    pub now: Moment,
    /// A sentence about what was just done.
    pub notice: Option<String>,
    /// Styles, scripts, icons.
    pub assets: Arc<Assets>,
}

impl Ui {
    /// A text.
    pub fn t(&self, text: Text) -> &'static str {
        self.lang.text(text)
    }

    /// A text with values.
    pub fn f(&self, text: Text, values: &[&str]) -> String {
        self.lang.fill(text, values)
    }

    /// How long ago.
    pub fn ago(&self, moment: Moment) -> String {
        self.lang.ago(self.now.0.saturating_sub(moment.0))
    }

    /// The address of a path of ours.
    pub fn href(&self, path: &str) -> String {
        format!("{}{path}", self.root)
    }

    /// A page of a project; `rest` begins with a slash or is empty.
    pub fn of(&self, project: &Project, rest: &str) -> String {
        format!("{}/{}{rest}", self.root, escape_path(&project.path))
    }

    /// A pipeline.
    pub fn pipeline(&self, project: &Project, id: PipelineId) -> String {
        self.of(project, &format!("/-/pipelines/{id}"))
    }

    /// A job.
    pub fn job(&self, project: &Project, id: JobId) -> String {
        self.of(project, &format!("/-/jobs/{id}"))
    }
}

fn escape(text: &str, keep: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// A path for an address; slashes stay.
pub(crate) fn escape_path(path: &str) -> String {
    escape(path, b"/")
}

/// A value for a query.
pub(crate) fn escape_query(value: &str) -> String {
    escape(value, b"")
}
