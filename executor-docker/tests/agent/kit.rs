//! Agents for tests.

use executor::behaviour::Record;
use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, PrepareError, RunError, Workspace,
};
use executor_docker::agent::{Client, Graces, Intake, connect, oom_score_of_commands, serve};
use executor_shell::{Cgroups, Settings, Shell, ShellExecutor, Trail};
use std::ffi::OsString;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdout};

/// Tells a process of this program that it is to be an agent.
pub(crate) const ROLE: &str = "EXECUTOR_DOCKER_TEST_AGENT";

/// How long anything may take that is not to hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const GRACES: Graces =
    Graces { graceful: Duration::from_secs(10), force: Duration::from_secs(10) };

/// Not a test of its own: the process of an agent, which [`Agent::start`] starts.
#[test]
#[ignore = "is an agent for other tests"]
fn process() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let served = runtime.block_on(serve(std::env::var_os("HOME"), |hello, graces| {
        let mut settings = Settings::new(Trail::new(&unique(), &Cgroups::default()).unwrap());
        settings.shell = Shell::At(hello.shell.clone().unwrap_or_default());
        settings.login = false;
        settings.graceful_kill = graces.graceful;
        settings.force_kill = graces.force;
        settings.leftover_grace = Duration::from_millis(200);
        settings.oom_score = Some(oom_score_of_commands(0));
        settings.environment = std::env::vars_os().filter(|(name, _)| name != ROLE).collect();
        ShellExecutor::new(settings)
    }));
    // Tests that end say so on standard output.
    std::process::exit(if served.is_ok() { 0 } else { 3 });
}

pub(crate) fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    format!("test-{}-{}-{}", std::process::id(), since.as_nanos(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The runtime of a job's process.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(2 * PATIENCE, work).await.unwrap() })
}

/// The agent as a command for a shell.
pub(crate) fn agent_command() -> String {
    let program = std::env::current_exe().unwrap();
    format!("{} --exact kit::process --ignored --nocapture", program.display())
}

/// An agent that was started, and the conversation with it.
pub(crate) struct Agent {
    pub(crate) client: Client,
    /// What is not the agent's.
    pub(crate) said: Arc<Record>,
    pub(crate) child: Child,
}

impl Agent {
    pub(crate) fn start() -> Self {
        Self::behind("exec $AGENT", GRACES)
    }

    /// An agent behind an entrypoint: a script that is to run `$AGENT`.
    pub(crate) fn behind(entrypoint: &str, graces: Graces) -> Self {
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", entrypoint]);
        command.envs([("AGENT", agent_command().as_str()), (ROLE, "1"), ("INHERITED", "yes")]);
        Self::connected(command, graces)
    }

    /// An agent that is reached through the standard streams of some command.
    pub(crate) fn connected(mut command: tokio::process::Command, graces: Graces) -> Self {
        let said = Arc::new(Record::default());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let (client, intake) = connect(child.stdin.take().unwrap(), graces, said.clone());
        tokio::spawn(take_in(child.stdout.take().unwrap(), intake));
        Self { client, said, child }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Runs a script.
    pub(crate) async fn script(&self, script: &str) -> (Result<Exit, RunError>, Arc<Record>) {
        let output = Arc::new(Record::default());
        let command = Command::script("test", script.to_owned());
        (self.client.run(command, output.clone(), &CancellationToken::new()).await, output)
    }

    /// Waits for the agent's end by itself.
    pub(crate) async fn ended(&mut self) -> std::process::ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap()
    }
}

async fn take_in(mut stdout: ChildStdout, mut intake: Intake) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match stdout.read(&mut buffer).await {
            Ok(0) => return,
            Ok(size) => intake.feed(&buffer[..size]),
            Err(error) => return intake.end(Err(error)),
        }
    }
}

/// The agent as an executor.
pub(crate) struct AgentExecutor(pub(crate) Agent);

impl Executor for AgentExecutor {
    fn name(&self) -> &'static str {
        "agent"
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        Vec::new()
    }

    async fn prepare(
        &mut self,
        _workspace: &Workspace,
        _output: Arc<dyn Output>,
    ) -> Result<(), PrepareError> {
        let hello = self.0.client.hello().await;
        hello.map(drop).map_err(|error| PrepareError::Temporary { message: error.to_string() })
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        self.0.client.run(command, output, stop).await
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        self.0.client.kill_all().await.map_err(|error| CleanupError { what: error.to_string() })
    }
}
