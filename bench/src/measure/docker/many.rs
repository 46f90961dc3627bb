//! Jobs at once.

use super::sources::nothing;
use crate::Result;
use crate::context::Context;
use crate::docker::Containers;
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target, Unit};
use crate::samples::by_turns;
use crate::timing::timed;
use std::time::Duration;

/// How many at once.
const WIDTH: usize = 8;
/// Least part of the throughput of bare `docker run`.
const PART: f64 = 0.7;

/// Eight jobs at once, again and again, against eight loops of `docker run`. Clean-up counts on both sides.
pub(in crate::measure) fn at_once(context: &Context) -> Result<Vec<Row>> {
    let containers = Containers::find(context)?;
    let settings = Settings::ours(context).containers(containers.clone()).concurrent(WIDTH as u32);
    let rig = Rig::start(&settings)?;
    let each = context.amount(5, 2);
    let [jobs, loops] = by_turns(
        context.amount(5, 2),
        [&mut || jobs(&rig, &containers, WIDTH * each), &mut || loops(&containers, each)],
    )?;
    let rate = |time: Duration| Figure::of((WIDTH * each) as f64 / time.as_secs_f64(), Unit::PerSecond);
    let row = Row::ratio(
        format!("docker: {WIDTH} jobs at once"),
        rate(jobs.median()),
        &format!("{WIDTH} loops of `docker run`"),
        rate(loops.median()),
    );
    Ok(vec![row.target(Target::AtLeast(PART), "").note("clean-up included").note(jobs.spread())])
}

fn jobs(rig: &Rig, containers: &Containers, count: usize) -> Result<Duration> {
    let payload = nothing(containers);
    timed(|| {
        let jobs: Vec<_> = (0..count).map(|_| rig.enqueue(&payload)).collect();
        // One that fails ends the measurement.
        jobs.into_iter().try_for_each(|job| Rig::finish(job).map(drop))?;
        rig.wait_no_job();
        Ok(())
    })
}

fn loops(containers: &Containers, each: usize) -> Result<Duration> {
    timed(|| {
        std::thread::scope(|scope| {
            let one = || (0..each).try_for_each(|_| containers.bare().map(drop));
            let threads: Vec<_> = (0..WIDTH).map(|_| scope.spawn(one)).collect();
            threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a loop gave up")?)
        })
    })
}
