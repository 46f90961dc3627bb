//! What must hold of calls of runners, whatever comes.

use super::params::Params;
use super::range::{Wanted, wanted};
use super::{expiry, form, kinds};
use crate::files::{FileLimits, JobFiles};
use axum::body::Body;
use axum::extract::{FromRequest as _, Multipart, Request};
use http::header::CONTENT_TYPE;

/// The most bytes of a file, here.
const MOST: u64 = 1000;

/// A runtime, or nothing to be tested with.
fn wait<T>(future: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    Some(runtime.block_on(future))
}

/// Parameters of a call: read or refused, and whatever is asked of them is answered.
pub fn call_of_anything(bytes: &[u8], json: bool) {
    let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
    let request = Request::builder().uri("/?a=1").header(CONTENT_TYPE, kind).body(Body::from(bytes.to_vec()));
    let Some(Ok((_, params))) = request.ok().and_then(|request| wait(Params::read(request, 4096))) else {
        return;
    };
    for name in ["a", "token", "info", "output", "state"] {
        let _ = (params.text(name), params.number(name), params.flag(name), params.texts(name));
        let _ = params.inner(name).text(name);
    }
    let info = params.info();
    let _ = expiry::expire_at(params.text("a").as_deref(), None, pipeline::Moment(0));
    assert!(serde_json::to_string(&info).is_ok(), "what a runner says of itself is stored");
}

/// A form with a file: read or refused, and nothing of a refused one stays.
///
/// # Panics
/// Where that does not hold.
pub fn upload_of_anything(bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let limits = FileLimits { artifact: MOST, ..FileLimits::default() };
    let Ok(files) = JobFiles::open(folder.path(), limits) else { return };
    let outcome = wait(async {
        let request =
            Request::builder().method("POST").header(CONTENT_TYPE, "multipart/form-data; boundary=b");
        let request = request.body(Body::from(bytes.to_vec())).ok()?;
        let mut form = Multipart::from_request(request, &()).await.ok()?;
        let incoming = files.artifacts().receive(MOST).await.ok()?;
        form::read(&mut form, incoming, || ()).await.ok()
    });
    if let Some(Some(uploaded)) = outcome {
        assert!(uploaded.received.size <= MOST && uploaded.received.size <= bytes.len() as u64);
        assert!(!uploaded.filename.contains(['/', '\r', '\n', '\0']), "{:?}", uploaded.filename);
        let _ = kinds::kind(uploaded.params.text("artifact_type").as_deref());
    }
    let left = std::fs::read_dir(folder.path().join("tmp")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "what was not kept is gone");
}

/// A range of a download: within the file.
///
/// # Panics
/// Where it is not.
pub fn range_of_anything(header: &str, size: u64) {
    if let Wanted::Part(from, to) = wanted(Some(header), size) {
        assert!(from < to && to <= size, "{header} of {size}: {from} to {to}");
    }
}
