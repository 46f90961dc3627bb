//! Files that browsers save and never open.

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use std::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

/// How much is read at a time.
const PIECE: usize = 128 << 10;

/// The first `length` bytes of a file.
pub(super) fn stream(file: File, length: u64) -> Response {
    let reader = tokio::fs::File::from_std(file).take(length);
    let mut response = Response::new(Body::from_stream(ReaderStream::with_capacity(reader, PIECE)));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// The same, to be saved under a name. Whatever it is, it is sent as bytes: nothing that a job made is ever shown as
/// a page of ours.
pub(super) fn attachment(file: File, length: u64, name: &str) -> Response {
    let mut response = stream(file, length);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_DISPOSITION, disposition(name));
    response
}

/// `Content-Disposition` with a name in both spellings.
pub(crate) fn disposition(name: &str) -> HeaderValue {
    let name = name.rsplit('/').next().unwrap_or(name);
    let plain: String =
        name.chars()
            .map(|c| {
                if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%' | ';') || c == ' ' { c } else { '_' }
            })
            .take(200)
            .collect();
    let full: String = name.chars().take(200).collect();
    let text =
        format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", super::paging::encoded(&full));
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_quoted() {
        let shown = |name: &str| disposition(name).to_str().unwrap().to_owned();
        assert_eq!(
            shown("a/b/ü \"x\".zip"),
            "attachment; filename=\"_ _x_.zip\"; filename*=UTF-8''%C3%BC%20%22x%22.zip"
        );
        assert_eq!(
            shown("artifacts.zip"),
            "attachment; filename=\"artifacts.zip\"; filename*=UTF-8''artifacts.zip"
        );
    }

    proptest! {
        #[test]
        fn no_name_breaks_out(name in "\\PC{0,40}|[\"\\\\\r\n;%]{0,20}") {
            let value = disposition(&name);
            let text = value.to_str().unwrap();
            prop_assert!(text.starts_with("attachment; filename=\""));
            prop_assert_eq!(text.matches('"').count(), 2);
        }
    }
}
