//! The executor itself.

use crate::cgroup::{Entry, Group};
use crate::command_run::{CommandRun, lost};
use crate::converse::{Lent, Talk};
use crate::drain::Drain;
use crate::feed;
use crate::image::{Image, Variables, find_program};
use crate::leader::Leader;
use crate::mark::{self, Mark};
use crate::reaper::{Leaders, Orphans, Reaper};
use crate::scope::{Reach, Scope, own_pid};
use crate::settings::{Settings, Shell};
use crate::spawn::{Report, Setting, Spawned, Stdio, spawn};
use crate::sweep::Sweep;
use crate::trail;
use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, PrepareError, Program, RunError,
    Session, Stream, Terminal, Workspace,
};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, WaitId, WaitIdOptions, set_child_subreaper, waitid};
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long output that stays open after all processes of the job have ended is waited for: somebody else was
/// given it.
const FOREIGN_OUTPUT: Duration = Duration::from_millis(50);

/// Runs commands as processes on this machine. See the crate's documentation.
pub struct ShellExecutor {
    settings: Settings,
    /// The job's control group, once it is made.
    group: Option<Group>,
    /// Whether this process adopts orphans.
    adopts: bool,
    commands: u32,
    leaders: Leaders,
    /// Output of commands that ended while children held it open.
    drains: Vec<JoinHandle<()>>,
    reaper: Option<Reaper>,
}

/// A process that was started, with what is known of it only at its end.
struct Started {
    run: CommandRun,
    report: Report,
    group: Option<Group>,
    program: OsString,
    directory: Option<PathBuf>,
    number: u32,
}

