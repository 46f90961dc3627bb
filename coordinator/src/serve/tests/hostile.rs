//! Input that means harm, over real connections.

use super::kit::{TOKEN, World, answer};
use super::routes::{job_of, routes};
use crate::settings::{Limits, Settings};
use http::HeaderMap;
use reqwest::Method;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

const CONFIG: &str = "a: {script: [x]}";
const SQL: [&str; 4] =
    ["'; DROP TABLE projects; --", "\" OR 1=1 --", "') UNION SELECT hash FROM tokens --", "%_\\"];

/// Sends bytes and reads all that comes back.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut text = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut text)).await.unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

/// A GET as it stands: clients tidy paths up.
async fn get(world: &World, path: &str) -> String {
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nPRIVATE-TOKEN: {TOKEN}\r\nConnection: close\r\n\r\n");
    raw(world.running.address, head.as_bytes()).await
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

/// A stored zip file whose entries have these names.
pub(super) fn zip(names: &[&str]) -> Vec<u8> {
    let content = b"stolen";
    let crc = crc32fast::hash(content);
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let at = u32::try_from(out.len()).unwrap();
        let (length, size) = (u16::try_from(name.len()).unwrap(), u32::try_from(content.len()).unwrap());
        let common = [20u16.to_le_bytes().as_slice(), &[0; 8]].concat();
        let sizes = [crc.to_le_bytes(), size.to_le_bytes(), size.to_le_bytes()].concat();
        out.extend(b"PK\x03\x04");
        out.extend(
            [&common[..], &sizes[..], &length.to_le_bytes(), &[0, 0], name.as_bytes(), content].concat(),
        );
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend([&common[..], &sizes[..], &length.to_le_bytes(), &[0; 12]].concat());
        directory.extend([&at.to_le_bytes()[..], name.as_bytes()].concat());
    }
    let (at, size) = (u32::try_from(out.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    out.extend(directory);
    out.extend(
        [b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size.to_le_bytes(), &at.to_le_bytes(), &[0, 0]]
            .concat(),
    );
    out
}

/// A project whose job runs; its number, and that of the job with its token.
async fn running(world: &World) -> (i64, i64, String) {
    let project = world.project().await;
    let made = world.post("/user/runners?runner_type=instance_type", &json!({}), 201).await;
    world.push("root/app", CONFIG, &[]).await;
    let (job, token) = job_of(world, made["token"].as_str().unwrap()).await;
    (project, job, token)
}

pub(super) async fn upload(world: &World, (job, token): (i64, &str), filename: &str, content: &[u8]) -> u16 {
    let head =
        format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\r\n");
    let body = [head.as_bytes(), content, b"\r\n--b--\r\n"].concat();
    let path = format!("/api/v4/jobs/{job}/artifacts?artifact_type=archive&artifact_format=zip");
    let request = world.bare(Method::POST, &path).header("job-token", token);
    let request = request.header("content-type", "multipart/form-data; boundary=b").body(body);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let world = World::new().await;
    let (project, job, token) = running(&world).await;
    let names =
        ["../../../key", "/etc/passwd", "a/../../key", "good/file.txt", "..", "a\\..\\key", "\u{202e}x"];
    assert_eq!(upload(&world, (job, &token), "a.zip", &zip(&names)).await, 201);
    let secret = std::fs::read(world.folder.path().join("data/key")).unwrap();
    let secret = String::from_utf8_lossy(&secret).into_owned();
    let base = format!("/api/v4/projects/{project}/jobs/{job}/artifacts");
    let good = get(&world, &format!("{base}/good/file.txt")).await;
    assert!(good.contains("stolen") && status(&good) == "200", "{good}");
    for path in [
        "../../../key",
        "%2e%2e/%2e%2e/%2e%2e/key",
        "..%2f..%2f..%2fkey",
        "%2e%2e%2f%2e%2e%2f%2e%2e%2fkey",
        "good/../../key",
        "good/%2e%2e/%2e%2e/key",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "a/..%2f..%2fkey",
        "good%00/file.txt",
        "..%5c..%5ckey",
        "%252e%252e/key",
        "%c0%ae%c0%ae/key",
        "%zz",
    ] {
        for base in [
            &base,
            &format!("/root/app/-/jobs/{job}/artifacts/file"),
            &format!("/root/app/-/jobs/{job}/artifacts/raw"),
        ] {
            let answer = get(&world, &format!("{base}/{path}")).await;
            assert!(
                !answer.contains("stolen") && !answer.contains("root:") && !answer.contains(&secret),
                "{base}/{path}: {answer}"
            );
            assert!(matches!(status(&answer), "303" | "400" | "401" | "404"), "{base}/{path}: {answer}");
        }
    }
    for path in
        ["/-/assets/../../key", "/-/assets/%2e%2e%2fkey", "/..%2f..%2fdata/key", "/root/app/../../key"]
    {
        let answer = get(&world, path).await;
        assert!(!answer.contains(&secret) && status(&answer) != "200", "{path}: {answer}");
    }
    world.stop().await;
}

#[tokio::test]
async fn names_of_files_are_no_headers() {
    let world = World::new().await;
    for (number, name) in
        ["a\\\"; x=\\\"b.zip", "a%0d%0aX-Evil: 1", "é\u{202e}.zip", "../../a.zip", "x".repeat(4000).as_str()]
            .into_iter()
            .enumerate()
    {
        if number > 0 {
            world.push("root/app", CONFIG, &[]).await;
        }
        let (job, token, project) = if number == 0 {
            let (project, job, token) = running(&world).await;
            (job, token, project)
        } else {
            let made = world.post("/user/runners?runner_type=instance_type", &json!({}), 201).await;
            let (job, token) = job_of(&world, made["token"].as_str().unwrap()).await;
            (job, token, 1)
        };
        assert_eq!(upload(&world, (job, &token), name, &zip(&["a"])).await, 201, "{name}");
        let answer = get(&world, &format!("/api/v4/projects/{project}/jobs/{job}/artifacts")).await;
        let head = answer.split("\r\n\r\n").next().unwrap();
        assert_eq!(status(head), "200", "{head}");
        let lines: Vec<&str> = head
            .lines()
            .filter(|line| line.to_ascii_lowercase().starts_with("content-disposition"))
            .collect();
        let [line] = lines.as_slice() else { panic!("{head}") };
        assert!(line.contains("attachment") && !line.contains("../"), "{line}");
        let value = line.split_once("filename=\"").unwrap().1;
        let (quoted, rest) = value.split_once('"').unwrap();
        assert!(!rest.contains('"') && quoted.is_ascii(), "{line}");
        assert!(!head.lines().any(|line| line.starts_with("X-Evil")), "{head}");
        let end = world.bare(Method::PUT, &format!("/api/v4/jobs/{job}?token={token}&state=success"));
        assert_eq!(end.send().await.unwrap().status(), 200);
    }
    world.stop().await;
}

/// Everything that takes a body takes only so much, whether its length is announced or not.
#[tokio::test]
async fn bodies_are_bounded_everywhere() {
    let world = World::new().await;
    let (project, job, token) = running(&world).await;
    let large = vec![b' '; 3 << 20];
    for (method, path) in routes().into_iter().filter(|(method, _)| method != Method::GET) {
        // Traces and artifacts are as long as they are allowed to be, which others test.
        if matches!(path.trim_end_matches('/'), "/api/v4/jobs/{id}/trace" | "/api/v4/jobs/{id}/artifacts") {
            continue;
        }
        let id = if path.starts_with("/api/v4/jobs/") { job } else { project };
        let filled = path.replace("{id}", &id.to_string());
        let filled = filled.replace(['{', '}', '*'], "");
        let request = world.ask(method.clone(), "").build().unwrap();
        let mut sent = world.bare(method.clone(), &filled).headers(request.headers().clone());
        sent =
            sent.header("job-token", &token).header("content-type", "application/json").body(large.clone());
        // The answer may come before the body is through, and the connection be gone with it.
        let Ok(response) = sent.send().await else { continue };
        assert_eq!(response.status(), 413, "{method} {path}");
        let head = format!(
            "{method} {filled} HTTP/1.1\r\nHost: x\r\nPRIVATE-TOKEN: {TOKEN}\r\nJob-Token: {token}\r\nContent-Type: \
             application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n300000\r\n"
        );
        let mut stream = TcpStream::connect(world.running.address).await.unwrap();
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(&large).await;
        let _ = stream.write_all(b"\r\n0\r\n\r\n").await;
        let mut text = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut text)).await.unwrap();
        let text = String::from_utf8_lossy(&text);
        assert!(text.is_empty() || status(&text) == "413", "{method} {path}: {text}");
    }
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    assert_eq!(status(&raw(world.running.address, head.as_bytes()).await), "431");
    assert_eq!(world.get("/projects").await.as_array().map(Vec::len), Some(1));
    world.stop().await;
}

