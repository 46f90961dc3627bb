//! A client that is refused while it still sends has to be heard out for a while: closing the connection on what it
//! sends takes the answer away from it.

use axum::body::Body;
use axum::extract::Multipart;
use http_body_util::BodyExt as _;
use std::time::Duration;

/// For how long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes what still comes, and drops it.
pub(super) fn linger(mut body: Body) {
    drain(async move { while let Some(Ok(_)) = body.frame().await {} });
}

/// The same for a form that was read in part.
pub(super) fn linger_form(mut form: Multipart) {
    drain(async move {
        while let Ok(Some(mut field)) = form.next_field().await {
            while let Ok(Some(_)) = field.chunk().await {}
        }
    });
}

fn drain(all: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(async move {
        let _ = tokio::time::timeout(PATIENCE, all).await;
    });
}
