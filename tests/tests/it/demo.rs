//! `runner demo`: push, pipeline, pages; and nothing that stays.

use kit::runner::{Leftovers, Place, binary};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long an event may take.
const WITHIN: Duration = Duration::from_secs(30);

fn command(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.arg("demo").args(arguments).env_clear().env("HOME", place.home());
    command.env("TMPDIR", place.temporary()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null());
    command
}

/// A demo whose events are read as they come.
struct Demo {
    child: Child,
    events: Receiver<Value>,
    /// The first event.
    places: Value,
}

impl Demo {
    fn start(place: &Place) -> Self {
        let mut child = command(place, &["--json"]).stdout(Stdio::piped()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let (sender, events) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        let mut demo = Self { child, events, places: Value::Null };
        demo.places = demo.event("demo_started", |_| true);
        demo
    }

    fn event(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Vec::new();
        loop {
            match self.events.recv_timeout(WITHIN) {
                Ok(event) if event["event"] == name && wanted(&event) => return event,
                Ok(event) => seen.push(event),
                Err(error) => panic!("no {name}: {error}; {seen:?}"),
            }
        }
    }

    fn place(&self, name: &str) -> &str {
        self.places[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.places))
    }

    fn end(mut self, signal: Signal) -> Option<i32> {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("a process");
        self.child.wait().expect("an end").code()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The head of an answer.
fn ask(method: &str, url: &str, headers: &str) -> String {
    let rest = url.strip_prefix("http://").expect("plain HTTP");
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut stream = TcpStream::connect(host).expect("a connection");
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[track_caller]
fn assert_nothing_left(place: &Place) {
    let left = Leftovers::find(place, None);
    assert!(left.is_empty(), "{left}");
    assert_eq!(place.temporary().read_dir().expect("the folder").count(), 0, "a folder is left");
}

#[test]
fn once_it_shows_the_pipeline_and_ends_with_its_result() {
    let place = Place::new();
    let output = command(&place, &["--once"]).output().expect("it starts");
    let (said, complaints) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}\n{complaints}");
    assert_eq!(complaints, "", "{said}");
    for wanted in
        ["$ git push http://127.0.0.1:", "/root/demo/-/pipelines/1", "✓ passed", "! failed", "▷ manual"]
    {
        assert!(said.contains(wanted), "{wanted} is not in\n{said}");
    }
    assert!(said.contains("66%") && said.contains("allowed to fail"), "{said}");
    assert!(!said.contains('\u{1b}') && !said.contains("runner ci"), "{said}");
    assert_nothing_left(&place);
}

#[test]
fn two_at_a_time_stay_until_they_are_told_to_go() {
    let places = [Place::new(), Place::new()];
    let [one, other] = [&places[0], &places[1]].map(Demo::start);
    assert_ne!(one.place("url"), other.place("url"));
    let tests = one.event("job_finished", |event| event["job"] == "checks");
    assert!(tests["coverage"].as_f64().is_some_and(|coverage| coverage > 60.0), "{tests}");
    assert!(tests["artifacts"].as_array().unwrap().iter().any(|kept| kept["type"] == "junit"), "{tests}");
    let manual = one.event("job_finished", |event| event["status"] == "manual");
    assert_eq!(one.event("pipeline_finished", |_| true)["status"], "success");
    assert_eq!(other.event("pipeline_finished", |_| true)["status"], "success");
    signs_in_once(&one);
    let id = &manual["id"];
    let play = format!("{}/api/v4/projects/root%2Fdemo/jobs/{id}/play", one.place("url"));
    let token = format!("PRIVATE-TOKEN: {}\r\nContent-Length: 0\r\n", one.place("token"));
    assert!(ask("POST", &play, &token).starts_with("HTTP/1.1 200 "));
    one.event("job_finished", |event| event["job"] == "production" && event["status"] == "success");
    pushes_again(&one);
    assert_eq!(one.end(Signal::SIGINT), Some(0));
    assert_nothing_left(&places[0]);
    assert!(
        ask("GET", &format!("{}/", other.place("url")), "").starts_with("HTTP/1.1 303 "),
        "the other one goes on"
    );
    assert_eq!(other.end(Signal::SIGTERM), Some(0));
    assert_nothing_left(&places[1]);
}

/// The address lets one browser in, which stays in; it lets nobody else in.
fn signs_in_once(demo: &Demo) {
    let address = demo.place("sign_in_url");
    assert!(ask("HEAD", address, "").starts_with("HTTP/1.1 503 "), "looking does not use it up");
    let answer = ask("GET", address, "");
    assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
    let header = |name: &str| {
        let line = answer.lines().find(|line| line.to_lowercase().starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no {name} in\n{answer}"));
        line[name.len()..].trim().to_owned()
    };
    let cookie = format!("Cookie: {}\r\n", header("set-cookie:").split(';').next().unwrap_or_default());
    let page = ask("GET", &format!("{}{}", demo.place("url"), header("location:")), &cookie);
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("production"), "{page}");
    assert!(ask("GET", address, "").starts_with("HTTP/1.1 401 "));
    assert!(ask("GET", address, &cookie).starts_with("HTTP/1.1 303 "));
}

/// The work tree can be pushed from by anybody who looks at the demo.
fn pushes_again(demo: &Demo) {
    let folder = Path::new(demo.place("folder"));
    std::fs::write(folder.join(".gitlab-ci.yml"), "again:\n  script: 'true'\n").expect("a file");
    for arguments in
        [["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "again"].as_slice(), &["push", "-q"]]
    {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(folder).env("GIT_TERMINAL_PROMPT", "0");
        let output = git.output().expect("git");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    demo.event("job_finished", |event| event["job"] == "again" && event["status"] == "success");
}

#[test]
fn whoever_does_not_wait_leaves_nothing_behind() {
    let place = Place::new();
    let demo = Demo::start(&place);
    demo.event("job_started", |_| true);
    assert_eq!(demo.end(Signal::SIGINT), Some(130));
    assert_nothing_left(&place);
}

#[test]
fn without_git_it_says_so() {
    let place = Place::new();
    let output = command(&place, &[]).env("PATH", place.home()).output().expect("it starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("git is not there") && complaint.contains("install git"), "{complaint}");
    assert_nothing_left(&place);
}
