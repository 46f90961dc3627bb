//! No token is ever found in a line of the log, or in an answer that tells what is wrong.

use super::kit::{TOKEN, World};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// All of this runs on one thread, so that its log is heard.
#[tokio::test]
async fn tokens_stay_secret() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With one subscriber alone, `tracing` asks that of whatever thread comes first to a line whether the line is
    // wanted, and other tests have none.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let world = World::new().await;
    let id = world.project().await;
    let mut runner = TestRunner::deterministic();
    let text = "[A-Za-z0-9_-]{20,40}";
    let strategy = (prop::sample::select(vec!["glpat-", "glrt-", "glcbt-", "glrtr-"]), text, 0..9_usize);
    for _ in 0..64 {
        let (prefix, rest, way) = strategy.new_tree(&mut runner).unwrap().current();
        let token = format!("{prefix}{rest}");
        let ask = |method: Method, path: String| world.bare(method, &path);
        let user = "/api/v4/user".to_owned();
        let request = match way {
            0 => ask(Method::GET, user).header("PRIVATE-TOKEN", &token),
            1 => ask(Method::GET, user).bearer_auth(&token),
            2 => ask(Method::GET, format!("{user}?private_token={token}")),
            3 => ask(Method::GET, user).header("JOB-TOKEN", &token),
            4 => ask(Method::GET, user).header("cookie", format!("_runner_session={token}")),
            5 => ask(Method::POST, "/api/v4/projects".into())
                .header("content-type", "application/json")
                .body(format!("{{\"private_token\": \"{token}\"}}")),
            6 => ask(Method::GET, "/root/app.git/info/refs?service=git-upload-pack".into())
                .basic_auth("x", Some(&token)),
            7 => ask(Method::GET, format!("/api/v4/projects/{token}/{token}")).header("PRIVATE-TOKEN", TOKEN),
            _ => ask(Method::POST, format!("/api/v4/projects/{id}/variables"))
                .header("PRIVATE-TOKEN", TOKEN)
                .header("content-type", "application/json")
                .body(format!("{{\"key\": \"not a name\", \"value\": \"{token}\"}}")),
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        assert!((400..500).contains(&status) || status == 401, "{way}: {status}");
        let headers = format!("{:?}", response.headers());
        let answer = format!("{headers}\n{}", response.text().await.unwrap());
        assert!(!answer.contains(&rest), "{way}: {answer}");
        let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
        let ours = logged.lines().filter(|line| line.contains(" coordinator"));
        for line in ours {
            assert!(!line.contains(&rest) && !line.contains(TOKEN), "{way}: {line}");
        }
    }
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    let lines = logged.matches("coordinator::access").count();
    assert!(lines >= 64, "{lines} requests are logged: {}", &logged[logged.len().saturating_sub(3000)..]);
    world.stop().await;
}
