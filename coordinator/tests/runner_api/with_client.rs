//! Our own client against the API, answers lost on the way included.

use crate::rig::Rig;
use client::{
    ApiClient, Endpoint, Patience, RequestOutcome, TokenOutcome, TraceChunk, UnregisterOutcome, VerifyOutcome,
};
use pipeline::Status;
use protocol::{
    Features, Info, Job, JobRequest, JobState, RegisterRequest, RunnerToken, StoredRange, TraceOutput,
    UpdateRequest, VerifyRequest,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

fn client(url: &str) -> ApiClient {
    ApiClient::new(Endpoint { url: url.to_owned(), ..Endpoint::default() }).unwrap()
}

fn info() -> Info {
    let features = Features::of_client().with_shell().with_shell_executor();
    Info { name: "runner".into(), features, ..Info::default() }
}

/// Passes connections on, and cuts every `n`th of them off in the answer.
async fn lossy(to: SocketAddr, n: u32) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let count = Arc::new(AtomicU32::new(0));
    tokio::spawn(async move {
        while let Ok((inner, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move { pass(inner, TcpStream::connect(to).await.unwrap(), n, &count).await });
        }
    });
    at
}

async fn pass(inner: TcpStream, outer: TcpStream, n: u32, count: &AtomicU32) {
    let (mut from_client, mut to_client) = inner.into_split();
    let (mut from_server, mut to_server) = outer.into_split();
    let up = async move {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    };
    let down = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            if count.fetch_add(1, Ordering::Relaxed) % n == n - 1 {
                return;
            }
            if to_client.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! { () = up => {}, () = down => {} }
}

async fn take(client: &ApiClient, token: &RunnerToken) -> Job {
    let request = JobRequest {
        info: info(),
        token: token.clone(),
        system_id: "s_0f3a9c27b1de".into(),
        ..JobRequest::default()
    };
    match client.request_job(&request, &Patience::default()).await {
        RequestOutcome::Job(offer) => Job::from_json(&offer.body).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_runner_registers_and_leaves() {
    let rig = Rig::start().await;
    let client = client(&rig.url());
    let patience = Patience::default();
    let registration = rig.kernel.registration_token().await.unwrap();
    let request = RegisterRequest {
        info: info(),
        token: registration,
        run_untagged: true,
        ..RegisterRequest::default()
    };
    let TokenOutcome::Granted(granted) = client.register(&request, &patience).await.unwrap() else {
        panic!()
    };
    let verify =
        VerifyRequest { info: info(), token: granted.token.clone(), system_id: "s_0f3a9c27b1de".into() };
    let verified = client.verify(&verify, &patience).await.unwrap();
    assert!(matches!(verified, VerifyOutcome::Valid(Some(known)) if known.id == granted.id));
    let TokenOutcome::Granted(new) = client.reset_token(&granted.token, &patience).await.unwrap() else {
        panic!()
    };
    assert!(matches!(client.verify(&verify, &patience).await.unwrap(), VerifyOutcome::Invalid(_)));
    let gone = client.unregister_runner(&new.token, &patience).await.unwrap();
    assert!(matches!(gone, UnregisterOutcome::Gone));

    let token = RunnerToken::new(rig.runner.expose());
    rig.ask("").await;
    let left = client.unregister_manager(&token, "s_0f3a9c27b1de", &patience).await.unwrap();
    assert!(matches!(left, UnregisterOutcome::Gone));
}

/// A trace arrives to the byte although answers to its pieces get lost: the runner sends what it does not know to be
/// there, and is told where to go on.
#[tokio::test]
async fn a_trace_survives_losses() {
    let rig = Rig::start().await;
    rig.push("job: {script: [make]}").await;
    let job = take(&client(&rig.url()), &RunnerToken::new(rig.runner.expose())).await;
    let client = client(&format!("http://{}", lossy(rig.address, 3).await));
    let patience = Patience::default();
    let text: Vec<u8> = (0..500_000_u32).flat_map(|n| format!("{n}\n").into_bytes()).collect();
    let (mut offset, mut lost, mut refused) = (0_u64, 0, 0);
    while offset < text.len() as u64 {
        let from = usize::try_from(offset).unwrap();
        let piece = bytes::Bytes::copy_from_slice(&text[from..text.len().min(from + 100_000)]);
        let chunk =
            TraceChunk { job_id: job.id, token: &job.token, offset, content: &piece, debug_trace: false };
        match client.patch_trace(&chunk, &patience).await {
            Ok(answer) if answer.status == 202 => offset += piece.len() as u64,
            Ok(answer) => {
                assert_eq!(answer.status, 416);
                refused += 1;
                let StoredRange(stored) = answer.stored;
                offset = stored;
            }
            Err(_) => lost += 1,
        }
    }
    assert!(lost > 3 && refused > 3, "{lost} lost, {refused} refused");
    let output = TraceOutput::new(crc32fast::hash(&text), text.len() as u64);
    let update = UpdateRequest {
        info: info(),
        token: job.token.clone(),
        state: JobState::Success,
        failure_reason: None,
        checksum: output.checksum,
        output,
        exit_code: None,
    };
    let ended = loop {
        if let Ok(answer) = client.update_job(job.id, &update, &patience).await {
            break answer;
        }
    };
    // 403 where the answer to the first one was lost: the job is over, as was wanted.
    assert!(ended.status == 200 || ended.status == 403, "{}", ended.status);
    assert_eq!(rig.row(&job).await.status, Status::Success);
    assert_eq!(rig.trace(&job).await, text);
}

#[tokio::test]
async fn artifacts_go_up_and_down() {
    let rig = Rig::start().await;
    rig.push("stages: [a, b]\none: {stage: a, script: [make], artifacts: {paths: [x]}}\ntwo: {stage: b, script: [make]}")
        .await;
    let client = client(&rig.url());
    let token = RunnerToken::new(rig.runner.expose());
    let job = take(&client, &token).await;
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &[7; 5_000_000]).unwrap();
    let mut upload = client::Upload::new(job.id, &job.token, "x.zip", Arc::new(file));
    (upload.format, upload.artifact_type, upload.expire_in) = ("zip", "archive", "1 day");
    let sent = client.upload_artifact(&upload, &Patience::default()).await.unwrap();
    assert!(matches!(sent, client::UploadOutcome::Created(_)), "{sent:?}");
    rig.put(&job, "success", "").await;
    let next = take(&client, &token).await;
    let wanted = &next.dependencies[0];
    assert_eq!((wanted.id, wanted.artifacts_file.size), (job.id, 5_000_000));
    let mut into = tempfile::tempfile().unwrap();
    let download = client::Download::new(wanted.id, &wanted.token, 5_000_000);
    let got = client.download_artifact(&download, &into, &Patience::default()).await.unwrap();
    assert!(matches!(got, client::DownloadOutcome::Saved(saved) if saved.bytes == 5_000_000), "saved");
    let mut bytes = Vec::new();
    std::io::Seek::rewind(&mut into).unwrap();
    std::io::Read::read_to_end(&mut into, &mut bytes).unwrap();
    assert!(bytes == vec![7; 5_000_000]);
}
