//! Live changes: a stream of events, each of which says that the page has something new. The page is then asked for
//! as usual, and only what differs is changed.

use super::answer;
use axum::body::Body;
use axum::response::Response;
use futures_util::stream::{BoxStream, SelectAll, StreamExt as _, select_all, unfold};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

/// So often is a page told of changes at most; the first is told at once.
const PACE: Duration = Duration::from_millis(250);
/// A sign of life, so that neither side takes a silent connection for a dead one.
const BEAT: Duration = Duration::from_secs(25);

struct Telling {
    changes: SelectAll<BoxStream<'static, &'static str>>,
    /// Before this moment nothing more is told.
    next: Instant,
}

/// Tells of changes of several things, each under a name.
pub(super) fn stream(topics: Vec<(&'static str, BoxStream<'static, ()>)>) -> Response {
    let named = topics.into_iter().map(|(name, changes)| changes.map(move |()| name).boxed());
    let telling = Telling { changes: select_all(named), next: Instant::now() };
    let first = futures_util::stream::once(async { Ok::<_, Infallible>("retry: 2000\n\n".to_owned()) });
    let rest = unfold(telling, |mut telling| async move {
        let text = telling.tell().await?;
        Some((Ok(text), telling))
    });
    answer::events(Body::from_stream(first.chain(rest)))
}

impl Telling {
    /// The next thing to say; nothing at the end.
    async fn tell(&mut self) -> Option<String> {
        let Ok(first) = tokio::time::timeout(BEAT, self.changes.next()).await else {
            return Some(":\n\n".to_owned());
        };
        let mut names = vec![first?];
        // Changes come in swarms: what comes before the next moment to tell is told together.
        while let Ok(Some(name)) = tokio::time::timeout_at(self.next, self.changes.next()).await {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        self.next = Instant::now() + PACE;
        Some(names.iter().map(|name| format!("event: {name}\ndata: 1\n\n")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream::iter;
    use http_body_util::BodyExt as _;

    #[tokio::test(start_paused = true)]
    async fn swarms_are_told_together_and_streams_end() {
        let log = iter([(), (), ()]).boxed();
        let page = iter([()]).boxed();
        let response = stream(vec![("log", log), ("page", page)]);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.starts_with("retry: 2000\n\nevent: "), "{text}");
        assert!(text.contains("event: page\n"));
        assert!(text.matches("event:").count() < 5);
    }
}
