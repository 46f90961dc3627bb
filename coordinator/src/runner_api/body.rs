//! Small bodies, whole.

use super::answer::Refusal;
use super::linger::linger;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt as _;

/// The length that a request says its body has.
pub(super) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses bodies that are packed: no runner sends them, and bytes are counted as they come.
pub(super) fn refuse_packed(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(CONTENT_ENCODING) {
        Some(value) if value != "identity" => {
            Err(Refusal::told(http::StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Encoding is not supported"))
        }
        _ => Ok(()),
    }
}

/// A body of at most `limit` bytes.
pub(super) async fn whole(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, Refusal> {
    refuse_packed(headers)?;
    if announced(headers).is_some_and(|length| length > limit as u64) {
        linger(body);
        return Err(Refusal::too_large());
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::bad("the body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            linger(body);
            return Err(Refusal::too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}
