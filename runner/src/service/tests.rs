//! The loop with real processes: this test program plays the jobs, and a socket plays the coordinator.

use super::ending::Ending;
use super::manager::Manager;
use super::poll::{Arrival, Reply};
use super::schedule::Outcome;
use super::state::StateFolder;
use super::*;
use crate::config::{Config, RunnerSection};
use crate::environment::Environment;
use crate::jobproc::{JobFolder, Locking};
use crate::logging;
use protocol::{Job, RunnerToken};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// No test takes that long unless something hangs.
const LIMIT: Duration = Duration::from_secs(20);

/// Not a test: the process of a job, when this program is started with the job's folder as last argument.
#[test]
fn job_process() {
    let Some(path) = std::env::args().next_back().filter(|path| path.starts_with('/')) else { return };
    let folder = JobFolder::at(path);
    let Ok(Locking::Free(lock)) = folder.lock_for_life() else { return };
    let order = folder.take_order(&lock).unwrap().order;
    std::fs::write(folder.trace(), "first line\n").unwrap();
    match order.payload.job_info.name.as_str() {
        "finish" => folder.remove().unwrap(),
        "die" => std::process::exit(70),
        _ => std::thread::sleep(LIMIT),
    }
}

fn launcher() -> Launcher {
    let program = std::env::current_exe().unwrap();
    Launcher::of_program(program.to_str().unwrap(), &["--exact", "service::tests::job_process"])
}

/// Says yes to everything, and remembers it.
#[derive(Clone, Default)]
struct Coordinator {
    requests: Arc<Mutex<Vec<String>>>,
}

