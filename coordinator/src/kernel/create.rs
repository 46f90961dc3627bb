//! New pipelines.

use super::evaluate::{self, Evaluated, beside};
use super::flow::Flow;
use super::memory::{Alive, Memory};
use super::open::Kernel;
use super::{Created, NewPipeline};
use crate::error::KernelError;
use crate::model::{CommitRow, PipelineRow, Project, User};
use crate::store::kept::{Extra, KeptContext, PlanFacts};
use crate::store::{access, jobs, pipelines, plans, projects, settings};
use ci_yaml::Context;
use ci_yaml::include::Main;
use pipeline::{AutoCancel, Blueprint, Moment, Pipeline, PipelineId, Planned, Status, Work};
use rusqlite::Connection;

/// How much of a commit's message lists show, in bytes.
const MOST_MESSAGE: usize = 4096;
/// How much of a commit's message variables hold, in bytes.
const MOST_KEPT: usize = 100_000;

/// A pipeline that is to be written down.
pub(super) struct Draft {
    pub(super) id: PipelineId,
    pub(super) new: NewPipeline,
    pub(super) user: User,
    pub(super) context: Context,
    pub(super) head: Option<String>,
    pub(super) content: Content,
}

/// What a pipeline consists of.
pub(super) enum Content {
    /// Jobs.
    Jobs { blueprint: Box<Blueprint>, warnings: Vec<String> },
    /// None, since they were not wanted.
    Skipped,
    /// None, since the configuration is wrong.
    Broken(Vec<String>),
}

impl Kernel {
    /// Makes a pipeline, if the configuration says that there is to be one. Its first jobs are queued when this ends.
    ///
    /// # Errors
    /// Where project, user or commit are not there, or the database fails. A wrong configuration is no error.
    pub async fn create_pipeline(&self, mut new: NewPipeline) -> Result<Created, KernelError> {
        if ci_yaml::Source::new(&new.source).is_none() {
            return Err(KernelError::invalid("source", "is unknown"));
        }
        let id = new.user;
        let user = self.inner.store.read(move |db| Ok::<_, KernelError>(access::user(db, id)?)).await?;
        let user = user.ok_or(KernelError::NotFound("user"))?;
        let project = self.project(new.project.into()).await?;
        if !project.builds_enabled {
            return Ok(Created::None { message: "Pipelines are disabled!".into() });
        }
        if new.source != "push" || new.reference.is_tag() {
            new.before_sha = None;
        }
        let settings = self.settings_of(project.id).await?;
        let (inner, find) = (self.inner.clone(), self.finder());
        let (asked, of, by) = (new.clone(), project.clone(), user.clone());
        let evaluated = beside(move || {
            let mut scene = evaluate::scene(&*inner.repositories, &of, &by, &asked, find)?;
            evaluate::settle(&mut scene.context, &of, &inner.url, settings);
            let evaluated = evaluate::run(&scene.context, Main::Path, &*scene.sources);
            Ok::<_, KernelError>((evaluated, scene.context, scene.head))
        });
        let (evaluated, context, head) = evaluated.await??;
        let is_push = new.source == "push";
        let content = match evaluated {
            Evaluated::Ready { blueprint, warnings } => Content::Jobs { blueprint, warnings },
            Evaluated::Skipped => Content::Skipped,
            Evaluated::None(message) => return Ok(Created::None { message }),
            Evaluated::Missing(message) if is_push => return Ok(Created::None { message }),
            Evaluated::Missing(message) => {
                return Ok(Created::Invalid { pipeline: None, errors: vec![message] });
            }
            Evaluated::Invalid(errors) if is_push => Content::Broken(errors),
            Evaluated::Invalid(errors) => return Ok(Created::Invalid { pipeline: None, errors }),
        };
        let id = self.next_pipeline();
        let outcome = match &content {
            Content::Jobs { .. } => Created::Pipeline(id),
            Content::Skipped => Created::Skipped(id),
            Content::Broken(errors) => Created::Invalid { pipeline: Some(id), errors: errors.clone() },
        };
        self.keep_ref(&project, id, &new.sha, &content).await?;
        let now = self.now();
        let draft = Draft { id, new, user, context, head, content };
        let written = self.inner.store.write(move |db, memory| insert(db, memory, now, draft, &project));
        written.await?;
        Ok(outcome)
    }

    /// Keeps the commit of a pipeline with jobs, whatever becomes of its branch.
    pub(super) async fn keep_ref(
        &self,
        project: &Project,
        id: PipelineId,
        sha: &str,
        content: &Content,
    ) -> Result<(), KernelError> {
        if !matches!(content, Content::Jobs { .. }) {
            return Ok(());
        }
        let (inner, project, sha) = (self.inner.clone(), project.clone(), sha.to_owned());
        Ok(beside(move || inner.repositories.keep(&project, id, &sha)).await??)
    }
}

