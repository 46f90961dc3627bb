use super::*;
use crate::testing::engine::{DONE, FakeEngine};
use crate::testing::work;
use executor::{Output, Stream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

struct Nowhere;

impl Output for Nowhere {
    fn write(&self, _: Stream, _: &[u8]) {}
}

async fn site(engine: &FakeEngine) -> JobSite {
    let settings = Settings { image: "i".into(), host: engine.host(), ..Settings::default() };
    let voice = Voice::new(Arc::new(Nowhere));
    JobSite::open(&Arc::new(settings), &Arc::new(work()), &Means::default(), voice).await.unwrap()
}

#[tokio::test]
async fn what_was_made_is_known_until_it_is_gone() {
    let deaf = Arc::new(AtomicBool::new(true));
    let hears = Arc::clone(&deaf);
    let engine = FakeEngine::start(move |line| {
        let is_deaf = line.starts_with("DELETE /containers/c") && hears.load(Ordering::Relaxed);
        (!is_deaf).then_some(DONE)
    });
    let job = Arc::new(site(&engine).await);
    job.made().containers.push("c".into());
    job.made().networks.push("n".into());
    job.made().volumes.push("v".into());
    let mut attempt = Attempt { job, strands: Strands::new(async {}) };
    assert!(tokio::time::timeout(Duration::from_millis(100), attempt.end()).await.is_err());
    deaf.store(false, Ordering::Relaxed);
    assert_eq!(attempt.end().await, [""; 0]);
    let asked = engine.asked();
    for line in ["DELETE /containers/c?", "DELETE /networks/n", "DELETE /volumes/v?"] {
        assert!(asked.iter().any(|asked| asked.starts_with(line)), "{line}: {asked:?}");
    }
    // Nothing is asked for twice.
    let before = asked.len();
    attempt.end().await;
    let after = engine.asked().split_off(before);
    assert!(after.iter().all(|line| !line.starts_with("DELETE")), "{after:?}");
}

#[tokio::test]
async fn the_first_strand_that_fails_tells_why() {
    let engine = FakeEngine::start(|_| None);
    let job = site(&engine).await;
    let fails = |message: &str| {
        let message = message.to_owned();
        Err(Ended::For(PrepareError::ImagePull { message }))
    };
    let consequence = async {
        job.stop.cancelled().await;
        fails("stopped")
    };
    let (later, first) = tokio::join!(job.strand(consequence), job.strand(async { fails("no such image") }));
    assert!(matches!(later, Err(Ended::Stopped)));
    assert!(matches!(first, Err(Ended::For(error)) if error.to_string() == "no such image"));
}
