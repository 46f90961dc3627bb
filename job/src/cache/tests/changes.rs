//! What makes a cache new, and what does not.

use super::*;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

/// A cache that was saved by one job and restored by the next.
async fn restored() -> Rig {
    let mut rig = Rig::new(&[entry("k", &["v"])]);
    rig.write("v/a", "1");
    rig.write("v/d/b", "2");
    symlink("a", rig.path("v/link")).unwrap();
    fs::create_dir(rig.path("v/empty")).unwrap();
    assert!(says(&rig.save().await, "Created cache"));
    rig.clear();
    assert!(says(&rig.restore().await, "Successfully extracted cache"));
    rig
}

async fn assert_packed_again(rig: &Rig) {
    let before = rig.stamp("k");
    let lines = rig.save().await;
    assert!(!says(&lines, UP_TO_DATE) && says(&lines, "Created cache"), "{lines:?}");
    assert_ne!(rig.stamp("k").0, before.0);
}

#[tokio::test]
async fn files_come_back_as_they_were() {
    let rig = restored().await;
    assert_eq!(rig.read("v/a").unwrap(), "1");
    assert_eq!(rig.read("v/d/b").unwrap(), "2");
    assert_eq!(fs::read_link(rig.path("v/link")).unwrap(), Path::new("a"));
    assert!(rig.path("v/empty").is_dir());
}

#[tokio::test]
async fn an_unchanged_cache_is_not_packed_again() {
    let mut rig = restored().await;
    for _ in 0..3 {
        let before = rig.stamp("k");
        let lines = rig.save().await;
        assert_eq!(rig.stamp("k"), before);
        assert_eq!(
            lines,
            [
                "Creating cache k...",
                "v: found 6 matching artifact files and directories",
                UP_TO_DATE,
                "No URL provided, cache will not be uploaded to shared cache server. Cache will be stored only locally.",
                "Created cache",
            ]
        );
        rig.clear();
        rig.restore().await;
    }
}

#[tokio::test]
async fn formats_of_archives_make_no_difference() {
    for format in ["zip", "tarzstd", "zipzstd"] {
        let variables = [("CACHE_COMPRESSION_FORMAT", format), ("CACHE_COMPRESSION_LEVEL", "fastest")];
        let mut rig = Rig::with(&variables, &[entry("k", &["v"])]);
        rig.write("v/a", &"text ".repeat(1000));
        symlink("a", rig.path("v/link")).unwrap();
        rig.save().await;
        rig.clear();
        rig.restore().await;
        assert_eq!(rig.read("v/link").unwrap().len(), 5000);
        assert!(says(&rig.save().await, UP_TO_DATE), "{format}");
    }
}

#[tokio::test]
async fn a_changed_file() {
    let rig = restored().await;
    rig.write("v/a", "3");
    assert_packed_again(&rig).await;
}

#[tokio::test]
async fn a_file_changed_within_a_second_and_of_the_same_size() {
    let rig = restored().await;
    // As a tool does that sets times: the second is that of the archive, the content is not.
    let file = fs::File::options().write(true).open(rig.path("v/a")).unwrap();
    let second = file.metadata().unwrap().modified().unwrap();
    fs::write(rig.path("v/a"), "9").unwrap();
    file.set_modified(second + Duration::from_secs(3600)).unwrap();
    assert_packed_again(&rig).await;
}

#[tokio::test]
async fn an_added_file() {
    let rig = restored().await;
    rig.write("v/new", "");
    let old = SystemTime::now() - Duration::from_secs(86_400);
    fs::File::options().write(true).open(rig.path("v/new")).unwrap().set_modified(old).unwrap();
    assert_packed_again(&rig).await;
}

#[tokio::test]
async fn a_deleted_file() {
    let rig = restored().await;
    fs::remove_file(rig.path("v/d/b")).unwrap();
    assert_packed_again(&rig).await;
}

#[tokio::test]
async fn an_empty_directory_that_is_gone() {
    let rig = restored().await;
    fs::remove_dir(rig.path("v/empty")).unwrap();
    assert_packed_again(&rig).await;
}

#[tokio::test]
async fn a_link_to_elsewhere() {
    let rig = restored().await;
    fs::remove_file(rig.path("v/link")).unwrap();
    symlink("d", rig.path("v/link")).unwrap();
    assert_packed_again(&rig).await;
}

#[tokio::test]
async fn a_file_that_became_a_directory() {
    let rig = restored().await;
    fs::remove_file(rig.path("v/a")).unwrap();
    fs::create_dir(rig.path("v/a")).unwrap();
    assert_packed_again(&rig).await;
}

#[tokio::test]
async fn an_archive_that_is_not_described_is_packed_again() {
    let rig = restored().await;
    fs::write(rig.folder("k").join("metadata.json"), "{}").unwrap();
    assert_packed_again(&rig).await;
}

#[tokio::test]
async fn a_description_of_another_archive_does_not_count() {
    let rig = restored().await;
    let described = fs::read(rig.folder("k").join("metadata.json")).unwrap();
    rig.write("v/a", "of another job");
    rig.save().await;
    fs::write(rig.folder("k").join("metadata.json"), described).unwrap();
    rig.write("v/a", "1");
    assert_packed_again(&rig).await;
}

#[tokio::test]
async fn the_description_is_what_gitlab_runner_reads() {
    let rig = restored().await;
    let text = fs::read_to_string(rig.folder("k").join("metadata.json")).unwrap();
    let value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(value["cachekey"], "k");
    assert!(value.iter().all(|(key, value)| value.is_string() && key.to_lowercase() == *key), "{text}");
    assert_eq!(rig.names("k"), ["cache.zip", "metadata.json"]);
}

/// `cargo test --release -p job cache -- --ignored --nocapture`
#[tokio::test]
#[ignore = "a measurement"]
async fn what_an_unchanged_cache_costs() {
    let mut rig = Rig::new(&[entry("k", &["v"])]);
    for number in 0..20 {
        rig.write(&format!("v/{number}"), &"some text\n".repeat(1000));
    }
    rig.save().await;
    let mut times = Vec::new();
    for _ in 0..50 {
        rig.clear();
        let start = std::time::Instant::now();
        rig.restore().await;
        assert!(says(&rig.save().await, UP_TO_DATE));
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!("median {:?}, slowest {:?}", times[25], times[49]);
    assert!(times[25] < Duration::from_millis(10));
}
