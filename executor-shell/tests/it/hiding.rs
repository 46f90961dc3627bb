//! Ways to hide that only this executor's jobs have.

use crate::kit::{Shells, groups, turn, with_job};
use executor::behaviour::Subject;
use executor::{Command, Executor, Exit};
use executor_shell::{CgroupChoice, CgroupKind, ShellExecutor};
use std::sync::Arc;
use std::time::Duration;

const KINDS: [CgroupKind; 3] = [CgroupKind::V2, CgroupKind::Freezer, CgroupKind::Pids];

/// A job with root's rights can leave its control group.
#[test]
fn what_leaves_the_control_group_is_found_in_the_tree() {
    let _turn = turn();
    let Some(shells) = Shells::with(CgroupChoice::Only(CgroupKind::V2)) else { return };
    with_job(&shells, async |job| {
        let script = "root=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
            ( env -i setsid /bin/sh -c \"echo 0 > $root/cgroup.procs || exit; echo here; sleep 1000; : TAG\" & )";
        assert_eq!(job.script(script.replace("TAG", &job.tag)).await?, Exit::Code(0));
        job.output.until(executor::Stream::Stdout, "here").await;
        Ok(())
    });
}

/// A job with root's rights can make control groups below its own.
#[test]
fn groups_that_the_job_made_go_with_it() {
    let _turn = turn();
    for kind in KINDS {
        let Some(shells) = Shells::with(CgroupChoice::Only(kind)) else { continue };
        with_job(&shells, async |job| {
            let script = "set -e
                root=$(awk -v kind=KIND '($0 ~ / - cgroup2 / && kind == \"cgroup2\") || \
                    ($0 ~ (\" - cgroup .*\" kind)) { print $5; exit }' /proc/self/mountinfo)
                own=$root$(awk -F: -v kind=KIND '(kind == \"cgroup2\" && $2 == \"\") || $2 == kind { print $3 }' /proc/self/cgroup)
                mkdir -p $own/below/further
                setsid sh -c \"echo 0 > $own/below/further/cgroup.procs; echo here; sleep 1000; :\" &";
            let name = match kind {
                CgroupKind::V2 => "cgroup2",
                CgroupKind::Freezer => "freezer",
                CgroupKind::Pids => "pids",
            };
            assert_eq!(job.script(script.replace("KIND", name)).await?, Exit::Code(0), "{}", job.stderr());
            job.output.until(executor::Stream::Stdout, "here").await;
            Ok(())
        });
    }
}

/// What an earlier command left goes on while a later one is stopped.
#[test]
fn a_stop_spares_what_other_commands_started() {
    let _turn = turn();
    for choice in [CgroupChoice::Auto, CgroupChoice::Never] {
        with_job(&Shells::with(choice).unwrap(), async |job| {
            job.script("(setsid sleep 1000 &)").await?;
            job.stop_at("ready", "(setsid sleep 1000 &); echo ready; sleep 1000").await?;
            let left = executor::behaviour::processes_tagged(&job.tag);
            assert_eq!(left.len(), 1, "{left:?}");
            Ok(())
        });
    }
}

#[test]
fn no_control_group_stays() {
    let _turn = turn();
    for kind in KINDS {
        let Some(shells) = Shells::with(CgroupChoice::Only(kind)) else { continue };
        let settings = crate::kit::settings(&shells.cgroups);
        let trail = settings.trail.clone();
        crate::kit::block_on(async {
            let mut executor = ShellExecutor::new(settings);
            executor
                .prepare(&shells.workspace(), std::sync::Arc::new(executor::behaviour::Record::default()))
                .await
                .unwrap();
            assert_eq!(groups(&trail).len(), 1);
            let output = Arc::new(executor::behaviour::Record::default());
            let command = Command::script("behaviour", "exit 0");
            executor.run(command, output, &executor::CancellationToken::new()).await.unwrap();
            let entries = std::fs::read_dir(&groups(&trail)[0]).unwrap();
            let below = entries.filter(|entry| entry.as_ref().unwrap().file_type().unwrap().is_dir());
            assert_eq!(below.count(), 0, "a command's group goes with it");
            executor.cleanup().await.unwrap();
        });
        assert!(groups(&trail).is_empty());
    }
}

/// Where a control group cannot be made, the job runs all the same.
#[test]
fn a_job_runs_where_its_control_group_cannot_be_made() {
    let _turn = turn();
    let Some(shells) = Shells::with(CgroupChoice::Auto) else { return };
    if shells.cgroups.kind().is_none() {
        return;
    }
    let settings = crate::kit::settings(&shells.cgroups);
    let record = serde_json::to_string(&settings.trail).unwrap();
    // A folder that is not there.
    let elsewhere = record.replace("/runner-job-", "/no/such/folder/runner-job-");
    let mut settings = settings;
    settings.trail = serde_json::from_str(&elsewhere).unwrap();
    settings.leftover_grace = Duration::ZERO;
    crate::kit::block_on(async {
        let mut executor = ShellExecutor::new(settings);
        executor
            .prepare(&shells.workspace(), std::sync::Arc::new(executor::behaviour::Record::default()))
            .await
            .unwrap();
        let output = Arc::new(executor::behaviour::Record::default());
        let command = Command::script("behaviour", "(setsid sleep 1000 &); exit 3");
        let exit = executor.run(command, output, &executor::CancellationToken::new()).await.unwrap();
        assert_eq!(exit, Exit::Code(3));
        executor.cleanup().await.unwrap();
    });
}
