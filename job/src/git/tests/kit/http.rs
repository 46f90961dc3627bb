//! Git over HTTP with a password, by `git http-backend`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

/// Serves all repositories below a directory to one user.
pub(in super::super) struct Server {
    root: tempfile::TempDir,
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    command_lines: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server that wants `gitlab-ci-token` and a password.
    pub(in super::super) fn start(password: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let command_lines = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new(Shared {
            command_lines: Arc::clone(&command_lines),
            root: root.path().to_owned(),
            wanted: format!("Basic {}", base64(format!("gitlab-ci-token:{password}").as_bytes())),
            seen: Arc::clone(&seen),
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Self { root, address, seen, command_lines }
    }

    /// Where a repository is to be made so that it is served below this name.
    pub(in super::super) fn bare(&self, name: &str) -> PathBuf {
        self.root.path().join(format!("{name}.git"))
    }

    pub(in super::super) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(in super::super) fn url(&self, name: &str) -> String {
        format!("{}/{name}.git", self.base())
    }

    /// The address of a repository as payloads have it.
    pub(in super::super) fn url_with(&self, name: &str, password: &str) -> String {
        format!("http://gitlab-ci-token:{password}@{}/{name}.git", self.address)
    }

    /// The heads of all requests so far.
    pub(in super::super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// The command lines of all git processes of this machine while requests were served.
    pub(in super::super) fn command_lines(&self) -> Vec<String> {
        self.command_lines.lock().unwrap().clone()
    }
}

struct Shared {
    command_lines: Arc<Mutex<Vec<String>>>,
    root: PathBuf,
    wanted: String,
    seen: Arc<Mutex<Vec<String>>>,
}

struct Request {
    head: Vec<String>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(request) = read_request(&mut reader) {
            self.seen.lock().unwrap().push(request.head.join("\n"));
            self.command_lines.lock().unwrap().extend(command_lines());
            let answer = self.answer(&request);
            if reader.get_mut().write_all(&answer).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &Request) -> Vec<u8> {
        if request.header("authorization") != Some(&self.wanted) {
            return b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\n\r\n".to_vec();
        }
        let mut line = request.head[0].split(' ');
        let (method, target) = (line.next().unwrap(), line.next().unwrap());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        backend(&self.root, method, path, query, request)
    }
}

fn command_lines() -> Vec<String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains("git")).collect()
}

fn backend(root: &Path, method: &str, path: &str, query: &str, request: &Request) -> Vec<u8> {
    let mut child = Command::new("git")
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_PROTOCOL", request.header("git-protocol").unwrap_or_default())
        .env("REQUEST_METHOD", method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", request.header("content-type").unwrap_or_default())
        .env("HTTP_CONTENT_ENCODING", request.header("content-encoding").unwrap_or_default())
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("REMOTE_USER", "gitlab-ci-token")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let body = request.body.clone();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&body)));
    let output = child.wait_with_output().unwrap().stdout;
    writer.join().unwrap();
    let end = memchr::memmem::find(&output, b"\r\n\r\n").unwrap();
    let head = String::from_utf8(output[..end].to_vec()).unwrap();
    let body = &output[end + 4..];
    let status = head.lines().find_map(|l| l.strip_prefix("Status: ")).unwrap_or("200 OK");
    let headers: Vec<&str> = head.lines().filter(|l| !l.starts_with("Status:")).collect();
    let mut answer =
        format!("HTTP/1.1 {status}\r\n{}\r\nContent-Length: {}\r\n\r\n", headers.join("\r\n"), body.len())
            .into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let mut request = Request { head, body: Vec::new() };
    if request.header("transfer-encoding").is_some() {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let size = usize::from_str_radix(line.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            request.body.extend_from_slice(&chunk[..size]);
        }
    } else if let Some(length) = request.header("content-length").and_then(|l| l.parse().ok()) {
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
    }
    Some(request)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_usize, |word, b| word << 8 | usize::from(*b)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[word >> (18 - 6 * place) & 63];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
