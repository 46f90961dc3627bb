//! Jobs that use one key at the same time.

use super::*;
use crate::cache::key::CacheKey;
use crate::cache::store::Slot;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

fn slot(rig: &Rig) -> Slot {
    Slot::new(&rig.folder(""), &CacheKey { shown: "k".to_owned(), path: "k".to_owned() })
}

#[tokio::test]
async fn a_reader_keeps_the_archive_that_it_opened() {
    let mut rig = Rig::new(&[entry("k", &["v"])]);
    rig.write("v", "old");
    rig.save().await;
    let open = slot(&rig).open().unwrap();
    rig.write("v", "newer");
    rig.save().await;
    rig.clear();
    let cancel = AtomicBool::new(false);
    let options = archive::UnpackOptions { threads: 1, limits: archive::Limits::default(), cancel: &cancel };
    archive::unpack(&open, rig.project(), &options).unwrap();
    assert_eq!(rig.read("v").unwrap(), "old");
    rig.restore().await;
    assert_eq!(rig.read("v").unwrap(), "newer");
}

#[tokio::test]
async fn many_save_one_key() {
    let mut rig = Rig::new(&[entry("k", &["v"])]);
    rig.write("v/shared", &"x".repeat(300_000));
    let (lines, more, others) = tokio::join!(rig.save(), rig.save(), rig.save());
    for lines in [lines, more, others] {
        assert_eq!(lines.last().unwrap(), "Created cache", "{lines:?}");
    }
    assert_eq!(rig.names("k"), ["cache.zip", "metadata.json"]);
    rig.clear();
    rig.restore().await;
    assert_eq!(rig.read("v/shared").unwrap().len(), 300_000);
}

#[tokio::test]
async fn drafts_of_dead_processes_are_removed_and_no_others() {
    let rig = Rig::new(&[entry("k", &["v"])]);
    fs::create_dir_all(rig.folder("k")).unwrap();
    let make = |name: &str, age: u64| {
        let file = fs::File::create(rig.folder("k").join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        file
    };
    make("archive_dead", 3600);
    make("archive_young", 1);
    make("unrelated", 3600);
    let alive = make("archive_alive", 3600);
    alive.lock().unwrap();
    rig.write("v", "x");
    rig.save().await;
    assert_eq!(rig.names("k"), ["archive_alive", "archive_young", "cache.zip", "metadata.json", "unrelated"]);
}
