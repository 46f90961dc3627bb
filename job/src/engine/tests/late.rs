//! Executors that clean up when the verdict is out, and word things in their own way.

use super::*;
use crate::Remains;

/// An actor in a place of its own.
struct Elsewhere {
    actor: Actor,
    /// Handed out when a script runs: a process of the job may have it for ever.
    output: Held,
}

type Held = Rc<RefCell<Option<Arc<dyn Output>>>>;

impl Executor for Elsewhere {
    fn name(&self) -> &'static str {
        "elsewhere"
    }

    fn helper_environment(&self) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
        Vec::new()
    }

    async fn prepare(&mut self, workspace: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
        self.actor.prepare(workspace, output).await
    }

    fn host_name(&self) -> Option<String> {
        Some("box-of-the-job".to_owned())
    }

    fn describe(&self, exit: Exit) -> String {
        format!("exit code {}", exit.code())
    }

    fn cleans_up_late(&self) -> bool {
        true
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        *self.output.borrow_mut() = Some(Arc::clone(&output));
        self.actor.run(command, output, stop).await
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        self.actor.cleanup().await
    }
}

fn elsewhere(acts: &[(&'static str, Act)]) -> (Elsewhere, Actor, Held) {
    let (actor, output) = (Actor::with(acts), Held::default());
    (Elsewhere { actor: actor.clone(), output: Rc::clone(&output) }, actor, output)
}

#[tokio::test]
async fn the_verdict_comes_before_clean_up() {
    let play = Play::new();
    let (executor, actor, output) = elsewhere(&[]);
    let spool = Spool::new(tempfile::tempfile().unwrap(), 1 << 20);
    let transfer = Transfer::Folder(play.folder.path().join("artifacts"));
    let (verdict, remains) = run(&play.order, executor, spool.clone(), &transfer, &play.control).await;
    assert_eq!(verdict, Verdict::success());
    assert!(!actor.seen().contains(&"cleanup ".to_owned()));
    let summary = spool.summary();
    // The trace is whole, whatever is still alive.
    output.borrow().as_ref().unwrap().write(Stream::Stdout, b"from beyond\n");
    assert!(remains.clear().await);
    assert_eq!(actor.seen().last().map(String::as_str), Some("cleanup "));
    drop(output);
    assert_eq!(spool.summary(), summary);
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_that_does_not_end_is_given_up() {
    struct Endless(Actor);
    impl Executor for Endless {
        fn name(&self) -> &'static str {
            "endless"
        }

        fn helper_environment(&self) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
            Vec::new()
        }

        async fn prepare(&mut self, w: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
            self.0.prepare(w, output).await
        }

        fn cleans_up_late(&self) -> bool {
            true
        }

        async fn run(
            &mut self,
            command: Command,
            output: Arc<dyn Output>,
            stop: &CancellationToken,
        ) -> Result<Exit, RunError> {
            self.0.run(command, output, stop).await
        }

        async fn cleanup(&mut self) -> Result<(), CleanupError> {
            std::future::pending().await
        }
    }
    let (verdict, _) = Play::new().run_with(Endless(Actor::default())).await;
    assert_eq!(verdict, Verdict::success());
    assert!(!Remains::of(1, Endless(Actor::default())).clear().await);
    let fails = Actor { cleanup_fails: true, ..Actor::default() };
    assert!(!Remains::of(1, fails).clear().await);
}

#[tokio::test]
async fn the_machine_and_the_exit_are_called_what_the_executor_calls_them() {
    let play = Play::new();
    let echo = "\x1b[32;1m$ first\x1b[0;m\n";
    let (executor, _, _) =
        elsewhere(&[("step_script", Act::End(echo, 7)), ("after_script", Act::End("", 2))]);
    let (_, trace) = play.run_with(executor).await;
    assert!(trace.contains("\nRunning on box-of-the-job via "), "{trace}");
    assert!(trace.contains("Failed at command 1 of 2 (exit code 7): $ first"), "{trace}");
    assert!(trace.contains("after_script failed, but job will continue unaffected: exit code 2"), "{trace}");
    assert!(trace.ends_with("ERROR: Job failed: exit code 7\x1b[0;m\n"), "{trace}");
}
