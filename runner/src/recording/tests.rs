use super::*;
use crate::jobproc::DockerOrder;
use crate::jobproc::testing::assignment;
use proptest::prelude::*;
use serde_json::json;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::time::Duration;

fn key(byte: u8) -> Key {
    Key::new([byte; 32])
}

/// A payload that has a secret wherever there can be one.
fn payload(secret: &str) -> Value {
    json!({
        "id": 7,
        "token": format!("{secret}0"),
        "job_info": {"name": "build", "project_full_path": "g/p"},
        "git_info": {"repo_url": format!("https://ci:{secret}1@h/g/p.git"), "ref": "main"},
        "variables": [
            {"key": "MASKED", "value": format!("{secret}2"), "public": true, "masked": true},
            {"key": "PRIVATE", "value": format!("{secret}3")},
            {"key": "FILE", "value": format!("first line\n{secret}4\nlast"), "public": true, "file": true},
            {"key": "PUBLIC", "value": format!("seen, but not {secret}3"), "public": true},
        ],
        "steps": [{"name": "script", "script": ["make", format!("curl -u {secret}2 h; echo {secret}4")]}],
        "image": {"name": "busybox", "variables": [{"key": "I", "value": format!("{secret}5")}]},
        "services": [{"name": "db", "variables": [{"key": "S", "value": format!("{secret}6")}]}],
        "credentials": [{"type": "registry", "url": "r", "username": "u", "password": format!("{secret}7")}],
        "dependencies": [{"id": 1, "name": "d", "token": format!("{secret}8")}],
        "inputs": [{"key": "n", "value": {"type": "string", "content": format!("{secret}9"), "sensitive": true}}],
        "unknown_to_us": secret,
    })
}

fn sealed(body: &str, environment: &str, runner: &str, key: &Key) -> Recording {
    let mut assignment = assignment(7);
    assignment.order.payload = Job::from_json(body.as_bytes()).unwrap();
    assignment.order.settings.environment = vec![format!("E={environment}")];
    assignment.order.short_token = "short".into();
    assignment.docker = Some(DockerOrder {
        settings: executor_docker::Settings::default(),
        token: runner.into(),
        keeper: String::new(),
        state_dir: PathBuf::new(),
        graceful_kill: Duration::ZERO,
        force_kill: Duration::ZERO,
    });
    Recording::seal(assignment, body.as_bytes(), key).unwrap()
}

fn text(recording: &Recording) -> String {
    String::from_utf8(recording.text().unwrap()).unwrap()
}

fn opened(text: &str, key: &Key) -> Result<Content, OpenError> {
    Recording::read(text.as_bytes()).unwrap()?.open(key)
}

#[test]
fn what_anybody_sees() {
    let recording = sealed(&payload("s3cretS3cret").to_string(), "s3cretS3cret", "glrt-s3cret", &key(1));
    insta::assert_snapshot!(format!("{:#}", recording.job));
}

#[test]
fn the_payload_comes_back_byte_for_byte() {
    let body = payload("s3cretS3cret").to_string() + "  \n";
    let content = opened(&text(&sealed(&body, "env", "glrt-x", &key(1))), &key(1)).unwrap();
    assert_eq!(content.body, body);
    let order = &content.assignment.order;
    assert_eq!((order.payload.id, order.settings.environment[0].as_str()), (0, "E=env"));
    assert_eq!(
        content.assignment.docker.unwrap().token.expose(),
        "short",
        "the runner's own token is not kept"
    );
}

#[test]
fn another_key_and_another_form_are_told_apart_from_damage() {
    let text = text(&sealed(&payload("s3cretS3cret").to_string(), "", "x", &key(1)));
    let error = opened(&text, &key(2)).err().unwrap();
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error}");
    let later = text.replace("runner recording 1", "runner recording 2");
    assert!(matches!(opened(&later, &key(1)).err().unwrap(), OpenError::Form));
    // Whoever claims another key has not got it.
    let claimed = text.replace(key(1).id(), key(2).id());
    assert!(matches!(opened(&claimed, &key(2)).err().unwrap(), OpenError::Damaged));
    for no_recording in ["{}", "x", r#"{"format": "x"}"#, r#"{"id": 1, "token": "t"}"#, "[]"] {
        assert!(Recording::read(no_recording.as_bytes()).is_none(), "{no_recording}");
    }
}

