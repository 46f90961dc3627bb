//! What would have to be different for a job to be in a pipeline.

use std::fmt;
use std::sync::Arc;

/// Something that would have to be different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The commit message, or a push option, does not ask for no jobs.
    NotSkipped,
    /// A pipeline of a tag.
    Tag,
    /// A pipeline of a branch.
    Branch,
    /// A pipeline of a merge request.
    MergeRequest,
    /// A pipeline with this source.
    Source(Arc<str>),
    /// A branch or tag of this name.
    RefNamed(Arc<str>),
    /// A branch or tag whose name a regular expression is found in.
    RefMatching(Arc<str>),
    /// A pipeline of this project.
    Project(Arc<str>),
    /// A variable with a certain value.
    Variable {
        /// Its name.
        name: Arc<str>,
        /// What is asked of its value.
        relation: Relation,
    },
    /// A condition holds that is none of the above, as it is written.
    Expression(Arc<str>),
    /// A changed path that one of these patterns matches.
    Changed(Vec<Arc<str>>),
    /// A file that one of these patterns matches.
    File(Vec<Arc<str>>),
    /// A cluster, which no pipeline has here.
    Kubernetes,
    /// Another job is in the pipeline.
    Job(Arc<str>),
    /// The opposite.
    Not(Box<Self>),
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is defined, and not blank.
    Given,
    /// It is this.
    Is(Arc<str>),
    /// It is not defined.
    Undefined,
    /// A regular expression, as it is written, is found in it.
    Matches(Arc<str>),
}

impl fmt::Display for Wish {
    /// A fragment: `a tag pipeline`, `CI_COMMIT_BRANCH == "main"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSkipped => f.write_str("no [ci skip]"),
            Self::Tag => f.write_str("a tag pipeline"),
            Self::Branch => f.write_str("a branch pipeline"),
            Self::MergeRequest => f.write_str("a merge request pipeline"),
            Self::Source(source) => write!(f, "a pipeline with the source {source}"),
            Self::RefNamed(name) => write!(f, "a branch or tag named {name}"),
            Self::RefMatching(regex) => write!(f, "a branch or tag matching {regex}"),
            Self::Project(path) => write!(f, "the project {path}"),
            Self::Variable { name, relation } => match relation {
                Relation::Given => write!(f, "{name} is set and not empty"),
                Relation::Is(value) => write!(f, "{name} == {value:?}"),
                Relation::Undefined => write!(f, "{name} is not defined"),
                Relation::Matches(regex) => write!(f, "{name} =~ {regex}"),
            },
            Self::Expression(text) => f.write_str(text),
            Self::Changed(patterns) => write!(f, "a changed path matching {}", any(patterns)),
            Self::File(patterns) => write!(f, "a file matching {}", any(patterns)),
            Self::Kubernetes => f.write_str("an active Kubernetes cluster"),
            Self::Job(name) => write!(f, "the job {name} in the pipeline"),
            Self::Not(wish) => match &**wish {
                Self::Variable { name, relation: Relation::Is(value) } => write!(f, "{name} != {value:?}"),
                Self::Variable { name, relation: Relation::Matches(regex) } => write!(f, "{name} !~ {regex}"),
                Self::Variable { name, relation: Relation::Given } => {
                    write!(f, "{name} is empty or not defined")
                }
                Self::Variable { name, relation: Relation::Undefined } => write!(f, "{name} is defined"),
                Self::Changed(patterns) => write!(f, "no changed path matching {}", any(patterns)),
                Self::File(patterns) => write!(f, "no file matching {}", any(patterns)),
                Self::Expression(text) => write!(f, "not {text}"),
                other => write!(f, "not {other}"),
            },
        }
    }
}

fn any(patterns: &[Arc<str>]) -> String {
    patterns.iter().map(|pattern| &**pattern).collect::<Vec<_>>().join(" or ")
}

impl Wish {
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Not(wish) => *wish,
            wish => Self::Not(Box::new(wish)),
        }
    }

    pub(super) fn wanted(self, wanted: bool) -> Self {
        if wanted { self } else { self.negated() }
    }
}
