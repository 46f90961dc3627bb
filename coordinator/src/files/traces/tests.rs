use super::*;
use crate::files::{FileLimits, JobFiles};

const JOB: JobId = JobId(4711);

fn files(folder: &tempfile::TempDir, limit: u64) -> JobFiles {
    JobFiles::open(folder.path(), FileLimits { trace: limit, ..FileLimits::default() }).unwrap()
}

#[tokio::test]
async fn bytes_go_to_the_end_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let traces = files(&folder, 10).traces().clone();
    assert_eq!(traces.length(JOB).await.unwrap(), 0);
    assert_eq!(traces.append(JOB, 0, Bytes::from_static(b"hello")).await.unwrap(), 5);
    for offset in [0, 4, 6] {
        let refused = traces.append(JOB, offset, Bytes::from_static(b"x")).await;
        assert!(matches!(refused, Err(TraceError::Offset { stored: 5 })));
    }
    let refused = traces.append(JOB, 5, Bytes::from_static(b"123456")).await;
    assert!(matches!(refused, Err(TraceError::TooLong { limit: 10 })));
    assert_eq!(traces.append(JOB, 5, Bytes::from_static(b"12345")).await.unwrap(), 10);
    assert_eq!(traces.measure(JOB).await.unwrap(), (10, crc32fast::hash(b"hello12345")));
    assert_eq!(traces.read(JOB, 3, 4).await.unwrap(), b"lo12");
    assert_eq!(traces.read(JOB, 10, 4).await.unwrap(), b"");
    assert_eq!(traces.read(JobId(1), 0, 4).await.unwrap(), b"");
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    files(&folder, 100).traces().append(JOB, 0, Bytes::from_static(b"kept")).await.unwrap();
    let traces = files(&folder, 100).traces().clone();
    assert_eq!(traces.length(JOB).await.unwrap(), 4);
    assert_eq!(traces.append(JOB, 4, Bytes::from_static(b" on")).await.unwrap(), 7);
    assert_eq!(traces.measure(JOB).await.unwrap().1, crc32fast::hash(b"kept on"));
}

#[tokio::test]
async fn followers_hear_of_bytes_and_of_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let traces = files(&folder, 100).traces().clone();
    assert!(!traces.is_watched(JOB));
    let mut follower = traces.follow(JOB).await.unwrap();
    assert!(traces.is_watched(JOB));
    traces.append(JOB, 0, Bytes::from_static(b"ab")).await.unwrap();
    follower.changed().await.unwrap();
    assert_eq!(*follower.borrow_and_update(), TraceState { length: 2, sealed: false });
    traces.seal(JOB);
    follower.changed().await.unwrap();
    assert_eq!(*follower.borrow_and_update(), TraceState { length: 2, sealed: true });
    assert!(follower.changed().await.is_err(), "nobody is left who could change it");
    assert_eq!(traces.read(JOB, 0, 10).await.unwrap(), b"ab");
}

#[tokio::test]
async fn of_writers_at_the_same_place_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let traces = files(&folder, 1 << 20).traces().clone();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..20_u8 {
        let traces = traces.clone();
        tasks.spawn(async move {
            let mut won = 0;
            for round in 0..50_u64 {
                won += u64::from(traces.append(JOB, round * 4, Bytes::from(vec![writer; 4])).await.is_ok());
                while traces.length(JOB).await.unwrap() < (round + 1) * 4 {
                    tokio::task::yield_now().await;
                }
            }
            won
        });
    }
    let won: u64 = tasks.join_all().await.into_iter().sum();
    assert_eq!(won, 50);
    let bytes = traces.read(JOB, 0, 1000).await.unwrap();
    assert_eq!(bytes.len(), 200);
    assert!(bytes.chunks(4).all(|chunk| chunk.iter().all(|byte| *byte == chunk[0])));
    assert_eq!(traces.measure(JOB).await.unwrap(), (200, crc32fast::hash(&bytes)));
}

#[tokio::test]
async fn looking_counts_and_removal_removes() {
    let folder = tempfile::tempdir().unwrap();
    let all = files(&folder, 100);
    let traces = all.traces();
    traces.append(JOB, 0, Bytes::from_static(b"x")).await.unwrap();
    traces.look(JOB);
    assert!(traces.is_watched(JOB));
    let mut follower = traces.follow(JOB).await.unwrap();
    crate::kernel::Files::remove(&all, &[JOB]);
    follower.changed().await.unwrap();
    assert!(follower.borrow().sealed);
    assert!(traces.file(JOB).unwrap().is_none());
    assert!(!folder.path().join("traces/4/4711.log").exists());
}
