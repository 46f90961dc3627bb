//! Archives that are damaged, places that cannot be written, stops.

use super::*;
use std::process::Command;

async fn saved(files: &[(&str, &str)]) -> Rig {
    let mut rig = Rig::new(&[entry("k", &["v"])]);
    for (name, content) in files {
        rig.write(name, content);
    }
    rig.save().await;
    rig.clear();
    rig
}

/// Changes the first byte of a text in an archive of stored files.
fn damage(archive: &Path, text: &str) {
    let mut bytes = fs::read(archive).unwrap();
    let at = bytes.windows(text.len()).position(|window| window == text.as_bytes()).unwrap();
    bytes[at] ^= 0xff;
    fs::write(archive, bytes).unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_archive() {
    let mut rig = saved(&[("v/a", "1")]).await;
    fs::write(rig.archive("k"), "<html>").unwrap();
    let lines = rig.restore().await;
    assert!(says(&lines, "FATAL: zip: not a valid zip file"), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "Failed to extract cache");
    // The next job that saves mends it, whatever was described.
    rig.write("v/a", "1");
    assert!(!says(&rig.save().await, UP_TO_DATE));
    rig.clear();
    assert!(says(&rig.restore().await, "Successfully extracted cache"));
}

#[tokio::test]
async fn what_a_damaged_archive_left_is_removed_on_request() {
    for (flag, left) in [("false", Some("good")), ("true", None)] {
        let mut rig = saved(&[("v/a", "good"), ("v/b", "to be damaged")]).await;
        damage(&rig.archive("k"), "to be damaged");
        rig.next(&[("FF_CLEAN_UP_FAILED_CACHE_EXTRACT", flag)], &[entry("k", &["v"])]);
        rig.write("other", "stays");
        let lines = rig.restore().await;
        assert!(says(&lines, "FATAL: v/b: its checksum differs"), "{lines:?}");
        assert_eq!(says(&lines, "Removing v"), flag == "true");
        assert_eq!(rig.read("v/a").as_deref(), left);
        assert_eq!(rig.read("v/b"), None);
        assert_eq!(rig.read("other").unwrap(), "stays");
    }
}

#[tokio::test]
async fn a_damaged_archive_leads_to_the_next_key() {
    let mut rig = saved(&[("v/a", "1")]).await;
    fs::create_dir_all(rig.folder("bad")).unwrap();
    fs::write(rig.archive("bad"), [0x1f, 0x8b, 8, 0]).unwrap();
    rig.next(&[], &[CacheEntry { fallback_keys: vec!["k".into()], ..entry("bad", &["v"]) }]);
    let lines = rig.restore().await;
    assert!(says(&lines, "FATAL: unsupported archive format \"gzip\""), "{lines:?}");
    assert_eq!(rig.read("v/a").unwrap(), "1");
}

#[tokio::test]
async fn what_is_no_file_holds_nobody_up() {
    let rig = saved(&[("v/a", "1")]).await;
    fs::remove_file(rig.archive("k")).unwrap();
    nix::unistd::mkfifo(&rig.archive("k"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let lines = rig.restore().await;
    assert!(says(&lines, "cache.zip: not a regular file"), "{lines:?}");
    rig.write("v/a", "2");
    assert!(says(&rig.save().await, "Created cache"));
    assert!(says(&rig.restore().await, "Successfully extracted cache"));
}

#[tokio::test]
async fn a_place_that_cannot_be_written() {
    let rig = saved(&[("v/a", "1")]).await;
    fs::remove_dir_all(&rig.job.workspace.cache_dir).unwrap();
    fs::write(&rig.job.workspace.cache_dir, "in the way").unwrap();
    rig.write("v/a", "2");
    let lines = rig.save().await;
    assert!(says(&lines, "FATAL: cannot write the archive: mkdir"), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "Failed to create cache");
    let lines = rig.restore().await;
    assert!(says(&lines, "cache.zip: not a directory"), "{lines:?}");
}

#[tokio::test]
async fn a_cache_folder_that_is_read_only() {
    if nix::unistd::Uid::effective().is_root() {
        println!("skipped: root writes everywhere");
        return;
    }
    let mut rig = saved(&[("v/a", "1")]).await;
    let mode = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
    fs::set_permissions(rig.folder("k"), mode(0o500)).unwrap();
    rig.write("v/a", "2");
    let lines = rig.save().await;
    fs::set_permissions(rig.folder("k"), mode(0o700)).unwrap();
    assert!(says(&lines, "Failed to create cache"), "{lines:?}");
    rig.clear();
    rig.restore().await;
    assert_eq!(rig.read("v/a").unwrap(), "1");
}

/// A file system of its own, as long as this lives.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=128k", "none"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Text that does not compress to less than three quarters.
fn noise(length: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'0' + (state % 64) as u8)
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_archive() {
    let mut rig = Rig::new(&[entry("k", &["v"])]);
    let Some(_small) = Small::mount(&rig.folder("")) else {
        println!("skipped: this user cannot mount a small file system");
        return;
    };
    rig.write("v/a", "1");
    rig.save().await;
    let noise = noise(400_000);
    rig.write("v/big", &noise);
    let lines = rig.save().await;
    assert!(says(&lines, "FATAL: cannot write the archive: No space left on device"), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "Failed to create cache");
    assert_eq!(rig.names("k"), ["cache.zip", "metadata.json"]);
    rig.clear();
    rig.restore().await;
    assert_eq!((rig.read("v/a").unwrap(), rig.read("v/big")), ("1".to_owned(), None));
}

#[tokio::test]
async fn a_stop_ends_both_stages_and_leaves_no_draft() {
    let rig = saved(&[("v/a", "1")]).await;
    rig.stop.cancel();
    assert!(matches!(rig.try_restore().await.0, Err(StageError::Stopped)));
    assert_eq!(rig.read("v/a"), None);
    rig.write("v/a", "2");
    let before = rig.stamp("k");
    assert!(matches!(rig.try_save(true).await.0, Err(StageError::Stopped)));
    assert_eq!(rig.stamp("k"), before);
    assert_eq!(rig.names("k"), ["cache.zip", "metadata.json"]);
}

#[tokio::test]
async fn an_environment_that_no_shell_takes() {
    let rig = saved(&[("v/a", "1")]).await;
    fs::create_dir_all(&rig.job.workspace.temp_dir).unwrap();
    fs::write(rig.job.workspace.temp_dir.join("gitlab_runner_env"), "a b\n").unwrap();
    let (result, lines) = rig.try_restore().await;
    assert_eq!(result.unwrap_err().to_string(), "exit status 1");
    assert_eq!(lines, ["GITLAB_ENV, line 1: not a valid identifier"]);
}
