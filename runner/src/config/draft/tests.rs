use super::from_text::go_integer;
use super::*;
use crate::config::parse;
use crate::diagnostic::Source;
use crate::environment::Environment;
use proptest::prelude::*;

fn option(name: &str) -> SectionOption {
    section_options().into_iter().find(|option| option.names.iter().any(|known| known == name)).unwrap()
}

fn draft(flags: &[(&str, &str)]) -> Draft {
    let mut draft = Draft::default();
    for (name, text) in flags {
        draft.assign(&option(name), text).unwrap();
    }
    draft
}

#[test]
fn a_docker_section_has_the_keys_that_gitlab_runner_writes() {
    let mut draft = draft(&[
        ("description", "d2"),
        ("url", "http://127.0.0.1:8080"),
        ("token", "legacytoken12345678"),
        ("executor", "docker"),
        ("docker-privileged", ""),
        ("docker-image", "docker:stable"),
        ("docker-volumes", "/cache"),
    ]);
    draft.set("id", Value::Integer(1));
    insta::assert_snapshot!(draft.to_toml(), @r#"
    [[runners]]
      name = "d2"
      url = "http://127.0.0.1:8080"
      id = 1
      token = "legacytoken12345678"
      token_obtained_at = 0001-01-01T00:00:00Z
      token_expires_at = 0001-01-01T00:00:00Z
      executor = "docker"
      [runners.cache]
        MaxUploadedArchiveSize = 0
        [runners.cache.s3]
          AssumeRoleMaxConcurrency = 0
        [runners.cache.gcs]
        [runners.cache.azure]
      [runners.docker]
        tls_verify = false
        image = "docker:stable"
        privileged = true
        disable_entrypoint_overwrite = false
        oom_kill_disable = false
        disable_cache = false
        volumes = ["/cache"]
        volume_keep = false
        shm_size = 0
        network_mtu = 0
    "#);
}

#[test]
fn every_kind_of_value_is_written_and_read_back() {
    let draft = draft(&[
        ("name", "quo\"te\n"),
        ("url", "http://x"),
        ("token", "t"),
        ("executor", "docker"),
        ("env", "A=1"),
        ("env", "B=2,3"),
        ("unhealthy-interval", "90m"),
        ("custom_build_dir-enabled", "false"),
        ("feature-flags", "FF_TIMESTAMPS:false"),
        ("docker-pull-policy", "always, if-not-present"),
        ("docker-sysctls", "net.ipv4.x:1"),
        ("docker-services_devices", "img*:/dev/a"),
        ("docker-shm-size", "0x10"),
    ]);
    let text = draft.to_toml();
    let loaded = parse(Source { name: "f".into(), text: text.clone() }, &Environment::default()).unwrap();
    let [section] = loaded.config.runners.as_slice() else { panic!("{text}") };
    assert_eq!(section.name, "quo\"te\n");
    assert_eq!(section.environment.len(), 2);
    assert_eq!(section.unhealthy_interval.as_secs(), 5400);
    assert_eq!(section.custom_build_dir, Some(false));
    assert!(!section.feature_flags["FF_TIMESTAMPS"]);
    insta::assert_snapshot!(text.split_once("[runners.docker]").unwrap().1, @r#"

        tls_verify = false
        privileged = false
        disable_entrypoint_overwrite = false
        oom_kill_disable = false
        disable_cache = false
        volume_keep = false
        pull_policy = ["always", "if-not-present"]
        shm_size = 16
        network_mtu = 0
        [runners.docker.services_devices]
          "img*" = ["/dev/a"]
        [runners.docker.sysctls]
          "net.ipv4.x" = "1"
    "#);
}

#[test]
fn a_template_fills_only_what_is_missing() {
    let template = "[[runners]]\nname = 't'\nlimit = 3\nshell = 'sh'\n[runners.docker]\nimage = 'a'\nprivileged = true\n";
    let document = toml_edit::Document::parse(template).unwrap();
    let (root, _) = crate::config::reading::read(document.as_table(), &crate::config::schema::GLOBAL);
    let mut draft = draft(&[("name", "mine"), ("docker-image", "b"), ("docker-privileged", "false")]);
    draft.fill_from(&root.tables("runners")[0]);
    assert_eq!(draft.text("name"), Some("mine"));
    assert_eq!(draft.text("shell"), Some("sh"));
    assert_eq!(draft.text_in("docker", "image"), Some("b"));
    // As in gitlab-runner, `false` counts as missing.
    assert_eq!(draft.node.table("docker").unwrap().boolean("privileged"), Some(true));
    assert_eq!(draft.section().limit, Some(3));
}

#[test]
fn tables_of_other_executors_are_dropped() {
    let mut draft = draft(&[("docker-image", "x"), ("cache-path", "p")]);
    assert_eq!(draft.keep_tables_for("shell"), ["docker"]);
    assert!(!draft.to_toml().contains("docker"));
    assert!(draft.to_toml().contains("Path = \"p\""));
}

#[test]
fn wrong_values_are_refused() {
    let mut draft = Draft::default();
    for (name, text) in [
        ("limit", "x"),
        ("limit", ""),
        ("limit", "1.5"),
        ("unhealthy-interval", "60"),
        ("docker-privileged", "yes"),
        ("feature-flags", "FF_TIMESTAMPS"),
        ("docker-sysctls", "a=b"),
    ] {
        assert!(draft.assign(&option(name), text).is_err(), "{name} {text}");
    }
    assert!(draft.assign(&option("executor"), "dockr").unwrap()[0].is_error());
    assert!(draft.assign(&option("url"), "gitlab.com").unwrap()[0].is_error());
}

#[test]
fn go_integers() {
    for (text, number) in [
        ("12", Some(12)),
        ("-5", Some(-5)),
        ("+7", Some(7)),
        ("0x1F", Some(31)),
        ("010", Some(8)),
        ("0", Some(0)),
        ("--1", None),
        ("0x-1", None),
        (" 1", None),
    ] {
        assert_eq!(go_integer(text), number, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_survives_writing(text in "[\\x00-\\u{2fff}]{0,30}") {
        prop_assume!(!text.is_empty());
        let line = format!("name = {}\n", quoted(&text));
        let document = toml_edit::Document::parse(line.as_str());
        let document = document.unwrap();
        prop_assert_eq!(document["name"].as_str(), Some(text.as_str()));
    }
}
