//! Bridges: the pipelines that jobs start.

use super::NewPipeline;
use super::create::{Content, Draft, write};
use super::evaluate::{self, Evaluated, WithArtifacts, beside, in_words};
use super::flow::Flow;
use super::memory::Memory;
use super::open::Kernel;
use super::payload::dotenv;
use crate::error::KernelError;
use crate::model::{ParentRow, PipelineRow, Project, User};
use crate::store::kept::{KeptContext, given};
use crate::store::{access, artifacts, jobs, pipelines, plans};
use ci_yaml::include::Main;
use pipeline::{
    Bridge, BridgeFacts, ChildContext, Downstream, Event, IncludedArtifact, JobId, Moment, PipelineFacts,
    PipelineId, Status, Work,
};
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};

const NOT_CREATED: &str = "downstream_pipeline_creation_failed";

/// How many pipelines are looked at for a circle.
const MOST_MIRRORED: usize = 1000;

/// What a bridge starts from.
struct Start {
    job: JobId,
    row: PipelineRow,
    bridge: Bridge,
    kept: KeptContext,
    user: User,
    depth: u32,
    dotenv: Vec<(String, String)>,
    variables: Vec<crate::model::PipelineVariable>,
    /// Archives of the pipeline's jobs, by their names.
    archives: HashMap<String, String>,
    iid: u64,
}

/// What became of it.
enum Ready {
    /// A pipeline is to be written down, of this project.
    Draft(Box<Draft>, Box<Project>),
    /// It shows the status of this one.
    Mirror(PipelineId),
    /// Nothing, for this reason.
    Failed(&'static str, String),
}

impl Kernel {
    /// Makes the pipeline that a bridge wants, or fails the bridge.
    pub(super) async fn trigger(&self, pipeline: PipelineId, job: JobId) -> Result<(), KernelError> {
        let vault = self.inner.vault.clone();
        let start = self.inner.store.write(move |db, memory| read(db, memory, &vault, pipeline, job));
        let Some(start) = start.await? else { return Ok(()) };
        let ready = self.prepare(start).await?;
        let now = self.now();
        let write = self.inner.store.write(move |db, memory| finish(db, memory, now, pipeline, job, ready));
        write.await
    }

    async fn prepare(&self, start: Start) -> Result<Ready, KernelError> {
        let project = self.project(start.row.project.into()).await?;
        let settings = self.settings_of(project.id).await?;
        let mut parent = start.kept.context();
        evaluate::settle(&mut parent, &project, &self.inner.url, settings);
        let user = evaluate_user(&start);
        let given: Vec<_> = start.variables.iter().map(given).collect();
        let facts = BridgeFacts {
            job: start.job,
            pipeline: PipelineFacts {
                id: start.row.id,
                iid: start.iid,
                name: start.row.name.as_deref(),
                created_at: start.row.created_at,
                trigger_short_token: None,
            },
            depth: start.depth,
            user: user.as_ref(),
            dotenv: &start.dotenv,
            job_variables: &given,
        };
        match start.bridge.downstream(&parent, &facts) {
            Err(error) => Ok(Ready::Failed(error.failure_reason(), in_words(&error))),
            Ok(Downstream::Child(child)) => self.child(start, project, *child).await,
            Ok(Downstream::Project(trigger)) => self.other_project(start, trigger).await,
            Ok(Downstream::Mirror(path)) => self.mirror(&path).await,
        }
    }

