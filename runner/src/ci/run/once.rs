//! One run, from its folder to its end.

use super::drive::{Clock, Driver, RunEnd, Settings, Stop};
use super::local::{Executors, LocalRun, LocalSettings, Purpose, RunFolder, Runs};
use super::news::{News, Show};
use super::prepared::Prepared;
use super::signals::Hurry;
use super::work::{Evaluator, Line, Parts, Workshop};
use super::{RunArgs, show};
use crate::ci::World;
use crate::error::CliError;
use pipeline::{Status, Work};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc::UnboundedReceiver;
use worktree::{Checkout, Finding, Snapshot, Submodules};

/// Variable that says which submodules jobs want.
const SUBMODULES: &str = "GIT_SUBMODULE_STRATEGY";

/// Runs a pipeline that is ready to. Must be called in a `LocalSet`.
///
/// # Errors
/// It could not be begun.
pub(super) async fn run(
    prepared: Prepared,
    args: &RunArgs,
    world: &World<'_>,
    hurry: &Hurry,
    stops: &mut UnboundedReceiver<Stop>,
) -> Result<RunEnd, CliError> {
    let Prepared { line, selection, settings, homes, root, last } = prepared;
    let clock = Clock::start();
    let taken = snapshot(&root, &homes.trees(), wanted(&line), stops).await?;
    let Some((snapshot, findings)) = taken else {
        return Ok(RunEnd { status: Status::Canceled, failed: true, stopped: Some(Stop::Gracefully) });
    };
    // Without a commit the context has a made-up one.
    let sha = snapshot.commit().map(|_| line.context.commit.sha.clone()).unwrap_or_default();
    let purpose = Purpose { reference: line.context.reference.name().to_owned(), sha };
    let folder = Rc::new(Runs::of(&homes, &root).start(purpose)?);
    let show = Rc::new(RefCell::new(show::choose(&args.output, world.environment, folder.path(), hurry)));
    let tell = |news: News| show.borrow_mut().tell(&news);
    for text in findings {
        tell(News::Warning(text));
    }
    let how = Settings {
        number: folder.number(),
        concurrent: concurrent(args),
        fail_fast: args.how.fail_fast,
        again: super::prepared::again(args),
        last: last.map(Rc::new),
    };
    let executors = Executors::new(&settings, world.environment);
    let run = open(settings, &folder, snapshot, world, &show).await?;
    let evaluator = Evaluator {
        args: args.clone(),
        environment: world.environment.clone(),
        current: world.current.clone(),
    };
    let hands = Workshop::new(Parts {
        run: run.clone(),
        executors,
        folder: folder.clone(),
        evaluator: Arc::new(evaluator),
        write_back: args.how.write_back.then_some(root),
    });
    let plan = hands.take(line);
    let driver = Driver::new(Rc::new(hands), show.clone(), how, clock);
    let end = Box::pin(driver.run(plan, selection, stops)).await;
    run.close(&tell).await;
    folder.finish(end.status)?;
    Ok(end)
}

async fn open(
    settings: LocalSettings,
    folder: &Rc<RunFolder>,
    snapshot: Snapshot,
    world: &World<'_>,
    show: &Rc<RefCell<Box<dyn Show>>>,
) -> Result<Rc<LocalRun>, CliError> {
    let trees = Arc::new(snapshot);
    let opening = LocalRun::open(settings, folder.clone(), trees, world.environment, &world.current);
    let mut run = Box::pin(opening).await?;
    let screen = show.clone();
    run.pausing_with(Box::new(move |paused| screen.borrow_mut().pause(paused)));
    Ok(Rc::new(run))
}

/// Jobs at once.
pub(super) fn concurrent(args: &RunArgs) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    args.how.concurrent.map_or_else(processors, |wanted| usize::try_from(wanted).unwrap_or(usize::MAX))
}

