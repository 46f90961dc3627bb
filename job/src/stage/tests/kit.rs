//! An executor whose files are out of the engine's sight, and jobs for it.

use crate::stage::bring::INBOX;
use crate::stage::serve;
use crate::variables::testing::order;
use crate::{Control, Order, Transfer, Verdict};
use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, Parcel, ParcelFile, PrepareError,
    Program, RunError, Stream, Workspace,
};
use executor_shell::{Cgroups, Settings, ShellExecutor, Trail};
use protocol::{Step, Variable};
use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use trace::Spool;

/// What the engine takes for the root of the job's directories. Whoever tries to make anything below it fails,
/// whatever their rights.
const NOWHERE: &str = "/proc/nowhere";

/// A job and a place for its files.
pub(super) struct Rig {
    pub(super) root: tempfile::TempDir,
    pub(super) order: Order,
    pub(super) control: Control,
}

impl Rig {
    /// A job that gets its sources from a repository, or from none.
    pub(super) fn new(origin: Option<&Origin>) -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("home")).unwrap();
        let mut order = order(&[("FF_TIMESTAMPS", "false")]);
        let git = &mut order.payload.git_info;
        match origin {
            Some(origin) => {
                git.repo_url = format!("file://{}", origin.0.path().display()).into();
                git.reference = "main".to_owned();
                git.sha = origin.git(&["rev-parse", "HEAD"]);
                git.refspecs = vec!["+refs/heads/main:refs/remotes/origin/main".to_owned()];
            }
            None => order.payload.variables.push(Variable::public("GIT_STRATEGY", "none")),
        }
        order.payload.features.trace_sections = true;
        order.payload.runner_info.timeout = 600;
        order.settings.builds_dir = root.path().join("builds");
        order.settings.cache_dir = root.path().join("cache");
        order.settings.retry_pause = std::time::Duration::from_millis(1);
        Self { root, order, control: Control::new() }
    }

    pub(super) fn script(&mut self, name: &str, commands: &[&str]) {
        let script = commands.iter().map(|command| (*command).to_owned()).collect();
        self.order.payload.steps.push(Step { name: name.to_owned(), script, ..Step::default() });
    }

    /// The project's work tree.
    pub(super) fn project(&self) -> PathBuf {
        self.root.path().join("builds/abcdefghi/0/project-0")
    }

    /// Where artifacts are left.
    pub(super) fn kept(&self) -> PathBuf {
        self.root.path().join("kept")
    }

    /// Runs the job with files that the engine sees.
    pub(super) async fn run_here(&self) -> (Verdict, String) {
        self.run_here_with(Transfer::Folder(self.kept())).await
    }

    pub(super) async fn run_here_with(&self, transfer: Transfer) -> (Verdict, String) {
        self.run(&self.order, local(self.root.path()), transfer).await
    }

    /// Runs the job with files that it does not see.
    pub(super) async fn run_there(&self, hidden: Hidden) -> (Verdict, String) {
        self.run_there_with(hidden, Transfer::Folder(self.kept())).await
    }

    pub(super) async fn run_there_with(&self, hidden: Hidden, transfer: Transfer) -> (Verdict, String) {
        let text = serde_json::to_string(&self.order).unwrap();
        let order = serde_json::from_str(&text.replace(self.root.path().to_str().unwrap(), NOWHERE)).unwrap();
        let done = self.run(&order, hidden, transfer).await;
        assert!(!Path::new(NOWHERE).exists());
        done
    }

    /// The executor for [`Self::run_there`].
    pub(super) fn hidden(&self) -> Hidden {
        Hidden {
            root: self.root.path().to_owned(),
            tasks: Rc::default(),
            answer: None,
            scripts: local(self.root.path()),
        }
    }

    async fn run<E: Executor>(&self, order: &Order, executor: E, transfer: Transfer) -> (Verdict, String) {
        let spool = Spool::new(tempfile::tempfile().unwrap(), 1 << 20);
        let job = crate::run(order, executor, spool.clone(), &transfer, &self.control);
        let (verdict, remains) = Box::pin(job).await;
        remains.clear().await;
        let bytes = spool.read_at(0, 1 << 20).unwrap();
        let trace = String::from_utf8_lossy(&bytes).into_owned();
        (verdict, trace.replace(self.root.path().to_str().unwrap(), "ROOT").replace(NOWHERE, "ROOT"))
    }
}