    async fn child(&self, start: Start, project: Project, child: ChildContext) -> Result<Ready, KernelError> {
        let ChildContext { mut context, main, artifacts } = child;
        if let Some(missing) = artifacts.iter().find(|file| !start.archives.contains_key(&file.job)) {
            let IncludedArtifact { job, path } = missing;
            return Ok(Ready::Failed(NOT_CREATED, format!("job `{job}` left no artifacts with `{path}`")));
        }
        let (row, user, archives) = (start.row, start.user, start.archives);
        let new = NewPipeline {
            project: project.id,
            source: "parent_pipeline".into(),
            reference: row.reference.clone(),
            sha: row.sha.clone(),
            before_sha: Some(row.before_sha.clone()),
            user: user.id,
            variables: Vec::new(),
            skip: false,
            inputs: indexmap::IndexMap::new(),
            parent: Some(ParentRow { project: project.id, pipeline: row.id, job: start.job }),
        };
        let (inner, find, of, asked) = (self.inner.clone(), self.finder(), project.clone(), new.clone());
        let root_is_push = self.root_source(row.id).await? == "push";
        let evaluated = beside(move || {
            let before = asked.before_sha.as_deref().filter(|sha| sha.bytes().any(|byte| byte != b'0'));
            let facts = inner.repositories.facts(&of, &asked.reference, &asked.sha, before)?;
            if root_is_push {
                context.changed = facts.changed;
            }
            let sources = inner.repositories.sources(&of, find)?;
            let sources = WithArtifacts { inner: &*sources, files: &*inner.files, archives: &archives };
            let evaluated = evaluate::run(&context, main, &sources);
            Ok::<_, KernelError>((evaluated, context))
        });
        let (evaluated, context) = evaluated.await??;
        self.drafted(evaluated, new, user, context, project).await
    }

    async fn other_project(
        &self,
        start: Start,
        trigger: pipeline::ProjectTrigger,
    ) -> Result<Ready, KernelError> {
        const NOT_FOUND: &str = "downstream_bridge_project_not_found";
        let path = trigger.project.trim();
        let project = match self.project(path.into()).await {
            Ok(project) => project,
            Err(KernelError::NotFound(_)) => {
                return Ok(Ready::Failed(NOT_FOUND, format!("there is no project `{path}`")));
            }
            Err(error) => return Err(error),
        };
        if self.closes_circle(&start, &project, trigger.branch.as_deref()).await? {
            return Ok(Ready::Failed("pipeline_loop_detected", "pipelines start one another".into()));
        }
        let name = trigger.branch.unwrap_or_else(|| project.default_branch.clone());
        let (inner, of, wanted) = (self.inner.clone(), project.clone(), name.clone());
        let resolved = beside(move || inner.repositories.resolve(&of, &wanted)).await??;
        let Some((reference, sha)) = resolved else {
            return Ok(Ready::Failed(NOT_CREATED, format!("`{path}` has no branch or tag `{name}`")));
        };
        let new = NewPipeline {
            project: project.id,
            source: "pipeline".into(),
            reference,
            sha,
            before_sha: None,
            user: start.user.id,
            variables: trigger.variables.iter().map(crate::store::kept::kept).collect(),
            skip: false,
            inputs: trigger.inputs,
            parent: Some(ParentRow { project: start.row.project, pipeline: start.row.id, job: start.job }),
        };
        let settings = self.settings_of(project.id).await?;
        let (inner, find, of) = (self.inner.clone(), self.finder(), project.clone());
        let (asked, by, parent) = (new.clone(), start.user.clone(), start.row);
        let job = start.job;
        let evaluated = beside(move || {
            let mut scene = evaluate::scene(&*inner.repositories, &of, &by, &asked, find)?;
            evaluate::settle(&mut scene.context, &of, &inner.url, settings);
            let number = |number: i64| u64::try_from(number).unwrap_or_default();
            scene.context.parent = Some(ci_yaml::Parent {
                project_id: number(parent.project.0),
                pipeline_id: number(parent.id.0),
                job_id: number(job.0),
            });
            let evaluated = evaluate::run(&scene.context, Main::Path, &*scene.sources);
            Ok::<_, KernelError>((evaluated, scene.context))
        });
        let (evaluated, context) = evaluated.await??;
        self.drafted(evaluated, new, start.user, context, project).await
    }

