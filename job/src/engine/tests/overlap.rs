//! Stages beside the rest of preparing.

use super::*;
use executor::Rest;
use std::cell::Cell;
use std::future::{pending, ready};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// An executor whose helpers are at hand before all else is.
struct Ahead<F> {
    actor: Actor,
    /// Makes the rest of preparing, given what it speaks to.
    rest: Option<F>,
    voice: Option<Arc<dyn Output>>,
    /// Told when `get_sources` runs something.
    fetching: Arc<Notify>,
    /// The tasks of workers, for an executor that has them.
    worked: Option<Rc<RefCell<Vec<String>>>>,
}

impl<F: FnOnce(Arc<dyn Output>) -> Rest> Ahead<F> {
    fn new(actor: &Actor, rest: F) -> Self {
        let fetching = Arc::default();
        Self { actor: actor.clone(), rest: Some(rest), voice: None, fetching, worked: None }
    }
}

impl<F: FnOnce(Arc<dyn Output>) -> Rest> Executor for Ahead<F> {
    fn name(&self) -> &'static str {
        "actor"
    }

    fn helper_environment(&self) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
        Vec::new()
    }

    async fn prepare(&mut self, workspace: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
        self.voice = Some(Arc::clone(&output));
        self.actor.prepare(workspace, output).await
    }

    fn rest_of_preparing(&mut self) -> Option<Rest> {
        Some(self.rest.take()?(self.voice.clone()?))
    }

    fn worker(&self) -> Option<Vec<std::ffi::OsString>> {
        self.worked.as_ref().map(|_| vec!["runner".into()])
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        if command.stage == "get_sources" {
            self.fetching.notify_one();
        }
        let (Some(worked), Program::Named { .. }) = (&self.worked, &command.program) else {
            return self.actor.run(command, output, stop).await;
        };
        worked.borrow_mut().push(command.stage.clone());
        let silent = Arc::new(crate::testing::Kept::default());
        let exit = self.actor.run(command, silent, stop).await?;
        let report = if stop.is_cancelled() { r#"{"end":"stopped"}"# } else { r#"{"end":"well"}"# };
        output.write(Stream::Stdout, &[6, 0, 0, 0, u8::try_from(report.len()).unwrap()]);
        output.write(Stream::Stdout, report.as_bytes());
        Ok(exit)
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        self.actor.cleanup().await
    }
}

/// A trace without the clock.
fn shape(trace: &str) -> String {
    trace.split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("#")
}

/// Lets the job fetch sources, where an actor stands in for git.
fn fetching(play: &mut Play) {
    play.set("GIT_STRATEGY", "fetch");
    play.keep_everything();
    std::fs::create_dir_all(play.folder.path().join("builds/short/0/g/p/.git")).unwrap();
}

/// However long the rest takes, the reader sees one thing after the other.
#[tokio::test(start_paused = true)]
async fn the_trace_is_in_the_usual_order() {
    for timestamps in ["true", "false"] {
        for seconds in [0, 1, 20] {
            let (mut play, mut usual) = (Play::new(), Play::new());
            for play in [&mut play, &mut usual] {
                fetching(play);
                play.set("FF_TIMESTAMPS", timestamps);
            }
            let acts = [("get_sources", Act::End("git speaks\n", 0))];
            let executor = Ahead::new(&Actor::with(&acts), |voice| {
                Box::pin(async move {
                    sleep(Duration::from_secs(seconds)).await;
                    voice.write(Stream::Stdout, b"\x1b[0Kpulled\x1b[0;m\n");
                    Ok(())
                })
            });
            let (verdict, trace) = play.run_with(executor).await;
            assert_eq!(verdict, Verdict::success());
            assert_eq!(sections(&trace)[..3], ["prepare_executor", "prepare_script", "get_sources"]);
            let (_, expected) = usual.run(&Actor::with(&acts)).await;
            let without: String = trace
                .lines()
                .filter(|line| !line.contains("pulled"))
                .map(|line| format!("{line}\n"))
                .collect();
            let place =
                |play: &Play, text: &str| shape(&text.replace(play.folder.path().to_str().unwrap(), "ROOT"));
            assert_eq!(place(&play, &without), place(&usual, &expected), "{seconds} s");
            let (pulled, end) = (trace.find("pulled").unwrap(), trace.find("section_end").unwrap());
            assert!(pulled < end, "{trace}");
        }
    }
}

