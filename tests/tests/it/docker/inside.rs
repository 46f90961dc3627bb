//! The runner itself in a container, with the engine's socket.

use super::rig::{Trace, unique_token};
use crate::support::LONG;
use kit::coordinator::{Coordinator, Verdict};
use kit::docker::Engine;
use kit::payload::Payload;
use kit::runner::{Config, Place, Section, binary};

/// A container that is removed whatever happens.
struct Container<'e> {
    engine: &'e Engine,
    id: String,
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.engine.try_docker(&["logs", "--tail", "50", &self.id]);
            eprintln!("log of the runner:\n{}", String::from_utf8_lossy(&log.stderr));
        }
        self.engine.try_docker(&["rm", "--force", "--volumes", &self.id]);
    }
}

#[test]
fn a_runner_in_a_container_runs_jobs_beside_itself() {
    let Some(engine) = Engine::require() else { return };
    let Some(socket) = engine.socket() else { return };
    let (token, short_token) = unique_token("ins");
    let trace = Trace::of(&engine, &short_token);
    let coordinator = Coordinator::start_at(engine.machine_address().into());
    coordinator.add_runner(&token);
    let place = Place::new();
    let section = Section::with_docker(&coordinator.url(), &token, engine.image("rig/busybox"))
        .docker("pull_policy", vec!["if-not-present"])
        .docker("volumes", vec!["/cache"]);
    place.write_config(&Config::with_section(section));

    let volumes = [
        format!("{}:/usr/local/bin/runner:ro", binary().display()),
        format!("{}:/etc/runner", place.path().join("etc").display()),
        format!("{}:/var/run/docker.sock", socket.display()),
    ];
    let volumes: Vec<&str> = volumes.iter().flat_map(|volume| ["--volume", volume]).collect();
    let run = ["run", "--detach", "--init"];
    let command = [engine.image("rig/base"), "runner", "run", "--config", "/etc/runner/config.toml"];
    let id = engine.docker(&[&run[..], &volumes[..], &command[..]].concat());
    let container = Container { engine: &engine, id };

    let project = coordinator.git().create("private/group/project");
    let sha = project.commit("one", &[("a.txt", "from git\n")]);
    let payload = Payload::new("beside", &["cat a.txt", "mkdir out && echo x > out/x"]);
    let payload = payload.git("private/group/project", &sha).archive(&["out"], "on_success");
    for _ in 0..2 {
        let job = coordinator.enqueue(&token, &payload);
        assert_eq!(job.wait_finished(LONG), Verdict::Success, "{}", super::rig::shown(&job.text()));
        assert!(job.text().has_line("from git"));
    }
    engine.docker(&["kill", "--signal=QUIT", &container.id]);
    assert_eq!(engine.docker(&["wait", &container.id]), "0");
    trace.assert_nothing_left();
    coordinator.assert_no_violations();
}
