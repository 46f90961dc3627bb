//! `runner demo`: the whole product in one command, for a look.
//!
//! A coordinator and its runner in this process, a project that is pushed with git, its pipeline on the terminal and in
//! a browser. All that is kept is in a temporary folder, which goes with the demo.

pub(crate) mod args;
mod files;
mod follow;
mod place;
mod push;
mod stay;
mod stop;
mod voice;

use super::coordinator_server::args::EmbeddedExecutor;
use super::coordinator_server::{self, Embedded, Wish};
use crate::ci::news::{News, Show};
use crate::ci::show;
use crate::context::Context;
use crate::error::{CliError, exit_code};
use crate::service;
use crate::terminal::Style;
use args::DemoArgs;
use coordinator::model::{NewProject, Page, PipelineFilter, Project, UserId};
use coordinator::{Running, Settings, kernel::Topic};
use follow::{Follower, Stand};
use pipeline::{PipelineId, Status};
use place::Place;
use protocol::Secret;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use stop::Stop;
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;
use voice::{Places, Voice};

/// The status of who was stopped before there was a result, as shells have it for Ctrl-C.
const INTERRUPTED: u8 = 130;

/// How long the address that signs its reader in is good: as long as anybody looks at a demo.
const GOOD: Duration = Duration::from_secs(24 * 3600);

/// How long requests may go on at the end: those of open pages are of no use any more.
const LAST_REQUESTS: Duration = Duration::from_millis(300);

/// Between two drawings of what runs.
const FRAME: Duration = Duration::from_millis(100);

/// The whole command.
pub(super) fn run(args: &DemoArgs, context: &Context) -> Result<ExitCode, CliError> {
    push::check()?;
    let runtime = coordinator_server::runtime()?;
    let ended = runtime.block_on(demo(args, context));
    runtime.shutdown_background();
    ended.map(ExitCode::from)
}

async fn demo(args: &DemoArgs, context: &Context) -> Result<u8, CliError> {
    let unheard = |error: std::io::Error| CliError::operation("cannot listen to signals").caused_by(&error);
    let stop = Stop::listen().map_err(unheard)?;
    if args.executor == EmbeddedExecutor::Docker && !coordinator_server::has_engine(context).await {
        return Err(CliError::operation("no Docker engine answers")
            .hint("start one, or omit --executor: the demo needs no containers"));
    }
    let place = Place::new()?;
    let settings = Settings { listen: ([127, 0, 0, 1], 0).into(), ..Settings::at(place.data()) };
    let limits = coordinator::settings::Limits { stop: LAST_REQUESTS, ..settings.limits };
    let running = coordinator_server::start(Settings { limits, ..settings }).await?;
    let ended = beside_runner(&place, &running, args, context, &stop).await;
    running.stop().await;
    // A failure is told before what could not be removed.
    let removed = place.remove();
    let code = ended?;
    removed.map(|()| code)
}

/// Starts the runner, and ends it when all is done.
async fn beside_runner(
    place: &Place,
    running: &Running,
    args: &DemoArgs,
    context: &Context,
    stop: &Stop,
) -> Result<u8, CliError> {
    let (signals, ending) = service::Signals::of_owner();
    let wish = Wish { executor: args.executor, docker_image: &args.docker_image, user: None, brief: true };
    let mut runner = Embedded::start(running, &place.data(), wish, signals, context).await?;
    let demo = Demo { place, running, args, context, stop };
    let manner = runner.manner.clone();
    let ended = tokio::select! {
        ended = demo.all(&manner) => ended,
        ended = runner.ended() => return match ended {
            Ok(_) => Err(CliError::internal("the runner ended before the demo")),
            Err(error) => Err(error),
        },
    };
    ending.begin();
    // Its status tells of what it was ended by.
    runner.ended().await?;
    ended
}

/// What everything is done with.
struct Demo<'a> {
    place: &'a Place,
    running: &'a Running,
    args: &'a DemoArgs,
    context: &'a Context,
    stop: &'a Stop,
}

