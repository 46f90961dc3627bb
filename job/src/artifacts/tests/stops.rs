//! A stop ends each part of both stages.

use super::*;

/// Runs until the server has heard of it, then stops.
async fn stopped<T>(rig_stop: &CancellationToken, server: &Server, stage: impl Future<Output = T>) -> T {
    let stop = async {
        server.arrival().await;
        rig_stop.cancel();
    };
    tokio::join!(stage, stop).0
}

#[tokio::test]
async fn while_an_upload_waits_for_its_answer() {
    let rig = Rig::new(&[artifact("a", &["f"])]);
    rig.write("f", "x");
    let server = Server::start([Reply::Silence]);
    let (result, lines) = stopped(&rig.stop, &server, rig.upload(&server)).await;
    assert!(matches!(result, Err(StageError::Stopped)));
    assert!(!says(&lines, "FATAL") && !says(&lines, "Retrying"), "{lines:?}");
}

#[tokio::test]
async fn while_an_upload_pauses() {
    let mut rig = Rig::new(&[artifact("a", &["f"])]);
    rig.job.order.settings.retry_pause = Duration::from_secs(3600);
    rig.write("f", "x");
    let server = Server::start([Reply::status(418)]);
    let (result, _) = stopped(&rig.stop, &server, rig.upload(&server)).await;
    assert!(matches!(result, Err(StageError::Stopped)));
}

#[tokio::test]
async fn while_the_http_client_pauses() {
    let rig = Rig::new(&[artifact("a", &["f"])]);
    rig.write("f", "x");
    let server = Server::start([Reply::Status(503, "Retry-After: 50\r\n", Vec::new())]);
    let (result, _) = stopped(&rig.stop, &server, rig.upload(&server)).await;
    assert!(matches!(result, Err(StageError::Stopped)));
}

#[tokio::test]
async fn while_a_download_waits() {
    let mut rig = Rig::new(&[]);
    let server = Server::start([Reply::Silence]);
    let stop = rig.stop.clone();
    let (result, _) = stopped(&stop, &server, rig.download(&server, &[dependency(7)])).await;
    assert!(matches!(result, Err(StageError::Stopped)));
}

#[tokio::test]
async fn before_anything_began() {
    let mut rig = Rig::new(&[artifact("a", &["f"])]);
    rig.write("f", "x");
    rig.stop.cancel();
    let server = Server::start([Reply::status(201)]);
    assert!(matches!(rig.upload(&server).await.0, Err(StageError::Stopped)));
    assert!(matches!(rig.keep(true).await.0, Err(StageError::Stopped)));
    assert!(matches!(rig.download(&server, &[dependency(7)]).await.0, Err(StageError::Stopped)));
    assert!(server.requests().is_empty());
}
