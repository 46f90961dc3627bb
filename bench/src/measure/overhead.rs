//! What a job takes that does nothing.

use crate::Result;
use crate::context::Context;
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target};
use crate::samples::{Samples, by_turns};
use crate::timing::{bare, program};
use kit::payload::Payload;

/// Most milliseconds that a job may take longer than the shell it starts.
const ALLOWED: f64 = 20.0;

/// A job whose script is `true`, without git and login shell, against `bash -c true`.
pub(super) fn job(context: &Context) -> Result<Vec<Row>> {
    let rounds = context.amount(60, 15);
    let rig = Rig::start(&Settings::ours(context))?;
    let mut shell = bare("bash", &rig.place().home());
    shell.args(["-c", "true"]);
    let payload = Payload::new("nothing", &["true"]);
    let tls = Rig::start(&Settings::ours(context).tls())?;
    let [job, over_tls, bash] = by_turns(
        rounds,
        [&mut || rig.time(&payload), &mut || tls.time(&payload), &mut || program(&mut shell)],
    )?;
    drop(tls);
    let (job_figure, bash_figure) = (Figure::ms(job.median()), Figure::ms(bash.median()));
    let row = Row::added("job with script `true`", job_figure, "bash -c true", bash_figure)
        .target(Target::AtMost(ALLOWED), "")
        .note(job.spread());
    let over_tls = Figure::ms(over_tls.median());
    let mut rows = vec![row, Row::added("the same job over HTTPS", over_tls, "over HTTP", job_figure)];
    if let Some(settings) = Settings::peer(context) {
        let theirs = median(&settings, context.amount(15, 5))?;
        rows.push(Row::peer(theirs, job_figure).note("with a login shell, which it always takes"));
    }
    Ok(rows)
}

fn median(settings: &Settings, rounds: usize) -> Result<Figure> {
    let rig = Rig::start(settings)?;
    let payload = Payload::new("nothing", &["true"]);
    let [job] = by_turns(rounds, [&mut || rig.time(&payload)])?;
    Ok(Figure::ms(job.median()))
}

/// A login profile that takes some tens of milliseconds, as those of real machines do.
const PROFILE: &str =
    "for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do x=$(echo $turn); done\n";

/// The same job with a login shell, against the job without and `bash --login -c true`.
pub(super) fn login(context: &Context) -> Result<Vec<Row>> {
    let rounds = context.amount(20, 5);
    let start = |settings: &Settings| -> Result<Rig> {
        let rig = Rig::start(settings)?;
        std::fs::write(rig.place().home().join(".bash_profile"), PROFILE)?;
        Ok(rig)
    };
    let (plain, with) = (start(&Settings::ours(context))?, start(&Settings::ours(context).login())?);
    let payload = Payload::new("nothing", &["true"]);
    let mut shell = bare("bash", &plain.place().home());
    shell.args(["--login", "-c", "true"]);
    let [without, job, bash] = by_turns(
        rounds,
        [&mut || plain.time(&payload), &mut || with.time(&payload), &mut || program(&mut shell)],
    )?;
    let ms = |samples: &Samples| Figure::ms(samples.median());
    let mut row =
        Row::added("login shell: what it adds", ms(&job).minus(ms(&without)), "bash --login", ms(&bash));
    row.result = row.measured;
    let limit = 1.1 * ms(&bash).number + 2.0;
    row = row.target(Target::AtMost(limit), "1.1 × + 2 ms").note(job.spread());
    let mut rows = vec![row];
    if let Some(settings) = Settings::peer(context) {
        let rig = start(&settings)?;
        let [theirs] = by_turns(context.amount(15, 5), [&mut || rig.time(&payload)])?;
        rows.push(Row::peer(ms(&theirs), ms(&job)));
    }
    Ok(rows)
}
