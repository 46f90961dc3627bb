//! Whole jobs: one that does nothing, and what a runner does around a script.

use super::sources::{Project, nothing};
use crate::Result;
use crate::context::Context;
use crate::docker::Containers;
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target};
use crate::samples::{Samples, by_turns};
use crate::timing;
use std::cell::RefCell;
use std::time::Duration;

/// How many times a bare `docker run` a job may take.
const TIMES: f64 = 1.2;
/// What a warm fetch may take beside that, in milliseconds.
const FETCH: f64 = 150.0;
/// What a warm fetch, `after_script`, cache and artifacts may take beside that, in milliseconds.
const EVERYTHING: f64 = 500.0;
/// No slower is: within what two halves of the same measurement differ.
const SAME: f64 = 1.05;

fn ms(samples: &Samples) -> Figure {
    Figure::ms(samples.median())
}

/// A figure whose target is the reference times [`TIMES`] and some milliseconds.
fn row(what: &str, measured: &Samples, bare: &Samples, more: f64) -> Row {
    let mut row = Row::added(what, ms(measured), Containers::BARE, ms(bare));
    row.result = row.measured;
    row.target(Target::AtMost(TIMES * ms(bare).number + more), &format!("{TIMES} × + {more} ms"))
        .note(measured.spread())
}

/// Jobs against `docker run --rm IMAGE true`.
pub(in crate::measure) fn whole(context: &Context) -> Result<Vec<Row>> {
    let containers = Containers::find(context)?;
    let rig = Rig::start(&Settings::ours(context).containers(containers.clone()))?;
    let project = RefCell::new(Project::new(&rig, &containers));
    let trivial = nothing(&containers);
    let networked = nothing(&containers).variable("FF_NETWORK_PER_BUILD", "true");
    // The round that does not count brings everything that later ones find.
    let [bare, job, bare_network, network, fetch, everything] = by_turns(
        context.amount(20, 5),
        [
            &mut || containers.bare(),
            &mut || rig.time_alone(&trivial),
            &mut || in_a_network(&containers),
            &mut || rig.time_alone(&networked),
            &mut || rig.time_alone(&project.borrow_mut().fetch()),
            &mut || rig.time_alone(&project.borrow_mut().everything()),
        ],
    )?;
    let name = "docker: job with script `true`";
    Ok(vec![
        Row::ratio(name, ms(&job), Containers::BARE, ms(&bare))
            .target(Target::AtMost(TIMES), "")
            .note(job.spread())
            .note(format!("bare: {}", bare.spread())),
        Row::ratio(
            "docker: the same in a network of its own",
            ms(&network),
            "bare, with network",
            ms(&bare_network),
        )
        .note("the reference makes the network, and does not wait until it is removed")
        .note(network.spread()),
        row("docker: the same with a warm fetch", &fetch, &bare, FETCH),
        row("docker: fetch, after_script, cache, artifacts of 200 files", &everything, &bare, EVERYTHING),
    ])
}

/// `docker network create`, then `docker run` in that network. Removing it is not counted.
fn in_a_network(containers: &Containers) -> Result<Duration> {
    let name = format!("bench-{}", std::process::id());
    let network = |verb: &str| {
        let mut command = containers.engine().command();
        timing::program(command.args(["network", verb, &name]))
    };
    let made = network("create")?;
    let ran = timing::program(&mut containers.command(&["--network", &name], &["true"]));
    network("rm")?;
    Ok(made + ran?)
}

/// Two jobs that are queued at once: the second begins as soon as the service takes it.
pub(in crate::measure) fn after_another(context: &Context) -> Result<Vec<Row>> {
    let containers = Containers::find(context)?;
    let rig = Rig::start(&Settings::ours(context).containers(containers.clone()))?;
    let mut project = Project::new(&rig, &containers);
    let (mut firsts, mut seconds, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    // The first round is not counted: it makes the clone.
    for round in 0..=context.amount(20, 5) {
        let jobs = [project.fetch(), project.fetch()].map(|payload| rig.enqueue(&payload));
        let mut spans = Vec::new();
        for job in jobs {
            let job = Rig::finish(job)?;
            spans.push(job.inspect(crate::rig::span).ok_or("a job without an end")?);
        }
        rig.wait_idle();
        if let ([first, second], true) = (spans.as_slice(), round > 0) {
            firsts.push(first.1 - first.0);
            seconds.push(second.1 - second.0);
            gaps.push(second.0.saturating_duration_since(first.1));
        }
    }
    let (first, second, gap) = (Samples::new(firsts)?, Samples::new(seconds)?, Samples::new(gaps)?);
    let row = Row::ratio("docker: a second job right after the first", ms(&second), "the first", ms(&first))
        .target(Target::AtMost(SAME), "no slower")
        .note(second.spread())
        .note(format!("clean-up of the first between the two: {}", ms(&gap)));
    Ok(vec![row])
}
