//! A service and the coordinator stand-in that gives it jobs.

use crate::Result;
use crate::context::{Context, cores};
use crate::docker::{Containers, Leftovers};
use crate::procfs;
use crate::tls_front::TlsFront;
use kit::coordinator::{Coordinator, JobHandle, JobRecord, Verdict};
use kit::payload::Payload;
use kit::runner::{Config, Place, Section};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// No job here takes longer, whoever runs it.
const LONG: Duration = Duration::from_secs(300);

/// Whose service is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// The program of this workspace.
    Ours,
    /// The gitlab-runner that there is.
    Peer,
}

/// What a service is told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    program: Program,
    executable: PathBuf,
    login: bool,
    one_core: bool,
    tls: bool,
    containers: Option<Containers>,
    concurrent: u32,
}

impl Settings {
    /// Ours, without a login shell.
    pub(crate) fn ours(context: &Context) -> Self {
        Self::of(Program::Ours, context.runner.clone())
    }

    /// gitlab-runner, if there is one. It always takes a login shell.
    pub(crate) fn peer(context: &Context) -> Option<Self> {
        Some(Self::of(Program::Peer, context.peer.clone()?).login())
    }

    fn of(program: Program, executable: PathBuf) -> Self {
        let (login, one_core, tls) = (false, false, false);
        Self { program, executable, login, one_core, tls, containers: None, concurrent: 1 }
    }

    /// With the docker executor.
    #[must_use]
    pub(crate) fn containers(mut self, containers: Containers) -> Self {
        self.containers = Some(containers);
        self
    }

    /// For so many jobs at once.
    #[must_use]
    pub(crate) fn concurrent(mut self, jobs: u32) -> Self {
        self.concurrent = jobs;
        self
    }

    /// With a login shell.
    #[must_use]
    pub(crate) fn login(mut self) -> Self {
        self.login = true;
        self
    }

    /// With a coordinator that speaks HTTPS.
    #[must_use]
    pub(crate) fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// With all its processes, scripts included, on one core.
    #[must_use]
    pub(crate) fn one_core(mut self) -> Self {
        self.one_core = true;
        self
    }
}

/// Everything that a job needs. Stops the service when it goes.
#[derive(Debug)]
pub(crate) struct Rig {
    coordinator: Coordinator,
    place: Place,
    service: Child,
    executable: PathBuf,
    token: String,
    _front: Option<TlsFront>,
    // What jobs left in the engine goes when the service has gone.
    leftovers: Option<Leftovers>,
}

impl Rig {
    /// Starts a service and waits until it asks for jobs.
    pub(crate) fn start(settings: &Settings) -> Result<Self> {
        let coordinator = match &settings.containers {
            Some(containers) => Coordinator::start_at(containers.machine()),
            None => Coordinator::start(),
        };
        let (token, short_token) = new_token();
        coordinator.add_runner(&token);
        coordinator.configure(|settings| settings.acknowledge_within = LONG);
        let front = if settings.tls { Some(TlsFront::start(coordinator.host())?) } else { None };
        let url = front.as_ref().map_or_else(|| coordinator.url(), |front| front.url.clone());
        let section = section(settings, &url, &token).key("output_limit", 1_000_000);
        let place = Place::new();
        place.write_config(&Config::with_section(section).global("concurrent", settings.concurrent));
        let leftovers = settings.containers.as_ref().map(|containers| containers.leftovers(&short_token));
        let service = spawn(settings, &place)?;
        let executable = settings.executable.canonicalize()?;
        let rig = Self { coordinator, place, service, executable, token, _front: front, leftovers };
        rig.wait_idle();
        Ok(rig)
    }

    /// The coordinator.
    pub(crate) fn coordinator(&self) -> &Coordinator {
        &self.coordinator
    }

    /// The folders of the service.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// What jobs leave in the engine, if they run in one.
    pub(crate) fn leftovers(&self) -> Option<&Leftovers> {
        self.leftovers.as_ref()
    }

    /// The service's executable.
    pub(crate) fn executable(&self) -> &Path {
        &self.executable
    }

