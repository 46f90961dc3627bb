//! Keys, policies, results.

use super::*;
use protocol::CacheWhen;

async fn saved(key: &str, content: &str) -> Rig {
    let rig = Rig::new(&[entry(key, &["v"])]);
    rig.write("v", content);
    rig.save().await;
    rig
}

#[tokio::test]
async fn fallback_keys_are_tried_in_order() {
    let mut rig = saved("f2", "2").await;
    let caches = [CacheEntry { fallback_keys: vec!["f1".into(), "f2".into()], ..entry("k", &["v"]) }];
    rig.next(&[("CACHE_FALLBACK_KEY", "last")], &caches);
    let lines = rig.restore().await;
    let shown: Vec<&str> =
        lines.iter().map(String::as_str).filter(|line| !line.starts_with("No URL provided")).collect();
    assert_eq!(
        shown,
        [
            "Checking cache for k...",
            "WARNING: Cache file does not exist",
            "Failed to extract cache",
            "Checking cache for f1...",
            "WARNING: Cache file does not exist",
            "Failed to extract cache",
            "Checking cache for f2...",
            "Successfully extracted cache",
        ]
    );
    assert_eq!(rig.read("v").unwrap(), "2");
    // What is saved goes to the first key.
    rig.save().await;
    assert!(rig.archive("k").exists());
}

#[tokio::test]
async fn the_variable_for_a_last_key() {
    let mut rig = saved("last", "l").await;
    rig.next(&[("CACHE_FALLBACK_KEY", "last")], &[entry("k", &["v"])]);
    rig.restore().await;
    assert_eq!(rig.read("v").unwrap(), "l");
    rig.next(&[("CACHE_FALLBACK_KEY", "last-protected")], &[entry("k", &["v"])]);
    let lines = rig.restore().await;
    assert_eq!(lines[0], "CACHE_FALLBACK_KEY \"last-protected\" not allowed to end in \"-protected\"");
    assert_eq!(rig.read("v"), None);
    assert!(!says(&rig.save().await, "not allowed"));
}

#[tokio::test]
async fn keys_are_expanded_made_safe_or_skipped() {
    let rig =
        Rig::with(&[("K", "../up")], &[entry("$K", &["v"]), entry("$NONE", &["v"]), entry(".", &["v"])]);
    rig.write("v", "x");
    let lines = rig.save().await;
    assert_eq!(lines[0], "cache key \"../up\" sanitized to \"up\"");
    assert_eq!(lines[1], "Creating cache up...");
    let end = &lines[lines.len() - 3..];
    assert_eq!(
        end,
        [
            "Skipping cache archiving due to empty cache key",
            "cache key \".\" could not be sanitized",
            "Skipping cache archiving due to empty cache key"
        ]
    );
    assert!(rig.archive("up").exists());
    assert!(says(&rig.restore().await, "Skipping cache extraction due to empty cache key"));
}

#[tokio::test]
async fn without_a_key_it_is_job_and_ref_and_with_the_flag_a_hash() {
    let rig = Rig::new(&[entry("", &["v"])]);
    rig.write("v", "x");
    assert!(says(&rig.save().await, "Creating cache build/main..."));
    assert!(rig.archive("build/main").exists());
    let rig = Rig::with(&[("FF_HASH_CACHE_KEYS", "true")], &[entry("../k", &["v"])]);
    rig.write("v", "x");
    assert!(says(&rig.save().await, "Creating cache ../k..."));
    assert_eq!(fs::read_dir(rig.folder("")).unwrap().count(), 1);
    assert!(says(&rig.restore().await, "Successfully extracted cache"));
}

#[tokio::test]
async fn policies() {
    let with = |policy: &str| [CacheEntry { policy: policy.to_owned(), ..entry("k", &["v"]) }];
    let mut rig = Rig::with(&[("P", "pull")], &with("$P"));
    rig.write("v", "x");
    assert_eq!(rig.save().await, ["Not uploading cache k due to policy"]);
    assert!(!rig.folder("k").exists());
    rig.next(&[], &with("push"));
    rig.write("v", "x");
    assert!(says(&rig.save().await, "Created cache"));
    assert_eq!(rig.restore().await, ["Not downloading cache k due to policy"]);
    rig.next(&[], &with("pull"));
    assert!(says(&rig.restore().await, "Successfully extracted cache"));
    rig.next(&[], &with("sometimes"));
    let error = check_to_restore(rig.job.view()).unwrap_err();
    assert_eq!(error.to_string(), "unknown cache policy sometimes for k");
    assert!(check_to_save(rig.job.view(), true).is_err());
    assert!(check_to_save(rig.job.view(), false).is_ok());
}

#[tokio::test]
async fn results_decide_what_is_saved() {
    let when = |key: &str, when| CacheEntry { when, ..entry(key, &["v"]) };
    let caches =
        [when("s", CacheWhen::OnSuccess), when("f", CacheWhen::OnFailure), when("a", CacheWhen::Always)];
    for (success, keys) in [(true, ["s", "a"]), (false, ["f", "a"])] {
        let rig = Rig::new(&caches);
        rig.write("v", "x");
        let (result, lines) = rig.try_save(success).await;
        result.unwrap();
        let created: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("Creating cache ")).collect();
        assert_eq!(created, keys.map(|key| format!("{key}...")), "{success}");
    }
}

#[tokio::test]
async fn untracked_files() {
    let rig = Rig::new(&[CacheEntry { untracked: true, ..entry("k", &[]) }]);
    let git = |args: &[&str]| {
        let status = std::process::Command::new("git").args(args).current_dir(rig.project()).status();
        assert!(status.unwrap().success());
    };
    git(&["init", "-q"]);
    rig.write("tracked", "t");
    git(&["add", "tracked"]);
    rig.write(".gitignore", "ignored");
    rig.write("ignored", "i");
    rig.write("d/new\nline", "n");
    let lines = rig.save().await;
    assert!(says(&lines, "untracked: found 3 files"), "{lines:?}");
    for name in ["tracked", "ignored", "d/new\nline"] {
        fs::remove_file(rig.path(name)).unwrap();
    }
    rig.restore().await;
    assert_eq!((rig.read("ignored").unwrap(), rig.read("d/new\nline").unwrap()), ("i".into(), "n".into()));
    assert_eq!(rig.read("tracked"), None);
}

#[tokio::test]
async fn untracked_files_without_a_repository() {
    let rig = Rig::new(&[CacheEntry { untracked: true, ..entry("k", &[]) }]);
    // One around the project is somebody else's.
    let around = rig.project().parent().unwrap();
    let status = std::process::Command::new("git").args(["init", "-q"]).current_dir(around).status();
    assert!(status.unwrap().success());
    rig.write("file", "x");
    let lines = rig.save().await;
    assert!(says(&lines, "WARNING: untracked: fatal: not a git repository"), "{lines:?}");
    assert!(says(&lines, "WARNING: No files to cache.") && says(&lines, "Created cache"), "{lines:?}");
}

#[tokio::test]
async fn paths_are_expanded_when_they_are_used() {
    let rig = Rig::with(&[("DIR", "v")], &[entry("k", &["${DIR:-x}/*", "$(id)"])]);
    rig.write("v/a", "x");
    assert!(!says(&rig.restore().await, "invalid path"));
    let lines = rig.save().await;
    assert!(says(&lines, "v/*: found 1 matching artifact files and directories"), "{lines:?}");
    assert!(says(&lines, "WARNING: invalid path \"$(id)\""), "{lines:?}");
}
