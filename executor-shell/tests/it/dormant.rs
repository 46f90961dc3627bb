//! A process that does not even end when it is killed.

use crate::kit::{Shells, block_on, group, job_id, turn};
use executor::behaviour::{Job, Subject};
use executor::{Command, Executor, RunError, Stream};
use executor_shell::{CgroupChoice, CgroupKind, Cgroups, Trail};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A control group of version 1 that keeps what is in it from dying.
struct Ice(PathBuf);

impl Ice {
    fn new() -> Option<Self> {
        let cgroups = Cgroups::detect(CgroupChoice::Only(CgroupKind::Freezer));
        let path = group(&Trail::new(&job_id(), &cgroups).unwrap())?;
        fs::create_dir(&path).unwrap();
        Some(Self(path))
    }

    fn freeze(&self, pid: &str) {
        fs::write(self.0.join("cgroup.procs"), pid).unwrap();
        fs::write(self.0.join("freezer.state"), "FROZEN").unwrap();
    }

    fn thaw(&self) {
        fs::write(self.0.join("freezer.state"), "THAWED").unwrap();
    }
}

impl Drop for Ice {
    fn drop(&mut self) {
        self.thaw();
        // It stays when the test failed and the process is still there.
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn is_told_and_does_not_hold_up_the_job() {
    let _turn = turn();
    let Some(ice) = Ice::new() else {
        eprintln!("skipped: no freezer can be written here");
        return;
    };
    let mut shells = Shells::with(CgroupChoice::Never).unwrap();
    shells.change = |settings| settings.force_kill = Duration::from_millis(300);
    block_on(async {
        let mut job = Job::start(&shells, Duration::from_millis(100)).await.unwrap();
        let (output, stop) = (job.output.clone(), job.stop.clone());
        let start = Instant::now();
        let (result, pid) =
            tokio::join!(job.script("echo $$; while :; do read x; done < /dev/zero"), async {
                output.until(Stream::Stdout, "\n").await;
                let pid = output.text(Stream::Stdout).trim().to_owned();
                ice.freeze(&pid);
                stop.cancel();
                pid
            });
        let error = result.unwrap_err();
        assert!(matches!(error, RunError::Dormant { .. }), "{error}");
        assert_eq!(error.to_string(), format!("failed to kill process PID={pid}, likely process is dormant"));

        let error = job.end().await.unwrap_err().to_string();
        assert_eq!(error, format!("cannot remove what is left of the job: processes {pid} (bash)"));
        assert!(start.elapsed() < Duration::from_secs(30));
        ice.thaw();
        job.end().await.unwrap();
        let mut next = shells.executor(Duration::ZERO).await;
        let command = Command::script("behaviour", "exit 0");
        assert!(next.run(command, output, &executor::CancellationToken::new()).await.unwrap().is_success());
    });
}
