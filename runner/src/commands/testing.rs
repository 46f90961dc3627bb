//! A coordinator that answers what it is told, for tests of commands.

use crate::context::Context;
use crate::environment::Environment;
use crate::logging::{Handle, Settings};
use std::io::{self, BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `POST /api/v4/runners`.
    pub(crate) line: String,
    /// The JSON body.
    pub(crate) body: serde_json::Value,
}

/// A coordinator on this machine.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers every request with what `answer` makes of it: a status and a JSON body.
    pub(crate) fn start(answer: impl Fn(&Request) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let log = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = serve(stream.unwrap(), &answer, &log);
            }
        });
        Self { url, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// The first lines of all requests, without what they have in common.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(|request| request.line.replace("/api/v4/", "")).collect()
    }
}

fn serve(
    stream: TcpStream,
    answer: &impl Fn(&Request) -> (u16, String),
    seen: &Mutex<Vec<Request>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let line = line.rsplit_once(" HTTP").unwrap().0.to_owned();
    let request = Request { line, body: serde_json::from_slice(&body).unwrap_or_default() };
    let (status, text) = answer(&request);
    seen.lock().unwrap().push(request);
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}

/// What a command says in the log.
#[derive(Clone, Default)]
pub(crate) struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Said {
    /// All of it, without colours and ids that differ from run to run.
    pub(crate) fn text(&self) -> String {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let mut out = String::new();
        for (index, part) in text.split('\u{1b}').enumerate() {
            out.push_str(if index == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) });
        }
        out.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// Runs a command on a runtime of its own, its log taken apart.
pub(crate) fn run<T>(pairs: &[(&str, &str)], command: impl AsyncFnOnce(&Context) -> T) -> (T, Said) {
    let said = Said::default();
    let log = Handle::new(Settings::default(), Box::new(said.clone()), false);
    let _guard = tracing::subscriber::set_default(log.subscriber());
    let context = Context { environment: pairs.iter().copied().collect::<Environment>(), log };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    (runtime.block_on(command(&context)), said)
}
