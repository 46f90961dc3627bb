//! Whole files: what loads, and how complaints look.

use super::*;
use crate::diagnostic::Source;
use crate::environment::Environment;
use std::time::Duration;

fn environment() -> Environment {
    [("TOKEN", "glrt-fromenvironment"), ("HOST", "gitlab.example.com")].into_iter().collect()
}

fn read(text: &str) -> Result<Loaded, LoadError> {
    parse(Source { name: "config.toml".into(), text: text.into() }, &environment())
}

fn warnings(text: &str) -> String {
    let loaded = read(text).unwrap();
    loaded.warnings.iter().map(|warning| loaded.source.render(warning)).collect::<Vec<_>>().join("\n")
}

fn errors(text: &str) -> String {
    read(text).unwrap_err().report()
}

/// What gitlab-runner 19.4 wrote in two registrations.
const RECORDED: &str = include_str!("tests/recorded.toml");

#[test]
fn a_file_of_gitlab_runner_loads_unchanged() {
    let loaded = read(RECORDED).unwrap();
    let config = &loaded.config;
    assert_eq!(config.concurrent, 1);
    assert_eq!(config.check_interval, Duration::from_secs(3));
    assert_eq!(config.connection_max_age, Some(Duration::from_secs(900)));
    assert_eq!(config.shutdown_timeout, Duration::from_secs(30));
    let [shell, docker] = config.runners.as_slice() else { panic!("two sections") };
    assert_eq!((shell.name.as_str(), shell.id, shell.line), ("d", 1, 9));
    assert_eq!(shell.token.short(), "rigrigrig");
    assert_eq!(shell.token_obtained_at.unwrap().unix_timestamp(), 1_795_264_000 + 1020);
    assert_eq!(shell.token_expires_at, None);
    assert_eq!((shell.limit, shell.request_concurrency, shell.output_limit), (None, 1, 4 << 20));
    assert_eq!(shell.unusable, None);
    assert!(shell.login_shell);
    assert_eq!(docker.unusable, None);
    assert!(!docker.login_shell);
    let settings = docker.docker.as_ref().unwrap();
    assert_eq!((settings.image.as_str(), settings.privileged), ("docker:stable", true));
    assert_eq!(settings.volumes, ["/cache"]);
    assert_eq!(loaded.warning_lines().count(), 0);
}

#[test]
fn nothing_secret_is_in_debug_output() {
    let loaded = read(
        "[[runners]]\ntoken='hunter2'\nenvironment=['A=hunter2']\n[runners.docker]\nservices=[{environment=['A=hunter2']}]\n",
    );
    assert!(!format!("{:?}", loaded.unwrap().config).contains("hunter2"));
}

#[test]
fn keys_match_in_any_case() {
    let config = read("Concurrent = 3\n[[Runners]]\nNAME = 'x'\n[Runners.Cache]\n").unwrap().config;
    assert_eq!(config.concurrent, 3);
    assert_eq!(config.runners[0].name, "x");
}

#[test]
fn variables_are_replaced_in_url_and_token_only() {
    let text = "[[runners]]\nname='$HOST'\nurl='https://${HOST}/'\ntoken='$TOKEN'\nexecutor='shell'\n";
    let section = &read(text).unwrap().config.runners[0];
    assert_eq!((section.name.as_str(), section.url.as_str()), ("$HOST", "https://gitlab.example.com/"));
    assert_eq!(section.token.expose(), "glrt-fromenvironment");
}

#[test]
fn a_mark_and_carriage_returns_are_no_obstacle() {
    let loaded = read("\u{feff}concurrent = 2\r\n\r\n[[runners]]\r\n  naem = 'x'\r\n").unwrap();
    assert_eq!(loaded.config.concurrent, 2);
    insta::assert_snapshot!(loaded.source.render(&loaded.warnings[1]));
}

#[test]
fn everything_honoured_is_read() {
    let config = read(include_str!("../../../config.example.toml")).unwrap();
    assert_eq!(config.warning_lines().collect::<Vec<_>>(), [""; 0]);
    let [shell, docker] = config.config.runners.as_slice() else { panic!("two sections") };
    insta::assert_debug_snapshot!(shell);
    insta::assert_debug_snapshot!(docker.docker);
}

#[test]
fn oddities_are_warnings() {
    let text = r#"
log_lvel = "info"
executor = "shell"
connection_max_age = 900
listen_address = ":9252"
user = "ci"

[runner.x]

[session_server]
listen_address = "[::]:8093"

[[runners]]
  name = "a"
  url = "https://$NOWHERE/"
  token = "glrt-abc"
  executor = "shell"
  concurrent = 4
  buids_dir = "/b"
  tls_ca_file = "/ca"
  environment = ["A=1", "GIT_SSL_NO_VERIFY"]
  unhealthy_interval = "0"
  step_runner_image = "x"
  [runners.feature_flags]
    FF_TIMESTAMP = true
    FF_USE_JOB_ROUTER = true
  [runners.docker]
    image = "alpine"
  [runners.cache]
    Type = "s3"
    [runners.cache.s3]
      BucketName = "b"
  [runners.monitoring]
    [[runners.monitoring.job_queuing_durations]]
      threshold = "1m"

[[runners]]
  name = "a"
  url = "https://gitlab.example.com/ci"
  token = ""
  executor = "kubernetes"
  [runners.kubernetes]
    image = "x"
    namespce = "y"

[[runners]]
  url = "https://$NOWHERE/"
  token = "glrt-abc"
  executor = "shell"
  shell = "pwsh"
"#;
    insta::assert_snapshot!(warnings(text));
}