/// An executor of this machine.
pub(super) fn local(root: &Path) -> ShellExecutor {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let id = format!("stage-test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    ShellExecutor::new(Settings {
        login: false,
        alone: false,
        environment: vec![
            ("PATH".into(), std::env::var_os("PATH").unwrap()),
            ("HOME".into(), root.join("home").into()),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
        ],
        ..Settings::new(Trail::new(&id, &Cgroups::default()).unwrap())
    })
}

/// Runs commands in a place of its own: what is below [`NOWHERE`] for the engine is below `root` for them. Workers
/// run in this process.
pub(super) struct Hidden {
    root: PathBuf,
    /// The tasks of each worker.
    pub(super) tasks: Rc<RefCell<Vec<String>>>,
    /// What workers answer instead of doing what they are asked for, and how their process ends.
    pub(super) answer: Option<(Vec<u8>, Exit)>,
    scripts: ShellExecutor,
}

impl Hidden {
    fn seen_from_inside(&self, text: &[u8]) -> Vec<u8> {
        let root = self.root.to_str().unwrap();
        let inbox = format!("{root}/inbox");
        String::from_utf8_lossy(text).replace(NOWHERE, root).replace(INBOX, &inbox).into_bytes()
    }
}

impl Executor for Hidden {
    fn name(&self) -> &'static str {
        "shell"
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        panic!("the engine has no use for it")
    }

    async fn prepare(&mut self, workspace: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
        self.scripts.prepare(workspace, output).await
    }

    fn worker(&self) -> Option<Vec<OsString>> {
        Some(vec!["/opt/ld.so".into(), "/opt/runner".into()])
    }

    async fn run(
        &mut self,
        mut command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        command.stdin = self.seen_from_inside(&command.stdin).into();
        let Program::Named { program, args } = &command.program else {
            return self.scripts.run(command, output, stop).await;
        };
        assert_eq!(
            (program.as_os_str(), args.as_slice()),
            ("/opt/ld.so".as_ref(), ["/opt/runner".into(), OsString::from(super::super::WORKER)].as_slice())
        );
        assert!(command.environment.is_empty() && command.directory.is_none());
        let request: serde_json::Value = serde_json::from_slice(&command.stdin).unwrap();
        self.tasks.borrow_mut().push(request["tasks"].to_string());
        if let Some((answer, exit)) = &self.answer {
            output.write(Stream::Stderr, b"some library is missing\n");
            output.remark(Stream::Stdout, b"ERROR: out of memory\n");
            answer.chunks(3).for_each(|piece| output.write(Stream::Stdout, piece));
            return Ok(*exit);
        }
        let worker = serve(&command.stdin, local(&self.root), Pipe(output), stop);
        Ok(Exit::Code(i32::from(Box::pin(worker).await.is_err())))
    }

    async fn bring(
        &mut self,
        parcel: Parcel,
        into: &Path,
        _stop: &CancellationToken,
    ) -> Result<(), RunError> {
        let into = self.seen_from_inside(into.as_os_str().as_encoded_bytes());
        let into = PathBuf::from(String::from_utf8(into).unwrap());
        std::fs::create_dir_all(&into).unwrap();
        match parcel {
            Parcel::Tree(archive) => {
                let mut tar = std::process::Command::new("tar");
                let tar = tar.arg("-x").arg("-C").arg(into).stdin(archive.try_clone().unwrap());
                assert!(tar.status().unwrap().success());
            }
            Parcel::Files(files) => {
                for ParcelFile { path, content } in files {
                    let path = into.join(path);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    let mut copy = std::fs::File::create(path).unwrap();
                    std::io::copy(&mut &*content, &mut copy).unwrap();
                    copy.set_modified(content.metadata().unwrap().modified().unwrap()).unwrap();
                }
            }
        }
        Ok(())
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        self.scripts.cleanup().await
    }
}

/// Standard output of a worker.
struct Pipe(Arc<dyn Output>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // Any cut will do.
        let bytes = &bytes[..bytes.len().min(1000)];
        self.0.write(Stream::Stdout, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A repository with one commit.
pub(super) struct Origin(tempfile::TempDir);

impl Origin {
    pub(super) fn new() -> Self {
        let origin = Self(tempfile::tempdir().unwrap());
        origin.git(&["init", "-q", "-b", "main"]);
        std::fs::write(origin.0.path().join("README"), "hello\n").unwrap();
        origin.git(&["add", "README"]);
        origin.git(&["commit", "-q", "-m", "first"]);
        origin
    }

    fn git(&self, args: &[&str]) -> String {
        let who = ["-c", "user.name=n", "-c", "user.email=e@x"];
        let output = std::process::Command::new("git")
            .args(who.iter().chain(args))
            .current_dir(self.0.path())
            .env("HOME", self.0.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}
