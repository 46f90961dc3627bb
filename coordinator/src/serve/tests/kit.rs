//! A coordinator of a test's own.

use crate::settings::{Limits, Settings};
use crate::{Coordinator, Running};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::time::Duration;

/// The administrator's token in tests.
pub(super) const TOKEN: &str = "glpat-abcdefghij0123456789";

pub(super) struct World {
    pub(super) running: Running,
    pub(super) client: Client,
    pub(super) folder: tempfile::TempDir,
}

/// Settings of a coordinator on a free port.
pub(super) fn settings(folder: &Path) -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        admin_token: Some(TOKEN.into()),
        limits: Limits { stop: Duration::from_secs(2), ..Limits::default() },
        ..Settings::at(folder.join("data"))
    }
}

pub(super) fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(|settings| settings).await
    }

    pub(super) async fn with(change: impl FnOnce(Settings) -> Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = Coordinator::start(change(settings(folder.path()))).await.unwrap();
        Self { running, client: client(), folder }
    }

    /// A request without anything.
    pub(super) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.running.url))
    }

    /// A request of the administrator's.
    pub(super) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, &format!("/api/v4{path}")).header("PRIVATE-TOKEN", TOKEN)
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        answer(self.ask(Method::GET, path).send().await.unwrap(), 200).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        self.send(Method::POST, path, body, status).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: &Value, status: u16) -> Value {
        let request =
            self.ask(method, path).header("content-type", "application/json").body(body.to_string());
        answer(request.send().await.unwrap(), status).await
    }

    /// A project, `root/app`.
    pub(super) async fn project(&self) -> i64 {
        let project = self.post("/projects", &json!({"name": "app"}), 201).await;
        project["id"].as_i64().unwrap()
    }

    /// Pushes a commit with this configuration to a branch of a project; what the pusher saw.
    pub(super) async fn push(&self, project: &str, config: &str, options: &[&str]) -> String {
        let at = self.folder.path().join("work").join(project);
        let url = self.running.url.replacen("://", &format!("://root:{TOKEN}@"), 1);
        let (config, url) = (config.to_owned(), format!("{url}/{project}.git"));
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        tokio::task::spawn_blocking(move || push(&at, &config, &url, &options)).await.unwrap()
    }

    pub(super) async fn stop(self) -> tempfile::TempDir {
        self.running.stop().await;
        self.folder
    }
}

fn push(at: &PathBuf, config: &str, url: &str, options: &[String]) -> String {
    if !at.exists() {
        std::fs::create_dir_all(at).unwrap();
        git(at, &["init", "-q", "-b", "main"]);
    }
    std::fs::write(at.join(".gitlab-ci.yml"), config).unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "-q", "--allow-empty", "-m", "A <b>change</b>"]);
    let mut arguments = vec!["push".to_owned(), url.to_owned(), "main".to_owned()];
    for option in options {
        arguments.extend(["-o".to_owned(), option.clone()]);
    }
    git(at, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn git(at: &Path, arguments: &[&str]) -> String {
    let out = Command::new("git")
        .args(arguments)
        .current_dir(at)
        .env_clear()
        .envs([("PATH", std::env::var("PATH").unwrap()), ("HOME", at.display().to_string())])
        .envs([("GIT_AUTHOR_NAME", "Ana"), ("GIT_AUTHOR_EMAIL", "ana@example")])
        .envs([("GIT_COMMITTER_NAME", "Ana"), ("GIT_COMMITTER_EMAIL", "ana@example")])
        .envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "git {arguments:?}: {text}");
    text
}

/// The JSON of an answer of this status; null where it has no body.
pub(super) async fn answer(response: Response, status: u16) -> Value {
    let found = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}

/// The same with what is another in every run replaced.
pub(super) fn steady(value: &Value, world: &World) -> String {
    let text = serde_json::to_string_pretty(value).unwrap().replace(&world.running.url, "http://ci");
    let text = text.replace(&world.running.url["http://".len()..], "ci");
    let text = regex::Regex::new(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+\d\d:\d\d)")
        .unwrap()
        .replace_all(&text, "TIME")
        .into_owned();
    let text = regex::Regex::new(r"\b[0-9a-f]{40}\b").unwrap().replace_all(&text, "SHA").into_owned();
    let text = regex::Regex::new(r#"("short_id": )"[0-9a-f]{8}""#)
        .unwrap()
        .replace_all(&text, "$1\"SHORT\"")
        .into_owned();
    regex::Regex::new(r#"("(queued_)?duration": )[\d.]+"#)
        .unwrap()
        .replace_all(&text, "${1}SECONDS")
        .into_owned()
}
