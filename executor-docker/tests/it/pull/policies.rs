//! What pull policies come to, as recorded of gitlab-runner.

use super::site::{Setup, engine};
use executor::PrepareError;
use executor_docker::pull::{Class, PullError};
use std::net::TcpListener;

/// Where nobody listens.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[tokio::test]
async fn the_next_policy_is_tried_when_one_fails() {
    let Some((engine, docker)) = engine() else { return };
    let name = format!("{}/rig/busybox", nobody());
    engine.docker(&["tag", engine.image("rig/busybox"), &name]);
    let job = Setup { policies: vec!["always", "if-not-present"], ..Setup::default() }.job(&docker);
    let image = job.obtain(&name).await;
    engine.docker(&["image", "rm", &name]);
    let image = image.unwrap();
    let lines = job.log.lines();
    let refused = "Error response from daemon: Get \"http";
    let is = |line: &str, start: &str| {
        assert!(
            line.starts_with(&format!("{start}: {refused}")) && line.ends_with("connection refused"),
            "{line}"
        );
    };
    let [effective, pulling, first, second, failed, attempt, local, using] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(
        effective,
        &format!("Using effective pull policy of [always if-not-present] for container {name}")
    );
    assert_eq!(pulling, &format!("Pulling docker image {name} ..."));
    is(first, &format!("WARNING: Failed to pull image {name:?} (attempt #1), retrying"));
    is(second, &format!("WARNING: Failed to pull image {name:?} (attempt #2), retrying"));
    is(failed, "WARNING: Failed to pull image with policy \"always\"");
    assert_eq!(attempt, "Attempt #2: Trying \"if-not-present\" pull policy");
    assert_eq!(local, "Using locally found image version due to \"if-not-present\" pull policy");
    assert!(using.starts_with(&format!("Using docker image {} for {name} ", image.id)), "{using}");
    assert!(job.obtain(&name).await.is_ok(), "what was obtained is not looked for again");
    assert_eq!(job.log.lines().len(), lines.len());
}

#[tokio::test]
async fn an_image_that_may_not_be_pulled_and_is_not_there() {
    let Some((engine, docker)) = engine() else { return };
    let job = Setup { policies: vec!["never"], ..Setup::default() }.job(&docker);
    let PrepareError::Final { message } = job.obtain("rig/none").await.unwrap_err().into() else {
        panic!("another try would not mend it")
    };
    let answer = "No such image: rig/none, and pull policy \"never\" forbids to pull it";
    assert_eq!(
        message,
        format!("failed to pull image \"rig/none\" with specified policies [never]: {answer}")
    );
    let expected = [
        "Using effective pull policy of [never] for container rig/none".to_owned(),
        format!("WARNING: Failed to pull image with policy \"never\": {answer}"),
    ];
    assert_eq!(job.log.lines(), expected);
    let job = Setup { policies: vec!["never"], ..Setup::default() }.job(&docker);
    let id = job.obtain(engine.image("rig/busybox")).await.unwrap().id;
    assert_eq!(job.log.lines().len(), 2);
    // An image that is named by its id is not pulled, whatever the policy.
    let job = Setup { policies: vec!["always"], ..Setup::default() }.job(&docker);
    assert_eq!(job.obtain(&id).await.unwrap().id, id);
    assert_eq!(job.log.lines(), [format!("Using effective pull policy of [always] for container {id}")]);
    let other = format!("sha256:{}", "0".repeat(64));
    let error = job.obtain(&other).await.unwrap_err().to_string();
    assert!(error.ends_with("no image can be pulled by its id"), "{error}");
}

#[tokio::test]
async fn an_unreachable_registry_is_nobodys_fault_here() {
    let Some((_, docker)) = engine() else { return };
    let name = format!("{}/none/such:1", nobody());
    let job = Setup { policies: vec!["if-not-present"], ..Setup::default() }.job(&docker);
    let PrepareError::External { message } = job.obtain(&name).await.unwrap_err().into() else { panic!() };
    assert!(
        message.contains("dial tcp") && message.ends_with("the engine's machine reaches it"),
        "{message}"
    );
    assert_eq!(job.log.lines().len(), 5);
}

#[tokio::test]
async fn what_an_image_says_of_itself() {
    let Some((engine, docker)) = engine() else { return };
    let job = Setup { policies: vec!["never"], ..Setup::default() }.job(&docker);
    let user = job.obtain(engine.image("rig/user")).await.unwrap();
    assert!(!user.user.is_empty() && user.platform.starts_with("linux/"), "{user:?}");
    let healthy = job.obtain(engine.image("rig/healthy")).await.unwrap();
    assert!(healthy.health.is_some(), "{healthy:?}");
    let entry = job.obtain(engine.image("rig/entry")).await.unwrap();
    assert!(!entry.entrypoint.is_empty(), "{entry:?}");
    for name in ["", "rig/busybox:", "../rig", "rig/busybox?a=b", "a b", "-x", "rig/busybox/json\n"] {
        let error = job.obtain(name).await.unwrap_err();
        assert_eq!(error.to_string(), format!("invalid image name {:?}", name.trim_end()), "{name:?}");
    }
    // The engine is stricter, and it is the name that is wrong all the same.
    let error = job.obtain("RIG/x").await.unwrap_err();
    assert!(matches!(error, PullError::Failed { class: Class::Configuration, .. }), "{error}");
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_worth_another_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docker.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let docker =
        bollard::Docker::connect_with_unix(path.to_str().unwrap(), 5, bollard::API_DEFAULT_VERSION).unwrap();
    for policy in ["always", "if-not-present"] {
        let job = Setup { policies: vec![policy], ..Setup::default() }.job(&docker);
        let PrepareError::Temporary { message } = job.obtain("rig/busybox").await.unwrap_err().into() else {
            panic!("{policy}")
        };
        assert!(
            message.ends_with("the engine does not answer: Connection refused (os error 111)"),
            "{message}"
        );
    }
}