/// Writes a pipeline down and lets it begin.
pub(super) fn insert(
    db: &Connection,
    memory: &mut Memory,
    now: Moment,
    draft: Draft,
    project: &Project,
) -> Result<(), KernelError> {
    let row = write(db, memory, now, draft)?;
    let (head, row) = row;
    let mut flow = Flow::new(db, memory, now);
    super::redundant::cancel(&mut flow, project, &row, head.as_deref())?;
    flow.follow()
}

/// Writes a pipeline down and lets it begin; what follows elsewhere is not done yet.
pub(super) fn write(
    db: &Connection,
    memory: &mut Memory,
    now: Moment,
    draft: Draft,
) -> Result<(Option<String>, PipelineRow), KernelError> {
    memory.touch();
    let mut row = row(db, now, &draft)?;
    let Draft { id, user, context, head, content, new } = draft;
    let (planned, auto_cancel) = match content {
        Content::Jobs { blueprint, warnings } => {
            row.name.clone_from(&blueprint.name);
            row.warnings = warnings;
            (blueprint.jobs, blueprint.auto_cancel)
        }
        Content::Skipped => {
            row.status = Status::Skipped;
            (Vec::new(), AutoCancel::default())
        }
        Content::Broken(errors) => {
            row.status = Status::Failed;
            row.finished_at = Some(now);
            row.failure_reason = Some("config_error".into());
            row.yaml_errors = Some(errors.join("\n"));
            (Vec::new(), AutoCancel::default())
        }
    };
    let specs = planned.iter().map(|job| job.spec.clone()).collect();
    let mut pipeline = Pipeline::new(id, specs, auto_cancel, &mut || memory.next_job(), now);
    let mut kept = KeptContext::of(&context, new.reference, user);
    kept.message = cut(kept.message, MOST_KEPT);
    let sealed = memory.vault.seal("context", &kept)?;
    settings::set_counter(db, "pipelines", id.0)?;
    settings::set_counter(db, "jobs", memory.last_job())?;
    let has_jobs = !planned.is_empty();
    if !has_jobs {
        pipeline.status = row.status;
        pipeline.finished_at = row.finished_at;
    }
    pipelines::insert(db, &row, &pipeline, &sealed)?;
    let alive = Alive { pipeline, row };
    let mut flow = Flow::new(db, memory, now);
    insert_jobs(&mut flow, &alive, &planned)?;
    flow.memory.tell(super::Topic::Project(alive.row.project));
    let row = alive.row.clone();
    if has_jobs {
        flow.begin(alive)?;
        flow.follow()?;
    }
    Ok((head, row))
}

fn row(db: &Connection, now: Moment, draft: &Draft) -> Result<PipelineRow, KernelError> {
    let new = &draft.new;
    if projects::find(db, &new.project.into())?.is_none() {
        return Err(KernelError::NotFound("project"));
    }
    let commit = &draft.context.commit;
    Ok(PipelineRow {
        id: draft.id,
        iid: pipelines::next_iid(db, new.project)?,
        project: new.project,
        reference: new.reference.clone(),
        sha: new.sha.clone(),
        before_sha: commit.before_sha.clone(),
        source: draft.context.source.as_str().to_owned(),
        status: Status::Created,
        name: None,
        commit: CommitRow {
            message: cut(commit.message.clone(), MOST_MESSAGE),
            author: commit.author.clone(),
            timestamp: commit.timestamp.clone(),
        },
        protected: draft.context.protected,
        yaml_errors: None,
        failure_reason: None,
        warnings: Vec::new(),
        user: draft.user.id,
        parent: new.parent,
        auto_canceled_by: None,
        created_at: now,
        updated_at: now,
        started_at: None,
        finished_at: None,
        duration: None,
        queued: None,
        coverage: None,
        has_warnings: false,
        cancelable: false,
        retryable: false,
    })
}

fn insert_jobs(flow: &mut Flow<'_>, alive: &Alive, planned: &[Planned]) -> Result<(), KernelError> {
    let extra = Extra::of(alive.row.user);
    let place = jobs::Place { pipeline: alive.row.id, project: alive.row.project };
    for (at, (job, planned)) in alive.pipeline.jobs().zip(planned).enumerate() {
        let facts = facts(planned);
        plans::insert(flow.db, alive.row.id, at, planned, &facts)?;
        jobs::insert(flow.db, place, job, &extra, None)?;
        if let Some(environment) = &facts.environment {
            flow.plan_deployment(alive, job.id, environment)?;
        }
    }
    Ok(())
}

/// What is read of a plan often.
fn facts(planned: &Planned) -> PlanFacts {
    match &planned.work {
        Work::Build(template) => PlanFacts {
            tags: template.tags.clone(),
            environment: template.environment.clone(),
            manual_confirmation: template.manual_confirmation.clone(),
            coverage: template.coverage.clone(),
            timeout: template.timeout,
            artifact_access: template.artifact_access,
            required: super::claim::required(&planned.spec, template),
        },
        Work::Bridge(bridge) => PlanFacts { environment: bridge.environment.clone(), ..PlanFacts::default() },
    }
}

/// The beginning of a text, at most so many bytes of it.
fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
    }
    text
}
