//! What most end-to-end tests begin with.

use kit::coordinator::{Coordinator, JobHandle};
use kit::payload::Payload;
use kit::runner::{Config, Fifo, Section, Service};
use std::time::Duration;

/// The runner token of most tests.
pub(crate) const TOKEN: &str = "glrt-kitkitkitkitkitkitki";

/// Long enough for anything that works, on a busy machine too.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A coordinator that knows [`TOKEN`], and whose traces are updated often.
pub(crate) fn coordinator() -> Coordinator {
    let coordinator = Coordinator::start();
    coordinator.add_runner(TOKEN);
    coordinator.configure(|settings| settings.update_interval = Some(1));
    coordinator
}

/// A section for that coordinator, with short grace for what does not want to end.
pub(crate) fn section(coordinator: &Coordinator) -> Section {
    Section::new(&coordinator.url(), TOKEN).key("graceful_kill_timeout", "2s").key("force_kill_timeout", "2s")
}

/// A configuration with that section.
pub(crate) fn config(coordinator: &Coordinator, concurrent: u32) -> Config {
    Config::with_section(section(coordinator)).global("concurrent", concurrent)
}

/// Coordinator and running service.
pub(crate) fn pair(concurrent: u32) -> (Coordinator, Service) {
    let coordinator = coordinator();
    let service = Service::start(&config(&coordinator, concurrent));
    (coordinator, service)
}

/// A pipe in the service's place.
pub(crate) fn fifo(service: &Service, name: &str) -> Fifo {
    Fifo::new(&service.place().shared(name))
}

/// Queues a job that says `start`, waits for the pipe, and says `end`.
pub(crate) fn blocked_job(coordinator: &Coordinator, fifo: &Fifo) -> JobHandle {
    coordinator.enqueue(TOKEN, &blocked(fifo))
}

/// The payload of [`blocked_job`].
pub(crate) fn blocked(fifo: &Fifo) -> Payload {
    Payload::new("blocked", &["echo start", &fifo.stop_line(), "echo end"])
}

/// Ends the service and checks that nothing is left and no request was wrong.
#[track_caller]
pub(crate) fn finish(coordinator: &Coordinator, service: &mut Service) {
    service.quit(LONG);
    service.assert_nothing_left();
    coordinator.assert_no_violations();
}
