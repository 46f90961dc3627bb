//! Git's HTTP protocol for fetching, by `git upload-pack`.

use super::command;
use crate::coordinator::call::{Call, Reply};
use crate::coordinator::state::Shared;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;
use http::{HeaderMap, Method};
use std::io::Read;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

pub(crate) async fn answer(
    shared: &Shared,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    call: &Call,
) -> Reply {
    let rest = path.trim_start_matches("/git/");
    let Some((name, operation)) = rest.split_once(".git/") else { return not_found() };
    let is_odd = name.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    if is_odd {
        return not_found();
    }
    if name.starts_with("private/") && !is_authorized(shared, headers) {
        return Reply::new(401)
            .with("www-authenticate", "Basic realm=\"GitLab\"")
            .with_body("HTTP Basic: Access denied.");
    }
    let repository = shared.git.path().join(format!("{name}.git"));
    if !repository.is_dir() {
        return not_found();
    }
    match (method.as_str(), operation) {
        ("GET", "info/refs") if call.parameter("service") == Some("git-upload-pack") => {
            advertise(repository, headers).await
        }
        ("POST", "git-upload-pack") => upload_pack(repository, headers, &call.body).await,
        _ => Reply::new(403).with_body("only fetching is served"),
    }
}

fn not_found() -> Reply {
    Reply::new(404).with_body("The project you were looking for could not be found.")
}

fn is_authorized(shared: &Shared, headers: &HeaderMap) -> bool {
    let credentials = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((user, password)) = credentials.as_deref().and_then(|text| text.split_once(':')) else {
        return false;
    };
    user == "gitlab-ci-token" && shared.look(|state| state.is_job_password(password))
}

async fn advertise(repository: PathBuf, headers: &HeaderMap) -> Reply {
    let mut body = b"001e# service=git-upload-pack\n0000".to_vec();
    match run(repository, headers, &["--advertise-refs"], &[]).await {
        Ok(refs) => body.extend(refs),
        Err(error) => return Reply::new(500).with_body(error),
    }
    Reply::new(200)
        .with("content-type", "application/x-git-upload-pack-advertisement")
        .with("cache-control", "no-cache")
        .with_body(body)
}

async fn upload_pack(repository: PathBuf, headers: &HeaderMap, body: &[u8]) -> Reply {
    let is_packed = headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip");
    let mut plain = Vec::new();
    if is_packed {
        if let Err(error) = MultiGzDecoder::new(body).read_to_end(&mut plain) {
            return Reply::new(400).with_body(error.to_string());
        }
    } else {
        plain = body.to_vec();
    }
    match run(repository, headers, &[], &plain).await {
        Ok(pack) => {
            Reply::new(200).with("content-type", "application/x-git-upload-pack-result").with_body(pack)
        }
        Err(error) => Reply::new(500).with_body(error),
    }
}

async fn run(
    repository: PathBuf,
    headers: &HeaderMap,
    flags: &[&str],
    input: &[u8],
) -> Result<Vec<u8>, String> {
    let mut command = tokio::process::Command::from(command(&repository));
    command.args(["upload-pack", "--stateless-rpc", "--strict"]).args(flags).arg(&repository);
    if let Some(protocol) = headers.get("git-protocol").and_then(|value| value.to_str().ok()) {
        command.env("GIT_PROTOCOL", protocol);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // git stops reading when it has what it needs.
            let _ = stdin.write_all(input).await;
        }
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    // The status does not matter: a fetch that ends early makes it non-zero.
    output.map(|output| output.stdout).map_err(|error| error.to_string())
}
