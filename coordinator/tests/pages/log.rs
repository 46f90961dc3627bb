//! Logs and files.

use crate::client::Client;
use std::time::Instant;

#[tokio::test]
async fn a_long_log_comes_in_parts() {
    let client = Client::start().await;
    let page = client.get("/root/hello/-/jobs/902").await.body;
    assert!(page.contains("id=\"L1000\"") && !page.contains("id=\"L1001\""));
    let next = page.split("data-next=\"").nth(1).unwrap().split('"').next().unwrap();
    let part = client.get(&format!("/root/hello/-/jobs/902/log?state={next}")).await;
    assert_eq!(part.header("log-first"), Some("1001"));
    assert!(part.body.starts_with("<details class=\"s cont\" open data-s=\"1\""), "{}", &part.body[..200]);
    let index = client.get("/root/hello/-/jobs/902/log/index").await.body;
    assert!(index.contains("\"lines\":2501") && index.matches("\"line\":").count() == 3, "{index}");
    let found = client.get("/root/hello/-/jobs/902/log/find?q=2499").await.body;
    assert_eq!(found, "[2500]");
    let at = client.get("/root/hello/-/jobs/902?line=1500").await.body;
    assert!(at.contains("id=\"L1500\"") && !at.contains("id=\"L999\""));
    let searched = client.get("/root/hello/-/jobs/902?q=%202499").await.body;
    assert!(searched.contains("?line=2500&amp;q=2499#L2500"), "{searched}");
}

#[tokio::test]
async fn a_wrong_state_is_refused() {
    let client = Client::start().await;
    assert_eq!(client.get("/root/hello/-/jobs/902/log?state=nonsense").await.status, 404);
    assert_eq!(client.get("/root/hello/-/jobs/902?log=nonsense").await.status, 200);
}

#[tokio::test]
async fn what_is_written_is_read_from_where_the_last_line_began() {
    let client = Client::start().await;
    let first = client.get("/root/hello/-/jobs/911/log").await;
    let state = first.header("log-last").unwrap().to_owned();
    std::fs::write(
        client.views.folder.join("running.log"),
        "\u{1b}[36;1mExecuting the script\u{1b}[0;m\n$ watch more\nnext",
    )
    .unwrap();
    let second = client.get(&format!("/root/hello/-/jobs/911/log?state={state}")).await;
    assert_eq!(second.header("log-first"), Some("2"));
    assert!(second.body.contains("$ watch more") && second.body.contains("id=\"L3\""), "{}", second.body);
}

#[tokio::test]
async fn raw_logs_and_files_are_never_active() {
    let client = Client::start().await;
    let raw = client.get("/root/hello/-/jobs/915/raw").await;
    assert_eq!(raw.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(
        raw.header("content-security-policy").unwrap().contains("sandbox") && raw.body.contains("<script>")
    );
    assert!(
        client
            .get("/root/hello/-/jobs/915/raw?download=1")
            .await
            .header("content-disposition")
            .unwrap()
            .contains("job-915.log")
    );
    let file = client.get("/root/hello/-/jobs/901/artifacts/raw/a/%22%0d%0aX:%20y.html").await;
    assert_eq!(file.header("content-type"), Some("application/octet-stream"));
    assert_eq!(file.header("x"), None);
    assert!(file.header("content-disposition").unwrap().starts_with("attachment; filename=\"___X_ y.html\""));
    for path in ["..%2f..%2fkey", "a/../../key", "%2e%2e/key"] {
        assert_eq!(
            client.get(&format!("/root/hello/-/jobs/901/artifacts/raw/{path}")).await.status,
            404,
            "{path}"
        );
    }
    assert_eq!(client.get("/root/hello/-/jobs/916/raw").await.body, "");
}

#[tokio::test]
async fn the_first_page_of_a_log_does_not_wait_for_its_end() {
    let client = Client::start().await;
    let line = "x".repeat(99) + "\n";
    std::fs::write(client.views.folder.join("long.log"), line.repeat(500_000)).unwrap();
    let before = Instant::now();
    let page = client.get("/root/hello/-/jobs/902").await;
    assert_eq!(page.body.matches("class=\"l\"").count(), 1000);
    // Reading all of it takes this build more than ten times as long.
    assert!(before.elapsed().as_millis() < 1000, "{:?}", before.elapsed());
}

#[tokio::test]
async fn changes_are_told_as_they_come() {
    use tokio::io::AsyncReadExt as _;
    let client = Client::start().await;
    let mut stream = client.open("/root/hello/-/jobs/911/events").await;
    let mut text = String::new();
    while !text.contains("retry: 2000") {
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).await.unwrap();
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    assert!(text.contains("text/event-stream"));
    client.views.changed.send_modify(|count| *count += 1);
    while !(text.contains("event: log") && text.contains("event: page")) {
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the stream ended: {text}");
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}
