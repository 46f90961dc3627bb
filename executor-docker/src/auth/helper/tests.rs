use super::super::config;
use super::*;
use crate::auth::testing::install;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use tempfile::TempDir;

/// A folder with a program `docker-credential-test` of this script.
fn with(script: &str) -> (TempDir, Helpers) {
    let folder = tempfile::tempdir().unwrap();
    install(&folder.path().join("docker-credential-test"), script);
    let environment = vec![("SET".into(), "yes".into()), ("PATH".into(), "/usr/bin:/bin".into())];
    let search = vec![PathBuf::from("relative"), "/nonexistent".into(), folder.path().to_owned()];
    (folder, Helpers { search, environment, patience: Duration::from_secs(20) })
}

fn program() -> Program {
    config::parse(r#"{"credsStore":"test"}"#).unwrap().store.unwrap()
}

#[tokio::test]
async fn a_login_goes_over_the_streams_alone() {
    let (_folder, helpers) = with(
        r#"[ "$#" = 1 ] && [ "$1" = get ] && [ "$SET" = yes ] && [ -z "$HOME" ] || exit 9
read -r key || [ -n "$key" ]
printf '{"ServerURL":"%s","Username":"robot$team+ci","Secret":"p of %s"}' "$key" "$key""#,
    );
    let login = helpers.get(&program(), "reg.io").await.unwrap();
    assert_eq!(login, Some(Login::new("robot$team+ci", "p of reg.io")));
}

#[tokio::test]
async fn tokens_lists_and_nothing() {
    let (_folder, helpers) = with(
        r#"case $1 in
list) echo '{"https://a.io":"x","b.io":"y"}' ;;
get) read -r key || :
case $key in
token) echo '{"Username":"<token>","Secret":"t"}' ;;
*) echo 'credentials not found in native keychain'; exit 1 ;;
esac ;;
esac"#,
    );
    assert_eq!(helpers.list(&program()).await.unwrap(), ["b.io", "https://a.io"]);
    let token = helpers.get(&program(), "token").await.unwrap().unwrap();
    assert_eq!((token.identity_token.expose(), token.username.as_str()), ("t", ""));
    assert_eq!(helpers.get(&program(), "other").await.unwrap(), None);
}

async fn refused(script: &str) -> String {
    let (_folder, helpers) = with(script);
    helpers.get(&program(), "reg.io").await.unwrap_err().to_string()
}

#[tokio::test]
async fn failures_are_told_without_secrets() {
    for (script, message) in [
        (
            "echo 'token has expired'; exit 3",
            "docker-credential-test get failed (exit status: 3): token has expired",
        ),
        (r#"echo '{"Secret":"hunter2'; exit 3"#, "docker-credential-test get failed (exit status: 3)"),
        ("echo hunter2", "docker-credential-test get wrote something that is no answer to it"),
        ("echo '[]'", "docker-credential-test get wrote something that is no answer to it"),
        ("printf '\\377'", "docker-credential-test get wrote something that is no answer to it"),
        ("exec yes", "docker-credential-test get wrote more than 1048576 bytes"),
    ] {
        assert_eq!(refused(script).await, message, "{script}");
    }
    let (folder, helpers) = with("");
    fs::remove_file(folder.path().join("docker-credential-test")).unwrap();
    let error = helpers.list(&program()).await.unwrap_err();
    assert_eq!(error.to_string(), "docker-credential-test is not in PATH");
}

#[tokio::test]
async fn who_takes_too_long_is_told_of() {
    let (_folder, mut helpers) = with("exec sleep 1000");
    helpers.patience = Duration::from_millis(50);
    let error = helpers.get(&program(), "reg.io").await.unwrap_err();
    assert!(matches!(error, HelperError::Slow { .. }), "{error}");
}

#[tokio::test]
async fn who_is_not_waited_for_is_killed_with_all_it_started() {
    // A child of the program holds the pipe that the test reads: the pipe ends when that child is dead.
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let script = format!("exec 3>'{}'; (trap '' TERM; echo up >&3; exec sleep 1000) & wait", pipe.display());
    let (_program, helpers) = with(&script);
    let (up, is_up) = tokio::sync::oneshot::channel();
    let reader = std::thread::spawn(move || {
        let mut reader = BufReader::new(File::open(pipe).unwrap());
        reader.read_line(&mut String::new()).unwrap();
        up.send(()).unwrap();
        reader.read_to_end(&mut Vec::new()).unwrap()
    });
    let program = program();
    tokio::select! {
        end = helpers.get(&program, "reg.io") => panic!("{end:?}"),
        up = is_up => up.unwrap(),
    }
    assert_eq!(reader.join().unwrap(), 0);
}
