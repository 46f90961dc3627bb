//! Pages of a real coordinator: what is pushed is seen, what is pressed is done.

use crate::client::{Got, request};
use coordinator::{Coordinator, Running, Settings};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const TOKEN: &str = "glpat-0123456789abcdefghij";
const CONFIG: &str = "spec:\n  inputs:\n    level: {default: low, options: [low, high]}\n---\n\
    stages: [build, deploy]\nvariables:\n  TARGET: {value: here, description: Where to}\n\
    compile: {stage: build, script: make, tags: [rare]}\nship: {stage: deploy, needs: [compile], script: ship, when: manual, environment: staging}\n";

struct Browser {
    running: Running,
    cookie: String,
    csrf: String,
    folder: TempDir,
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map_or("", |(found, _)| found)
}

impl Browser {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::at(folder.path().join("data"));
        settings.listen = "127.0.0.1:0".parse().unwrap();
        settings.admin_token = Some(TOKEN.into());
        let running = Coordinator::start(settings).await.unwrap();
        let form = format!("login=root&password={TOKEN}&return=%2Fprojects%2Fnew");
        let signed = request(running.address, "POST", "/users/sign_in", &[], &form).await;
        assert_eq!(signed.header("location"), Some("/projects/new"), "{}", signed.body);
        let cookie = format!("Cookie: {}", signed.header("set-cookie").unwrap().split(';').next().unwrap());
        let page = request(running.address, "GET", "/projects/new", &[&cookie], "").await;
        let csrf = between(&page.body, "name=\"authenticity_token\" value=\"", "\"").to_owned();
        assert!(csrf.len() > 10, "{}", page.body);
        Self { running, cookie, csrf, folder }
    }

    async fn get(&self, path: &str) -> String {
        let got = request(self.running.address, "GET", path, &[&self.cookie], "").await;
        assert_eq!(got.status, 200, "{path}: {}", got.body);
        got.body
    }

    async fn post(&self, path: &str, form: &str) -> Got {
        let form = format!("authenticity_token={}&{form}", self.csrf);
        request(self.running.address, "POST", path, &[&self.cookie], &form).await
    }

    /// Pushes a repository with a configuration and a commit message that wants to be markup.
    async fn push(&self) {
        let folder = self.folder.path().join("work");
        let url = format!("http://root:{TOKEN}@{}/root/hello.git", self.running.address);
        tokio::task::spawn_blocking(move || push(&folder, &url)).await.unwrap();
    }
}

fn push(folder: &Path, url: &str) {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
            .args(arguments)
            .current_dir(folder);
        let out = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    };
    std::fs::create_dir_all(folder).unwrap();
    git(&["init", "-q", "-b", "main"]);
    std::fs::write(folder.join(".gitlab-ci.yml"), CONFIG).unwrap();
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "Say <b>hello</b>"]);
    git(&["tag", "v1"]);
    git(&["push", "-q", url, "main", "v1"]);
}

