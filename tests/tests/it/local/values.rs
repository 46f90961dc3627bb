//! Variables that jobs get.

use super::Checkout;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn predefined_variables_are_there() {
    let names = "CI GITLAB_CI CI_JOB_ID CI_JOB_NAME CI_JOB_STAGE CI_JOB_TOKEN CI_JOB_URL CI_PIPELINE_ID CI_PIPELINE_IID \
        CI_PIPELINE_SOURCE CI_PIPELINE_URL CI_COMMIT_SHA CI_COMMIT_SHORT_SHA CI_COMMIT_BRANCH CI_COMMIT_REF_NAME \
        CI_COMMIT_REF_SLUG CI_COMMIT_MESSAGE CI_COMMIT_AUTHOR CI_COMMIT_TIMESTAMP CI_DEFAULT_BRANCH CI_PROJECT_DIR \
        CI_PROJECT_NAME CI_PROJECT_PATH CI_PROJECT_URL CI_SERVER_URL CI_SERVER_HOST CI_NODE_TOTAL CI_RUNNER_ID \
        CI_RUNNER_VERSION CI_BUILDS_DIR CI_CONCURRENT_ID GITLAB_USER_LOGIN GITLAB_USER_EMAIL CI_JOB_STARTED_AT \
        CI_PIPELINE_CREATED_AT CI_REPOSITORY_URL CI_API_V4_URL CI_CONFIG_PATH";
    let script = format!(
        "for name in {names}; do eval \"test -n \\\"\\$$name\\\"\" || {{ echo no $name; exit 1; }}; done"
    );
    Checkout::with(&format!("look: {{script: ['{}']}}\n", script.replace('\'', "''"))).run(&[]).succeeded();
}

#[test]
fn files_give_variables_and_secrets_are_masked() {
    let checkout = Checkout::with(
        "look: {script: ['echo \"$FROM_ENV $FROM_FILE $FROM_FLAG\"', 'echo \"secret $TOKEN\"']}\n",
    );
    checkout.write(".env", "# a comment\nFROM_ENV=\"of the folder\"\n");
    let file = checkout.home().join("more.env");
    fs::write(&file, "FROM_FILE=of a file\n").expect("a file");
    let config = checkout.home().join(".config/runner");
    fs::create_dir_all(&config).expect("a folder");
    let secrets = config.join("variables.toml");
    fs::write(&secrets, "[variables]\nTOKEN = \"s3cr3t-value-of-mine\"\n").expect("a file");
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o600)).expect("a mode");
    let arguments = ["--variables-file", &file.to_string_lossy(), "--variable", "FROM_FLAG=of a flag"];
    let ran = checkout.run(&arguments).succeeded();
    let log = ran.log("look");
    assert!(log.contains("of the folder of a file of a flag"), "{log}");
    assert!(log.contains("secret [MASKED]") && !log.contains("s3cr3t"), "{log}");
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o644)).expect("a mode");
    let output = checkout.ci(&["run", "--executor", "shell"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("chmod 600") && !text.contains("s3cr3t"), "{text}");
}

#[test]
fn what_cannot_exist_here_is_named() {
    let checkout = Checkout::with("a: {script: ['true']}\n");
    let output = checkout.ci(&["variables", "--missing"]).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{text}");
    assert!(text.contains("CI_REGISTRY_PASSWORD"), "{text}");
    assert!(!text.contains("CI_COMMIT_SHA\n"), "{text}");
}

#[test]
fn the_event_can_be_chosen() {
    let checkout = Checkout::with(
        "tagged: {script: ['test \"$CI_COMMIT_TAG\" = v1'], only: [tags]}\nbranch: {script: ['true'], only: [branches]}\n",
    );
    checkout.git(&["tag", "v1"]);
    let ran = checkout.run(&["--event", "tag", "--ref", "v1"]).succeeded();
    assert_eq!(ran.job("tagged")["status"], "success");
    assert!(super::job(&ran.events, "branch").is_none(), "{ran:?}");
}
