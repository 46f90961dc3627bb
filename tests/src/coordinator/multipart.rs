//! `multipart/form-data` with exactly one part, as artifact uploads have it.

use bytes::Bytes;

/// The only part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) filename: String,
    pub(super) content: Bytes,
}

/// Reads the form; says what is not as it has to be.
pub(super) fn read(content_type: &str, body: &Bytes) -> Result<Part, String> {
    let boundary = content_type.split_once("boundary=").map(|(_, b)| b.trim_matches('"')).unwrap_or_default();
    if boundary.is_empty() {
        return Err("no boundary".to_owned());
    }
    let opening = format!("--{boundary}\r\n");
    let closing = format!("\r\n--{boundary}--\r\n");
    if !body.starts_with(opening.as_bytes()) || !body.ends_with(closing.as_bytes()) {
        return Err("the form does not begin and end with its boundary".to_owned());
    }
    let head_end = find(body, b"\r\n\r\n").ok_or("the part has no end of headers")?;
    let head = String::from_utf8_lossy(&body[opening.len()..head_end]).into_owned();
    let content = body.slice(head_end + 4..body.len() - closing.len());
    if find(&content, format!("\r\n--{boundary}").as_bytes()).is_some() {
        return Err("the form has more than one part".to_owned());
    }
    Ok(Part { filename: part_headers(&head)?, content })
}

/// The file name; field and type must be as the runner sends them.
fn part_headers(head: &str) -> Result<String, String> {
    let header = |name: &str| {
        head.split("\r\n")
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    if header("content-type") != Some("application/octet-stream") {
        return Err(format!("type of the part: {:?}", header("content-type")));
    }
    let disposition = header("content-disposition").unwrap_or_default();
    let rest = disposition
        .strip_prefix("form-data; name=\"file\"; filename=\"")
        .ok_or_else(|| format!("disposition of the part: {disposition:?}"))?;
    match rest.strip_suffix('"') {
        Some(name) if !name.is_empty() && !name.contains('/') => Ok(name.to_owned()),
        _ => Err(format!("file name {rest:?}")),
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack.get(from..)?.iter().position(|b| *b == first).map(|at| at + from) {
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(head: &str) -> Bytes {
        Bytes::from(format!("--B\r\n{head}\r\n\r\nbytes\r\n--B--\r\n"))
    }

    const HEAD: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\
                        Content-Type: application/octet-stream";

    #[test]
    fn one_file_is_read() {
        let part = read("multipart/form-data; boundary=B", &form(HEAD)).unwrap();
        assert_eq!(part, Part { filename: "a.zip".to_owned(), content: Bytes::from_static(b"bytes") });
    }

    #[test]
    fn all_else_is_refused() {
        for (head, boundary) in [
            (HEAD.replace("\"file\"", "\"upload\""), "B"),
            (HEAD.replace("octet-stream", "zip"), "B"),
            (HEAD.replace("a.zip", ""), "B"),
            (HEAD.to_owned(), "C"),
        ] {
            let content_type = format!("multipart/form-data; boundary={boundary}");
            assert!(read(&content_type, &form(&head)).is_err(), "{head}");
        }
        let cut = Bytes::from_static(b"--B\r\nContent-Disposition: form-data\r\n\r\nhal");
        assert!(read("multipart/form-data; boundary=B", &cut).is_err());
    }
}