#[test]
fn whatever_is_changed_is_noticed() {
    let recording = sealed(&payload("s3cretS3cret").to_string(), "", "x", &key(1));
    let value = serde_json::to_value(&recording).unwrap();
    let changes: [(&str, Value); 5] = [
        ("/job/steps/0/script/0", json!("rm -rf /")),
        ("/job/variables/3/key", json!("OTHER")),
        ("/job/id", json!(8)),
        ("/salt", json!("AAAA")),
        ("/sealed", json!("AAAA")),
    ];
    for (place, other) in changes {
        let mut value = value.clone();
        *value.pointer_mut(place).unwrap() = other;
        let error = opened(&value.to_string(), &key(1)).err().unwrap();
        assert!(matches!(error, OpenError::Damaged), "{place}: {error}");
    }
    // What means the same in JSON does no harm.
    assert!(opened(&value.to_string(), &key(1)).is_ok());
}

#[test]
fn keys_are_made_once_and_are_for_their_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = key_beside(&folder.path().join("records"));
    assert_eq!(path, folder.path().join("records.key"));
    assert!(matches!(Key::load(&path).unwrap_err(), KeyError::File { .. }));
    let made = Key::load_or_create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(Key::load_or_create(&path).unwrap().bytes(), made.bytes());
    assert_eq!(format!("{made:?}"), format!("Key({})", made.id()));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = Key::load_or_create(&path).unwrap_err().to_string();
    assert!(error.contains("mode 0640") && error.contains("chmod 600"), "{error}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for content in ["", "runner-recording-key-1 AAAA\n", "x"] {
        fs::write(&path, content).unwrap();
        assert!(matches!(Key::load_or_create(&path).unwrap_err(), KeyError::NoKey { .. }), "{content}");
    }
    assert!(matches!(Key::load(folder.path()).unwrap_err(), KeyError::File { .. }));
}

#[test]
fn a_recorder_writes_what_it_took_before_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { folder: folder.path().join("records"), key: None, keep: 2 };
    let recorder = Recorder::start(&settings).unwrap();
    for id in 1..=3 {
        let body = json!({"id": id, "token": "tok"}).to_string();
        let mut assignment = assignment(id);
        assignment.order.payload = Job::from_json(body.as_bytes()).unwrap();
        recorder.take(assignment, body.into());
    }
    drop(recorder);
    let key = Key::load(&folder.path().join("records.key")).unwrap();
    let mut jobs: Vec<String> = fs::read_dir(&settings.folder)
        .unwrap()
        .map(|entry| opened(&fs::read_to_string(entry.unwrap().path()).unwrap(), &key).unwrap().body)
        .collect();
    jobs.sort();
    assert_eq!(jobs, [r#"{"id":2,"token":"tok"}"#, r#"{"id":3,"token":"tok"}"#]);
}

#[test]
fn a_recorder_says_what_it_cannot_use() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    let settings = Settings { folder: folder.path().join("file"), key: None, keep: 2 };
    let error = Recorder::start(&settings).unwrap_err().one_line();
    assert!(error.starts_with("--record: cannot use the folder "), "{error}");
    fs::set_permissions(folder.path().join("file"), fs::Permissions::from_mode(0o600)).unwrap();
    let settings =
        Settings { folder: folder.path().join("r"), key: Some(folder.path().join("file")), keep: 2 };
    let error = Recorder::start(&settings).unwrap_err().one_line();
    assert!(error.ends_with("file is no key file"), "{error}");
}

proptest! {
    #[test]
    fn no_secret_is_seen(secret in "[A-Za-z0-9+/=_.,:;$!-]{8,40}", byte: u8) {
        // Names and words of the form itself are no secrets.
        prop_assume!(!payload("").to_string().contains(&secret));
        let body = payload(&secret).to_string();
        let recording = sealed(&body, &format!("{secret}e"), &format!("{secret}r"), &key(byte));
        let text = text(&recording);
        prop_assert!(!text.contains(&secret), "{}", text);
        let escaped = serde_json::to_string(&secret).unwrap();
        prop_assert!(!text.contains(escaped.trim_matches('"')));
        prop_assert_eq!(opened(&text, &key(byte)).unwrap().body, body);
    }

    #[test]
    fn anything_is_read_without_harm(text in "\\PC{0,200}") {
        if let Some(Ok(recording)) = Recording::read(text.as_bytes()) {
            prop_assert!(recording.open(&key(1)).is_err());
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed(at in 0..10_000usize, bit in 0..8u8) {
        let mut recording = sealed(&payload("s3cretS3cret").to_string(), "", "x", &key(1));
        let at = at % recording.sealed.len();
        recording.sealed[at] ^= 1 << bit;
        prop_assert!(matches!(recording.open(&key(1)), Err(OpenError::Damaged)));
    }
}
