//! One entry of `needs`.

use super::attribute::Attribute;
use super::keys;
use super::parallel::parallel;
use crate::config::{CrossNeed, Need, NeedTarget, Parallel, ProjectNeed};
use crate::entry::Report;
use crate::{Node, Value};
use std::sync::Arc;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A job of the same pipeline.
    Job,
    /// A job of another pipeline of the hierarchy.
    CrossPipeline,
    /// A job of another project.
    CrossProject,
    /// A pipeline to follow.
    Mirror,
}

impl Shape {
    /// As messages call it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::CrossPipeline | Self::CrossProject => "cross_dependency",
            Self::Mirror => "bridge",
        }
    }
}

/// What an entry says.
pub(super) enum Item {
    Job(Need),
    CrossPipeline(CrossNeed),
    CrossProject(ProjectNeed),
    Mirror(Arc<str>),
}

/// What an entry is about, by the keys it has; nothing if that is none of these. Other projects and pipelines to
/// follow belong to the paid edition.
pub(super) fn shape_of(value: &Node) -> Option<Shape> {
    let has = |key| value.get(key).is_some();
    match &value.value {
        Value::Str(_) => Some(Shape::Job),
        Value::Map(_) if has("project") => Some(Shape::CrossProject),
        Value::Map(_) if has("pipeline") && has("job") => Some(Shape::CrossPipeline),
        Value::Map(_) if has("pipeline") => Some(Shape::Mirror),
        Value::Map(_) if has("job") && !has("ref") => Some(Shape::Job),
        _ => None,
    }
}

/// Reads an entry (`Entry::Need`).
pub(super) fn need(value: &Node, parent: &mut Report<'_>) -> Option<Item> {
    let mut report = parent.within("need");
    let before = report.count();
    let item = match shape_of(value) {
        Some(Shape::Job) => same_pipeline(value, &mut report).map(Item::Job),
        Some(Shape::CrossPipeline) => cross_pipeline(value, &mut report).map(Item::CrossPipeline),
        Some(Shape::CrossProject) => cross_project(value, &mut report).map(Item::CrossProject),
        Some(Shape::Mirror) => {
            keys::known(value, &["pipeline"], &mut report);
            Attribute::of(value, "pipeline").required_string(&mut report).map(Item::Mirror)
        }
        None => {
            let found = report.error_as_is(value.span, "wrong-type", "has an unsupported type");
            found.note = Some(match value.as_map() {
                Some(_) => "no `job` here".into(),
                None => format!("this is {}", super::convert::kind(value)),
            });
            None
        }
    };
    item.filter(|_| report.count() == before)
}

fn same_pipeline(value: &Node, report: &mut Report<'_>) -> Option<Need> {
    if let Some(job) = value.as_text() {
        Attribute::config(value).present(report);
        return Some(Need {
            job: job.clone(),
            artifacts: true,
            optional: false,
            target: NeedTarget::Name,
            span: value.span,
        });
    }
    let before = report.count();
    let key = |name| Attribute::of(value, name);
    keys::known(value, &["job", "artifacts", "optional", "parallel"], report);
    let job = key("job").required_string(report);
    let artifacts = key("artifacts").boolean(report).unwrap_or(true);
    let optional = key("optional").boolean(report).unwrap_or(false);
    let instances = super::below(before, report, |report| {
        key("parallel").given().and_then(|instances| parallel(instances, report))
    });
    let target = match instances {
        Some(Parallel::Matrix(matrix)) => NeedTarget::Matrix(matrix),
        Some(Parallel::Number(_)) | None => NeedTarget::Name,
    };
    let span = value.get("job").map_or(value.span, |job| job.span);
    Some(Need { job: job?, artifacts, optional, target, span })
}

fn cross_pipeline(value: &Node, report: &mut Report<'_>) -> Option<CrossNeed> {
    let key = |name| Attribute::of(value, name);
    keys::known(value, &["pipeline", "job", "artifacts"], report);
    let pipeline = key("pipeline").required_string(report);
    let job = key("job").required_string(report);
    let artifacts = key("artifacts").boolean(report).unwrap_or(true);
    Some(CrossNeed { pipeline: pipeline?, job: job?, artifacts })
}

fn cross_project(value: &Node, report: &mut Report<'_>) -> Option<ProjectNeed> {
    let key = |name| Attribute::of(value, name);
    keys::known(value, &["project", "ref", "job", "artifacts"], report);
    let project = key("project").required_string(report);
    let reference = key("ref").required_string(report);
    let job = key("job").required_string(report);
    let artifacts = key("artifacts").boolean(report).unwrap_or(true);
    Some(ProjectNeed { project: project?, job: job?, reference: reference?, artifacts })
}
