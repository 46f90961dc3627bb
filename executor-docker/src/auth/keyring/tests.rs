use super::*;
use crate::auth::testing::install;
use std::time::Duration;
use tempfile::TempDir;

fn auths(entries: &[(&str, &str)]) -> String {
    let entries = entries
        .iter()
        .map(|(key, user)| (key.to_string(), serde_json::json!({ "username": user, "password": "p" })));
    serde_json::json!({ "auths": entries.collect::<serde_json::Map<_, _>>() }).to_string()
}

fn payload(entries: &[(&str, &str)]) -> Vec<Credentials> {
    let entry = |&(address, user): &(&str, &str)| Credentials {
        address: address.to_owned(),
        username: user.to_owned(),
        password: Secret::new("p"),
    };
    entries.iter().map(entry).collect()
}

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn program(&self, name: &str, script: &str) {
        install(&self.0.path().join(name), script);
    }

    fn sources(&self) -> Sources {
        let search = vec![self.0.path().to_owned(), "/usr/bin".into(), "/bin".into()];
        let environment = vec![("PATH".into(), "/usr/bin:/bin".into())];
        Sources {
            files: Sources::files_in(self.0.path()),
            helpers: Helpers { search, environment, patience: Duration::from_secs(20) },
            ..Sources::default()
        }
    }
}

/// Source and user for an image.
async fn user(keyring: &Keyring, image: &str) -> Option<(String, String)> {
    let found = keyring.find(image).await.unwrap().found;
    found.map(|found| (found.source, found.login.username))
}

async fn who(keyring: &Keyring, image: &str) -> String {
    user(keyring, image).await.map(|(_, user)| user).unwrap_or_default()
}

#[tokio::test]
async fn the_first_source_counts_and_the_longest_path_wins() {
    let home = Home::new();
    let file = home.write(".docker/config.json", &auths(&[("reg.io", "file"), ("hub.io", "file")]));
    home.write(".dockercfg", &auths(&[("old.io", "old")]));
    let keyring = Keyring::new(Sources {
        variable: Some(Secret::new(auths(&[("https://reg.io/v2/", "variable"), ("hub.io/a/b", "deep")]))),
        payload: payload(&[("REG.io", "payload"), ("reg.io/group", "group"), ("lab.io:5050", "payload")]),
        ..home.sources()
    });
    let is = |source: &str, user: &str| Some((source.to_owned(), user.to_owned()));
    assert_eq!(user(&keyring, "reg.io/x:1").await, is("$DOCKER_AUTH_CONFIG", "variable"));
    assert_eq!(user(&keyring, "reg.io/group/x").await, is("job payload (GitLab Registry)", "group"));
    assert_eq!(user(&keyring, "hub.io/a/b@sha256:12").await, is("$DOCKER_AUTH_CONFIG", "deep"));
    assert_eq!(user(&keyring, "hub.io/a/bc").await, is(&file, "file"));
    assert_eq!(user(&keyring, "LAB.io:5050/x").await, is("job payload (GitLab Registry)", "payload"));
    assert_eq!(user(&keyring, "lab.io/x").await, None);
    assert_eq!(user(&keyring, "old.io/x").await, None, "the older file counts only where the newer is not");
    let search = keyring.find("none.io/x").await.unwrap();
    assert_eq!(search.looked_in, ["$DOCKER_AUTH_CONFIG", &file, "job payload (GitLab Registry)"]);
    assert!(search.warnings.is_empty());
}

#[tokio::test]
async fn docker_hub_and_the_older_file() {
    let home = Home::new();
    let file = home.write(".dockercfg", r#"{"https://index.docker.io/v1/":{"auth":"aHVi OnA="}}"#);
    let keyring = Keyring::new(home.sources());
    for image in ["ruby:3", "library/ruby", "docker.io/library/ruby", "index.docker.io/a/b"] {
        assert_eq!(user(&keyring, image).await, Some((file.clone(), "hub".to_owned())), "{image}");
    }
}

#[tokio::test]
async fn of_alike_keys_the_first_in_order_counts() {
    let keyring = Keyring::new(Sources {
        variable: Some(Secret::new(auths(&[
            ("reg.io", "plain"),
            ("https://reg.io", "https"),
            ("http://reg.io", "http"),
        ]))),
        ..Sources::default()
    });
    assert_eq!(who(&keyring, "reg.io/x").await, "http");
}

const STORE: &str = r#"echo "$1 $(head -c 99)" >> "${0%/*}/calls"
case $1 in
list) echo '{"reg.io":"s","both.io":"s","gone.io":"s"}' ;;
get) case $(tail -n 1 "${0%/*}/calls") in
*gone.io) echo 'credentials not found in native keychain'; exit 1 ;;
*) echo '{"Username":"store","Secret":"s"}' ;;
esac ;;
esac"#;