#[tokio::test]
async fn what_is_ahead_shows_when_it_has_its_turn() {
    let mut play = Play::new();
    fetching(&mut play);
    let spool = Spool::new(tempfile::tempfile().unwrap(), 1 << 20);
    let (seen, trace) = (Rc::new(RefCell::new(String::new())), spool.clone());
    let looked = Rc::clone(&seen);
    let actor = Actor::with(&[("get_sources", Act::End("git speaks\n", 0))]);
    let tell = Arc::new(Notify::new());
    let told = Arc::clone(&tell);
    let mut executor = Ahead::new(&actor, move |_| {
        Box::pin(async move {
            told.notified().await;
            let bytes = trace.read_at(0, 1 << 20).unwrap();
            *looked.borrow_mut() = String::from_utf8_lossy(&bytes).into_owned();
            Ok(())
        })
    });
    executor.fetching = tell;
    let transfer = Transfer::Folder(play.folder.path().join("artifacts"));
    let (verdict, remains) = run(&play.order, executor, spool, &transfer, &play.control).await;
    remains.clear().await;
    assert_eq!(verdict, Verdict::success());
    let seen = seen.borrow();
    assert!(seen.contains("on stage") && !seen.contains("prepare_script"), "{seen}");
}

#[tokio::test]
async fn a_rest_that_fails_is_the_last_that_is_seen() {
    let mut play = Play::new();
    fetching(&mut play);
    play.order.payload.features.failure_reasons = vec!["image_pull_failure".to_owned()];
    let actor = Actor::with(&[("get_sources", Act::Hang)]);
    let tell = Arc::new(Notify::new());
    let told = Arc::clone(&tell);
    let mut executor = Ahead::new(&actor, move |_| {
        Box::pin(async move {
            told.notified().await;
            Err(PrepareError::ImagePull { message: "no such image".to_owned() })
        })
    });
    executor.fetching = tell;
    let (verdict, trace) = play.run_with(executor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::ImagePullFailure, None));
    assert_eq!(actor.seen(), ["get_sources ", "cleanup "], "the stage was stopped");
    assert_eq!(sections(&trace), ["prepare_executor"]);
    let end = "section_end:#:prepare_executor\r\x1b[#K\x1b[#;#mERROR: Job failed: no such image\x1b[#;m\n";
    assert!(shape(&trace).ends_with(end), "{trace:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rest_that_fails_when_all_is_fetched() {
    let mut play = Play::new();
    fetching(&mut play);
    let actor = Actor::default();
    let executor = Ahead::new(&actor, |_| {
        Box::pin(async {
            sleep(Duration::from_secs(20)).await;
            Err(PrepareError::Temporary { message: "the engine is gone".to_owned() })
        })
    });
    let (verdict, trace) = play.run_with(executor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::RunnerSystemFailure, None));
    assert_eq!(sections(&trace), ["prepare_executor"]);
    assert!(actor.seen().len() > 2, "sources were fetched: {:?}", actor.seen());
    assert!(!play.has_artifact());
    assert!(trace.ends_with("Job failed (system failure): the engine is gone\x1b[0;m\n"), "{trace}");
}

#[tokio::test]
async fn secrets_of_stages_that_were_in_vain_are_removed() {
    let mut play = Play::new();
    fetching(&mut play);
    let worked = Rc::default();
    let mut executor = Ahead::new(&Actor::default(), |_| {
        Box::pin(ready(Err(PrepareError::Configuration { message: "refused".to_owned() })))
    });
    executor.worked = Some(Rc::clone(&worked));
    let (_, trace) = play.run_with(executor).await;
    assert_eq!(*worked.borrow(), ["cleanup_file_variables"]);
    assert!(trace.ends_with("Job failed: refused\x1b[0;m\n"), "{trace}");
}

