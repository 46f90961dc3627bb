//! What is left of a job in an engine that others use as well.

use super::engine::Engine;
use super::events::{Event, History};
use super::processes;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How long to wait for an event before looking anyway: not all that matters is an event.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The label of volumes that are meant to stay.
const REUSABLE: &str = "com.gitlab.gitlab-runner.reusable=true";

/// Listens to an engine from its start on, so that it knows what each job made even when that is gone.
///
/// Tests tell jobs apart by labels such as `com.gitlab.gitlab-runner.job.id=1000`, so they do not disturb one another.
/// Volumes without labels are known by the containers that mounted them.
#[derive(Debug)]
pub struct Watch {
    engine: Engine,
    child: Child,
    history: Arc<(Mutex<History>, Condvar)>,
}

impl Watch {
    pub(super) fn start(engine: &Engine) -> Self {
        // The stream is open a moment later; what happens until then comes from the engine's memory.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock that was set");
        let since = format!("{}.{:09}", since.as_secs(), since.subsec_nanos());
        let mut command = engine.command();
        command.args(["events", "--format", "{{json .}}", "--since", &since]);
        command.args(["--filter", "type=container", "--filter", "type=volume"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the docker command can be started");
        let stdout = child.stdout.take().expect("its output is a pipe");
        let history = Arc::new((Mutex::new(History::default()), Condvar::new()));
        let shared = Arc::clone(&history);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let event: Event = serde_json::from_str(&line).expect("an event as engines write them");
                shared.0.lock().unwrap_or_else(PoisonError::into_inner).add(event);
                shared.1.notify_all();
            }
        });
        Self { engine: engine.clone(), child, history }
    }

    /// The ids of all containers with a label (`key` or `key=value`) that were made since the watch began.
    pub fn containers(&self, label: &str) -> BTreeSet<String> {
        self.look(|history| history.containers(label))
    }

    /// What is there now of whatever has a label: a line each.
    pub fn left(&self, label: &str) -> Vec<String> {
        let filter = format!("label={label}");
        let list = |arguments: &[&str], format: &str| {
            self.engine.lines(&[arguments, &["--filter", &filter, "--format", format]].concat())
        };
        let mut left = list(&["ps", "--all"], "container {{.Names}} ({{.Image}}, {{.Status}})");
        left.extend(list(&["network", "ls"], "network {{.Name}}"));
        let kept = list(&["volume", "ls", "--filter", &format!("label={REUSABLE}")], "volume {{.Name}}");
        left.extend(
            list(&["volume", "ls"], "volume {{.Name}}").into_iter().filter(|line| !kept.contains(line)),
        );
        let (ids, volumes) =
            self.look(|history| (history.containers(label), history.anonymous_volumes(label)));
        left.extend(volumes.into_iter().map(|name| format!("volume {name} (anonymous)")));
        left.extend(processes::of_containers(&ids));
        left
    }

    /// Checks that nothing is left of whatever has a label but volumes that are meant to stay, waiting for clean-up
    /// that is under way.
    ///
    /// # Panics
    /// When something is still left after that time.
    #[track_caller]
    pub fn assert_nothing_left(&self, label: &str, within: Duration) {
        let deadline = Instant::now() + within;
        loop {
            let count = self.look(|history| history.count);
            let left = self.left(label);
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left behind of {label}:\n  {}", left.join("\n  "));
            self.wait_beyond(count);
        }
    }

    fn look<T>(&self, at: impl FnOnce(&History) -> T) -> T {
        at(&self.history.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn wait_beyond(&self, count: u64) {
        let history = self.history.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whether an event or the time ended it, the caller looks again.
        drop(self.history.1.wait_timeout_while(history, LOOK_EVERY, |history| history.count == count));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It ends by itself when its engine does.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn labelled(name: &str) -> String {
        format!("kit.watch={name}-{}", std::process::id())
    }

    #[test]
    fn what_is_removed_is_not_left() {
        let Some(engine) = Engine::require() else { return };
        let (watch, label) = (engine.watch(), labelled("removed"));
        let image = engine.image("rig/busybox");
        engine.docker(&["run", "--rm", "--volume", "/x", "--label", &label, image, "true"]);
        watch.assert_nothing_left(&label, SOON);
        assert_eq!(watch.containers(&label).len(), 1);
    }

    #[test]
    fn what_is_there_is_named() {
        let Some(engine) = Engine::require() else { return };
        let (watch, label) = (engine.watch(), labelled("there"));
        let image = engine.image("rig/busybox");
        let network = format!("kit-watch-{}", std::process::id());
        engine.docker(&["network", "create", "--label", &label, &network]);
        let run = ["run", "--detach", "--network", &network, "--volume", "/x", "--label", &label];
        let id = engine.docker(&[&run[..], &[image, "sleep", "1000"]].concat());
        let kinds = |left: Vec<String>| {
            left.iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        let running = kinds(watch.left(&label));
        engine.docker(&["rm", "--force", &id]);
        engine.docker(&["network", "rm", &network]);
        // The shim and the process; then `rm` without `--volumes` leaves the volume.
        assert_eq!(running, ["container", "network", "volume", "process", "process"]);
        let left = watch.left(&label);
        let volume = left.iter().find_map(|line| line.strip_prefix("volume ")?.split(' ').next()).unwrap();
        engine.docker(&["volume", "rm", volume]);
        watch.assert_nothing_left(&label, SOON);
    }

    #[test]
    #[should_panic(expected = "left behind of kit.watch=panics")]
    fn the_assertion_can_fail() {
        let Some(engine) = Engine::require() else { panic!("left behind of kit.watch=panics") };
        let (watch, label) = (engine.watch(), labelled("panics"));
        let id = engine.docker(&["create", "--label", &label, engine.image("rig/busybox")]);
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            watch.assert_nothing_left(&label, Duration::from_millis(300));
        }));
        engine.docker(&["rm", &id]);
        caught.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
}
