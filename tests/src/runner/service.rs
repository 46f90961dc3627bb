//! `runner run` as a process.

use super::binary;
use super::config::Config;
use super::leftovers::Leftovers;
use super::place::Place;
use super::process::Process;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How long a killed process may take to vanish.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// How long a command other than `run` may take.
const COMMAND_WITHIN: Duration = Duration::from_secs(60);

/// A service in its place. Whatever belongs to it is stopped when it goes.
#[derive(Debug)]
pub struct Service {
    place: Place,
    process: Option<Process>,
    temporary: bool,
}

impl Service {
    /// Writes the configuration and starts the service.
    pub fn start(config: &Config) -> Self {
        let mut service = Self::prepared(config);
        service.start_again();
        service
    }

    /// As [`Service::start`], but with nothing in the environment except `PATH` and `HOME`.
    pub fn start_bare(config: &Config) -> Self {
        let mut service = Self::prepared(config);
        service.temporary = false;
        service.start_again();
        service
    }

    /// Writes the configuration, and does not start yet.
    pub fn prepared(config: &Config) -> Self {
        let place = Place::new();
        place.write_config(config);
        Self { place, process: None, temporary: true }
    }

    /// Where it lives.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// A command of the binary with the service's environment; not the service itself.
    pub fn command(&self, arguments: &[&str]) -> Command {
        // The shell sets what a process inherits and cannot be given otherwise.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "umask 022; exec \"$0\" \"$@\""]).arg(binary()).args(arguments);
        command.env_clear().env("HOME", self.place.home()).current_dir(self.place.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        if self.temporary {
            command.env("TMPDIR", self.place.temporary());
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command of the binary to its end.
    ///
    /// # Panics
    /// When it cannot be started or does not end within a minute.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn().expect("the binary can be started");
        let pid = Pid::from_raw(child.id().cast_signed());
        let (sender, ended) = channel();
        std::thread::spawn(move || sender.send(child.wait_with_output()));
        match ended.recv_timeout(COMMAND_WITHIN) {
            Ok(output) => output.expect("the output can be read"),
            Err(_) => {
                // Nothing else can be done for it.
                let _ = nix::sys::signal::kill(pid, Signal::SIGKILL);
                panic!("`runner {}` did not end within {COMMAND_WITHIN:?}", arguments.join(" "));
            }
        }
    }

    /// Starts the service once more, in the same place.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_again(&mut self) {
        self.start_with(&[]);
    }

    /// Starts the service with more arguments than `--config`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_with(&mut self, arguments: &[&str]) {
        let log = OpenOptions::new().create(true).append(true).open(self.place.log()).expect("a log file");
        let config = self.place.config();
        let mut command = self.command(&["run", "--config", &config.to_string_lossy()]);
        command.args(arguments);
        command.stdout(log.try_clone().expect("a log file")).stderr(log).process_group(0);
        self.process = Some(Process::watch(command.spawn().expect("the binary can be started")));
    }

    /// The service's process.
    ///
    /// # Panics
    /// When it was never started.
    pub fn pid(&self) -> Pid {
        self.process.as_ref().expect("the service was started").pid()
    }

    /// Sends a signal to the service.
    pub fn signal(&mut self, signal: Signal) {
        if let Some(process) = &mut self.process {
            process.signal(signal);
        }
    }

    /// Kills the service, and only it, without a chance to do anything.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.wait(GONE_WITHIN);
    }

    /// Waits for the end of the service.
    ///
    /// # Panics
    /// When it does not come within that time.
    #[track_caller]
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        let status = self.process.as_mut().and_then(|process| process.wait(within));
        status.unwrap_or_else(|| panic!("the service did not end within {within:?}\n{}", self.log_tail()))
    }

    /// Whether the service runs.
    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.wait(Duration::ZERO).is_none())
    }

    /// Drains the service with SIGQUIT and waits for its end.
    ///
    /// # Panics
    /// When it does not end, or not well.
    #[track_caller]
    pub fn quit(&mut self, within: Duration) {
        self.signal(Signal::SIGQUIT);
        let status = self.wait(within);
        assert!(status.success(), "the service ended with {status}\n{}", self.log_tail());
    }

    /// What the service wrote to standard output and error.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.place.log()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The last lines of the log, for messages.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(30)..];
        format!("log of the service:\n{}", tail.join("\n"))
    }

    /// Job processes of this service: others of its executable that belong to its place.
    pub fn job_processes(&self) -> Vec<Pid> {
        let service = self.process.as_ref().map(Process::pid);
        Leftovers::runner_processes(self.place()).into_iter().filter(|pid| Some(*pid) != service).collect()
    }

    /// Nothing of any job is left: no process, no temporary or secret file, no record.
    ///
    /// # Panics
    /// When something is left after a short while.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        let service = self.process.as_ref().map(Process::pid);
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let found = Leftovers::find(&self.place, service);
            if found.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "something is left:\n{found}\n{}", self.log_tail());
            // Processes leave no event behind that a stranger could wait for.
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Processes of this place other than the service, killed one by one when the service goes.
    fn kill_everything(&mut self) {
        self.signal(Signal::SIGKILL);
        for _ in 0..50 {
            let left = Leftovers::find(&self.place, None).processes;
            if left.is_empty() {
                return;
            }
            for (pid, _) in left {
                // It may have gone meanwhile.
                let _ = nix::sys::signal::kill(pid, Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.log_tail());
        }
        self.kill_everything();
    }
}