/// The number of the newest pipeline of a branch or tag.
fn newest(list: &str) -> String {
    between(list, "<tr id=\"pipeline-", "\"").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_is_seen_and_what_is_pressed_is_done() {
    let browser = Browser::start().await;
    let made = browser.post("/projects/new", "path=root%2Fhello&name=&description=Greets").await;
    assert_eq!(made.header("location"), Some("/root/hello?done=created"), "{}", made.body);
    assert!(browser.get("/root/hello").await.contains("Nothing was pushed so far"));
    browser.push().await;
    assert!(browser.get("/").await.contains("Greets"));

    let list = browser.get("/root/hello/-/pipelines?ref=main").await;
    assert!(
        list.contains("Say &lt;b&gt;hello&lt;/b&gt;")
            && list.contains(">stuck<")
            && list.contains(">latest<"),
        "{list}"
    );
    let pipeline = newest(&list);
    let graph = browser.get(&format!("/root/hello/-/pipelines/{pipeline}?group=needs")).await;
    assert!(graph.contains("data-from=\"compile\" data-to=\"ship\""), "{graph}");
    let job = between(&graph, "<div id=\"job-", "\"").to_owned();
    let pending = browser.get(&format!("/root/hello/-/jobs/{job}")).await;
    assert!(pending.contains("There are no runners at all."), "{pending}");

    let token =
        browser.post("/admin/runners/new", "description=box&tag_list=linux&run_untagged=1").await.body;
    assert!(between(&token, "<code id=\"token\">", "</code>").starts_with("glrt-"), "{token}");
    let pending = browser.get(&format!("/root/hello/-/jobs/{job}")).await;
    assert!(pending.contains("lacks the tags rare") && pending.contains("box"), "{pending}");

    let canceled = browser.post(&format!("/root/hello/-/pipelines/{pipeline}/cancel"), "").await;
    assert_eq!(canceled.status, 303);
    assert!(browser.get(&format!("/root/hello/-/pipelines/{pipeline}")).await.contains("Canceled"));
    assert_eq!(browser.post(&format!("/root/hello/-/jobs/{job}/retry"), "").await.status, 303);
    assert!(browser.get("/root/hello/-/audit").await.contains("job_retried"));
    browser.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_know_the_configuration() {
    let browser = Browser::start().await;
    browser.post("/projects/new", "path=root%2Fhello").await;
    browser.push().await;
    let form = browser.get("/root/hello/-/pipelines/new?ref=v1").await;
    assert!(form.contains("Where to") && form.contains("<option value=\"v1\" selected>"), "{form}");
    assert!(form.contains("name=\"inputs[level]\"") && form.contains("<option value=\"high\">"), "{form}");
    let rows = "ref=v1&variable_type=env_var&variable_key=TARGET&variable_value=there&inputs%5Blevel%5D=high";
    let run = browser.post("/root/hello/-/pipelines/new", rows).await;
    let at = run.header("location").unwrap_or_else(|| panic!("{}", run.body)).to_owned();
    assert!(browser.get(&format!("{at}/manual_variables")).await.contains("<code>there</code>"));
    let nothing = browser.post("/root/hello/-/pipelines/new", "ref=nowhere").await;
    assert!(nothing.status == 422 && nothing.body.contains("Reference not found"), "{}", nothing.body);

    assert!(browser.get("/root/hello/-/ci/editor").await.contains("compile: {stage: build"));
    let plan =
        browser.post("/root/hello/-/ci/editor", "ref=main&content=a%3A%20%7Bscript%3A%20x%7D").await.body;
    assert!(plan.contains("The configuration is valid.") && plan.contains("<strong>a</strong>"), "{plan}");

    let variable = "key=SECRET&value=longenough&visibility=masked&environment_scope=*&expand=1";
    assert_eq!(browser.post("/root/hello/-/variables", variable).await.status, 303);
    let moved = format!("{}&old_key=SECRET&old_scope=*", variable.replace("scope=*", "scope=prod"));
    assert_eq!(browser.post("/root/hello/-/variables", &moved).await.status, 303);
    let list = browser.get("/root/hello/-/variables").await;
    assert!(list.contains("<code>prod</code>") && list.matches("SECRET</code>").count() == 1, "{list}");
    let short = browser.post("/root/hello/-/variables", "key=B&value=x&visibility=masked").await;
    assert_eq!(short.status, 422, "{}", short.body);
    assert_eq!(
        browser
            .post("/root/hello/-/settings", "name=Hello&default_branch=main&timeout_minutes=1")
            .await
            .status,
        422
    );
    for path in [
        "/root/hello/-/environments",
        "/root/hello/-/runners",
        "/root/hello/-/jobs",
        "/root/hello/-/settings",
        "/admin/variables",
        "/admin/audit",
    ] {
        browser.get(path).await;
    }
    let other =
        request(browser.running.address, "GET", "/root/hello/-/jobs/999", &[&browser.cookie], "").await;
    assert_eq!(other.status, 404);
    let out = browser.post("/users/sign_out", "").await;
    assert_eq!(out.header("location"), Some("/users/sign_in"));
    let gone = request(browser.running.address, "GET", "/", &[&browser.cookie], "").await;
    assert_eq!(gone.status, 303);
    browser.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_sessions_and_the_password_are_real() {
    let browser = Browser::start().await;
    let address = browser.running.address;
    let tokens = "/-/user_settings/personal_access_tokens";
    let made = browser.post(tokens, "name=laptop&scopes=read_api").await.body;
    let token = between(&made, "<code id=\"token\">", "</code>").to_owned();
    assert!(token.starts_with("glpat-"), "{made}");
    let header = format!("PRIVATE-TOKEN: {token}");
    let user = async || request(address, "GET", "/api/v4/user", &[&header], "").await.status;
    assert_eq!(user().await, 200);
    let past = browser.post(tokens, "name=x&scopes=api&expires_at=2020-01-01").await;
    assert!(past.status == 422 && past.body.contains("in the future"), "{}", past.body);
    assert_eq!(browser.post(tokens, "name=x&scopes=sudo").await.status, 422);
    let list = browser.get(tokens).await;
    assert!(list.contains("laptop") && !list.contains(&token), "{list}");
    let id = between(&list, "/personal_access_tokens/", "/revoke").to_owned();
    assert_eq!(browser.post(&format!("{tokens}/{id}/revoke"), "").await.status, 303);
    assert_eq!(user().await, 401);

    let form = format!("login=root&password={TOKEN}&return=%2F");
    let other = request(address, "POST", "/users/sign_in", &["User-Agent: Firefox/1"], &form).await;
    let other = format!("Cookie: {}", other.header("set-cookie").unwrap().split(';').next().unwrap());
    let sessions = browser.get("/-/user_settings/active_sessions").await;
    assert!(sessions.contains("Firefox") && sessions.contains("this browser"), "{sessions}");
    let id = between(&sessions, "/active_sessions/", "/end").to_owned();
    assert_eq!(browser.post(&format!("/-/user_settings/active_sessions/{id}/end"), "").await.status, 303);
    assert_eq!(request(address, "GET", "/", &[&other], "").await.status, 303);
    browser.get("/").await;

    let new = |shown: &str| {
        format!("password={shown}&new_password=correct+horse&password_confirmation=correct+horse")
    };
    let path = "/-/user_settings/password/edit";
    assert_eq!(browser.post(path, &new("guess-guess")).await.status, 403);
    let changed = browser.post(path, &new(TOKEN)).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let fresh = format!("Cookie: {}", changed.header("set-cookie").unwrap().split(';').next().unwrap());
    assert_eq!(request(address, "GET", "/", &[&fresh], "").await.status, 200);
    assert_eq!(request(address, "GET", "/", &[&browser.cookie], "").await.status, 303);
    let form = "login=root&password=correct+horse&return=%2Fadmin%2Faudit";
    assert_eq!(
        request(address, "POST", "/users/sign_in", &[], form).await.header("location"),
        Some("/admin/audit")
    );
    let audit = request(address, "GET", "/admin/audit", &[&fresh], "").await.body;
    for action in ["token_created", "token_revoked", "session_ended", "password_changed"] {
        assert!(audit.contains(&format!("<code>{action}</code>")), "{action}: {audit}");
    }
    assert!(!audit.contains(&token) && !audit.contains("horse"));
    browser.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn environments_and_runners_are_looked_after() {
    let browser = Browser::start().await;
    browser.post("/projects/new", "path=root%2Fhello").await;
    let empty = browser.get("/root/hello").await;
    assert!(
        empty.contains(&format!("git remote add runner {}/root/hello.git", browser.running.url)),
        "{empty}"
    );
    browser.push().await;
    let none = browser.get("/root/hello/-/environments?scope=stopped").await;
    assert!(!none.contains("staging"), "{none}");
    let list = browser.get("/root/hello/-/environments?search=STAG").await;
    assert!(list.contains("staging") && list.contains("Nothing was deployed so far."), "{list}");
    let id = between(&list, "/-/environments/", "\"").to_owned();
    let path = format!("/root/hello/-/environments/{id}");
    let page = browser.get(&path).await;
    assert!(page.contains("<tr id=\"deployment-") && !page.contains("Roll"), "{page}");
    assert_eq!(browser.post(&format!("{path}/delete"), "").await.status, 422, "it is not stopped");
    assert_eq!(browser.post(&format!("{path}/stop"), "").await.status, 303);
    assert_eq!(browser.post(&format!("{path}/delete"), "").await.status, 303);
    let gone = request(browser.running.address, "GET", &path, &[&browser.cookie], "").await;
    assert_eq!(gone.status, 404);

    let made = browser.post("/admin/runners/new", "description=box&run_untagged=1").await.body;
    let first = between(&made, "<code id=\"token\">", "</code>").to_owned();
    let id = between(&made, "/admin/runners/", "\"").to_owned();
    let reset = browser.post(&format!("/admin/runners/{id}/reset_token"), "").await.body;
    let second = between(&reset, "<code id=\"token\">", "</code>").to_owned();
    assert!(second.starts_with("glrt-") && first != second, "{reset}");
    let verify = async |token: &str| {
        let body = format!("token={token}");
        request(browser.running.address, "POST", "/api/v4/runners/verify", &[], &body).await.status
    };
    assert_eq!((verify(&first).await, verify(&second).await), (403, 200));
    let token = async |form: &'static str| {
        let page = browser.post("/admin/runners/registration", form).await.body;
        between(&page, "<code id=\"token\">", "</code>").to_owned()
    };
    let (before, again, after) = (token("").await, token("").await, token("reset=1").await);
    assert!(before == again && before != after && !after.is_empty());

    assert_eq!(browser.post("/root/hello/-/settings/delete", "confirm=hello").await.status, 422);
    let deleted = browser.post("/root/hello/-/settings/delete", "confirm=root%2Fhello").await;
    assert_eq!(deleted.header("location"), Some("/?done=deleted"));
    browser.running.stop().await;
}