    async fn drafted(
        &self,
        evaluated: Evaluated,
        new: NewPipeline,
        user: User,
        context: ci_yaml::Context,
        project: Project,
    ) -> Result<Ready, KernelError> {
        let content = match evaluated {
            Evaluated::Ready { blueprint, warnings } => Content::Jobs { blueprint, warnings },
            Evaluated::Skipped => return Ok(Ready::Failed(NOT_CREATED, "it is skipped".into())),
            Evaluated::None(message) | Evaluated::Missing(message) => {
                return Ok(Ready::Failed(NOT_CREATED, message));
            }
            Evaluated::Invalid(errors) => return Ok(Ready::Failed(NOT_CREATED, errors.join("\n"))),
        };
        let id = self.next_pipeline();
        self.keep_ref(&project, id, &new.sha, &content).await?;
        let draft = Draft { id, new, user, context, head: None, content };
        Ok(Ready::Draft(Box::new(draft), Box::new(project)))
    }

    /// The pipeline of a project that a bridge shows from then on: the newest of its default branch.
    async fn mirror(&self, path: &str) -> Result<Ready, KernelError> {
        const NOT_FOUND: &str = "downstream_bridge_project_not_found";
        let project = match self.project(path.into()).await {
            Ok(project) => project,
            Err(KernelError::NotFound(_)) => {
                return Ok(Ready::Failed(NOT_FOUND, format!("there is no project `{path}`")));
            }
            Err(error) => return Err(error),
        };
        let filter = crate::model::PipelineFilter {
            reference: Some(project.default_branch.clone()),
            ..Default::default()
        };
        let found = self.pipelines(Some(project.id), filter, crate::model::Page::new(1, 1)).await?;
        Ok(match found.items.first() {
            Some(row) => Ready::Mirror(row.id),
            None => Ready::Failed(NOT_CREATED, format!("`{path}` has no pipeline to mirror")),
        })
    }

    /// What made the first pipeline of a family.
    async fn root_source(&self, of: PipelineId) -> Result<String, KernelError> {
        let above = self.inner.store.read(move |db| ancestors(db, of)).await?;
        Ok(above.last().map(|row| row.source.clone()).unwrap_or_default())
    }