impl Coordinator {
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::clone(&self.requests);
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let requests = Arc::clone(&requests);
                tokio::spawn(async move {
                    while let Some((head, body)) = request(&mut socket).await {
                        let answer = answer_to(&head);
                        requests.lock().unwrap().push(format!("{} {body}", head.lines().next().unwrap()));
                        socket.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        url
    }

    fn heard(&self) -> String {
        self.requests.lock().unwrap().join("\n")
    }
}

fn answer_to(head: &str) -> String {
    let (status, body) = match head {
        _ if head.starts_with("PATCH") => ("202 Accepted", ""),
        _ if head.contains("reset_authentication_token") => {
            ("201 Created", r#"{"token": "glrt-newnewnewnew", "token_expires_at": null}"#)
        }
        _ => ("200 OK", ""),
    };
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

async fn request(socket: &mut tokio::net::TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_ascii_lowercase();
            let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn settings(url: &str, folder: &Path) -> Settings {
    let section = RunnerSection {
        name: "rig".into(),
        url: url.into(),
        token: RunnerToken::new("rigrigrigrig"),
        executor: "shell".into(),
        request_concurrency: 1,
        unhealthy_requests_limit: 3,
        output_limit: 1 << 20,
        ..RunnerSection::default()
    };
    let config = Config { runners: vec![section], concurrent: 2, ..Config::default() };
    Settings {
        source: Source::Fixed(Box::new(config)),
        environment: Environment::default(),
        working_directory: folder.to_owned(),
        user: None,
        places: Places { config_dir: folder.to_owned(), ..Places::default() },
        system_id: "s_1".into(),
        log: logging::Handle::new(logging::Settings::default(), Box::new(std::io::sink()), false),
        bounds: Bounds::default(),
        recording: None,
        signals: None,
    }
}

/// A service whose requests bring these jobs, one each, and then nothing.
async fn service(url: &str, folder: &Path, jobs: &[&str]) -> (Manager, StateFolder) {
    service_of(settings(url, folder), jobs).await
}

async fn service_of(settings: Settings, jobs: &[&str]) -> (Manager, StateFolder) {
    let state = StateFolder::open(&settings.places).await.unwrap();
    let (configuration, loaded) = Configuration::first(&settings).unwrap();
    let mut manager = manager(settings, configuration, launcher(), &state);
    let names: Vec<String> = jobs.iter().rev().map(|name| (*name).to_owned()).collect();
    let names = std::cell::RefCell::new(names);
    manager.ask = Box::new(move |_, _| {
        let name = names.borrow_mut().pop();
        Box::pin(
            async move { name.map_or(Reply::None(Outcome::Nothing { moved: false }), |name| job(&name)) },
        )
    });
    manager.configure(&loaded);
    manager.adopt(&state);
    (manager, state)
}

fn job(name: &str) -> Reply {
    let mut payload = Job { id: 42, token: "glcbt-x".into(), ..Job::default() };
    payload.job_info.name = name.to_owned();
    Reply::Job(Box::new(Arrival::of(payload)))
}

/// Serves until a condition holds.
async fn until(manager: &mut Manager, done: impl Fn(&Manager) -> bool) {
    let mut signals = Signals::listen().unwrap();
    let serving = async {
        while !done(manager) {
            let step = manager.serve(&mut signals);
            // One turn of the loop at a time: its state is looked at in between.
            assert!(tokio::time::timeout(Duration::from_millis(10), step).await.is_err());
        }
    };
    tokio::time::timeout(LIMIT, serving).await.expect("it hangs");
}

async fn local<T>(test: impl Future<Output = T>) -> T {
    tokio::task::LocalSet::new().run_until(Box::pin(test)).await
}

/// Whether the process of a job has taken its order.
fn has_begun(folder: &Path) -> bool {
    let mut jobs = folder.join(".runner_state/jobs").read_dir().unwrap();
    jobs.any(|job| JobFolder::at(job.unwrap().path()).trace().exists())
}

fn folders(folder: &Path) -> usize {
    folder.join(".runner_state/jobs").read_dir().unwrap().count()
}

#[tokio::test]
async fn a_job_that_finishes_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let coordinator = Coordinator::default();
    local(async {
        let url = coordinator.start().await;
        let (mut manager, _state) = service(&url, folder.path(), &["finish"]).await;
        until(&mut manager, |manager| manager.received == 1 && manager.jobs.are_settled()).await;
    })
    .await;
    assert_eq!(folders(folder.path()), 0);
    assert_eq!(coordinator.heard(), "", "its process reports, not the service");
}

#[tokio::test]
async fn a_job_whose_process_dies_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let coordinator = Coordinator::default();
    local(async {
        let url = coordinator.start().await;
        let (mut manager, _state) = service(&url, folder.path(), &["die"]).await;
        until(&mut manager, |manager| manager.received == 1 && manager.jobs.are_settled()).await;
        assert_eq!(manager.jobs.running() + manager.schedule.running(), 0);
    })
    .await;
    assert_eq!(folders(folder.path()), 0);
    let heard = coordinator.heard();
    assert!(heard.contains("first line") && heard.contains("exit status: 70"), "{heard}");
    assert!(heard.contains(r#""state":"failed","failure_reason":"runner_system_failure""#), "{heard}");
}

#[tokio::test]
async fn a_running_job_is_taken_over_and_reported_when_it_dies() {
    let folder = tempfile::tempdir().unwrap();
    let coordinator = Coordinator::default();
    local(async {
        let url = coordinator.start().await;
        let (mut first, state) = service(&url, folder.path(), &["wait"]).await;
        let taken = |_: &Manager| {
            let found = state.found().unwrap();
            found.first().is_some_and(|folder| folder.process().is_some() && !folder.has_order())
        };
        until(&mut first, taken).await;
        // It leaves without a word, as if killed.
        drop(first);
        drop(state);
        let (mut second, state) = service(&url, folder.path(), &[]).await;
        assert_eq!((second.jobs.running(), second.schedule.running()), (1, 1));
        let pid = state.found().unwrap()[0].process().unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
        until(&mut second, |manager| manager.jobs.are_settled()).await;
        assert_eq!((second.jobs.running(), second.schedule.running()), (0, 0));
    })
    .await;
    assert_eq!(folders(folder.path()), 0);
    assert!(coordinator.heard().contains(r#""state":"failed""#));
}

#[tokio::test]
async fn an_order_that_nobody_took_is_begun_by_the_next_service() {
    let folder = tempfile::tempdir().unwrap();
    let coordinator = Coordinator::default();
    local(async {
        let url = coordinator.start().await;
        let (first, state) = service(&url, folder.path(), &[]).await;
        let mut assignment = crate::jobproc::testing::assignment(42);
        assignment.order.payload.job_info.name = "finish".into();
        let job = JobFolder::create(&state.jobs(), &assignment).unwrap();
        // A service that was killed before it wrote the record.
        std::fs::remove_file(job.path().join("record.json")).unwrap();
        drop((first, state));
        let (mut second, _state) = service(&url, folder.path(), &[]).await;
        assert_eq!(second.jobs.running(), 1);
        until(&mut second, |manager| manager.jobs.are_settled()).await;
    })
    .await;
    assert_eq!(folders(folder.path()), 0);
    assert_eq!(coordinator.heard(), "");
}

#[tokio::test]
async fn a_token_is_replaced_in_time_and_keeps_its_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let coordinator = Coordinator::default();
    let path = folder.path().join("config.toml");
    local(async {
        let url = coordinator.start().await;
        let times = "token_obtained_at = 2020-01-01T00:00:00Z\ntoken_expires_at = 2020-02-01T00:00:00Z";
        let section =
            format!("url = \"{url}\"\ntoken = \"glrt-oldoldoldold\"\n{times}\nexecutor = \"shell\"");
        std::fs::write(&path, format!("# mine\nconcurrent = 2\n[[runners]]\nname = \"rig\"\n{section}\n"))
            .unwrap();
        let settings = Settings { source: Source::File(path.clone()), ..settings(&url, folder.path()) };
        let (mut manager, _state) = service_of(settings, &["wait"]).await;
        let renamed =
            |manager: &Manager| manager.jobs.claims().any(|claim| claim.owner.short_token == "newnewnew");
        // Killed before it has begun, its process would be started once more.
        until(&mut manager, |manager| renamed(manager) && has_begun(folder.path())).await;
        assert_eq!(manager.sections.iter().next().unwrap().short(), "newnewnew");
        manager.jobs.signal(nix::sys::signal::Signal::SIGKILL);
        until(&mut manager, |manager| manager.jobs.are_settled()).await;
    })
    .await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# mine\n") && text.contains("glrt-newnewnewnew"), "{text}");
    assert!(!text.contains("oldold"), "{text}");
    assert_eq!(coordinator.heard().matches("reset_authentication_token").count(), 1);
}

#[tokio::test]
async fn what_cannot_be_understood_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (first, state) = service("http://127.0.0.1:9", folder.path(), &[]).await;
        for (name, record) in [("1-newer", "{\"version\": 99}"), ("2-damaged", "{")] {
            std::fs::create_dir(state.jobs().join(name)).unwrap();
            std::fs::write(state.jobs().join(name).join("record.json"), record).unwrap();
        }
        std::fs::create_dir(state.jobs().join("3-empty")).unwrap();
        drop((first, state));
        let (second, _state) = service("http://127.0.0.1:9", folder.path(), &[]).await;
        assert_eq!(second.jobs.running(), 0);
    })
    .await;
    assert_eq!(folders(folder.path()), 0);
    assert_eq!(folder.path().join(".runner_state/damaged").read_dir().unwrap().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_single_run_ends_when_nothing_comes() {
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let (mut manager, _state) = service("http://127.0.0.1:9", folder.path(), &[]).await;
        manager.bounds.idle = Some(Duration::from_secs(40));
        let start = Instant::now();
        let mut signals = Signals::listen().unwrap();
        assert_eq!(manager.serve(&mut signals).await, Ending::Clean);
        assert_eq!(start.elapsed().as_secs(), 40);
    })
    .await;
}
