use super::super::obtain::Puller;
use super::super::turn::Turns;
use crate::Settings;
use crate::auth::Sources;
use bollard::Docker;
use executor::{CancellationToken, Output, Stream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

const PROGRESS: &str = concat!(
    r#"{"status":"Pulling fs layer","id":"x"}"#,
    "\r\n",
    r#"{"status":"Already exists","id":"y"}"#,
    "\r\n",
    r#"{"status":"Downloading","id":"x","progressDetail":{"current":2500000,"total":9000000}}"#,
    "\r\n",
);

/// The log, and word of every line.
#[derive(Default)]
struct Lines {
    text: Mutex<String>,
    written: Notify,
}

impl Output for Lines {
    fn write(&self, _: Stream, bytes: &[u8]) {
        self.text.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
        self.written.notify_one();
    }
}

impl Lines {
    async fn wait_for(&self, part: &str) {
        while !self.text.lock().unwrap().contains(part) {
            self.written.notified().await;
        }
    }
}

/// An engine that ends a pull when it is told to.
async fn engine(listener: TcpListener, end: Arc<Notify>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&end)));
    }
}

async fn serve(mut stream: TcpStream, end: Arc<Notify>) {
    let mut request = [0; 4096];
    loop {
        let length = stream.read(&mut request).await.unwrap();
        let Some(request) = request.get(..length).filter(|request| !request.is_empty()) else { return };
        let kind = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
        if request.starts_with(b"POST") {
            let head =
                format!("{kind}transfer-encoding: chunked\r\n\r\n{:x}\r\n{PROGRESS}\r\n", PROGRESS.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            end.notified().await;
            stream.write_all(b"0\r\n\r\n").await.unwrap();
        } else {
            let body = r#"{"Id":"sha256:1"}"#;
            let answer = format!("{kind}content-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

fn job(docker: &Docker, folder: &Path) -> Puller {
    let mut job = Puller::new(docker, &Arc::new(Settings::default()), Sources::default(), None);
    job.turns = Some(Turns { folder: folder.to_owned(), glance: Duration::from_millis(1) });
    job.quiet = Duration::ZERO;
    job
}

#[tokio::test]
async fn each_log_is_told_how_far_the_pull_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let end = Arc::new(Notify::new());
    tokio::spawn(engine(listener, Arc::clone(&end)));
    let docker = Docker::connect_with_http(&address, 20, bollard::API_DEFAULT_VERSION).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (job(&docker, folder.path()), job(&docker, folder.path()));
    let (log, other, stop) = (Lines::default(), Lines::default(), CancellationToken::new());
    let told = async {
        log.wait_for("Pulling docker image a:1: 1 of 2 layers ready, 2.5 MB downloaded").await;
        let told = async {
            // A note of the very first moment; the next one is due a second later.
            other
                .wait_for("Another job pulls docker image a:1: 0 of 1 layers ready, 0.0 MB downloaded")
                .await;
            end.notify_one();
        };
        tokio::join!(second.obtain("a:1", &[], "", &other, &stop), told).0
    };
    let (image, same) = tokio::join!(first.obtain("a:1", &[], "", &log, &stop), told);
    assert_eq!(image.unwrap().id, "sha256:1");
    assert_eq!(same.unwrap().id, "sha256:1");
}
