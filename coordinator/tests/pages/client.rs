//! A server with made-up data, and somebody who asks it.

use crate::made_up::MadeUp;
use coordinator::pages;
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Client {
    address: SocketAddr,
    pub(crate) views: MadeUp,
    /// Header lines that are sent every time.
    pub(crate) headers: Vec<String>,
    _folder: TempDir,
}

#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line =
            self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        line.split_once(": ").map(|(_, value)| value)
    }
}

impl Client {
    /// Somebody who signed in.
    pub(crate) async fn start() -> Self {
        Self::with_url(None).await
    }

    pub(crate) async fn with_url(url: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let views = MadeUp::new(folder.path(), url.unwrap_or("http://ci.example"), 2500).unwrap();
        let app = pages::router(views.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, views, headers: vec!["Cookie: session=made-up".into()], _folder: folder }
    }

    /// The same with a server of its own for the views as they are now.
    pub(crate) async fn restart(self) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = pages::router(self.views.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, ..self }
    }

    /// A request whose answer does not end.
    pub(crate) async fn open(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let lines: String = self.headers.iter().map(|line| format!("{line}\r\n")).collect();
        let head = format!("GET {path} HTTP/1.1\r\nHost: ci.example\r\n{lines}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send("GET", path, &[], "").await
    }

    /// Sends a form with the token of the session.
    pub(crate) async fn post(&self, path: &str, form: &str) -> Got {
        self.send("POST", path, &[], &format!("authenticity_token=made-up-token&{form}")).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Got {
        let all: Vec<&str> = self.headers.iter().map(String::as_str).chain(headers.iter().copied()).collect();
        request(self.address, method, path, &all, body).await
    }
}

/// One request on a connection of its own.
pub(crate) async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Got {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let kind = if body.is_empty() { "" } else { "Content-Type: application/x-www-form-urlencoded\r\n" };
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: ci.example\r\n{lines}{kind}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Got { status, head: head.to_owned(), body: body.to_owned() }
}

/// Every page that there is.
pub(crate) const PAGES: [(&str, &str); 42] = [
    ("projects", "/"),
    ("new_project", "/projects/new"),
    ("project", "/root/hello"),
    ("empty_project", "/root/empty"),
    ("pipelines", "/root/hello/-/pipelines"),
    ("run", "/root/hello/-/pipelines/new"),
    ("graph", "/root/hello/-/pipelines/48"),
    ("needs", "/root/hello/-/pipelines/48?group=needs"),
    ("builds", "/root/hello/-/pipelines/48/builds"),
    ("failures", "/root/hello/-/pipelines/48/failures"),
    ("tests", "/root/hello/-/pipelines/48/test_report"),
    ("suite", "/root/hello/-/pipelines/48/test_report?suite=test"),
    ("given", "/root/hello/-/pipelines/48/manual_variables"),
    ("invalid", "/root/hello/-/pipelines/45"),
    ("jobs", "/root/hello/-/jobs"),
    ("job", "/root/hello/-/jobs/915"),
    ("job_artifacts", "/root/hello/-/jobs/901"),
    ("job_pending", "/root/hello/-/jobs/916"),
    ("job_manual", "/root/hello/-/jobs/931"),
    ("job_delayed", "/root/hello/-/jobs/933"),
    ("job_resource", "/root/hello/-/jobs/923"),
    ("job_hostile", "/root/hello/-/jobs/917"),
    ("folder", "/root/hello/-/jobs/901/artifacts/browse"),
    ("file", "/root/hello/-/jobs/901/artifacts/file/notes.txt"),
    ("environments", "/root/hello/-/environments"),
    ("environment", "/root/hello/-/environments/1"),
    ("environments_stopped", "/root/hello/-/environments?scope=stopped"),
    ("editor", "/root/hello/-/ci/editor"),
    ("runners", "/admin/runners"),
    ("runner", "/admin/runners/4"),
    ("new_runner", "/admin/runners/new"),
    ("registration", "/admin/runners/registration"),
    ("edit_runner", "/admin/runners/5/edit"),
    ("variables", "/root/hello/-/variables"),
    ("edit_variable", "/root/hello/-/variables?key=DEPLOY_KEY&scope=*"),
    ("settings", "/root/hello/-/settings"),
    ("audit", "/root/hello/-/audit"),
    ("admin_audit", "/admin/audit"),
    ("tokens", "/-/user_settings/personal_access_tokens"),
    ("password", "/-/user_settings/password/edit"),
    ("sessions", "/-/user_settings/active_sessions"),
    ("missing", "/root/hello/-/jobs/1"),
];
