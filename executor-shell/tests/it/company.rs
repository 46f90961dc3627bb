//! Jobs that share their process with others.

use crate::kit::{Bystander, Shells, block_on, turn};
use executor::Exit;
use executor::behaviour::{Job, processes_tagged};
use executor_shell::CgroupChoice;
use std::process::Command;
use std::time::Duration;

/// Two jobs at once: the end of one is not the end of the other, nor of what belongs to neither.
#[test]
fn jobs_leave_each_other_alone() {
    let _turn = turn();
    for choice in [CgroupChoice::Auto, CgroupChoice::Never] {
        let mut shells = Shells::with(choice).unwrap();
        shells.change = |settings| settings.alone = false;
        let mut stranger = Bystander::start(Command::new("sleep").arg("1000"));
        let mut quick = Command::new("true").spawn().unwrap();
        block_on(async {
            let grace = Duration::from_secs(10);
            let mut first = Job::start(&shells, grace).await.unwrap();
            let mut second = Job::start(&shells, grace).await.unwrap();
            let leave = "(setsid sleep 1000 &) ; sleep 1000 & exit 0";
            assert_eq!(first.script(leave).await.unwrap(), Exit::Code(0));
            assert_eq!(second.script(leave).await.unwrap(), Exit::Code(0));
            let output = first.output.clone();
            let (stopped, other) = tokio::join!(
                first.stop_at("ready", "(setsid sleep 1000 &); echo ready; sleep 1000"),
                async {
                    output.until(executor::Stream::Stdout, "ready").await;
                    second.script("sleep 0.2; exit 5").await
                }
            );
            assert!(!stopped.unwrap().is_success());
            assert_eq!(other.unwrap(), Exit::Code(5));
            first.end().await.unwrap();
            assert_eq!(processes_tagged(&second.tag).len(), 2);
            second.end().await.unwrap();
        });
        assert!(stranger.goes_on());
        assert!(quick.wait().unwrap().success(), "its exit status was not taken away");
    }
}
