//! Which version of the interface an engine on this machine knows, asked the cheap way.
//!
//! For `GET /version` engines start several programs to tell their versions too, which takes longer than all else that
//! a job asks before its containers are made. What is wanted is also a header of the answer to `GET /_ping`, where the
//! `docker` command looks for it.

use bollard::ClientVersion;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// An engine that takes longer is asked again, with the patience that engines are given.
const WITHIN: Duration = Duration::from_secs(5);

/// Most bytes of an answer's head; engines send 300.
const MOST: u64 = 16 << 10;

const REQUEST: &[u8] = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";

/// The version; nothing if the engine does not say, for whatever reason.
pub(crate) async fn version(socket: &Path) -> Option<ClientVersion> {
    let head = tokio::time::timeout(WITHIN, ask(socket)).await.ok()?.ok()?;
    read(&head)
}

async fn ask(socket: &Path) -> std::io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::new();
    // The engine closes the connection behind its answer, as it was asked to.
    stream.take(MOST).read_to_end(&mut answer).await?;
    Ok(answer)
}

fn read(answer: &[u8]) -> Option<ClientVersion> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, _) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    lines.next().filter(|status| status.split(' ').nth(1) == Some("200"))?;
    let mut headers = lines.filter_map(|line| line.split_once(':'));
    let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case("api-version"))?;
    let (major, minor) = value.trim().split_once('.')?;
    Some(ClientVersion { major_version: major.parse().ok()?, minor_version: minor.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UnixListener;

    fn of(answer: &str) -> Option<String> {
        read(answer.as_bytes()).map(|version| version.to_string())
    }

    #[test]
    fn a_header_tells() {
        let ok = "HTTP/1.1 200 OK\r\nServer: x\r\napi-version: 1.41\r\nContent-Length: 2\r\n\r\nOK";
        assert_eq!(of(ok).as_deref(), Some("1.41"));
        assert_eq!(of(&ok.replace("200 OK", "500 Internal Server Error")), None);
        assert_eq!(of(&ok.replace("1.41", "1")), None);
        assert_eq!(of(&ok.replace("1.41", "new.er")), None);
        assert_eq!(of(&ok.replace("\r\n\r\n", "")), None);
        assert_eq!(of("HTTP/1.1 200 OK\r\n\r\nApi-Version: 1.41\r\n\r\n"), None);
        assert_eq!(of(""), None);
        assert!(read(b"\xff\r\n\r\n").is_none());
    }

    #[tokio::test]
    async fn an_engine_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        assert!(version(&socket).await.is_none());
        let listener = UnixListener::bind(&socket).unwrap();
        let engine = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; REQUEST.len()];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nApi-Version: 1.24\r\n\r\nOK").await.unwrap();
            request
        };
        let (version, request) = tokio::join!(version(&socket), engine);
        assert_eq!(version.unwrap().to_string(), "1.24");
        assert!(request.starts_with(b"GET /_ping "));
    }
}
