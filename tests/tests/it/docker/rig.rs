//! What tests with a Docker engine begin and end with.

use crate::support::LONG;
use kit::coordinator::{Coordinator, FinalUpdate, JobHandle, Verdict};
use kit::docker::{Engine, Watch};
use kit::payload::Payload;
use kit::runner::{Config, Section, Service};
use kit::trace_text::TraceText;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long what is cleaned up after the verdict may take.
const CLEAN_WITHIN: Duration = Duration::from_secs(30);

/// A runner token that no other test has, and its short form, which names and labels of containers carry.
pub(crate) fn unique_token(prefix: &str) -> (String, String) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // Processes of tests may run at once; nine characters are short, so the last digits must do.
    let short = format!("{prefix:.3}{:04x}{:02x}", std::process::id() & 0xffff, number & 0xff);
    (format!("glrt-{short}kitkitkitki"), short)
}

/// What a runner leaves in an engine. Whatever is left when it goes, reusable volumes among it, is removed.
pub(crate) struct Trace {
    engine: Engine,
    watch: Watch,
    label: String,
}

impl Trace {
    pub(crate) fn of(engine: &Engine, short_token: &str) -> Self {
        let label = format!("com.gitlab.gitlab-runner.runner.id={short_token}");
        Self { engine: engine.clone(), watch: engine.watch(), label }
    }

    /// Nothing is left but volumes that are meant to stay.
    #[track_caller]
    pub(crate) fn assert_nothing_left(&self) {
        self.watch.assert_nothing_left(&self.label, CLEAN_WITHIN);
    }

    fn remove(&self, list: &[&str], remove: &[&str]) {
        let filter = format!("label={}", self.label);
        let output = self.engine.try_docker(&[list, &["--quiet", "--filter", &filter]].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let names: Vec<&str> = text.lines().collect();
        if !names.is_empty() {
            // Another clean-up may be under way.
            self.engine.try_docker(&[remove, &names].concat());
        }
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        self.remove(&["ps", "--all"], &["rm", "--force", "--volumes"]);
        self.remove(&["network", "ls"], &["network", "rm"]);
        self.remove(&["volume", "ls"], &["volume", "rm", "--force"]);
    }
}

/// A runner with an engine, and a coordinator that its containers reach.
pub(crate) struct Rig {
    pub(crate) coordinator: Coordinator,
    pub(crate) service: Service,
    config: Config,
    token: String,
    // After the service: what it leaves is removed when it has gone.
    trace: Trace,
}

impl Rig {
    /// Starts a runner whose section is as usual but for these changes; none where there is no engine.
    #[track_caller]
    pub(crate) fn start(image: &str, change: impl FnOnce(Section) -> Section) -> Option<Self> {
        Self::start_wide(1, image, change)
    }

    /// The same, for several jobs at once.
    #[track_caller]
    pub(crate) fn start_wide(
        concurrent: u32,
        image: &str,
        change: impl FnOnce(Section) -> Section,
    ) -> Option<Self> {
        Some(Self::start_on(&Engine::require()?, concurrent, image, change))
    }

    /// The same, with that engine.
    #[track_caller]
    pub(crate) fn start_on(
        engine: &Engine,
        concurrent: u32,
        image: &str,
        change: impl FnOnce(Section) -> Section,
    ) -> Self {
        engine.image(image);
        let (token, short_token) = unique_token("e2e");
        let trace = Trace::of(engine, &short_token);
        let coordinator = Coordinator::start_at(engine.machine_address().into());
        coordinator.add_runner(&token);
        coordinator.configure(|settings| settings.update_interval = Some(1));
        let section = Section::with_docker(&coordinator.url(), &token, image)
            .key("graceful_kill_timeout", "2s")
            .key("force_kill_timeout", "2s")
            .docker("host", engine.host())
            .docker("pull_policy", vec!["if-not-present"])
            .docker("volumes", vec!["/cache"]);
        let config = Config::with_section(change(section)).global("concurrent", concurrent);
        let service = Service::start(&config);
        Self { coordinator, service, config, token, trace }
    }

    /// Another service with the same configuration, which knows nothing of this one.
    #[track_caller]
    pub(crate) fn neighbour(&self) -> Service {
        Service::start(&self.config)
    }

    pub(crate) fn enqueue(&self, payload: &Payload) -> JobHandle {
        self.coordinator.enqueue(&self.token, payload)
    }

    /// Waits until the service asks for the next job. One that runs one at a time has cleaned up by then.
    #[track_caller]
    pub(crate) fn wait_polling(&self, within: Duration) {
        self.coordinator.wait_polling(&self.token, within);
    }

    /// Runs a job that must succeed.
    #[track_caller]
    pub(crate) fn succeeds(&self, payload: &Payload) -> TraceText {
        let job = self.enqueue(payload);
        let verdict = job.wait_finished(LONG * 2);
        assert_eq!(verdict, Verdict::Success, "{}\n{}", shown(&job.text()), self.service.log_tail());
        job.text()
    }

    /// Runs a job that must fail.
    #[track_caller]
    pub(crate) fn fails(&self, payload: &Payload) -> (TraceText, FinalUpdate) {
        let job = self.enqueue(payload);
        let verdict = job.wait_finished(LONG * 2);
        assert_eq!(verdict, Verdict::Failed, "{}\n{}", shown(&job.text()), self.service.log_tail());
        (job.text(), job.inspect(|job| job.final_update.clone()).expect("a final update"))
    }

    /// The build container of a running job.
    #[track_caller]
    pub(crate) fn build_container(&self, job: u64) -> String {
        self.container(job, "build")
    }

    /// The container of that type of a running job. Jobs of other tests have the same numbers, their runners others.
    #[track_caller]
    pub(crate) fn container(&self, job: u64, kind: &str) -> String {
        let prefix = "label=com.gitlab.gitlab-runner";
        let labels = [
            format!("label={}", self.trace.label),
            format!("{prefix}.type={kind}"),
            format!("{prefix}.job.id={job}"),
        ];
        let filters = labels.iter().flat_map(|label| ["--filter", label]);
        let arguments: Vec<&str> = ["ps", "--quiet"].into_iter().chain(filters).collect();
        let ids = self.trace.engine.docker(&arguments);
        ids.lines().next().unwrap_or_else(|| panic!("a container of type {kind}")).to_owned()
    }

    /// Waits until nothing of any job is left in the engine.
    #[track_caller]
    pub(crate) fn wait_clean(&self) {
        self.trace.assert_nothing_left();
    }

    /// Ends the service and checks that nothing of any job is left, here and in the engine.
    #[track_caller]
    pub(crate) fn finish(mut self) {
        self.service.quit(LONG);
        self.service.assert_nothing_left();
        self.trace.assert_nothing_left();
        self.coordinator.assert_no_violations();
    }
}

/// A log as one text, for messages and searches.
pub(crate) fn shown(trace: &TraceText) -> String {
    let lines = trace.lines.iter().map(|line| format!("[{}] {}", line.section, line.text));
    lines.collect::<Vec<_>>().join("\n")
}

/// Checks that a log says something.
#[track_caller]
pub(crate) fn says(trace: &TraceText, parts: &[&str]) {
    let text = shown(trace);
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}
