//! What is done about a job whose process was killed.

use crate::kit::{Bystander, Shells, environment, groups, job_id, turn, workspace};
use executor::behaviour::processes_tagged;
use executor::{CancellationToken, Executor, Output, Stream};
use executor_shell::{CgroupChoice, CgroupKind, Report, Settings, ShellExecutor, Trail, end_leftovers};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Where the process that will be killed finds its trail.
const TRAIL: &str = "EXECUTOR_SHELL_TEST_TRAIL";

/// What its jobs leave about: `TAG` stands for a word to find them by.
const SCRIPT: &str = "sleep 1000 &
    (setsid sh -c \"trap '' TERM HUP; while :; do sleep 1; done\" &)
    (setsid sh -c '(env -i sh -c \"sleep 1000; : TAG\") & (sleep 1000; :) & wait' &)
    sh -c 'sleep 1000; :' TAG &
    setsid sh -c 'kill -STOP $$' &
    echo TAG ready; sleep 1000";

struct Terminal;

impl Output for Terminal {
    fn write(&self, _stream: Stream, bytes: &[u8]) {
        println!("{}", String::from_utf8_lossy(bytes));
    }
}

/// Not a test of its own: the process of a job, which [`start`] starts and a test kills.
#[test]
#[ignore = "runs a job until it is killed"]
fn victim() {
    let Ok(record) = std::env::var(TRAIL) else { return };
    let trail: Trail = serde_json::from_str(&record).unwrap();
    let script = SCRIPT.replace("TAG", trail.id());
    let mut settings = Settings::new(trail);
    settings.environment = environment();
    settings.login = false;
    crate::kit::block_on(async {
        let mut executor = ShellExecutor::new(settings);
        executor.prepare(&workspace(), std::sync::Arc::new(Terminal)).await.unwrap();
        let command = executor::Command::script("behaviour", script);
        let exit = executor.run(command, Arc::new(Terminal), &CancellationToken::new()).await;
        panic!("the job ended before it was killed: {exit:?}");
    });
}

/// Starts the process of a job and waits until the job has left everything about. Dropping it kills it.
fn start(trail: &Trail) -> Bystander {
    let mut child = Bystander::start(
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "trail::victim", "--ignored", "--nocapture"])
            .env(TRAIL, serde_json::to_string(trail).unwrap())
            .stdout(Stdio::piped())
            .process_group(0),
    );
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let ready = format!("{} ready", trail.id());
    assert!(lines.any(|line| line.unwrap().contains(&ready)), "the job did not start");
    // Whatever it writes from here on is not read; it does not write much.
    std::mem::forget(lines);
    child
}

/// Processes of the job that are alive: by name in their arguments, or by mark.
fn alive(trail: &Trail) -> Vec<String> {
    processes_tagged(trail.id())
}

fn nothing_survives(choice: CgroupChoice) {
    let _turn = turn();
    let Some(shells) = Shells::with(choice) else { return };
    let trail = Trail::new(&job_id(), &shells.cgroups).unwrap();
    // Of a job whose name begins the same.
    let other = format!("{}0", trail.id());
    let mut bystander = Command::new("sleep");
    bystander.arg("1000").env("JOB_PROCESS_MARK", format!("{other}.1:x{}.1", trail.id()));
    let mut bystander = Bystander::start(&mut bystander);

    drop(start(&trail));
    assert!(alive(&trail).len() > 5, "{:?}", alive(&trail));

    let report = end_leftovers(&trail).unwrap();
    assert!(report.processes >= 6, "{report:?}");
    assert_eq!(report.cgroup, choice != CgroupChoice::Never);
    let left: Vec<_> = alive(&trail).into_iter().filter(|line| !line.contains("sleep 1000")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(groups(&trail).is_empty());
    assert_eq!(end_leftovers(&trail).unwrap(), Report::default(), "the second time there is nothing");

    assert!(bystander.goes_on());
    drop(bystander);
    assert!(alive(&trail).is_empty());
}

#[test]
fn with_version_2() {
    nothing_survives(CgroupChoice::Only(CgroupKind::V2));
}

#[test]
fn with_the_freezer() {
    nothing_survives(CgroupChoice::Only(CgroupKind::Freezer));
}

#[test]
fn with_the_pids_controller() {
    nothing_survives(CgroupChoice::Only(CgroupKind::Pids));
}

#[test]
fn without_control_groups() {
    nothing_survives(CgroupChoice::Never);
}
