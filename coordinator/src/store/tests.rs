//! The writing thread: groups, savepoints, failures.

use super::{Memory, Store};
use crate::error::StoreError;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts rows, and commits.
struct Counter {
    rows: i64,
    dirty: bool,
    commits: Arc<AtomicUsize>,
}

impl Memory for Counter {
    fn load(&mut self, db: &Connection) -> Result<(), StoreError> {
        self.rows = db.query_row("SELECT count(*) FROM settings", [], |row| row.get(0))?;
        Ok(())
    }

    fn begin(&mut self) {
        self.dirty = false;
    }

    fn undo(&mut self, db: &Connection) -> Result<(), StoreError> {
        if self.dirty { self.load(db) } else { Ok(()) }
    }

    fn committed(&mut self) {
        self.commits.fetch_add(1, Ordering::SeqCst);
    }
}

fn add(db: &Connection, memory: &mut Counter, name: &str) -> Result<i64, StoreError> {
    memory.dirty = true;
    super::settings::set(db, name, "x")?;
    memory.rows += 1;
    Ok(memory.rows)
}

fn open() -> (Arc<Store<Counter>>, Arc<AtomicUsize>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let commits = Arc::new(AtomicUsize::new(0));
    let memory = Counter { rows: 0, dirty: false, commits: commits.clone() };
    let store = Store::open(&folder.path().join("db"), memory).unwrap();
    (Arc::new(store), commits, folder)
}

#[tokio::test]
async fn what_fails_takes_nobody_along() {
    let (store, _, _folder) = open();
    assert_eq!(store.write(|db, memory| add(db, memory, "a")).await, Ok(1));
    let failed: Result<i64, StoreError> = store
        .write(|db, memory| {
            add(db, memory, "b")?;
            Err(StoreError::Other("no".into()))
        })
        .await;
    assert_eq!(failed, Err(StoreError::Other("no".into())));
    let broken: Result<i64, StoreError> = store
        .write(|db, memory| {
            add(db, memory, "c")?;
            panic!("of this test")
        })
        .await;
    assert!(broken.is_err());
    assert_eq!(store.write(|db, memory| add(db, memory, "d")).await, Ok(2));
    let names = store.read(|db| {
        let mut statement = db.prepare("SELECT name FROM settings ORDER BY name")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok::<_, StoreError>(rows.collect::<Result<Vec<String>, _>>()?)
    });
    assert_eq!(names.await, Ok(vec!["a".to_owned(), "d".to_owned()]));
}

#[tokio::test]
async fn many_share_a_transaction() {
    let (store, commits, _folder) = open();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let first = {
        let store = store.clone();
        tokio::spawn(async move {
            let wait = move |_: &Connection, _: &mut Counter| {
                let _ = held.recv();
                Ok::<_, StoreError>(())
            };
            store.write(wait).await
        })
    };
    tokio::task::yield_now().await;
    let mut rest = tokio::task::JoinSet::new();
    for n in 0..100 {
        let store = store.clone();
        rest.spawn(async move { store.write(move |db, memory| add(db, memory, &n.to_string())).await });
    }
    tokio::task::yield_now().await;
    hold.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert!(rest.join_all().await.into_iter().all(|result| result.is_ok()));
    assert!(commits.load(Ordering::SeqCst) < 50, "{commits:?}");
}

#[tokio::test]
async fn readers_cannot_write_and_a_closed_store_refuses() {
    let (store, _, _folder) = open();
    let written = store.read(|db| super::settings::set(db, "x", "y")).await;
    assert!(written.is_err());
    store.close().await;
    assert_eq!(store.write(|db, memory| add(db, memory, "a")).await, Err(StoreError::Closed));
}

#[tokio::test]
async fn nobody_else_reads_its_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (store, _, folder) = open();
    store.write(|db, memory| add(db, memory, "a")).await.unwrap();
    let names = ["db", "db-wal", "db-shm"].map(|name| folder.path().join(name));
    assert_eq!(names.each_ref().map(|name| mode(name)), [0o600; 3]);
    drop(store);
    std::fs::set_permissions(&names[0], std::fs::Permissions::from_mode(0o644)).unwrap();
    let memory = Counter { rows: 0, dirty: false, commits: Arc::default() };
    let _store = Store::open(&names[0], memory).unwrap();
    assert_eq!(mode(&names[0]), 0o600, "one of an earlier program");
}

#[tokio::test]
async fn a_log_that_grows_is_written_back() {
    let (store, _, folder) = open();
    // A connection that stays: the last one to close would write everything back.
    store.read(|_| Ok::<_, StoreError>(())).await.unwrap();
    let pages = || std::fs::metadata(folder.path().join("db")).unwrap().len() / 4096;
    let before = pages();
    for round in 0..40 {
        for n in 0..20 {
            let name = format!("{round} {n} {}", "x".repeat(2000));
            store.write(move |db, memory| add(db, memory, &name)).await.unwrap();
        }
    }
    store.close().await;
    assert!(pages() > before + 100, "{} pages", pages());
}

#[test]
fn what_is_no_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    let memory = Counter { rows: 0, dirty: false, commits: Arc::default() };
    assert_eq!(Store::open(&path, memory).map(|_| ()).unwrap_err(), StoreError::Corrupt);
}

#[tokio::test]
async fn a_full_disk_is_told_and_what_was_there_stays() {
    let (store, _, _folder) = open();
    store.write(|db, memory| add(db, memory, "a")).await.unwrap();
    let fill = store.write(|db, memory| {
        db.pragma_update(None, "max_page_count", 1)?;
        for n in 0..10_000 {
            add(db, memory, &format!("{n:0200}"))?;
        }
        Ok::<_, StoreError>(0)
    });
    assert_eq!(fill.await, Err(StoreError::Full));
    let again = store.write(|db, memory| {
        db.pragma_update(None, "max_page_count", 1_000_000)?;
        add(db, memory, "b")
    });
    assert_eq!(again.await, Ok(2));
}
