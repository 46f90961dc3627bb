use super::*;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// `root:token`, as browsers write it.
const LOGIN: &str = "Authorization: Basic cm9vdDp0b2tlbg==\r\n";

async fn send(rig: &Rig, text: &[u8]) -> String {
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    stream.write_all(text).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("no answer").unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

pub(super) async fn post(rig: &Rig, path: &str, program: &str, body: &[u8]) -> String {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{LOGIN}Content-Type: application/x-{program}-request\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    send(rig, &[head.as_bytes(), body].concat()).await
}

async fn get(rig: &Rig, path: &str) -> String {
    send(rig, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{LOGIN}\r\n").as_bytes()).await
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

#[tokio::test]
async fn odd_requests_are_turned_away() {
    let rig = Rig::new().await;
    for (path, expected) in [
        ("/g/../g/sub/p.git/info/refs?service=git-upload-pack", "404"),
        ("/g/sub%2Fp.git/info/refs?service=git-upload-pack", "404"),
        ("/g/sub/%2e%2e/sub/p.git/info/refs?service=git-upload-pack", "404"),
        ("/1.git/info/refs?service=git-upload-pack", "404"),
        ("/g/sub/p.git/info/refs", "403"),
        ("/g/sub/p.git/info/refs?service=git-shell", "403"),
        ("/g/sub/p.git/git-upload-pack", "405"),
        ("/g/sub/p.git/HEAD", "404"),
        ("/g/sub/p/info/refs?service=git-upload-pack", "301"),
        ("/g/sub/p.git/info/refs?service=git-upload-pack", "200"),
    ] {
        let answer = get(&rig, path).await;
        assert_eq!(status(&answer), expected, "{path}: {answer}");
    }
    let anonymous = send(&rig, b"GET /g/none.git/info/refs?service=git-receive-pack HTTP/1.0\r\n\r\n").await;
    assert!(status(&anonymous) == "401" && anonymous.contains("Basic realm=\"GitLab\""), "{anonymous}");
    let answer = post(&rig, "/g/sub/p.git/git-receive-pack", "git-upload-pack", b"0000").await;
    assert_eq!(status(&answer), "415");
    for body in [b"hello world".as_slice(), b"", b"0032aa bb refs/heads/main", b"ffff"] {
        let answer = post(&rig, "/g/sub/p.git/git-receive-pack", "git-receive-pack", body).await;
        assert_eq!(status(&answer), "400", "{answer}");
    }
    let answer = post(&rig, "/g/sub/p.git/git-receive-pack", "git-receive-pack", b"0000").await;
    assert_eq!(status(&answer), "200");
    assert!(rig.updates().is_empty());
}

#[tokio::test]
async fn too_much_is_refused() {
    let limits = Limits { push: 300_000, wants: 2000, commands: 1000, ..Limits::default() };
    let rig = Rig::with(limits).await;
    let mut noise = vec![0; 400_000];
    getrandom(&mut noise);
    rig.commit("big", &noise).await;
    let words = rig.push(&["main"]).await.unwrap_err();
    assert!(words.contains("larger than what is accepted"), "{words}");
    let many: Vec<String> = (0..30).map(|n| format!("main:b{n}")).collect();
    let words = rig.push(&many.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap_err();
    assert!(words.contains("413"), "{words}");
    assert!(rig.updates().is_empty());
    rig.settled().await;
    assert_eq!(temporary(&rig), Vec::<String>::new());
}

/// What unfinished pushes left.
fn temporary(rig: &Rig) -> Vec<String> {
    let objects = rig.git.folder(rig.first().id).join("objects");
    let names = fs::read_dir(objects).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("tmp") || name.starts_with("incoming")).collect()
}

fn getrandom(bytes: &mut [u8]) {
    use std::io::Read as _;
    fs::File::open("/dev/urandom").unwrap().read_exact(bytes).unwrap();
}

#[tokio::test]
async fn a_client_that_goes_away_or_falls_silent_leaves_nothing() {
    let limits = Limits { silence: Duration::from_millis(300), ..Limits::default() };
    let rig = Rig::with(limits).await;
    let head = format!(
        "POST /g/sub/p.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n{LOGIN}Content-Type: \
         application/x-git-receive-pack-request\r\nContent-Length: 100000\r\n\r\n"
    );
    let line = format!("{} {} refs/heads/x\0report-status side-band-64k", crate::git::NO_SHA, "1".repeat(40));
    let mut body = Vec::new();
    crate::git::pktline::push(&mut body, &[line.as_bytes()]);
    body.extend_from_slice(b"0000PACK\0\0\0\x02\0\0\0\x05");
    let begun = [head.as_bytes(), &body].concat();
    // Gone.
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    stream.write_all(&begun).await.unwrap();
    drop(stream);
    // Silent.
    let answer = send(&rig, &begun).await;
    assert!(answer.contains("nothing came for too long"), "{answer}");
    // Silent before there is anything to give to git.
    let answer = send(&rig, head.as_bytes()).await;
    assert_eq!(status(&answer), "408", "{answer}");
    tokio::time::timeout(Duration::from_secs(20), rig.settled()).await.expect("somebody is served still");
    assert_eq!(temporary(&rig), Vec::<String>::new());
    assert!(rig.updates().is_empty());
}

#[tokio::test]
async fn a_push_counts_though_its_client_did_not_wait() {
    let rig = Rig::new().await;
    rig.commit("a", b"1").await;
    rig.push(&["main", "main:gone"]).await.unwrap();
    rig.updates();
    let sha = rig.git(&["rev-parse", "HEAD"]).await;
    let line = format!("{sha} {} refs/heads/gone\0report-status side-band-64k", crate::git::NO_SHA);
    let mut body = Vec::new();
    crate::git::pktline::push(&mut body, &[line.as_bytes()]);
    body.extend_from_slice(b"0000");
    let head = format!(
        "POST /g/sub/p.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n{LOGIN}Content-Type: \
         application/x-git-receive-pack-request\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
    let mut some = [0; 16];
    stream.read_exact(&mut some).await.unwrap();
    drop(stream);
    rig.settled().await;
    let updates = rig.updates();
    assert_eq!(updates.len(), 1);
    assert_eq!((updates[0].reference.as_str(), &updates[0].after), ("refs/heads/gone", &None));
}

/// Objects that git would refuse to check out somewhere: a tree with `.git` in it.
#[tokio::test]
async fn malicious_objects_are_refused() {
    let rig = Rig::new().await;
    rig.commit("a", b"1").await;
    let blob = rig.git(&["rev-parse", "HEAD:a"]).await;
    let id: Vec<u8> = (0..20).map(|n| u8::from_str_radix(&blob[n * 2..n * 2 + 2], 16).unwrap()).collect();
    let file = rig.folder.path().join("tree");
    fs::write(&file, [b"100644 .git\0".as_slice(), &id].concat()).unwrap();
    let arguments = ["hash-object", "-t", "tree", "-w", "--literally", file.to_str().unwrap()];
    let tree = rig.git(&arguments).await;
    let commit = rig.git(&["commit-tree", "-m", "evil", &tree]).await;
    let words = rig.push(&[&format!("{commit}:refs/heads/evil")]).await.unwrap_err();
    assert!(words.contains("hasDotgit"), "{words}");
    assert!(rig.updates().is_empty());
}

/// Kilobytes that passed through this process must not stay in it.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// In a process of its own, so that nothing else counts.
#[test]
fn large_pushes_and_clones_pass_through_in_little_memory() {
    let name = "git::http::tests::hostile::a_large_push_and_a_clone";
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--ignored", "--exact", name]).output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && words.contains("1 passed"), "{words}");
}

#[tokio::test]
#[ignore = "run by the test above"]
async fn a_large_push_and_a_clone() {
    let rig = Rig::new().await;
    for n in 0..4 {
        let mut noise = vec![0; 25 << 20];
        getrandom(&mut noise);
        fs::write(rig.work().join(format!("big-{n}")), &noise).unwrap();
    }
    rig.git(&["add", "--all"]).await;
    rig.git(&["commit", "--quiet", "--message", "big"]).await;
    let before = resident();
    rig.push(&["main"]).await.unwrap();
    let url = rig.url("root:token@", "g/sub/p");
    rig.git_in(rig.folder.path(), &["clone", "--quiet", "--bare", &url, "clone"]).await;
    let grown = resident() - before;
    assert!(grown < 40 << 10, "{grown} KiB");
    assert_eq!(rig.updates().len(), 1);
}

/// A push of what is there already to a ref of that name.
async fn push_raw(rig: &Rig, sha: &str, name: &[u8]) -> String {
    let line = format!("{} {sha} ", crate::git::NO_SHA);
    let mut body = Vec::new();
    crate::git::pktline::push(&mut body, &[line.as_bytes(), name, b"\0report-status"]);
    body.extend_from_slice(b"0000");
    // A pack without objects: everything is there.
    body.extend_from_slice(b"PACK\0\0\0\x02\0\0\0\0\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e");
    post(rig, "/g/sub/p.git/git-receive-pack", "git-receive-pack", &body).await
}

#[tokio::test]
async fn refs_have_the_names_of_refs() {
    let rig = Rig::new().await;
    let sha = rig.commit("a", b"1").await;
    rig.push(&["main"]).await.unwrap();
    rig.updates();
    let folder = rig.git.folder(rig.first().id);
    for name in [
        b"refs/heads/../../x".as_slice(),
        b"refs/heads/a..b",
        b"refs/heads/x.lock",
        b"refs/heads/\x01",
        b"refs/heads/a\nb",
        b"refs/heads/a b",
        b"refs/heads/\xff\xfe",
        b"refs/heads/-x",
        b"refs/heads/@{1}",
        b"refs/pipelines/1",
        b"refs/../config",
        b"../../key",
        b"HEAD",
        b"config",
        b"",
    ] {
        let answer = push_raw(&rig, &sha, name).await;
        assert!(!answer.contains(&format!("ok {}", String::from_utf8_lossy(name))), "{name:?}: {answer}");
    }
    assert!(rig.updates().is_empty());
    let refs = rig.git_in(&folder, &["for-each-ref", "--format=%(refname)"]).await;
    assert_eq!(refs.trim(), "refs/heads/main");
    // A name that is one gets there in the same way.
    assert!(push_raw(&rig, &sha, b"refs/heads/fine").await.contains("ok refs/heads/fine"));
}

#[tokio::test]
async fn options_without_end_are_refused() {
    let rig = Rig::with(Limits { commands: 4000, ..Limits::default() }).await;
    let sha = rig.commit("a", b"1").await;
    let line = format!("{} {sha} refs/heads/x\0report-status push-options", crate::git::NO_SHA);
    let mut body = Vec::new();
    crate::git::pktline::push(&mut body, &[line.as_bytes()]);
    body.extend_from_slice(b"0000");
    for _ in 0..10_000 {
        crate::git::pktline::push(&mut body, &[b"ci.variable=A=1"]);
    }
    let answer = post(&rig, "/g/sub/p.git/git-receive-pack", "git-receive-pack", &body).await;
    assert_eq!(status(&answer), "413", "{answer}");
    assert!(rig.updates().is_empty());
}

/// Submodules whose addresses or paths are options or commands for git, as its own checks know them.
#[tokio::test]
async fn submodules_that_are_tricks_are_refused() {
    for modules in [
        "[submodule \"a\"]\n\tpath = a\n\turl = -u./payload\n",
        "[submodule \"../../x\"]\n\tpath = a\n\turl = https://a.example/\n",
        "[submodule \"a\"]\n\tpath = -p\n\turl = https://a.example/\n",
        "[submodule \"a\"]\n\tpath = a\n\turl = https://a.example/\n\tupdate = !touch x\n",
    ] {
        let rig = Rig::new().await;
        rig.commit(".gitmodules", modules.as_bytes()).await;
        let words = rig.push(&["main"]).await.unwrap_err();
        assert!(words.contains("gitmodules"), "{modules}: {words}");
        assert!(rig.updates().is_empty());
    }
}

#[tokio::test]
async fn strangers_do_not_keep_out_the_others() {
    let rig = Rig::with(Limits { processes: 4, ..Limits::default() }).await;
    rig.house.projects.lock().unwrap()[1].visibility = "public".into();
    let mut dripping = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        let head = "POST /g/other.git/git-upload-pack HTTP/1.1\r\nHost: x\r\n\
                    Content-Type: application/x-git-upload-pack-request\r\nContent-Length: 1000\r\n\r\n0";
        stream.write_all(head.as_bytes()).await.unwrap();
        dripping.push(stream);
    }
    while rig.git.inner.strangers.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..4 {
        let answer = get(&rig, "/g/sub/p.git/info/refs?service=git-upload-pack").await;
        assert_eq!(status(&answer), "200");
    }
    assert!(rig.git.inner.turns.available_permits() >= 2);
}