    /// The service's process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.service.id().cast_signed())
    }

    /// Waits until the service hangs in a request for a job. If it runs one at a time, everything that the last one
    /// had is cleaned up then.
    pub(crate) fn wait_idle(&self) {
        self.coordinator.wait_polling(&self.token, LONG);
    }

    /// Waits until no job's process runs: all is cleaned up.
    pub(crate) fn wait_no_job(&self) {
        while !procfs::children_running(self.pid(), &self.executable).is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Runs a job and says how long it took, from its payload being handed out to the final update being accepted.
    pub(crate) fn time(&self, payload: &Payload) -> Result<Duration> {
        let job = self.run(payload)?;
        job.inspect(duration).ok_or_else(|| "a job without a beginning or an end".into())
    }

    /// As [`Rig::time`], and waits until the job is cleaned up, so that this falls on nothing else that is measured.
    pub(crate) fn time_alone(&self, payload: &Payload) -> Result<Duration> {
        let time = self.time(payload);
        self.wait_idle();
        time
    }

    /// Runs a job to its good end.
    pub(crate) fn run(&self, payload: &Payload) -> Result<JobHandle> {
        Self::finish(self.enqueue(payload))
    }

    /// Queues a job.
    pub(crate) fn enqueue(&self, payload: &Payload) -> JobHandle {
        self.coordinator.enqueue(&self.token, payload)
    }

    /// Waits for a job's good end.
    pub(crate) fn finish(job: JobHandle) -> Result<JobHandle> {
        match job.wait_finished(LONG) {
            Verdict::Success => Ok(job),
            Verdict::Failed | Verdict::Canceled => {
                let trace = job.trace();
                let tail = String::from_utf8_lossy(&trace[trace.len().saturating_sub(3000)..]).into_owned();
                Err(format!("a job did not succeed; its trace ends:\n{tail}").into())
            }
        }
    }

    /// The token of a job that is handed out to nobody and so never ends, for git commands beside the service's.
    pub(crate) fn git_password(&self) -> Result<String> {
        let runner = "glrt-benchholdsholdsholds";
        self.coordinator.add_runner(runner);
        let job = self.coordinator.enqueue(runner, &Payload::new("held", &["true"]));
        let body = format!("{{\"token\":\"{runner}\"}}");
        crate::post::json(&self.coordinator.host(), "/api/v4/jobs/request", "", &body)?;
        let token = job.inspect(|job| job.token().map(str::to_owned));
        // The request was a makeshift, and the notes about it are of no interest.
        self.coordinator.take_violations();
        token.ok_or_else(|| "the stand-in did not hand a job out".into())
    }
}

/// A token that no other rig has, and its short form, by which engines know what is its own.
fn new_token() -> (String, String) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let short = format!("b{:05x}{:03x}", std::process::id() & 0xf_ffff, number & 0xfff);
    (format!("glrt-{short}benchbenchb"), short)
}

fn section(settings: &Settings, url: &str, token: &str) -> Section {
    let mut section = match &settings.containers {
        Some(containers) => containers.section(url, token),
        None => Section::new(url, token),
    };
    if settings.tls {
        section = section.key("tls-ca-file", TlsFront::authority().to_string_lossy());
    }
    if settings.program == Program::Ours && settings.containers.is_none() {
        section = section.key("login_shell", settings.login);
    }
    section
}

/// From handing out to the accepted final update.
pub(crate) fn duration(job: &JobRecord) -> Option<Duration> {
    span(job).map(|(begin, end)| end.duration_since(begin))
}

/// When a job was handed out, and when its final update was accepted.
pub(crate) fn span(job: &JobRecord) -> Option<(Instant, Instant)> {
    Some((job.deliveries.first()?.at, job.times.ended?))
}

fn spawn(settings: &Settings, place: &Place) -> Result<Child> {
    let mut command = if settings.one_core {
        // The last one, since the first often serves interrupts.
        let mut command = Command::new("taskset");
        command.args(["-c", &(cores() - 1).to_string()]).arg(&settings.executable);
        command
    } else {
        Command::new(&settings.executable)
    };
    let log = File::create(place.log())?;
    command.arg("run").arg("--config").arg(place.config()).current_dir(place.work());
    command.env_clear().env("HOME", place.home()).env("TMPDIR", place.temporary());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
    command.spawn().map_err(|error| format!("{}: {error}", command.get_program().display()).into())
}

impl Drop for Rig {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.place.log()).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the service's log ends:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"));
        }
        // Each of these fails only if it is gone already.
        let _ = killpg(self.pid(), Signal::SIGTERM);
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.service.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = killpg(self.pid(), Signal::SIGKILL);
        let _ = self.service.wait();
        for violation in self.coordinator.take_violations().iter().take(5) {
            eprintln!("note: a request that GitLab would not like: {violation}");
        }
    }
}
