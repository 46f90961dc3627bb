//! The behaviour of every executor, with each way to keep processes together.

use crate::kit::{Shells, block_on, turn};
use executor::behaviour;
use executor_shell::{CgroupChoice, CgroupKind, Settings, Shell};

fn suite(choice: CgroupChoice, change: fn(&mut Settings)) {
    let _turn = turn();
    if let Some(mut shells) = Shells::with(choice) {
        shells.change = change;
        block_on(behaviour::run(&shells));
    }
}

#[test]
fn with_what_is_there() {
    suite(CgroupChoice::Auto, |settings| settings.login = true);
}

#[test]
fn with_version_2() {
    suite(CgroupChoice::Only(CgroupKind::V2), |_| ());
}

/// The control group is enough where other children of this process are not the job's.
#[test]
fn with_version_2_in_company() {
    suite(CgroupChoice::Only(CgroupKind::V2), |settings| settings.alone = false);
}

#[test]
fn with_the_freezer() {
    suite(CgroupChoice::Only(CgroupKind::Freezer), |_| ());
}

#[test]
fn with_the_pids_controller() {
    suite(CgroupChoice::Only(CgroupKind::Pids), |_| ());
}

#[test]
fn without_control_groups() {
    suite(CgroupChoice::Never, |_| ());
}

#[test]
fn with_dash() {
    suite(CgroupChoice::Never, |settings| settings.shell = Shell::Sh);
}