#[tokio::test]
async fn programs_are_asked_for_what_is_used_and_once() {
    let home = Home::new();
    home.program("docker-credential-store", STORE);
    home.program("docker-credential-one", r#"echo '{"Username":"one","Secret":"s"}'"#);
    let text = auths(&[("reg.io", "file"), ("file.io", "file"), ("gone.io", "file")]);
    let mut text: serde_json::Value = serde_json::from_str(&text).unwrap();
    text["credsStore"] = "store".into();
    text["credHelpers"] = serde_json::json!({ "both.io": "one" });
    home.write(".docker/config.json", &text.to_string());
    let keyring = Keyring::new(home.sources());
    assert_eq!(who(&keyring, "reg.io/x").await, "store");
    assert_eq!(who(&keyring, "reg.io/y").await, "store");
    assert_eq!(who(&keyring, "both.io/x").await, "one");
    assert_eq!(who(&keyring, "file.io/x").await, "file");
    assert_eq!(who(&keyring, "gone.io/x").await, "", "what the store lists replaces what is written");
    let calls = std::fs::read_to_string(home.0.path().join("calls")).unwrap();
    assert_eq!(calls, "list \nget reg.io\nget gone.io\n");
}

#[tokio::test]
async fn a_failing_program_takes_its_source_away_and_the_next_is_asked() {
    let home = Home::new();
    home.program("docker-credential-bad", "echo 'session expired'; exit 2");
    home.write(".docker/config.json", &auths(&[("reg.io", "file")]));
    let keyring = Keyring::new(Sources {
        variable: Some(Secret::new(
            r#"{"auths":{"other.io":{"username":"u","password":"p"}},"credHelpers":{"reg.io":"bad"}}"#,
        )),
        ..home.sources()
    });
    assert_eq!(who(&keyring, "other.io/x").await, "u");
    let search = keyring.find("reg.io/x").await.unwrap();
    assert_eq!(search.found.unwrap().login.username, "file");
    let warning = "Failed to resolve credentials from $DOCKER_AUTH_CONFIG: docker-credential-bad get failed \
                   (exit status: 2): session expired. Credentials from this source will not be used.";
    assert_eq!(search.warnings, [warning]);
    assert_eq!(who(&keyring, "other.io/x").await, "");
    assert!(keyring.find("reg.io/x").await.unwrap().warnings.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_told_once_and_hides_nothing_else() {
    let home = Home::new();
    let file = home.write(".docker/config.json", "{\"auths\": hunter2}");
    let variable = Some(Secret::new("{\"credsStore\":\"nowhere\"}"));
    let payload = payload(&[("reg.io", "payload")]);
    let keyring = Keyring::new(Sources { variable, payload, ..home.sources() });
    let search = keyring.find("reg.io/x").await.unwrap();
    assert_eq!(search.found.unwrap().login.username, "payload");
    let [first, second] = search.warnings.as_slice() else { panic!("{:?}", search.warnings) };
    assert!(first.contains("$DOCKER_AUTH_CONFIG: docker-credential-nowhere is not in PATH"), "{first}");
    assert!(second.contains(&format!("{file}: not valid JSON (line 1, column 11)")), "{second}");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let search = Keyring::new(home.sources()).find("reg.io/x").await.unwrap();
    assert!(search.warnings.iter().any(|warning| warning.contains("not a file")), "{:?}", search.warnings);
}

#[tokio::test]
async fn a_program_with_a_path_fails_the_job() {
    let variable = Some(Secret::new(r#"{"credHelpers":{"reg.io":"../../tmp/evil"}}"#));
    let keyring = Keyring::new(Sources { variable, ..Sources::default() });
    let error = keyring.find("other.io/x").await.unwrap_err().to_string();
    assert_eq!(
        error,
        "credentials from $DOCKER_AUTH_CONFIG: credHelpers of reg.io: path traversal is not allowed"
    );
}
