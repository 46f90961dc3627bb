use crate::files::{FileLimits, IncomingError, JobFiles};
use bytes::Bytes;
use pipeline::JobId;
use std::io::Read as _;

fn files(folder: &tempfile::TempDir) -> JobFiles {
    JobFiles::open(folder.path(), FileLimits { artifact: 1 << 22, ..FileLimits::default() }).unwrap()
}

#[tokio::test]
async fn a_file_is_received_kept_read_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = files(&folder).artifacts().clone();
    let mut incoming = artifacts.receive(u64::MAX).await.unwrap();
    for _ in 0..30 {
        incoming.add(Bytes::from(vec![7; 100_000])).await.unwrap();
    }
    let received = incoming.finish().await.unwrap();
    assert_eq!(received.size, 3_000_000);
    let whole = ring::digest::digest(&ring::digest::SHA256, &vec![7; 3_000_000]);
    let hex: String = whole.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(received.sha256, hex);
    let path = artifacts.keep(JobId(12_001), "archive", received).await.unwrap();
    assert_eq!(path, format!("artifacts/12/12001/archive/{}", &hex[..32]));
    let mut opened = artifacts.read(&path).await.unwrap();
    let mut bytes = Vec::new();
    opened.file.read_to_end(&mut bytes).unwrap();
    assert!(opened.size == 3_000_000 && bytes.iter().all(|byte| *byte == 7));
    crate::kernel::Files::remove_paths(&files(&folder), &["../outside".to_owned(), path.clone()]);
    assert!(artifacts.read(&path).await.is_err());
}

#[tokio::test]
async fn what_is_not_finished_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = files(&folder).artifacts().clone();
    let mut incoming = artifacts.receive(10).await.unwrap();
    incoming.add(Bytes::from_static(b"12345")).await.unwrap();
    let refused = incoming.add(Bytes::from_static(b"123456")).await;
    assert!(matches!(refused, Err(IncomingError::TooLarge { limit: 10 })));
    drop(incoming);
    let left = || std::fs::read_dir(folder.path().join("tmp")).unwrap().count();
    assert_eq!(left(), 0);
    // As after a kill.
    std::fs::write(folder.path().join("tmp/upload-x"), "half").unwrap();
    std::fs::write(folder.path().join("tmp/other"), "of others").unwrap();
    files(&folder);
    assert_eq!(left(), 1);
}

#[tokio::test]
async fn no_path_leads_out() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = files(&folder).artifacts().clone();
    std::fs::write(folder.path().join("key"), "secret").unwrap();
    std::os::unix::fs::symlink("key", folder.path().join("link")).unwrap();
    for path in ["../key", "/etc/passwd", "", "link"] {
        assert!(artifacts.read(path).await.is_err(), "{path}");
    }
}
