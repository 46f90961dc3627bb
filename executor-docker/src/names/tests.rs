use super::*;
use crate::testing::work;
use protocol::Secret;

fn identity() -> Identity {
    Identity {
        token: Secret::new("glrt-t1_ABCdefGHI_rest"),
        short_token: "ABCdefGHI".into(),
        system_id: "s_0123456789ab".into(),
        project_id: 42,
        job_id: 7,
        concurrent_id: 3,
        concurrent_project_id: 1,
        pipeline_id: "99".into(),
        job_url: "https://gitlab.example.com/g/p/-/jobs/7".into(),
        sha: "52d8d8d8".into(),
        before_sha: "0000".into(),
        reference: "main".into(),
        timeout: Duration::from_secs(3600),
        trail: "7-0a1b".into(),
        keeper: "0123abcd".into(),
    }
}

#[test]
fn names_are_those_of_gitlab_runner() {
    let names = Names::of(&identity());
    assert_eq!(names.project, "runner-abcdefghi-project-42-concurrent-1");
    assert_eq!(names.network, "runner-abcdefghi-42-1-7");
    let random = names.unique.strip_prefix("runner-abcdefghi-project-42-concurrent-1-").unwrap();
    assert!(random.len() == 16 && random.chars().all(|c| "0123456789abcdef".contains(c)), "{random}");
    // echo -n glrt-t1_ABCdefGHI_rest-s_0123456789ab-42-1 | sha256sum | cut -c1-32
    assert_eq!(names.reusable, "runner-2761cf6b218eaad4a779c18ee7dfb22e");
    assert_eq!(names.build(), format!("{}-build", names.unique));
    assert_eq!(names.helper(), format!("{}-predefined", names.unique));
    let service = Reference::parse("registry.example.com:4999/a/b:1").unwrap();
    assert_eq!(names.service(&service, 2), format!("{}-registry.example.com__a__b-2", names.unique));
}

#[test]
fn each_try_has_names_of_its_own() {
    let (one, two) = (Names::of(&identity()), Names::of(&identity()));
    assert_ne!(one.unique, two.unique);
    assert_eq!((one.reusable, one.network), (two.reusable, two.network));
}

#[test]
fn host_names_are_cut_and_cleaned() {
    assert_eq!(rfc1123("--A_b.C-1"), "abc-1");
    assert_eq!(rfc1123(&"x".repeat(70)), "x".repeat(63));
    assert_eq!(rfc1123("ü"), "");
    let names = Names::of(&Identity { short_token: "a_b".into(), ..identity() });
    assert_eq!(names.host_name(&Settings::default()), "runner-ab-project-42-concurrent-1");
    let settings = Settings { hostname: "mine".into(), ..Settings::default() };
    assert_eq!(names.host_name(&settings), "mine");
}

#[test]
fn labels_are_those_of_gitlab_runner_and_the_trail() {
    let labels = labels(&identity(), Some("build"));
    let mut lines: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{} {value}", name.strip_prefix("com.gitlab.gitlab-runner.").unwrap()))
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "job.before_sha 0000",
            "job.id 7",
            "job.ref main",
            "job.sha 52d8d8d8",
            "job.timeout 1h0m0s",
            "job.url https://gitlab.example.com/g/p/-/jobs/7",
            "keeper 0123abcd",
            "managed true",
            "pipeline.id 99",
            "project.id 42",
            "project.runner_id 1",
            "runner.id ABCdefGHI",
            "runner.local_id 3",
            "runner.system_id s_0123456789ab",
            "trail 7-0a1b",
            "type build",
        ]
    );
    assert!(!super::labels(&identity(), None).contains_key("com.gitlab.gitlab-runner.type"));
}

#[test]
fn the_operator_adds_labels_but_hides_no_container() {
    let mut settings = Settings::default();
    for (name, value) in [
        ("team", "$TEAM"),
        ("com.gitlab.gitlab-runner.type", "mine"),
        ("com.gitlab.gitlab-runner.trail", "x"),
        ("com.gitlab.gitlab-runner.keeper", "x"),
        ("managed", "no"),
    ] {
        settings.container_labels.insert(name.into(), value.into());
    }
    let mut work = work();
    work.identity = identity();
    work.expand_with_payload = std::sync::Arc::new(|text| text.replace("$TEAM", "core"));
    let build = container_labels(&settings, &work, Kind::Build);
    assert_eq!(build["team"], "core");
    assert_eq!(build[&label("type")], "mine");
    assert_eq!((&*build[&label("trail")], &*build[&label("keeper")]), ("7-0a1b", "0123abcd"));
    assert!(!build.contains_key(&label("team")));
    let reference = Reference::parse("docker:24-dind").unwrap();
    let service = container_labels(&settings, &work, Kind::Service(&reference));
    assert_eq!((service[&label("team")].as_str(), service["team"].as_str()), ("core", "core"));
    assert_eq!((service[&label("managed")].as_str(), service["managed"].as_str()), ("true", "no"));
    assert_eq!(service[&label("service")], "docker");
    assert_eq!(service[&label("service.version")], "24-dind");
}

#[test]
fn durations_read_as_in_go() {
    for (seconds, text) in [(0, "0s"), (59, "59s"), (90, "1m30s"), (3600, "1h0m0s"), (90_061, "25h1m1s")] {
        assert_eq!(go_duration(Duration::from_secs(seconds)), text);
    }
}