impl ShellExecutor {
    /// An executor for one job. Nothing happens before [`Executor::prepare`].
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            group: None,
            adopts: false,
            commands: 0,
            leaders: Leaders::default(),
            drains: Vec::new(),
            reaper: None,
        }
    }

    /// Makes the job's control group and adopts orphans; what cannot be had of this is done without.
    fn gather(&mut self) {
        if self.group.is_none() {
            let made = self.settings.trail.group().filter(|group| match group.create() {
                Ok(()) => true,
                Err(error) => {
                    tracing::debug!(path = %group.path().display(), %error, "no control group for the job");
                    false
                }
            });
            self.group = made.cloned();
        }
        self.adopts = match set_child_subreaper(Pid::from_raw(own_pid())) {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!(%error, "cannot adopt orphans");
                false
            }
        };
        if self.reaper.is_none() {
            self.reaper = Reaper::start(self.orphans()).ok();
        }
    }

    fn orphans(&self) -> Orphans {
        let group = self.group.as_ref().map(|group| group.job_name().to_owned());
        Orphans { leaders: self.leaders.clone(), all: self.settings.alone, group }
    }

    fn inherited(&self, name: &str) -> Option<&OsStr> {
        let found = self.settings.environment.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_os_str())
    }

    fn find_shell(&self) -> Result<PathBuf, PrepareError> {
        let shell = &self.settings.shell;
        if let Shell::Other(name) = shell {
            let message = format!("shell {name} is not supported: use bash or sh");
            return Err(PrepareError::Configuration { message });
        }
        find_program(shell.program(), self.inherited("PATH"), None).map_err(|source| {
            let reason =
                if source.kind() == io::ErrorKind::NotFound { "not found" } else { "may not be run" };
            let message = format!("shell {shell} {reason} in PATH: supported are bash and sh");
            PrepareError::Configuration { message }
        })
    }

    fn image(&self, command: &Command, number: u32) -> Result<Image, RunError> {
        let mark = Mark::value(self.settings.trail.id(), number, self.inherited(mark::VARIABLE));
        let inherited = self.settings.environment.iter().filter(|(name, _)| !name.is_empty());
        let mut variables: Variables<'_> = inherited
            .chain(&command.environment)
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
            .collect();
        variables.insert(OsStr::new(mark::VARIABLE), &mark);

        let shell = self.settings.shell.program();
        let login = self.settings.login.then_some(OsStr::new("-l"));
        let (name, arguments): (&OsStr, Vec<&OsStr>) = match &command.program {
            Program::Script => (shell, login.into_iter().collect()),
            Program::Named { program, args } => (program, args.iter().map(OsString::as_os_str).collect()),
        };
        let directory = command.directory.as_deref();
        let search = variables.get(OsStr::new("PATH")).copied();
        let path = find_program(name, search, directory)
            .map_err(|source| RunError::Start { program: name.to_string_lossy().into_owned(), source })?;
        Image::new(&path, [name].into_iter().chain(arguments), &variables, directory)
    }

    fn start(&mut self, command: Command, output: Arc<dyn Output>) -> Result<Started, RunError> {
        self.commands += 1;
        let number = self.commands;
        let image = self.image(&command, number)?;
        let program = match &command.program {
            Program::Script => self.settings.shell.program().into(),
            Program::Named { program, .. } => program.clone(),
        };
        let directory = command.directory.clone();
        let cannot = |source| RunError::Start { program: program.to_string_lossy().into_owned(), source };

        let (stdin, feed) = match command.program {
            Program::Script => feed::script(command.stdin),
            Program::Named { .. } => feed::data(command.stdin),
        }
        .map_err(cannot)?;
        let (stdout_reader, stdout) = pipe().map_err(cannot)?;
        let (stderr_reader, stderr) = pipe().map_err(cannot)?;
        let drain = Drain::new(stdout_reader, stderr_reader, output).map_err(cannot)?;
        let group = self.command_group(number);
        let entry = group.as_ref().and_then(|group| Entry::open(group).ok());

        let oom_score = self.settings.oom_score.map(|score| CString::new(score.to_string())).transpose();
        let oom_score = oom_score.map_err(|error| cannot(error.into()))?;
        let setting = Setting { entry: entry.as_ref(), oom_score: oom_score.as_deref(), foreground: false };
        let Spawned { pid, handle, report } =
            spawn(&image, &Stdio { stdin, stdout, stderr }, &setting).map_err(cannot)?;
        self.leaders.add(pid.as_raw_pid());
        let leader = Leader::new(pid, handle).map_err(lost)?;
        Ok(Started { run: CommandRun { leader, drain, feed }, report, group, program, directory, number })
    }

    /// Starts the person's own shell on their terminal.
    fn start_talk(&mut self, session: Session) -> Result<(Talk, Report, PathBuf), RunError> {
        let Session { mut environment, directory, terminal } = session;
        let Terminal { input, output, kind } = terminal;
        if !kind.is_empty() {
            environment.push(("TERM".into(), kind));
        }
        self.commands += 1;
        let number = self.commands;
        let own = self.inherited("SHELL").filter(|shell| Path::new(shell).is_absolute());
        let program = own.unwrap_or(self.settings.shell.program()).to_owned();
        let command = Command {
            place: executor::Place::Build,
            environment,
            directory: Some(directory.clone()),
            ..Command::helper("shell", program.clone(), [""; 0])
        };
        let image = self.image(&command, number)?;
        let cannot = |source| RunError::Start { program: program.to_string_lossy().into_owned(), source };
        let lent = Lent::of(input.try_clone().map_err(cannot)?);
        let stderr = output.try_clone().map_err(cannot)?;
        let group = self.command_group(number);
        let entry = group.as_ref().and_then(|group| Entry::open(group).ok());
        let setting = Setting { entry: entry.as_ref(), oom_score: None, foreground: lent.is_ours() };
        let stdio = Stdio { stdin: input, stdout: output, stderr };
        let Spawned { pid, handle, report } = spawn(&image, &stdio, &setting).map_err(cannot)?;
        self.leaders.add(pid.as_raw_pid());
        let leader = Leader::new(pid, handle).map_err(lost)?;
        Ok((Talk::new(leader, self.leaders.clone(), lent, group), report, directory))
    }

    fn command_group(&self, number: u32) -> Option<Group> {
        let group = self.group.as_ref()?.command(number);
        match group.create() {
            Ok(()) => Some(group),
            Err(error) => {
                tracing::debug!(path = %group.path().display(), %error, "no control group for a command");
                None
            }
        }
    }

    fn command_scope(&self, started: &Started) -> Scope {
        Scope {
            mark: Mark::command(self.settings.trail.id(), started.number),
            group: started.group.clone(),
            process_group: Some(started.run.leader.pid().as_raw_pid()),
            reach: if self.adopts { Reach::MarkedDescendants } else { Reach::Machine },
        }
    }

    /// Takes the exit status, and puts away what is not needed any more.
    fn conclude(&mut self, started: Started) -> Result<Exit, RunError> {
        let Started { run, report, group, program, directory, .. } = started;
        let exit = run.leader.reap().map_err(lost)?;
        self.leaders.remove(run.leader.pid().as_raw_pid());
        if let Some(group) = group {
            // With background children in it, it stays until the end of the job.
            let _ = group.remove();
        }
        if run.drain.is_open() {
            let mut drain = run.drain;
            self.drains.retain(|task| !task.is_finished());
            self.drains.push(tokio::spawn(async move { drain.until_closed().await }));
        }
        match report.failure() {
            Some(failure) => {
                let program = match directory.filter(|_| failure.at_directory) {
                    Some(directory) => format!("chdir {}", directory.display()),
                    None => program.to_string_lossy().into_owned(),
                };
                Err(RunError::Start { program, source: failure.source() })
            }
            None => exit.ok_or_else(|| lost(io::Error::other("its exit status is missing"))),
        }
    }

    /// Whether all is over and put away; cheap.
    fn is_nothing_left(&self) -> bool {
        let group_is_gone = self.group.as_ref().is_none_or(|group| matches!(group.remove(), Ok(true)));
        group_is_gone
            && self.adopts
            && match self.settings.alone {
                true => !has_children(),
                false => self.job_scope().members().is_empty(),
            }
    }

    fn job_scope(&self) -> Scope {
        let reach = match (self.adopts, self.settings.alone) {
            (false, _) => Reach::Machine,
            (true, true) => Reach::Descendants,
            (true, false) => Reach::MarkedDescendants,
        };
        Scope {
            mark: Mark::job(self.settings.trail.id()),
            group: self.group.clone(),
            process_group: None,
            reach,
        }
    }

    async fn end_everything(&self) -> Result<(), CleanupError> {
        let grace = self.settings.leftover_grace.min(self.settings.graceful_kill);
        let sweep = Sweep {
            scope: self.job_scope(),
            grace: Some(Instant::now() + grace),
            asked: None,
            force: self.settings.force_kill,
            keep: None,
        };
        let orphans = self.orphans();
        let group = self.group.clone();
        let work = move || {
            let swept = sweep.run();
            orphans.reap();
            if !swept.left.is_empty() {
                return Err(format!("processes {}", trail::list(&swept.left)));
            }
            let gone = group.as_ref().map_or(Ok(()), trail::remove);
            gone.map_err(|error| format!("its control group: {error}"))
        };
        let result = tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(error.to_string()));
        result.map_err(|what| CleanupError { what })
    }
}