#[test]
fn wrong_values_are_refused_all_at_once() {
    let text = r#"
concurrent = 0
check_interval = "3"
log_level = "verbose"
log_format = "JSON"
connection_max_age = "1 h"
shutdown_timeout = 2.5

[labels]
  a = "too short a key"

[[runners]]
  name = 5
  url = "gitlab.com"
  token = true
  executor = "dockr"
  limit = "4"
  prepare_timeout = "60"
  get_sources_timeout = "1d"
  strict_check_interval = "true"
  environment = "A=1"
  shell = "zsh"
  token_expires_at = "tomorrow"
  [runners.docker]
    volumes = ["/cache", 5]
    pull_policy = 1
    privileged = 1
    [runners.docker.sysctls]
      x = 1
  [runners.feature_flags]
    FF_TIMESTAMPS = "true"
  [runners.custom]
    run_args = "x"
"#;
    insta::assert_snapshot!(errors(text));
}

const CONTAINERS: &str = r#"
[[runners]]
  url = "https://gitlab.example.com/"
  token = "glrt-abc"
  executor = "docker"
"#;

#[test]
fn wrong_docker_settings_are_refused_all_at_once() {
    let text = r#"
  builds_dir = "builds"
  cache_dir = "/"
  [runners.docker]
    image = "Ruby"
    memory = "lots"
    service_cpus = "1,5"
    volumes = ["/cache", "cache:rw", "/cache"]
    pull_policy = "sometimes"
    devices = ["/dev/a:/dev/b:r:x"]
    allowed_images = ["[a"]
    isolation = "hyperv"
    shm_size = -1
    [runners.docker.ulimit]
      nofile = "lots"
    [runners.docker.log_options]
      max-size = "1m"
    [[runners.docker.services]]
      name = "redis"
    [[runners.docker.services]]
      name = "Postgres"
"#;
    insta::assert_snapshot!(errors(&format!("{CONTAINERS}{text}")));
    // They mean nothing to other executors, nor where containers are Windows's.
    for executor in ["shell", "docker-windows"] {
        let text = format!("{CONTAINERS}{text}").replace("\"docker\"", &format!("\"{executor}\""));
        assert!(read(&text).is_ok(), "{executor}");
    }
}

#[test]
fn docker_settings_that_do_not_do_what_they_say_are_named() {
    let text = r#"
  proxy_exec = true
  use_slot_cgroups = true
  shell = "pwsh"
  [runners.docker]
    image = "ruby"
    host = "tcp://10.0.0.1:2376"
    tls_cert_path = "/certs"
    helper_image_flavor = "alpine-latest-pwsh"
    service_slot_cgroup_template = "x/${slot}"
    allowed_images = ["!evil", "**"]
    [[runners.docker.services]]
      name = "redis"
      suspend_data_path = "/data"
  [runners.machine]
    IdleCount = 1
"#;
    insta::assert_snapshot!(warnings(&format!("{CONTAINERS}{text}")));
}

#[test]
fn a_docker_section_needs_its_table() {
    let config = read(CONTAINERS).unwrap();
    assert_eq!(config.config.runners[0].unusable, Some(Unusable::NoDocker));
    insta::assert_snapshot!(warnings(CONTAINERS));
    for executor in ["docker-windows", "docker+machine", "docker-autoscaler"] {
        let text = CONTAINERS.replace("docker", executor);
        assert_eq!(
            read(&text).unwrap().config.runners[0].unusable,
            Some(Unusable::Executor(executor.into()))
        );
    }
}

#[test]
fn sections_must_be_an_array() {
    insta::assert_snapshot!(errors("[runners]\n  name = 'x'\n"));
    insta::assert_snapshot!(errors("[[session_server]]\n"));
}

#[test]
fn syntax_errors_have_a_place() {
    insta::assert_snapshot!(errors("concurrent = 1\n[[runners]]\n  token = glrt-secret\n"));
    insta::assert_snapshot!(errors("a = 1\na = 2\n"));
    insta::assert_snapshot!(errors("[[runners\n"));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, b"concurrent = 1\nx = \"\xff\"\n").unwrap();
    let error = load(&path, &environment()).unwrap_err().to_string();
    assert!(error.ends_with("config.toml:2:6: the file is not UTF-8 (expected UTF-8)"), "{error}");
    let missing = load(&folder.path().join("none"), &environment()).unwrap();
    assert!(!missing.found());
    assert_eq!(missing.config, Config::default());
    assert!(load(folder.path(), &environment()).unwrap_err().to_string().starts_with("cannot read"));
}