    async fn closes_circle(
        &self,
        start: &Start,
        project: &Project,
        branch: Option<&str>,
    ) -> Result<bool, KernelError> {
        let id = start.row.id;
        let above = self.inner.store.read(move |db| ancestors(db, id)).await?;
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        let mut all: Vec<pipeline::Ancestor> = above
            .iter()
            .map(|row| pipeline::Ancestor {
                project: number(row.project.0),
                reference: row.reference.name().to_owned(),
                source: row.source.clone(),
            })
            .collect();
        all.push(pipeline::Ancestor {
            project: number(project.id.0),
            reference: branch.unwrap_or(&project.default_branch).to_owned(),
            source: "pipeline".into(),
        });
        Ok(pipeline::is_loop(&all) || all.len() > 100)
    }
}

/// A pipeline and those that led to it, itself first.
fn ancestors(db: &Connection, of: PipelineId) -> Result<Vec<PipelineRow>, KernelError> {
    let mut all = Vec::new();
    let mut next = Some(of);
    while let Some(id) = next.filter(|_| all.len() < 200) {
        let Some(row) = pipelines::row(db, id)? else { break };
        next = row.parent.map(|parent| parent.pipeline);
        all.push(row);
    }
    Ok(all)
}

/// Whether a pipeline is another one, or shows or waits for it by its bridges.
fn leads_to(db: &Connection, from: PipelineId, to: PipelineId) -> Result<bool, KernelError> {
    let mut seen = BTreeSet::from([from]);
    let mut next = vec![from];
    while let Some(id) = next.pop() {
        // So many that nobody can tell count as a circle.
        if id == to || seen.len() > MOST_MIRRORED {
            return Ok(true);
        }
        next.extend(jobs::downstream_of(db, id)?.into_iter().filter(|id| seen.insert(*id)));
    }
    Ok(false)
}

fn evaluate_user(start: &Start) -> Option<ci_yaml::User> {
    (start.user.id != start.kept.user.id).then(|| crate::store::kept::user(&start.user))
}

/// What a bridge starts from; nothing where it is not to start anything any more.
fn read(
    db: &Connection,
    memory: &mut Memory,
    vault: &super::keys::Vault,
    pipeline: PipelineId,
    job: JobId,
) -> Result<Option<Start>, KernelError> {
    let Some(alive) = memory.take(db, pipeline)? else { return Ok(None) };
    let found = alive.pipeline.job(job).cloned();
    let dependencies = alive.pipeline.dependencies_of(job);
    let names: Vec<(String, JobId)> =
        alive.pipeline.latest().map(|job| (job.spec.name.clone(), job.id)).collect();
    let row = alive.row.clone();
    memory.put(alive);
    let Some(state) = found.filter(|job| job.status == Status::Pending && job.downstream.is_none()) else {
        return Ok(None);
    };
    let work = plans::read_work(&plans::work(db, pipeline, state.planned)?)?;
    let Work::Bridge(bridge) = work else { return Err(KernelError::Internal("a bridge is no bridge")) };
    let kept: KeptContext = vault.open_sealed("context", &pipelines::context(db, pipeline)?)?;
    let user = access::user(db, jobs::extra(db, job)?.user)?.unwrap_or_else(|| kept.user.clone());
    let mut archives = HashMap::new();
    for (name, id) in names {
        if let Some(archive) = artifacts::one(db, id, "archive")? {
            archives.insert(name, archive.path);
        }
    }
    let children = ancestors(db, pipeline)?;
    let depth = children.iter().filter(|row| row.source == "parent_pipeline").count();
    let variables = match jobs::variables(db, job)? {
        Some(sealed) => vault.open_sealed("variables", &sealed)?,
        None => Vec::new(),
    };
    Ok(Some(Start {
        job,
        bridge: *bridge,
        kept,
        user,
        depth: u32::try_from(depth).unwrap_or(u32::MAX),
        dotenv: dotenv(db, vault, &dependencies)?,
        variables,
        archives,
        iid: row.iid,
        row,
    }))
}

fn finish(
    db: &Connection,
    memory: &mut Memory,
    now: Moment,
    parent: PipelineId,
    job: JobId,
    ready: Ready,
) -> Result<(), KernelError> {
    match ready {
        Ready::Draft(draft, project) => {
            let id = draft.id;
            let (head, row) = write(db, memory, now, *draft)?;
            let status = pipelines::row(db, id)?.map_or(Status::Created, |row| row.status);
            let mut flow = Flow::new(db, memory, now);
            flow.push(parent, Event::Triggered { job, pipeline: id });
            flow.push(parent, Event::Downstream { job, status });
            super::redundant::cancel(&mut flow, &project, &row, head.as_deref())?;
            flow.follow()
        }
        // Two that show one another would never end.
        Ready::Mirror(pipeline) if leads_to(db, pipeline, parent)? => {
            let ready = Ready::Failed("pipeline_loop_detected", "pipelines mirror one another".into());
            finish(db, memory, now, parent, job, ready)
        }
        Ready::Mirror(pipeline) => {
            let row = pipelines::row(db, pipeline)?.ok_or(KernelError::NotFound("pipeline"))?;
            let status = row.status;
            let mut flow = Flow::new(db, memory, now);
            flow.push(parent, Event::Triggered { job, pipeline });
            flow.push(parent, Event::Downstream { job, status });
            flow.follow()
        }
        Ready::Failed(reason, message) => {
            let mut extra = jobs::extra(db, job)?;
            extra.message = Some(message);
            jobs::set_extra(db, job, &extra)?;
            let mut flow = Flow::new(db, memory, now);
            flow.try_run(parent, Event::Drop { job, reason: reason.to_owned() })?;
            Ok(())
        }
    }
}
