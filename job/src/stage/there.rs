//! Stages whose files are out of sight: a worker does them.

use super::cache_shelf::CacheShelf;
use super::destination::Destination;
use super::intake::Intake;
use super::link::Link;
use super::report::Done;
use super::request::Request;
use super::shelf::Shelf;
use super::{Stage, Task, WORKER, bring};
use crate::store::{Keep, Kind};
use crate::{Order, StageError, cache};
use executor::{CancellationToken, Command, Executor, Output};
use std::borrow::Cow;
use std::ffi::OsString;
use std::sync::Arc;

/// Has a worker do the stage. `worker` is the command that starts the runner's program where the files are.
pub(super) async fn run<E: Executor>(
    stage: &Stage<'_>,
    worker: &[OsString],
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Done {
    let command = match command(stage, worker) {
        Ok(command) => command,
        Err(error) => return Done::plain(Err(error)),
    };
    if let Err(error) = bring::provide(stage, executor, stop).await {
        return Done::plain(Err(error));
    }
    let own_stop = stop.child_token();
    let link = Arc::new(Link::new(output, intake(stage), own_stop.clone()));
    let ended = executor.run(command, Arc::clone(&link) as Arc<dyn Output>, &own_stop).await;
    link.conclude(ended, stop.is_cancelled(), |exit| executor.describe(exit))
}

/// What takes the archives of this stage; nothing where it sends none.
fn intake(stage: &Stage<'_>) -> Option<Box<dyn Intake>> {
    let payload = &stage.view.order.payload;
    let success = stage.tasks.iter().find_map(|task| match task {
        Task::SaveCaches { success } => Some(*success),
        _ => None,
    });
    if let (Some(success), Some(folder)) = (success, &stage.view.order.settings.cache_folder) {
        return Some(Box::new(CacheShelf::new(cache::landings(stage.view, success, folder))));
    }
    let keep = Keep::of(stage.transfer, payload.id)?;
    let kinds = payload.artifacts.iter().filter_map(|artifact| Kind::named(&artifact.artifact_type));
    Some(Box::new(Shelf::new(keep, kinds.collect())))
}

/// The order as a worker gets it: caches that are kept elsewhere lie where they are brought to.
fn order(order: &Order) -> Cow<'_, Order> {
    if order.settings.cache_folder.is_none() {
        return Cow::Borrowed(order);
    }
    let mut order = order.clone();
    order.settings.cache_dir = bring::caches_inbox();
    Cow::Owned(order)
}

fn command(stage: &Stage<'_>, worker: &[OsString]) -> Result<Command, StageError> {
    let [program, args @ ..] = worker else {
        return Err(StageError::system("the executor has no program for its workers"));
    };
    let transfers = stage.tasks.iter().copied().any(Task::needs_transfer);
    let request = Request {
        order: order(stage.view.order),
        tasks: Cow::Borrowed(stage.tasks),
        status: stage.status.map(Cow::Borrowed),
        destination: if transfers {
            Destination::of(stage.transfer, stage.tasks)
        } else {
            Destination::Nowhere
        },
    };
    let request = request
        .to_bytes()
        .map_err(|_| StageError::system("the request of the stage cannot be written down"))?;
    let args = args.iter().cloned().chain([WORKER.into()]);
    Ok(Command { stdin: request.into(), ..Command::helper(stage.name, program, args) })
}
