//! Bodies that have to come within a time. A client that sends one byte now and then is never silent, and would hold
//! its connection for ever.

use crate::settings::Limits;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::stream::{StreamExt as _, unfold};
use std::io;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Whether a path takes bodies of any length: who sends there has shown a job's token before the body is read.
fn takes_long(path: &str) -> bool {
    let rest = path.strip_prefix("/api/v4/jobs/").and_then(|rest| rest.split_once('/'));
    rest.is_some_and(|(_, what)| matches!(what.trim_end_matches('/'), "trace" | "artifacts"))
}

/// Lets bodies break off that take longer than a request may.
pub(super) async fn hurry(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    if takes_long(request.uri().path()) || request.body().is_end_stream() {
        return next.run(request).await;
    }
    next.run(request.map(|body| within(body, limits.request))).await
}

fn within(body: Body, time: Duration) -> Body {
    let until = Instant::now() + time;
    let pieces = unfold(body.into_data_stream(), move |mut pieces| async move {
        let piece = match timeout_at(until, pieces.next()).await {
            Ok(piece) => piece?,
            Err(_) => Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut))),
        };
        Some((piece, pieces))
    });
    Body::from_stream(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::convert::Infallible;

    #[test]
    fn only_files_of_jobs_take_long() {
        for path in ["/api/v4/jobs/7/trace", "/api/v4/jobs/7/artifacts/", "/api/v4/jobs/7/artifacts"] {
            assert!(takes_long(path), "{path}");
        }
        for path in
            ["/api/v4/jobs/7", "/api/v4/jobs/request", "/api/v4/jobs/7/artifacts/authorize", "/x/trace"]
        {
            assert!(!takes_long(path), "{path}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_breaks_off() {
        let drip = |count: u32| {
            unfold(count, |left| async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                (left > 0).then(|| (Ok::<_, Infallible>(Bytes::from_static(b"x")), left - 1))
            })
        };
        let read = |count| {
            axum::body::to_bytes(within(Body::from_stream(drip(count)), Duration::from_secs(10)), 100)
        };
        assert_eq!(read(5).await.unwrap().len(), 5);
        assert!(read(50).await.is_err());
    }
}
