//! Live changes: a stream of events, each of which says that the page has something new. The page is then asked for
//! as usual, and only what differs is changed.

use super::answer;
use super::entry::Case;
use crate::pages::views::Views;
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

/// What is told of, each under a name.
type Topics = Vec<(&'static str, BoxStream<'static, ()>)>;

/// Tells of changes of several things, as long as whoever looks is signed in.
pub(super) fn stream<V: Views>(case: &Case<'_, V>, topics: Topics) -> Response {
    let (views, headers) = (case.views.clone(), case.headers.clone());
    let (user, address) = (case.viewer.user, case.viewer.address);
    told(topics, move || {
        let (views, headers) = (views.clone(), headers.clone());
        async move { matches!(views.viewer(&headers, address).await, Ok(Some(viewer)) if viewer.user == user) }
    })
}

/// Tells of changes. Before each word, a sign of life too, it is asked whether more may be told.
fn told<F, A>(topics: Topics, may: F) -> Response
where
    F: Fn() -> A + Send + 'static,
    A: Future<Output = bool> + Send + 'static,
{
    let named = topics.into_iter().map(|(name, changes)| changes.map(move |()| name).boxed());
    let telling = Telling { changes: select_all(named), next: Instant::now() };
    let first = futures_util::stream::once(async { Ok::<_, Infallible>("retry: 2000\n\n".to_owned()) });
    let rest = unfold((telling, may), |(mut telling, may)| async move {
        let text = telling.tell().await?;
        let more = may();
        more.await.then_some((Ok(text), (telling, may)))
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
    use futures_util::stream::{iter, pending};
    use http_body_util::BodyExt as _;
    use std::future::ready;
    use std::sync::atomic::{AtomicU8, Ordering};

    #[tokio::test(start_paused = true)]
    async fn swarms_are_told_together_and_streams_end() {
        let log = iter([(), (), ()]).boxed();
        let page = iter([()]).boxed();
        let response = told(vec![("log", log), ("page", page)], || ready(true));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.starts_with("retry: 2000\n\nevent: "), "{text}");
        assert!(text.contains("event: page\n"));
        assert!(text.matches("event:").count() < 5);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_told_to_whoever_signed_out() {
        let changes = iter([()]).boxed();
        let response = told(vec![("page", changes)], || ready(false));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "retry: 2000\n\n");
        // A stream where nothing happens ends with a sign of life.
        let left = AtomicU8::new(2);
        let may = move || ready(left.fetch_sub(1, Ordering::Relaxed) > 0);
        let response = told(vec![("page", pending().boxed())], may);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "retry: 2000\n\n:\n\n:\n\n");
    }
}
