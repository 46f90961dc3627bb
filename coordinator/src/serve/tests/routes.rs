//! Every route and every kind of caller: who gets in, and what others are told. Routes are read from the source, so
//! that none is without a decision.

use super::kit::{TOKEN, World, answer};
use crate::model::{NewToken, ProjectId, UserId};
use crate::settings::{Limits, Settings};
use http::HeaderMap;
use regex::Regex;
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

const CONFIG: &str = "a: {script: [x]}";

/// A caller: what it is called, and what it shows.
struct Caller {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
}

/// What is below `/api/v4`, with its method.
pub(super) fn routes() -> Vec<(Method, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let route = Regex::new(r#"(?s)(?:\.route\(|\()\s*"(/[^"]*)",\s*"#).unwrap();
    let method = Regex::new(r"\b(get|post|put|patch|delete|any)\(").unwrap();
    let mut all: Vec<(Method, String)> = Vec::new();
    for (folder, prefix) in [("api", ""), ("runner_api", "/api/v4"), ("serve", "")] {
        let mut files: Vec<_> =
            std::fs::read_dir(source.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files.into_iter().filter(|path| path.is_file()) {
            let text = std::fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let found: Vec<_> = route.captures_iter(text).collect();
            for (at, capture) in found.iter().enumerate() {
                let from = capture.get(0).unwrap().end();
                let to = found.get(at + 1).map_or(text.len(), |next| next.get(0).unwrap().start());
                let rest = &text[from..to.min(from + 200)];
                let rest = rest.split(['}', ';']).next().unwrap_or_default();
                for method in method.captures_iter(rest) {
                    let method = method[1].to_uppercase();
                    all.push((method.parse().unwrap(), format!("{prefix}{}", &capture[1])));
                }
            }
        }
    }
    all.retain(|(method, path)| method.as_str() != "ANY" && !path.contains("{*path}/"));
    all.sort_by(|(m, p), (n, q)| (p, m.as_str()).cmp(&(q, n.as_str())));
    all.dedup();
    all
}

struct Scene {
    world: World,
    callers: Vec<Caller>,
    project: i64,
    pipeline: i64,
    job: i64,
    runner: i64,
}

pub(super) async fn job_of(world: &World, runner: &str) -> (i64, String) {
    let body = json!({"token": runner, "system_id": "s", "info": {"features": {"return_exit_code": true}}});
    let request = world.bare(Method::POST, "/api/v4/jobs/request").header("content-type", "application/json");
    let job = answer(request.body(body.to_string()).send().await.unwrap(), 201).await;
    (job["id"].as_i64().unwrap(), job["token"].as_str().unwrap().to_owned())
}

impl Scene {
    async fn new() -> Self {
        let limits = Limits { unknown_tokens: 1_000_000, ..Limits::default() };
        let world = World::with(|settings| Settings { limits, ..settings }).await;
        let project = world.project().await;
        let other = world.post("/projects", &json!({"name": "other"}), 201).await["id"].as_i64().unwrap();
        let made = world.post("/user/runners?runner_type=instance_type", &json!({}), 201).await;
        let (runner, token) = (made["id"].as_i64().unwrap(), made["token"].as_str().unwrap().to_owned());
        world.push("root/other", CONFIG, &[]).await;
        let (_, foreign_job) = job_of(&world, &token).await;
        world.push("root/app", CONFIG, &[]).await;
        let (dead, dead_job) = job_of(&world, &token).await;
        let body = json!({"token": dead_job, "state": "success"}).to_string();
        let end = world.bare(Method::PUT, &format!("/api/v4/jobs/{dead}")).body(body);
        answer(end.header("content-type", "application/json").send().await.unwrap(), 200).await;
        world.push("root/app", CONFIG, &[]).await;
        let (job, job_token) = job_of(&world, &token).await;
        let pipeline =
            world.get(&format!("/projects/{project}/pipelines/latest")).await["id"].as_i64().unwrap();
        world.post(&format!("/projects/{project}/variables"), &json!({"key": "K", "value": "V"}), 201).await;
        let callers = callers(&world, (project, other), [job_token, foreign_job, dead_job, token]).await;
        Self { world, callers, project, pipeline, job, runner }
    }

    fn fill(&self, path: &str) -> String {
        let of_runner = path.starts_with("/api/v4/runners/") || path.ends_with("/runners/{runner}");
        let of_jobs = path.starts_with("/api/v4/jobs/");
        let id = if of_jobs {
            self.job
        } else if of_runner {
            self.runner
        } else {
            self.project
        };
        let pairs = [
            ("{id}", id.to_string()),
            ("{job}", self.job.to_string()),
            ("{pipeline}", self.pipeline.to_string()),
            ("{runner}", self.runner.to_string()),
            ("{environment}", "1".into()),
            ("{deployment}", "1".into()),
            ("{key}", "K".into()),
            ("{name}", "main".into()),
            ("{reference}", "main".into()),
            ("{token}", "999".into()),
            ("{sha}", "main".into()),
            ("{*path}", "a/b".into()),
        ];
        let filled = pairs.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!filled.contains('{'), "{path} has a part that this test does not know");
        filled
    }

    async fn ask(&self, method: &Method, path: &str, caller: &Caller) -> u16 {
        let mut request = self.world.bare(method.clone(), path);
        for (name, value) in &caller.headers {
            request = request.header(*name, value);
        }
        if method != Method::GET {
            request = request.header("content-type", "application/json").body("{}");
        }
        request.send().await.unwrap().status().as_u16()
    }
}

async fn callers(world: &World, (project, other): (i64, i64), tokens: [String; 4]) -> Vec<Caller> {
    let [job, foreign_job, dead_job, runner] = tokens;
    let kernel = &world.running.kernel;
    let make = |scope: &str, project: Option<i64>, expires_at| {
        let scopes = vec![scope.to_owned()];
        let new = NewToken {
            user: UserId::ROOT,
            name: "t".into(),
            scopes,
            project: project.map(ProjectId),
            expires_at,
        };
        async { kernel.create_token(new).await.unwrap() }
    };
    let soon = pipeline::Moment(kernel.now().0 + 1);
    let (_, expired) = make("api", None, Some(soon)).await;
    let (revoked_row, revoked) = make("api", None, None).await;
    kernel.revoke_token(UserId::ROOT, revoked_row.id).await.unwrap();
    let (_, foreign) = make("api", Some(other), None).await;
    let (_, own) = make("api", Some(project), None).await;
    let (_, read) = make("read_api", None, None).await;
    let (_, git) = make("write_repository", None, None).await;
    let address = std::net::Ipv4Addr::LOCALHOST.into();
    let signed = world.running.access.sign_in(&HeaderMap::new(), address, "", TOKEN.into()).await.unwrap();
    let cookie = signed.cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
    let token = |name, secret: &protocol::Secret| Caller {
        name,
        headers: vec![("private-token", secret.expose().to_owned())],
    };
    let of_job = |name, secret: String| Caller { name, headers: vec![("job-token", secret)] };
    vec![
        Caller { name: "nobody", headers: Vec::new() },
        token("unknown", &"glpat-nobody-has-this-one".into()),
        token("expired", &expired),
        token("revoked", &revoked),
        token("foreign", &foreign),
        token("own", &own),
        token("read", &read),
        token("git", &git),
        of_job("job", job),
        of_job("foreign_job", foreign_job),
        of_job("dead_job", dead_job),
        of_job("runner", runner),
        Caller { name: "session", headers: vec![("cookie", cookie)] },
    ]
}

fn is_good(status: u16) -> bool {
    (200..300).contains(&status)
}

/// The table is looked at when it changes; what must hold of every route is said besides.
#[tokio::test]
async fn every_route_knows_whom_it_lets_in() {
    let scene = Scene::new().await;
    let routes = routes();
    assert!(routes.len() > 80, "{routes:?}");
    let mut table = String::new();
    for (method, path) in &routes {
        let filled = scene.fill(path);
        let mut line = format!("{:<6} {path}", method.as_str());
        for caller in &scene.callers {
            // What would change something is not done here by those who may.
            let strangers = ["nobody", "unknown", "expired", "revoked", "dead_job"];
            let of_token = path.contains("/personal_access_tokens/") && !strangers.contains(&caller.name);
            let mays = matches!(caller.name, "own" | "job" | "runner") || of_token;
            let may = method != Method::GET && mays;
            if may {
                continue;
            }
            let status = scene.ask(method, &filled, caller).await;
            let _ = write!(line, " {}={status}", caller.name);
            check(method, path, caller.name, status);
        }
        table.push_str(&line);
        table.push('\n');
    }
    insta::assert_snapshot!("routes", table);
    let left = scene.world.get("/projects").await;
    assert_eq!(left.as_array().map(Vec::len), Some(2), "nothing of it was done");
    let variables = scene.world.get(&format!("/projects/{}/variables", scene.project)).await;
    assert_eq!(variables.as_array().map(Vec::len), Some(1));
    scene.world.stop().await;
}

#[track_caller]
fn check(method: &Method, path: &str, caller: &str, status: u16) {
    let at = format!("{method} {path} for {caller}: {status}");
    assert!(status < 500 || status == 501, "{at}");
    if path.starts_with("/-/") {
        return;
    }
    let of_runners =
        ["/api/v4/jobs/", "/api/v4/runners/verify", "/api/v4/runners/managers", "/api/v4/runners/router"]
            .iter()
            .any(|prefix| path.starts_with(prefix))
            || matches!((method.as_str(), path), ("POST" | "DELETE", "/api/v4/runners"))
            || path == "/api/v4/runners/reset_authentication_token";
    match caller {
        "job" | "runner" if of_runners => {}
        _ if of_runners => assert!(matches!(status, 400 | 401 | 403 | 404 | 501), "{at}"),
        "nobody" => assert!(matches!(status, 401 | 404) || path == "/api/v4/projects", "{at}"),
        "unknown" | "expired" | "revoked" | "dead_job" | "runner" => assert_eq!(status, 401, "{at}"),
        _ if path == "/api/v4/personal_access_tokens/self" => {}
        "git" => assert_eq!(status, 403, "{at}"),
        "foreign" if path.contains("/projects/{id}") => assert_eq!(status, 404, "{at}"),
        "foreign_job" => {
            assert!(!is_good(status) || path == "/api/v4/job" || path == "/api/v4/projects", "{at}");
        }
        "foreign" | "own" | "read" | "session" | "job" if method != Method::GET => {
            assert!(!is_good(status), "{at}");
        }
        _ => {}
    }
}

/// Pages are for those who signed in; forms are for our own pages.
#[tokio::test]
async fn pages_are_for_those_who_signed_in() {
    let scene = Scene::new().await;
    let (job, pipeline, runner) = (scene.job, scene.pipeline, scene.runner);
    let pages = [
        "/".to_owned(),
        "/projects/new".into(),
        "/admin/runners".into(),
        "/admin/runners/new".into(),
        format!("/admin/runners/{runner}"),
        "/admin/variables".into(),
        "/admin/audit".into(),
        "/root/app".into(),
        "/root/app/-/pipelines".into(),
        "/root/app/-/pipelines/new".into(),
        format!("/root/app/-/pipelines/{pipeline}"),
        format!("/root/app/-/pipelines/{pipeline}/test_report"),
        "/root/app/-/jobs".into(),
        format!("/root/app/-/jobs/{job}"),
        format!("/root/app/-/jobs/{job}/raw"),
        format!("/root/app/-/jobs/{job}/artifacts/browse"),
        "/root/app/-/ci/editor".into(),
        "/root/app/-/environments".into(),
        "/root/app/-/runners".into(),
        "/root/app/-/variables".into(),
        "/root/app/-/settings".into(),
        "/root/app/-/audit".into(),
        "/root/app/-/events".into(),
        "/root/none".into(),
        "/root/none/-/settings".into(),
    ];
    let forms = [
        "/projects/new".to_owned(),
        "/users/sign_out".into(),
        "/admin/runners/new".into(),
        format!("/admin/runners/{runner}/pause"),
        format!("/admin/runners/{runner}/delete"),
        "/admin/variables".into(),
        "/admin/variables/delete".into(),
        "/root/app/-/pipelines/new".into(),
        format!("/root/app/-/pipelines/{pipeline}/cancel"),
        format!("/root/app/-/pipelines/{pipeline}/retry"),
        format!("/root/app/-/pipelines/{pipeline}/delete"),
        format!("/root/app/-/jobs/{job}/cancel"),
        format!("/root/app/-/jobs/{job}/retry"),
        format!("/root/app/-/jobs/{job}/play"),
        format!("/root/app/-/jobs/{job}/erase"),
        "/root/app/-/ci/editor".into(),
        "/root/app/-/runners/new".into(),
        "/root/app/-/variables".into(),
        "/root/app/-/variables/delete".into(),
        "/root/app/-/settings".into(),
        "/root/app/-/settings/clear_caches".into(),
        "/root/app/-/settings/delete".into(),
    ];
    let strangers =
        ["nobody", "unknown", "expired", "revoked", "foreign", "git", "job", "dead_job", "runner"];
    for caller in scene.callers.iter().filter(|caller| strangers.contains(&caller.name)) {
        for page in &pages {
            let status = scene.ask(&Method::GET, page, caller).await;
            assert!(matches!(status, 303 | 401 | 403 | 404), "{page} for {}: {status}", caller.name);
        }
    }
    let session = scene.callers.iter().find(|caller| caller.name == "session").unwrap();
    for page in &pages {
        let status = scene.ask(&Method::GET, page, session).await;
        assert!(matches!(status, 200 | 404), "{page}: {status}");
    }
    let cookie = session.headers[0].1.as_str();
    for form in &forms {
        let send = |cookie: Option<&str>, site: Option<&str>, fields: &'static str| {
            let mut request = scene.world.bare(Method::POST, form).body(fields);
            request = request.header("content-type", "application/x-www-form-urlencoded");
            for (name, value) in [("cookie", cookie), ("sec-fetch-site", site)] {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
            request.send()
        };
        let nobody = send(None, None, "a=b").await.unwrap();
        assert_eq!(nobody.status(), 303, "{form}");
        assert!(nobody.headers()["location"].to_str().unwrap().ends_with("/users/sign_in"), "{form}");
        for fields in ["a=b", "authenticity_token=", "authenticity_token=wrong"] {
            assert_eq!(send(Some(cookie), None, fields).await.unwrap().status(), 403, "{form} {fields}");
        }
        assert_eq!(send(Some(cookie), Some("cross-site"), "a=b").await.unwrap().status(), 403, "{form}");
    }
    assert_eq!(scene.world.get("/projects").await.as_array().map(Vec::len), Some(2));
    let row = scene.world.get(&format!("/projects/{}/jobs/{job}", scene.project)).await;
    assert_eq!(row["status"], Value::from("running"), "nothing of it was done");
    scene.world.stop().await;
}

#[tokio::test]
async fn repositories_are_for_those_whose_token_opens_them() {
    use base64::Engine as _;
    let scene = Scene::new().await;
    let expected = [
        ("nobody", 401, 401),
        ("unknown", 401, 401),
        ("expired", 401, 401),
        ("revoked", 401, 401),
        ("foreign", 404, 404),
        ("own", 200, 403),
        ("read", 200, 403),
        ("git", 200, 200),
        ("job", 200, 403),
        ("foreign_job", 404, 403),
        ("dead_job", 401, 401),
        ("runner", 401, 401),
    ];
    for (name, fetch, push) in expected {
        let caller = scene.callers.iter().find(|caller| caller.name == name).unwrap();
        for (service, status) in [("git-upload-pack", fetch), ("git-receive-pack", push)] {
            let path = format!("/root/app.git/info/refs?service={service}");
            let mut request = scene.world.bare(Method::GET, &path);
            if let Some((_, secret)) = caller.headers.first() {
                let basic = base64::engine::general_purpose::STANDARD.encode(format!("x:{secret}"));
                request = request.header("authorization", format!("Basic {basic}"));
            }
            assert_eq!(request.send().await.unwrap().status(), status, "{service} for {name}");
        }
    }
    scene.world.stop().await;
}
