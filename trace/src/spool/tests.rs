use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use tempfile::{NamedTempFile, tempfile};

fn spool(limit: u64) -> Spool {
    Spool::new(tempfile().unwrap(), limit)
}

fn content(spool: &Spool) -> Vec<u8> {
    spool.read_at(0, usize::MAX).unwrap().to_vec()
}

fn check_summary(spool: &Spool) {
    let content = content(spool);
    assert_eq!(spool.summary(), Summary { length: content.len() as u64, crc: crc32fast::hash(&content) });
}

#[test]
fn keeps_what_is_appended() {
    let spool = spool(1000);
    assert!(spool.is_empty() && spool.ends_line());
    assert_eq!(spool.summary().checksum(), "crc32:00000000");
    spool.append(b"123\n");
    assert!(spool.ends_line());
    spool.append(b"\r\0\xff456789");
    assert!(!spool.ends_line());
    assert_eq!(content(&spool), b"123\n\r\0\xff456789");
    assert_eq!(spool.read_at(2, 4).unwrap(), b"3\n\r\0"[..]);
    assert_eq!(spool.read_at(12, 4).unwrap(), b"9"[..]);
    assert!(spool.read_at(13, 4).unwrap().is_empty());
    assert!(spool.read_at(u64::MAX, 4).unwrap().is_empty());
    check_summary(&spool);
}

#[test]
fn checksum_is_written_as_gitlab_reads_it() {
    let spool = spool(1000);
    spool.append(b"123456789");
    assert_eq!(spool.summary().checksum(), "crc32:cbf43926");
    assert_eq!(Summary { length: 1, crc: 0xab }.checksum(), "crc32:000000ab");
}

const NOTICE_10: &str = "\n\x1b[33;1mJob's log exceeded limit of 10 bytes.\n\
    Job execution will continue but no more output will be collected.\x1b[0;m\n";

#[test]
fn a_full_log_ends_with_one_notice() {
    for (writes, kept) in [
        (&["0123456789ab", "c"][..], "0123456789"),
        (&["0123456789", "c"], "0123456789"),
        (&["01234567", "✓✓", "c"], "01234567"),
        (&["0123456", "✓✓", "c"], "0123456✓"),
    ] {
        let spool = spool(10);
        writes.iter().for_each(|write| spool.append(write.as_bytes()));
        assert_eq!(String::from_utf8(content(&spool)).unwrap(), format!("{kept}{NOTICE_10}"));
        assert!(spool.truncated() && spool.refuses() && spool.error().is_none());
        check_summary(&spool);
    }
    let spool = spool(10);
    spool.append(b"012345678");
    assert!(!spool.truncated() && !spool.refuses());
}

/// Recorded: with a limit of 1024 KiB the log of gitlab-runner has 1048698 bytes.
#[test]
fn a_full_log_is_as_long_as_the_recorded_one() {
    let spool = spool(1024 * 1024);
    (0..600).for_each(|_| spool.append(&[b'a'; 10_000]));
    assert_eq!(spool.len(), 1_048_698);
}

#[test]
fn a_full_disk_keeps_length_and_checksum_right() {
    let device = File::options().read(true).write(true).open("/dev/full").unwrap();
    let spool = Spool::new(device, 1000);
    spool.append(b"lost");
    spool.append(b"lost too");
    assert_eq!(spool.error().unwrap().kind(), io::ErrorKind::StorageFull);
    assert_eq!(spool.summary(), Summary { length: 0, crc: 0 });
    assert!(spool.refuses() && !spool.truncated());
}

#[test]
fn a_recovered_log_goes_on() {
    let file = NamedTempFile::new().unwrap();
    let spool = Spool::new(file.reopen().unwrap(), 1_000_000);
    (0..1000).for_each(|n| {
        spool.append(format!("line {n} of a job that dies, without an end").repeat(3).as_bytes());
    });
    let before = spool.summary();
    drop(spool);
    let spool = Spool::recover(file.path(), 1_000_000).unwrap();
    assert_eq!(spool.summary(), before);
    assert!(!spool.ends_line() && !spool.truncated());
    assert_eq!(spool.watch().now().length, before.length);
    spool.append(b"its process is gone\n");
    check_summary(&spool);
    assert!(content(&spool).ends_with(b"its process is gone\n"));
}

#[test]
fn a_recovered_full_log_stays_full() {
    let file = NamedTempFile::new().unwrap();
    Spool::new(file.reopen().unwrap(), 10).append("01234567✓✓".as_bytes());
    let spool = Spool::recover(file.path(), 10).unwrap();
    assert!(spool.truncated());
    spool.append(b"more");
    assert_eq!(content(&spool), format!("01234567{NOTICE_10}").as_bytes());

    let mut quoted = NamedTempFile::new().unwrap();
    quoted.write_all(NOTICE_10.as_bytes()).unwrap();
    let spool = Spool::recover(quoted.path(), 1000).unwrap();
    assert!(!spool.truncated());
}

#[test]
fn only_a_regular_file_is_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    std::fs::write(&file, "text").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert!(Spool::recover(&link, 10).is_err());
    assert!(Spool::recover(folder.path(), 10).is_err());
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(Spool::recover(&fifo, 10).is_err());
    assert!(Spool::recover(&file, 10).is_ok());
}

#[test]
fn threads_append_whole_pieces() {
    let spool = spool(u64::MAX);
    std::thread::scope(|scope| {
        for name in ["a", "b", "c", "d"] {
            let spool = spool.clone();
            scope.spawn(move || {
                for _ in 0..500 {
                    spool.append(format!("{}\n", name.repeat(50)).as_bytes());
                }
            });
        }
    });
    check_summary(&spool);
    let text = String::from_utf8(content(&spool)).unwrap();
    for name in ["a", "b", "c", "d"] {
        assert_eq!(text.lines().filter(|line| *line == name.repeat(50)).count(), 500);
    }
}

/// Polls once.
fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn watches_see_growth_prompts_and_the_end() {
    let spool = spool(1000);
    let mut watch = spool.watch();
    assert_eq!(watch.now(), Progress::default());
    assert!(poll(watch.changed()).is_pending());
    spool.append(b"1234");
    spool.append(b"5");
    let mut expected = Progress { length: 5, ..Progress::default() };
    assert_eq!(poll(watch.changed()), Poll::Ready(expected));
    assert!(poll(watch.changed()).is_pending());
    spool.prompt();
    expected.prompt = 5;
    assert_eq!(poll(watch.changed()), Poll::Ready(expected));
    spool.prompt();
    assert!(poll(watch.changed()).is_pending());
    spool.finish();
    expected.finished = true;
    assert_eq!(poll(watch.changed()), Poll::Ready(expected));
    spool.finish();
    assert!(poll(watch.changed()).is_pending());
}

#[test]
fn a_log_without_handles_is_finished() {
    let spool = spool(1000);
    let mut watch = spool.watch();
    spool.append(b"x");
    drop(spool);
    assert_eq!(poll(watch.changed()), Poll::Ready(Progress { length: 1, prompt: 0, finished: false }));
    assert_eq!(poll(watch.changed()), Poll::Ready(Progress { length: 1, prompt: 0, finished: true }));
}

#[test]
fn a_finished_log_stays_as_it_is() {
    let spool = Spool::new(tempfile::tempfile().unwrap(), 1000);
    spool.append(b"all");
    let summary = spool.summary();
    spool.finish();
    assert!(spool.refuses());
    spool.append(b" and more");
    assert_eq!(spool.summary(), summary);
}
