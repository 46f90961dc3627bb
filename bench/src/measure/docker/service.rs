//! What a service adds to a job.

use super::sources::nothing;
use crate::Result;
use crate::context::Context;
use crate::docker::{Containers, LATE as IMAGE};
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target};
use crate::samples::by_turns;
use kit::docker::Engine;
use serde_json::json;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const PORT: u16 = 8080;
/// When it listens, in seconds after its start.
const DELAY: &str = "0.05";
/// Most milliseconds that it may delay the job beyond its own start.
const ALLOWED: f64 = 250.0;
/// No service takes longer to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// A job with a service that listens after 50 ms, against one without and that service alone.
pub(in crate::measure) fn late(context: &Context) -> Result<Vec<Row>> {
    let containers = Containers::find(context)?;
    containers.need(IMAGE)?;
    let rig = Rig::start(&Settings::ours(context).containers(containers.clone()))?;
    let without = nothing(&containers);
    let variables = json!([{ "key": "LATE_SECONDS", "value": DELAY, "public": true }]);
    let with = without.clone().service(json!({ "name": IMAGE, "variables": variables }));
    let in_network =
        |payload: &kit::payload::Payload| payload.clone().variable("FF_NETWORK_PER_BUILD", "true");
    let (networked, networked_without) = (in_network(&with), in_network(&without));
    let [with, without, networked, networked_without, alone] = by_turns(
        context.amount(15, 5),
        [
            &mut || rig.time_alone(&with),
            &mut || rig.time_alone(&without),
            &mut || rig.time_alone(&networked),
            &mut || rig.time_alone(&networked_without),
            &mut || alone(containers.engine()),
        ],
    )?;
    let ms = |samples: &crate::samples::Samples| Figure::ms(samples.median());
    let row = |what: &str, with, without| {
        Row::added(what, ms(with).minus(ms(without)), "its own start", ms(&alone))
            .target(Target::AtMost(ALLOWED), "beyond its own start")
            .note(format!("with {}, without {}", ms(with), ms(without)))
    };
    Ok(vec![
        row("docker: what a service that listens after 50 ms adds", &with, &without)
            .note(format!("its own start, from `docker run` until it listens: {}", alone.spread())),
        row("docker: the same in a network of the job's own", &networked, &networked_without),
    ])
}

/// From `docker run` of the service until it listens.
fn alone(engine: &Engine) -> Result<Duration> {
    let begin = Instant::now();
    let late = format!("LATE_SECONDS={DELAY}");
    let id = engine.docker(&["run", "--detach", "--env", &late, IMAGE]);
    let listens = listening(engine, &id).map(|at| at - begin);
    engine.docker(&["rm", "--force", &id]);
    listens
}

/// When the service of a container accepts a connection. Asking for its address takes less than it takes to listen.
fn listening(engine: &Engine, id: &str) -> Result<Instant> {
    let address = engine.docker(&["inspect", "--format", "{{.NetworkSettings.IPAddress}}", id]);
    let address = SocketAddr::new(address.parse()?, PORT);
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(address).is_err() {
        if Instant::now() > deadline {
            return Err(format!("{IMAGE} does not listen at {address}").into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(Instant::now())
}