#[tokio::test]
async fn sql_is_text() {
    let world = World::new().await;
    let (project, job, _) = running(&world).await;
    for evil in SQL {
        let fields = json!({"name": evil, "description": evil, "path": "x", "title": evil});
        let made = world.ask(Method::POST, "/projects").header("content-type", "application/json");
        let made = made.body(fields.to_string()).send().await.unwrap().status().as_u16();
        assert!(made < 500, "{evil}: {made}");
        let variable = json!({"key": "K", "value": evil, "description": evil});
        world.post(&format!("/projects/{project}/variables"), &variable, 201).await;
        assert_eq!(world.get(&format!("/projects/{project}/variables/K")).await["value"], evil);
        let gone = world.ask(Method::DELETE, &format!("/projects/{project}/variables/K"));
        assert_eq!(gone.send().await.unwrap().status(), 204);
        world.send(Method::PUT, &format!("/projects/{project}"), &json!({"description": evil}), 200).await;
        assert_eq!(world.get(&format!("/projects/{project}")).await["description"], evil);
        let runner = json!({"runner_type": "instance_type", "description": evil, "tag_list": [evil]});
        world.post("/user/runners", &runner, 201).await;
        let escaped: String = evil.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in [
            format!("/projects?search={escaped}&order_by={escaped}&sort={escaped}&visibility={escaped}"),
            format!("/projects/{escaped}"),
            format!(
                "/projects/{project}/pipelines?ref={escaped}&sha={escaped}&username={escaped}&name={escaped}&source={escaped}"
            ),
            format!("/projects/{project}/pipelines?scope={escaped}&order_by={escaped}&status={escaped}"),
            format!(
                "/projects/{project}/pipelines?updated_after={escaped}&page={escaped}&per_page={escaped}"
            ),
            format!("/projects/{project}/jobs?scope[]={escaped}"),
            format!("/projects/{project}/jobs/{escaped}"),
            format!("/projects/{project}/variables/{escaped}?filter[environment_scope]={escaped}"),
            format!("/projects/{project}/environments?name={escaped}&search={escaped}&states={escaped}"),
            format!(
                "/projects/{project}/deployments?environment={escaped}&status={escaped}&order_by={escaped}"
            ),
            format!("/projects/{project}/repository/branches/{escaped}"),
            format!("/projects/{project}/jobs/artifacts/{escaped}/download?job={escaped}"),
            format!("/runners?type={escaped}&status={escaped}&tag_list={escaped}"),
            format!("/runners/{escaped}"),
        ] {
            let found = world.ask(Method::GET, &path).send().await.unwrap();
            assert!(found.status().as_u16() < 500, "{path}: {}", found.status());
            let text = found.text().await.unwrap();
            assert!(
                !text.contains("SQL") && !text.contains("syntax") && !text.contains("sqlite"),
                "{path}: {text}"
            );
        }
        let of_runner =
            json!({"token": evil, "system_id": evil, "info": {"name": evil}, "last_update": evil});
        for path in ["/runners", "/runners/verify", "/jobs/request", "/runners/managers"] {
            let method = if path == "/runners/managers" { Method::DELETE } else { Method::POST };
            let sent =
                world.bare(method, &format!("/api/v4{path}")).header("content-type", "application/json");
            assert_eq!(sent.body(of_runner.to_string()).send().await.unwrap().status(), 403, "{path}");
        }
        let (headers, here) = (HeaderMap::new(), Ipv4Addr::LOCALHOST.into());
        assert!(world.running.access.sign_in(&headers, here, evil, evil.into()).await.is_err());
    }
    let row = world.get(&format!("/projects/{project}/jobs/{job}")).await;
    assert_eq!(row["status"], "running");
    world.stop().await;
}

