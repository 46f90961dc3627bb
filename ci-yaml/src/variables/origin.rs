//! Where the value of a variable comes from.

use crate::Span;
use std::fmt;

/// Where the value of a variable comes from, from low precedence to high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Computed from the context.
    Predefined,
    /// A predefined variable whose value was given with the context.
    PredefinedAsGiven,
    /// `variables` of the top level.
    TopLevel(Span),
    /// `variables` of a rule of `workflow`; the first rule has the index 0.
    WorkflowRule {
        /// Which rule.
        index: usize,
        /// Where the variable was written.
        span: Span,
    },
    /// `variables` of the job.
    Job(Span),
    /// `parallel:matrix` of the job.
    Matrix(Span),
    /// `variables` of a rule of the job; the first rule has the index 0.
    Rule {
        /// Which rule.
        index: usize,
        /// Where the variable was written.
        span: Span,
    },
    /// CI/CD settings of the instance.
    Instance,
    /// CI/CD settings of a group.
    Group,
    /// CI/CD settings of the project.
    Project,
    /// Given for this pipeline.
    Pipeline,
    /// Of the schedule.
    Schedule,
    /// Known only when the job runs.
    Run,
}

impl Origin {
    /// Where it was written, if that was in a file.
    pub fn span(self) -> Option<Span> {
        match self {
            Self::TopLevel(span)
            | Self::WorkflowRule { span, .. }
            | Self::Job(span)
            | Self::Matrix(span)
            | Self::Rule { span, .. } => Some(span),
            Self::Predefined
            | Self::PredefinedAsGiven
            | Self::Instance
            | Self::Group
            | Self::Project
            | Self::Pipeline
            | Self::Schedule
            | Self::Run => None,
        }
    }
}

impl fmt::Display for Origin {
    /// A fragment that stands behind a value; the place, if there is one, is for the caller to add.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Predefined => f.write_str("predefined"),
            Self::PredefinedAsGiven => f.write_str("predefined, as given"),
            Self::TopLevel(_) => f.write_str("variables"),
            Self::WorkflowRule { index, .. } => write!(f, "rule {} of workflow", index + 1),
            Self::Job(_) => f.write_str("variables of the job"),
            Self::Matrix(_) => f.write_str("parallel:matrix of the job"),
            Self::Rule { index, .. } => write!(f, "rule {} of the job", index + 1),
            Self::Instance => f.write_str("from instance settings"),
            Self::Group => f.write_str("from group settings"),
            Self::Project => f.write_str("from project settings"),
            Self::Pipeline => f.write_str("given for the pipeline"),
            Self::Schedule => f.write_str("from the schedule"),
            Self::Run => f.write_str("known when the job runs"),
        }
    }
}