impl Demo<'_> {
    /// From the project to the end.
    async fn all(&self, manner: &str) -> Result<u8, CliError> {
        let mut seen = None;
        let ended = tokio::select! {
            ended = self.show(manner, &mut seen) => ended,
            () = self.stop.wanted() => Ok(()),
        };
        ended.map(|()| match seen {
            // Whoever stays until Ctrl-C has seen the pipeline, and has its result.
            Some(Status::Success) => exit_code::SUCCESS,
            Some(Status::Manual) if !self.args.once => exit_code::SUCCESS,
            Some(_) => exit_code::FAILURE,
            None => INTERRUPTED,
        })
    }

    /// Pushes and shows what comes of it. `seen` becomes the pipeline's status once it is over.
    async fn show(&self, manner: &str, seen: &mut Option<Status>) -> Result<(), CliError> {
        let voice = Voice::new(self.args.json, &self.context.environment);
        voice.begin(self.place.path(), manner);
        let project = self.project().await?;
        let token = self.token()?;
        let project_url = format!("{}/{}", self.running.url, project.path);
        let tree = self.work_tree(&format!("{project_url}.git"), &token).await?;
        let [commit, push] = tree.commands();
        voice.command(&commit);
        voice.command(&push);
        let (tree, said) = beside(move || tree.push().map(|said| (tree, said))).await?;
        voice.answer(&said);
        let id = self.pipeline(&project).await?;
        let path = format!("/{}/-/pipelines/{id}", project.path);
        let entry = self.running.access.address_once(UserId::ROOT, &path, GOOD);
        let entry = entry.map_err(|error| CliError::internal("nobody can be signed in").caused_by(&error))?;
        let pipeline_url = format!("{}{path}", self.running.url);
        let places = Places {
            url: &self.running.url,
            project: &project_url,
            pipeline: &pipeline_url,
            entry: &entry,
            token: &token,
            folder: tree.folder(),
        };
        voice.places(&places, !self.args.once);
        let mut display = show::of_elsewhere(self.args.json, &self.context.environment, &self.stop.hurry);
        let (follower, stand, waiting) = self.follow(id, display.as_mut()).await?;
        *seen = Some(stand.status);
        if self.args.once {
            return Ok(());
        }
        voice.end(&places, &waiting);
        let mut lines = match self.args.json {
            true => display,
            false => Box::new(stay::Lines { style: Style::of_stdout(&self.context.environment) }),
        };
        stay::stay(self.running, &self.place.data(), project.id, (id, follower), lines.as_mut()).await
    }

    async fn project(&self) -> Result<Project, CliError> {
        let new = NewProject {
            path: "root/demo".to_owned(),
            name: Some("Demo".to_owned()),
            description: "What runner demo shows".to_owned(),
            default_branch: None,
            visibility: None,
            user: UserId::ROOT,
        };
        let made = self.running.kernel.create_project(new).await;
        made.map_err(|error| CliError::operation("the project cannot be made").caused_by(&error))
    }

    fn token(&self) -> Result<Secret, CliError> {
        let token = self.running.admin_token.clone();
        let token = token.ok_or_else(|| CliError::internal("a new coordinator has no token"))?;
        self.context.log.hide(token.expose());
        Ok(token)
    }

    async fn work_tree(&self, url: &str, token: &Secret) -> Result<push::WorkTree, CliError> {
        let (folder, url, token) = (self.place.project(), url.to_owned(), token.clone());
        beside(move || push::WorkTree::make(folder, &url, &token)).await
    }

    /// The pipeline of the push.
    async fn pipeline(&self, project: &Project) -> Result<PipelineId, CliError> {
        let newest =
            self.running.kernel.pipelines(Some(project.id), PipelineFilter::default(), Page::new(1, 1));
        let newest = newest.await.map_err(|error| {
            CliError::operation("the project's pipelines cannot be looked at").caused_by(&error)
        })?;
        let row = newest.items.into_iter().next();
        row.map(|row| row.id).ok_or_else(|| CliError::operation("the push made no pipeline"))
    }

    /// Shows a pipeline until it is over; answers which jobs wait for somebody, too.
    async fn follow(
        &self,
        id: PipelineId,
        show: &mut dyn Show,
    ) -> Result<(Follower, Stand, Vec<String>), CliError> {
        let wakes = Arc::new(Notify::new());
        let mut changes = self.running.kernel.watch(Topic::Pipeline(id));
        let mut follower = Follower::new(self.running, self.place.data(), id, Some(wakes.clone()));
        let mut ticks = tokio::time::interval(FRAME);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let stand = follower.look(&mut |news| show.tell(news)).await?;
            if stand.is_over() {
                let mut waiting = Vec::new();
                let mut tell = |news: &News| {
                    if let News::Finished(report) = news
                        && report.status == Status::Manual
                    {
                        waiting.push(report.job.name.clone());
                    }
                    show.tell(news);
                };
                follower.rest(&mut tell).await?;
                show.tell(&News::Done { status: stand.status, elapsed: stand.lasted });
                return Ok((follower, stand, waiting));
            }
            loop {
                tokio::select! {
                    more = changes.changed() => match more {
                        true => break,
                        false => return Err(CliError::internal("the coordinator ended before the demo")),
                    },
                    () = wakes.notified() => break,
                    _ = ticks.tick(), if show.is_live() => show.tick(),
                }
            }
        }
    }
}

/// Does what waits for another program where it holds nobody up.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CliError> + Send + 'static,
) -> Result<T, CliError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(CliError::internal("a part of the demo broke off").caused_by(&error)),
    }
}