/// Takes a snapshot of the work tree, with what there is to say about it; nothing if somebody stops it.
async fn snapshot(
    root: &Path,
    store: &Path,
    submodules: Submodules,
    stops: &mut UnboundedReceiver<Stop>,
) -> Result<Option<(Snapshot, Vec<String>)>, CliError> {
    let cancel = Arc::new(AtomicBool::new(false));
    let (root, store, asked) = (root.to_owned(), store.to_owned(), cancel.clone());
    let work = move || -> Result<Snapshot, CliError> {
        let cannot = |error: &dyn std::error::Error| {
            CliError::operation(format!("no copies of {} can be made", root.display())).caused_by(error)
        };
        let checkout = Checkout::find(&root).map_err(|error| {
            cannot(&error).hint("jobs work on copies of a git work tree: `git init` makes one of a folder")
        })?;
        is_root(&root, &checkout)?;
        let store = worktree::Store::open(&store).map_err(|error| cannot(&error))?;
        let options = worktree::Options { submodules, cancel: Some(&asked), ..worktree::Options::default() };
        store.snapshot(&checkout, &options).map_err(|error| match error {
            worktree::SnapshotError::Unreadable { .. } => {
                cannot(&error).hint("it is tracked, so jobs need it; `chmod u+r` lets you read what is yours")
            }
            _ => cannot(&error),
        })
    };
    let mut taking = tokio::task::spawn_blocking(work);
    let taken = tokio::select! {
        taken = &mut taking => taken,
        Some(_) = stops.recv() => {
            cancel.store(true, Ordering::Relaxed);
            // What it has begun it clears away itself.
            let _ = taking.await;
            return Ok(None);
        }
    };
    let snapshot = taken
        .map_err(|error| CliError::internal("the copying of the work tree broke off").caused_by(&error))??;
    let findings = snapshot.findings().iter().filter_map(in_words).collect();
    Ok(Some((snapshot, findings)))
}

/// The copies would be of the whole repository, and the configuration that of a folder.
fn is_root(folder: &Path, checkout: &Checkout) -> Result<(), CliError> {
    let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let Ok(within) = canonical.strip_prefix(checkout.root()) else { return Ok(()) };
    if within.as_os_str().is_empty() {
        return Ok(());
    }
    let error = format!("{} is a folder of the repository {}", folder.display(), checkout.root().display());
    Err(CliError::usage(error).hint(format!(
        "to run its pipeline in the whole repository: -f {}; `git init` makes a project of the folder",
        within.join(".gitlab-ci.yml").display()
    )))
}

fn in_words(finding: &Finding) -> Option<String> {
    Some(match finding {
        Finding::LargeUntracked { path, size } => {
            let size = executor_docker::sizes::shown(i64::try_from(*size).unwrap_or(i64::MAX));
            format!(
                "{} ({size}) is untracked and copied for jobs; .gitignore would leave it out",
                path.display()
            )
        }
        Finding::UnreadableUntracked { path } => {
            format!("{} is untracked and may not be read: jobs do not get it", path.display())
        }
        // It matters to jobs that ask for it, and is told when one starts.
        Finding::SubmoduleNotInitialised { .. } => return None,
        Finding::EmbeddedRepository { path } => {
            format!("{} is a repository of its own and no submodule: jobs do not get it", path.display())
        }
    })
}

/// The most that any job may want of submodules: all share one snapshot.
fn wanted(line: &Line) -> Submodules {
    let context = &line.context;
    let settings = [&context.project_variables, &context.group_variables, &context.instance_variables];
    let settings = settings.into_iter().flatten().map(|found| (found.name.as_str(), found.value.as_str()));
    let given = context.variables.iter().chain(&context.schedule_variables);
    let given = given.map(|found| (found.name.as_str(), found.value.as_str()));
    let templates = line.blueprint.jobs.iter().filter_map(|job| match &job.work {
        Work::Build(template) => Some(&template.variables),
        Work::Bridge(_) => None,
    });
    let written = templates.flatten().map(|found| (&*found.name, &*found.value));
    let strategies = settings.chain(given).chain(written).filter(|(name, _)| *name == SUBMODULES);
    let most = strategies.fold(Submodules::None, |most, (_, strategy)| match (strategy, most) {
        ("recursive", _) | (_, Submodules::Recursive) => Submodules::Recursive,
        // What a variable stands for is known when the job starts.
        (variable, _) if variable.contains('$') => Submodules::Recursive,
        ("normal", _) | (_, Submodules::Normal) => Submodules::Normal,
        _ => Submodules::None,
    });
    // What jobs of child pipelines want is not known yet.
    let has_children = line.blueprint.jobs.iter().any(|job| matches!(job.work, Work::Bridge(_)));
    if has_children { Submodules::Recursive } else { most }
}
