use super::*;
use crate::testing::engine::FakeEngine;
use executor::behaviour::Record;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn an_engine_that_does_not_answer_is_not_waited_for() {
    let engine = FakeEngine::start(|_| None);
    let graces = Graces { graceful: Duration::ZERO, force: Duration::ZERO };
    let (host, _container) = tokio::io::duplex(1 << 16);
    let (client, intake) = agent::connect(host, graces, Arc::new(Record::default()));
    // The container's output ends.
    drop(intake);
    let place = Place {
        id: "c".into(),
        client,
        hello: Arc::default(),
        foreword: Arc::default(),
        lost: OnceLock::new(),
    };
    let output: Arc<dyn Output> = Arc::new(Record::default());
    let (docker, never) = (engine.docker(), CancellationToken::new());
    let begun = Instant::now();
    for within in [3 * LAST_WORDS, Duration::ZERO] {
        let begun_again = Instant::now();
        let ended = place.run(&docker, Command::script("step", ""), &output, &never).await;
        let Err(RunError::Gone { message }) = ended else { panic!("{ended:?}") };
        assert_eq!(message, "the container's main process ended; the Docker engine does not answer");
        assert!(begun_again.elapsed() <= within, "{:?}", begun_again.elapsed());
    }
    assert!(begun.elapsed() >= LAST_WORDS);
}
