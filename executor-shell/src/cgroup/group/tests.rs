use super::Group;
use crate::cgroup::{CgroupChoice, CgroupKind, Cgroups, Entry};
use std::io::Write;
use std::process::Command;

/// A group for a test, or nothing where this machine has none of the kind.
fn group(kind: CgroupKind, name: &str) -> Option<Group> {
    let home = Cgroups::detect(CgroupChoice::Only(kind)).home;
    let Some(home) = home else {
        eprintln!("skipped: no {kind:?} control groups can be written here");
        return None;
    };
    let group = Group::new(kind, home.path.join(format!("runner-test-{name}-{}", std::process::id())));
    group.create().unwrap();
    Some(group)
}

fn holds_and_goes(kind: CgroupKind) {
    let Some(group) = group(kind, "holds") else { return };
    group.create().unwrap();
    let command = group.command(1);
    command.create().unwrap();
    assert!(group.pids().is_empty());

    let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let entry = Entry::open(&command).unwrap();
    let mut procs = std::fs::File::from(entry.procs);
    procs.write_all(pid.to_string().as_bytes()).unwrap();
    assert_eq!(group.pids().into_iter().collect::<Vec<_>>(), [pid]);
    assert!(crate::proc::is_in_cgroup(pid, group.path().file_name().unwrap().to_str().unwrap()));
    assert!(!group.remove().unwrap(), "a group with a process in it stays");

    group.hold();
    child.kill().unwrap();
    group.release();
    child.wait().unwrap();
    assert!(group.remove().unwrap());
    assert!(!group.path().exists());
    assert!(group.remove().unwrap(), "a group that is gone is gone");
}

#[test]
fn v2() {
    holds_and_goes(CgroupKind::V2);
}

#[test]
fn freezer() {
    holds_and_goes(CgroupKind::Freezer);
}

#[test]
fn pids() {
    holds_and_goes(CgroupKind::Pids);
}

#[test]
fn nested_groups_go_with_it() {
    let Some(group) = group(CgroupKind::V2, "nested") else { return };
    std::fs::create_dir_all(group.path().join("a/b/c")).unwrap();
    std::fs::create_dir_all(group.path().join("d")).unwrap();
    assert!(group.remove().unwrap());
}