impl Executor for ShellExecutor {
    fn name(&self) -> &'static str {
        "shell"
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        self.settings.environment.clone()
    }

    async fn prepare(&mut self, _workspace: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
        self.find_shell()?;
        self.gather();
        let line = format!("\x1b[0KUsing Shell ({}) executor...\x1b[0;m\n", self.settings.shell);
        output.write(Stream::Stdout, line.as_bytes());
        Ok(())
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        if stop.is_cancelled() {
            return Err(RunError::Stopped);
        }
        let mut started = self.start(command, output)?;
        let ended = stop.run_until_cancelled(started.run.end()).await;
        match ended {
            Some(ended) => ended.map_err(lost)?,
            None => {
                let scope = self.command_scope(&started);
                let Settings { graceful_kill, force_kill, .. } = self.settings;
                started.run.stop(scope, graceful_kill, force_kill).await?;
            }
        }
        started.run.last_words(self.settings.linger).await;
        self.conclude(started)
    }

    async fn converse(&mut self, session: Session) -> Result<Exit, RunError> {
        let (talk, report, directory) = self.start_talk(session)?;
        let exit = talk.end().await.map_err(lost)?;
        match report.failure() {
            Some(failure) if failure.at_directory => {
                let program = format!("chdir {}", directory.display());
                Err(RunError::Start { program, source: failure.source() })
            }
            Some(failure) => Err(RunError::Start { program: "shell".to_owned(), source: failure.source() }),
            None => Ok(exit),
        }
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        // Whoever waited for these has given up.
        self.leaders.clear();
        self.orphans().reap();
        let result = if self.is_nothing_left() { Ok(()) } else { self.end_everything().await };
        for mut task in self.drains.drain(..) {
            if tokio::time::timeout(FOREIGN_OUTPUT, &mut task).await.is_err() {
                task.abort();
            }
        }
        if result.is_ok() {
            self.reaper = None;
            self.group = None;
        }
        result
    }
}

fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(pipe_with(PipeFlags::CLOEXEC)?)
}

/// Whether this process has any child, ended ones included.
fn has_children() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::All, options), Err(rustix::io::Errno::CHILD))
}
