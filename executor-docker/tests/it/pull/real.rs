//! A real registry with a password.

use super::site::{Removal, Setup, engine, payload};
use executor::PrepareError;
use executor_docker::auth::{Helpers, Sources};
use executor_docker::pull::{Class, ImageInfo, PullError};
use kit::docker::{Engine, Registry};
use protocol::Secret;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

/// In base64 these have characters that the two alphabets write differently.
const USER: (&str, &str) = ("robot$team+ci", "p~~~???>>> $'\"\\ü");

struct Site {
    engine: Engine,
    docker: bollard::Docker,
    registry: Registry,
}

fn site() -> Option<Site> {
    let (engine, docker) = engine()?;
    let registry = Registry::start(Ipv4Addr::LOCALHOST, Some(USER))?;
    Some(Site { engine, docker, registry })
}

/// Pulls anew with these credentials.
async fn pull(site: &Site, image: &str, credentials: Sources) -> (Result<ImageInfo, PullError>, Vec<String>) {
    let job = Setup { policies: vec!["always"], credentials, ..Setup::default() }.job(&site.docker);
    let image = job.obtain(image).await;
    (image, job.log.lines())
}

fn auths(host: &str, password: &str) -> String {
    serde_json::json!({ "auths": { host: { "username": USER.0, "password": password } } }).to_string()
}

#[tokio::test]
async fn every_source_of_credentials_lets_in() {
    let Some(site) = site() else { return };
    let host = site.registry.host();
    let name = site.registry.push(&site.engine, "rig/user", "group/app:1");
    let removal = Removal { engine: &site.engine, images: vec![name.clone()] };
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let config = file("config.json", &auths(&host, USER.1));
    let helper = home.path().join("docker-credential-rig");
    let answer = serde_json::json!({ "ServerURL": host, "Username": USER.0, "Secret": USER.1 }).to_string();
    install(&helper, &format!("#!/bin/sh\ncat <<'END'\n{answer}\nEND\n"));
    let store = serde_json::json!({ "credHelpers": { format!("{host}/group"): "rig" } }).to_string();
    let helpers = Helpers {
        search: vec![home.path().to_owned()],
        environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
        patience: Duration::from_secs(20),
    };
    let variable = |text: String| Sources { variable: Some(Secret::new(text)), ..Sources::default() };
    for (source, credentials) in [
        ("$DOCKER_AUTH_CONFIG", variable(auths(&format!("http://{host}/v2/"), USER.1))),
        ("$DOCKER_AUTH_CONFIG", Sources { helpers, ..variable(store) }),
        (
            config.to_str().unwrap(),
            Sources { files: vec![home.path().join("none"), config.clone()], ..Sources::default() },
        ),
        ("job payload (GitLab Registry)", payload(&host, USER.0, USER.1)),
    ] {
        removal.now();
        let (image, lines) = pull(&site, &name, credentials).await;
        let image = image.unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(image.id, site.engine.docker(&["image", "inspect", "--format", "{{.Id}}", &name]));
        let digest = image.digests.iter().find(|digest| digest.contains(&host)).unwrap();
        let expected = [
            format!("Using effective pull policy of [always] for container {name}"),
            format!("Authenticating with credentials from {source}"),
            format!("Pulling docker image {name} ..."),
            format!("Using docker image {} for {name} with digest {} ...", image.id, image.digests[0]),
        ];
        assert_eq!(lines, expected);
        assert!(digest.starts_with(&format!("{host}/group/app@sha256:")), "{digest}");
        assert_eq!(image.reminder(&name), [expected[0].clone(), expected[3].clone()]);
    }
}

/// Another process writes it: what this one has open for writing cannot be run.
fn install(path: &Path, text: &str) {
    let script = r#"printf %s "$1" >"$0" && chmod 755 "$0""#;
    let end =
        std::process::Command::new("/bin/sh").args(["-c", script]).arg(path).arg(text).status().unwrap();
    assert!(end.success());
}

#[tokio::test]
async fn refusals_say_what_was_sent_and_what_to_do() {
    let Some(site) = site() else { return };
    let host = site.registry.host();
    let name = site.registry.push(&site.engine, "rig/busybox", "group/app:1");
    let _removal = Removal { engine: &site.engine, images: vec![name.clone()] };
    let wrong = payload(&host, USER.0, "wrong-password");
    let elsewhere = payload("other.example.com", "a", "b");
    for (credentials, explained) in [
        (
            wrong,
            format!(
                "; credentials for {host} from job payload (GitLab Registry) were used; check the image's name, and \
                 that the credentials are valid and may read it"
            ),
        ),
        (
            elsewhere,
            format!(
                "; no credentials for {host} are in job payload (GitLab Registry); check the image's name, or give \
                 credentials with the variable DOCKER_AUTH_CONFIG"
            ),
        ),
        (
            Sources::default(),
            format!(
                "; no credentials for {host} were used, as there are none at all; check the image's name, or give \
                 credentials with the variable DOCKER_AUTH_CONFIG"
            ),
        ),
    ] {
        let (image, lines) = pull(&site, &name, credentials).await;
        let error = image.unwrap_err();
        let PullError::Failed { class: Class::Configuration, answer, explanation, .. } = &error else {
            panic!("{error}")
        };
        assert!(answer.contains("no basic auth credentials") || answer.contains("unauthorized"), "{answer}");
        assert_eq!(explanation, &explained);
        let warning = format!("WARNING: Failed to pull image with policy \"always\": {answer}");
        assert_eq!(lines.last(), Some(&warning), "one try is enough");
        assert_eq!(lines.iter().filter(|line| line.contains("attempt #")).count(), 0);
        let PrepareError::Configuration { message } = PrepareError::from(error) else { panic!() };
        assert!(
            message.starts_with(&format!("failed to pull image {name:?} with specified policies [always]: "))
        );
        assert!(!message.contains("wrong-password") && !message.contains('\n'), "{message}");
    }
}

#[tokio::test]
async fn a_name_without_a_tag_is_the_latest_and_no_other() {
    let Some(site) = site() else { return };
    let images =
        ["group/app:1", "group/app:latest"].map(|name| site.registry.push(&site.engine, "rig/web", name));
    let _removal = Removal { engine: &site.engine, images: images.to_vec() };
    let credentials = payload(&site.registry.host(), USER.0, USER.1);
    let name = site.registry.image("group/app");
    let (image, lines) = pull(&site, &name, credentials.clone()).await;
    let image = image.unwrap();
    assert!(lines.contains(&format!("Pulling docker image {name} ...")), "{lines:?}");
    let format = "{{range .RepoTags}}{{println .}}{{end}}";
    let tags = site.engine.docker(&["image", "inspect", "--format", format, &image.id]);
    assert!(tags.lines().any(|tag| tag == images[1]), "{tags}");
    assert!(!tags.lines().any(|tag| tag == images[0]), "{tags}");
    let (_, digest) = image.digests.iter().find_map(|digest| digest.split_once("/group/app@")).unwrap();
    let (pinned, lines) = pull(&site, &format!("{name}@{digest}"), credentials.clone()).await;
    assert_eq!(pinned.unwrap_or_else(|error| panic!("{error} {lines:?}")).id, image.id);
    let (missing, _) = pull(&site, &format!("{name}:2"), credentials).await;
    let missing = missing.unwrap_err().to_string();
    assert!(missing.contains("manifest unknown"), "{missing}");
    assert!(missing.ends_with("were used; check the image's name and tag"), "{missing}");
}