/// A connection from another address of this machine.
async fn from(address: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::from(address), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

/// Many connections that say nothing, of one address: others are served.
#[tokio::test]
async fn a_crowd_that_is_silent_does_not_keep_others_out() {
    let limits = Limits { connections: 20, connections_of_address: 10, ..Limits::default() };
    let world = World::with(|settings| Settings { limits, ..settings }).await;
    let mut crowd = Vec::new();
    for _ in 0..40 {
        let mut stream = from([127, 0, 0, 9], world.running.address).await;
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX: ").await;
        crowd.push(stream);
    }
    let mut other = from([127, 0, 0, 8], world.running.address).await;
    other.write_all(b"GET /-/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    tokio::time::timeout(Duration::from_secs(20), other.read_to_string(&mut text)).await.unwrap().unwrap();
    assert!(text.contains(" 200 "), "{text}");
    drop(crowd);
    world.stop().await;
}

/// Bytes that come one by one, never silent for long: forms and calls of runners have to come within a time.
#[tokio::test]
async fn bodies_that_drip_are_cut() {
    let limits = Limits { request: Duration::from_millis(400), ..Limits::default() };
    let world = World::with(|settings| Settings { limits, ..settings }).await;
    for path in
        ["/users/sign_in", "/api/v4/runners", "/api/v4/jobs/request", "/api/v4/jobs/1", "/api/v4/projects"]
    {
        let mut stream = TcpStream::connect(world.running.address).await.unwrap();
        let method = if path == "/api/v4/jobs/1" { "PUT" } else { "POST" };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\
             Connection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let (mut read, mut write) = stream.into_split();
        let drip = tokio::spawn(async move {
            while write.write_all(b"a").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut text = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(20), read.read_to_end(&mut text)).await.expect(path);
        drip.abort();
        let text = String::from_utf8_lossy(&text);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{path}: {text}");
    }
    world.stop().await;
}

#[tokio::test]
async fn runners_with_wrong_tokens_are_told_to_wait_and_others_go_on() {
    let world = World::new().await;
    let (_, job, token) = running(&world).await;
    let wrong = || async {
        let request = world.bare(Method::POST, "/api/v4/jobs/request?token=glrt-wrong");
        request.send().await.unwrap().status().as_u16()
    };
    // Some come back while this goes on.
    let mut let_through = 0;
    let refused = loop {
        match wrong().await {
            403 if let_through < 20_000 => let_through += 1,
            other => break other,
        }
    };
    assert!(refused == 429 && let_through >= 300, "{refused} after {let_through}");
    let right = world.bare(Method::PUT, &format!("/api/v4/jobs/{job}?token={token}&state=running"));
    assert_eq!(right.send().await.unwrap().status(), 200, "a job's own runner is heard");
    world.stop().await;
}

/// Nobody can say where they come from, or what we are called, but by connecting.
#[tokio::test]
async fn what_proxies_would_say_is_not_believed() {
    let limits = Limits { sign_ins_of_address: 3, unknown_tokens: 3, ..Limits::default() };
    let world = World::with(|settings| Settings { limits, ..settings }).await;
    let lies = |request: reqwest::RequestBuilder, number: u8| {
        request
            .header("x-forwarded-for", format!("10.0.0.{number}"))
            .header("x-real-ip", format!("10.0.0.{number}"))
            .header("forwarded", format!("for=10.0.0.{number};host=evil.example;proto=https"))
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "https")
    };
    let mut statuses = Vec::new();
    for number in 0..6 {
        let form = world.bare(Method::POST, "/users/sign_in").body("login=a&password=wrong+password");
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        statuses.push(lies(form, number).send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429, 429]);
    let made = world.ask(Method::POST, "/projects?name=app");
    let made = answer(lies(made, 1).send().await.unwrap(), 201).await;
    assert!(made["web_url"].as_str().unwrap().starts_with(&world.running.url), "{made}");
    let audit = world.running.kernel.audit_rows(None, crate::model::Page::new(1, 50)).await.unwrap();
    assert!(audit.items.iter().all(|row| row.ip_address.as_deref() != Some("10.0.0.1")));
    world.stop().await;
}

/// Whoever plants a cookie in somebody's browser does not have their session afterwards.
#[tokio::test]
async fn sessions_begin_with_a_secret_of_their_own() {
    let world = World::new().await;
    let planted = "_runner_session=planted-by-somebody";
    let form = world.bare(Method::POST, "/users/sign_in").header("cookie", planted);
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let signed = form.body(format!("login=root&password={TOKEN}")).send().await.unwrap();
    assert_eq!(signed.status(), 303);
    let cookie = signed.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(!cookie.contains("planted") && cookie.contains("HttpOnly"), "{cookie}");
    let own = cookie.split(';').next().unwrap();
    for (cookie, status) in [(planted, 401), (own, 200)] {
        let user = world.bare(Method::GET, "/api/v4/user").header("cookie", cookie);
        assert_eq!(user.send().await.unwrap().status(), status);
    }
    // Nor does an answer lead elsewhere.
    for back in
        ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:evil()", "/%0d%0aX-Evil:1"]
    {
        let form = world.bare(Method::POST, "/users/sign_in");
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        let body = format!("login=root&password={TOKEN}&return={back}");
        let signed = form.body(body).send().await.unwrap();
        let location = signed.headers()["location"].to_str().unwrap();
        assert!(
            location.starts_with('/') && !location.starts_with("//") && !location.starts_with("/\\"),
            "{location}"
        );
        assert!(!signed.headers().contains_key("x-evil"));
    }
    world.stop().await;
}
