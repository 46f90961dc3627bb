use super::*;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::Notify;

fn turns() -> (TempDir, Turns) {
    let folder = tempfile::tempdir().unwrap();
    let turns = Turns { folder: folder.path().join("a/b"), glance: Duration::from_secs(1000) };
    (folder, turns)
}

fn left(turns: &Turns) -> usize {
    std::fs::read_dir(&turns.folder).unwrap().count()
}

async fn mine(turns: &Turns) -> Hold {
    match turns.take("image", |_| panic!("nobody else pulls")).await.unwrap() {
        Turn::Mine { hold, waited: false } => hold,
        _ => panic!("not at once"),
    }
}

/// Waits for a turn beside the test, which learns when it has to.
async fn waiting(turns: &Turns) -> tokio::task::JoinHandle<Turn> {
    let waits = Arc::new(Notify::new());
    let (turns, tell) = (turns.clone(), Arc::clone(&waits));
    let task = tokio::spawn(async move { turns.take("image", |_| tell.notify_one()).await.unwrap() });
    waits.notified().await;
    task
}

#[tokio::test]
async fn those_who_wait_learn_what_came_of_it_and_those_after_do_not() {
    let (_folder, turns) = turns();
    let hold = mine(&turns).await;
    let (first, second) = (waiting(&turns).await, waiting(&turns).await);
    let fate = Fate::Pulled { with: [7; 32], asked: SystemTime::now() };
    hold.end(fate.clone());
    for task in [first, second] {
        let Turn::Over(learnt) = task.await.unwrap() else { panic!("pulls again") };
        assert_eq!(learnt, fate);
    }
    assert_eq!(left(&turns), 0);
    drop(mine(&turns).await);
    assert_eq!(left(&turns), 0);
}

#[tokio::test]
async fn who_gives_up_is_followed_by_one_of_those_who_wait() {
    let (_folder, turns) = turns();
    let hold = mine(&turns).await;
    let (mut first, mut second) = (waiting(&turns).await, waiting(&turns).await);
    drop(hold);
    let (turn, other) = tokio::select! {
        turn = &mut first => (turn, second),
        turn = &mut second => (turn, first),
    };
    let Turn::Mine { hold, waited: true } = turn.unwrap() else { panic!("nobody follows") };
    hold.end(Fate::OutOfReach);
    // It was woken as well. If it came to wait again it has learnt what came of it, else it is next.
    assert!(matches!(other.await.unwrap(), Turn::Over(Fate::OutOfReach) | Turn::Mine { waited: true, .. }));
    assert_eq!(left(&turns), 0);
}

#[tokio::test]
async fn images_do_not_wait_for_each_other() {
    let (_folder, turns) = turns();
    let _hold = mine(&turns).await;
    assert!(matches!(turns.take("other", |_| panic!("waits")).await.unwrap(), Turn::Mine { .. }));
}

#[tokio::test]
async fn a_process_that_is_killed_is_in_nobodys_way() {
    let (_folder, turns) = turns();
    let path = turns.path("image").unwrap();
    // Its child does not get the lock, and ends with its input.
    let mut other = Command::new("flock");
    other.arg("-o").arg(&path).args(["sh", "-c", "echo held; exec cat"]);
    let mut other = other.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = [0; 5];
    io::Read::read_exact(other.stdout.as_mut().unwrap(), &mut said).unwrap();
    let task = waiting(&turns).await;
    other.kill().unwrap();
    other.wait().unwrap();
    let Turn::Mine { hold, waited: true } = task.await.unwrap() else { panic!("has no turn") };
    assert_eq!(left(&turns), 1);
    drop(hold);
    assert_eq!(left(&turns), 0);
}

#[tokio::test]
async fn who_stops_waiting_takes_no_turn() {
    let (_folder, turns) = turns();
    let hold = mine(&turns).await;
    let task = waiting(&turns).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    drop(hold);
    // The thread that still waits gets the lock of a file that nobody finds any more, and is not in the way.
    drop(mine(&turns).await);
}

#[tokio::test]
async fn notes_are_read_as_they_were_written() {
    let (_folder, turns) = turns();
    let hold = mine(&turns).await;
    let report = Report { done: 1, layers: 2, bytes: u64::MAX, all_here: false };
    hold.tell(report);
    assert_eq!(read(&hold.file), Some(Note::Progress(report)));
    hold.write(&Note::Fate(Fate::OutOfReach));
    assert_eq!(read(&hold.file), Some(Note::Fate(Fate::OutOfReach)));
    hold.file.write_all_at(b"{{{", 0).unwrap();
    assert_eq!(read(&hold.file), None);
}

#[tokio::test]
async fn a_link_at_the_place_of_the_file_is_not_followed() {
    let (folder, turns) = turns();
    let target = folder.path().join("precious");
    std::fs::write(&target, "kept").unwrap();
    std::os::unix::fs::symlink(&target, turns.path("image").unwrap()).unwrap();
    assert!(turns.take("image", |_| ()).await.is_err());
    assert_eq!(std::fs::read_to_string(target).unwrap(), "kept");
}