#[tokio::test(start_paused = true)]
async fn preparing_has_one_limit_for_all_of_it() {
    for act in [Act::Hang, Act::End("", 0)] {
        let mut play = Play::new();
        fetching(&mut play);
        play.order.settings.prepare_timeout = Some(Duration::from_secs(10));
        let executor = Ahead::new(&Actor::with(&[("get_sources", act)]), |_| -> Rest { Box::pin(pending()) });
        let (verdict, trace) = play.run_with(executor).await;
        assert_eq!(verdict.failure, Some(FailureReason::JobExecutionTimeout));
        assert_eq!(sections(&trace), ["prepare_executor"]);
        assert!(trace.contains("prepare_executor could not run to completion"), "{trace}");
        assert!(trace.contains("Job failed: prepare timeout: exceeded timeout of 10s"), "{trace}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_both() {
    for abort in [true, false] {
        for act in [Act::Hang, Act::End("", 0)] {
            let mut play = Play::new();
            fetching(&mut play);
            let executor =
                Ahead::new(&Actor::with(&[("get_sources", act)]), |_| -> Rest { Box::pin(pending()) });
            let stop = async {
                sleep(Duration::from_secs(5)).await;
                if abort {
                    play.control.abort(AbortCause::Signal("terminated"));
                } else {
                    play.control.cancel();
                }
            };
            let ((_, trace), ()) = tokio::join!(play.run_with(executor), stop);
            assert_eq!(sections(&trace), ["prepare_executor"]);
            let end = if abort { "Job failed: aborted: terminated" } else { "Job failed: canceled" };
            assert!(trace.contains(end), "{trace}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn preparing_itself_is_not_waited_for_when_the_job_is_canceled() {
    struct Slow;
    impl Executor for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }

        fn helper_environment(&self) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
            Vec::new()
        }

        async fn prepare(&mut self, _: &Workspace, _: Arc<dyn Output>) -> Result<(), PrepareError> {
            pending().await
        }

        async fn run(
            &mut self,
            _: Command,
            _: Arc<dyn Output>,
            _: &CancellationToken,
        ) -> Result<Exit, RunError> {
            panic!("nothing runs")
        }

        async fn cleanup(&mut self) -> Result<(), CleanupError> {
            Ok(())
        }
    }
    let play = Play::new();
    let cancel = async {
        sleep(Duration::from_secs(5)).await;
        play.control.cancel();
    };
    let ((_, trace), ()) = tokio::join!(play.run_with(Slow), cancel);
    assert!(trace.contains("Job failed: canceled"), "{trace}");
}

#[tokio::test]
async fn sources_that_fail_end_the_job_without_the_rest() {
    struct Told(Rc<Cell<bool>>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let mut play = Play::new();
    fetching(&mut play);
    let gone = Rc::new(Cell::new(false));
    let told = Told(Rc::clone(&gone));
    let actor = Actor::with(&[("get_sources", Act::End("fatal: no\n", 128))]);
    let executor = Ahead::new(&actor, |_| -> Rest {
        Box::pin(async move {
            let _told = told;
            pending().await
        })
    });
    let (verdict, trace) = play.run_with(executor).await;
    assert_eq!(verdict.exit_code, Some(128));
    assert!(gone.get());
    assert_eq!(
        sections(&trace),
        [
            "prepare_executor",
            "prepare_script",
            "get_sources",
            "archive_cache_on_failure",
            "upload_artifacts_on_failure",
            "cleanup_file_variables"
        ]
    );
    assert!(trace.contains("fatal: no"), "{trace}");
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_the_trace_holds_for_all_of_it() {
    let mut play = Play::new();
    fetching(&mut play);
    let long: &'static str = Box::leak("0123456789\n".repeat(1000).into_boxed_str());
    let actor = Actor::with(&[("get_sources", Act::End(long, 0))]);
    let executor = Ahead::new(&actor, |_| {
        Box::pin(async {
            sleep(Duration::from_secs(20)).await;
            Ok(())
        })
    });
    let spool = Spool::new(tempfile::tempfile().unwrap(), 5000);
    let transfer = Transfer::Folder(play.folder.path().join("artifacts"));
    let (verdict, remains) = run(&play.order, executor, spool.clone(), &transfer, &play.control).await;
    remains.clear().await;
    assert_eq!(verdict, Verdict::success());
    assert!(spool.truncated() && spool.len() < 5200, "{}", spool.len());
    let text = spool.read_at(0, 10_000).unwrap();
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains("get_sources") && text.contains("exceeded limit of 5000 bytes"), "{text}");
}
