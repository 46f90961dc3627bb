use crate::config::{Instance, When};
use crate::evaluate::testing::job;
use crate::expression::Lookup;
use crate::variables::{Builder, TopLevel};
use crate::{Context, MergeRequest, Ref, Source};

/// Values of a job's scope, one per line, undefined ones marked.
fn show(context: &Context, names: &[&str]) -> String {
    let builder = Builder::new(context);
    let top = TopLevel::default();
    let job = job("a");
    let scope = builder.for_job(&job, &top);
    let line = |name: &&str| match scope.variable(name) {
        Some(value) => format!("{name}={value}"),
        None => format!("{name} undefined"),
    };
    names.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn branches_tags_and_merge_requests_are_told_apart() {
    let names = [
        "CI_COMMIT_BRANCH",
        "CI_COMMIT_TAG",
        "CI_COMMIT_REF_NAME",
        "CI_COMMIT_REF_SLUG",
        "CI_COMMIT_BEFORE_SHA",
        "CI_MERGE_REQUEST_IID",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
        "CI_MERGE_REQUEST_LABELS",
        "CI_OPEN_MERGE_REQUESTS",
    ];
    let mut branch = Context::push("Feature/A_b.1");
    branch.open_merge_requests = (1..=5).map(|iid| format!("g/p!{iid}")).collect();
    insta::assert_snapshot!(show(&branch, &names), @r"
    CI_COMMIT_BRANCH=Feature/A_b.1
    CI_COMMIT_TAG undefined
    CI_COMMIT_REF_NAME=Feature/A_b.1
    CI_COMMIT_REF_SLUG=feature-a-b-1
    CI_COMMIT_BEFORE_SHA=2222222222222222222222222222222222222222
    CI_MERGE_REQUEST_IID undefined
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME undefined
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME undefined
    CI_MERGE_REQUEST_LABELS undefined
    CI_OPEN_MERGE_REQUESTS=g/p!1,g/p!2,g/p!3,g/p!4
    ");
    let mut tag = branch.clone();
    tag.reference = Ref::Tag("v1.0".into());
    insta::assert_snapshot!(show(&tag, &names[..5]), @r"
    CI_COMMIT_BRANCH undefined
    CI_COMMIT_TAG=v1.0
    CI_COMMIT_REF_NAME=v1.0
    CI_COMMIT_REF_SLUG=v1-0
    CI_COMMIT_BEFORE_SHA=2222222222222222222222222222222222222222
    ");
    let mut request = branch.clone();
    request.source = Source::new("merge_request_event").unwrap();
    request.reference = Ref::MergeRequest("topic/x".into());
    request.merge_request = Some(MergeRequest {
        iid: 7,
        target: "stable".into(),
        labels: vec!["a".into(), "b".into()],
        ..MergeRequest::default()
    });
    insta::assert_snapshot!(show(&request, &names), @r"
    CI_COMMIT_BRANCH undefined
    CI_COMMIT_TAG undefined
    CI_COMMIT_REF_NAME=topic/x
    CI_COMMIT_REF_SLUG=topic-x
    CI_COMMIT_BEFORE_SHA=0000000000000000000000000000000000000000
    CI_MERGE_REQUEST_IID=7
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=topic/x
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME=stable
    CI_MERGE_REQUEST_LABELS=a,b
    CI_OPEN_MERGE_REQUESTS=g/p!1,g/p!2,g/p!3,g/p!4
    ");
}

#[test]
fn server_and_project_are_told() {
    let mut context = Context::push("main");
    context.project.path = "top/sub/App".into();
    context.project.server_url = "https://git.example.com:8443".into();
    context.project.registry = Some("reg.example.com:5050".into());
    let names = [
        "CI_SERVER_HOST",
        "CI_SERVER_PORT",
        "CI_SERVER_FQDN",
        "CI_SERVER_PROTOCOL",
        "CI_SERVER_VERSION_MAJOR",
        "CI_API_V4_URL",
        "CI_PROJECT_NAME",
        "CI_PROJECT_TITLE",
        "CI_PROJECT_NAMESPACE",
        "CI_PROJECT_NAMESPACE_ID",
        "CI_SERVER_REVISION",
        "CI_PROJECT_ROOT_NAMESPACE",
        "CI_PROJECT_PATH_SLUG",
        "CI_PROJECT_URL",
        "CI_REGISTRY_IMAGE",
        "CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX",
        "CI_CONFIG_REF_URI",
        "CI_PAGES_DOMAIN",
    ];
    insta::assert_snapshot!(show(&context, &names), @r"
    CI_SERVER_HOST=git.example.com
    CI_SERVER_PORT=8443
    CI_SERVER_FQDN=git.example.com:8443
    CI_SERVER_PROTOCOL=https
    CI_SERVER_VERSION_MAJOR=18
    CI_API_V4_URL=https://git.example.com:8443/api/v4
    CI_PROJECT_NAME=App
    CI_PROJECT_TITLE=App
    CI_PROJECT_NAMESPACE=top/sub
    CI_PROJECT_NAMESPACE_ID=1
    CI_SERVER_REVISION=00000000000
    CI_PROJECT_ROOT_NAMESPACE=top
    CI_PROJECT_PATH_SLUG=top-sub-app
    CI_PROJECT_URL=https://git.example.com:8443/top/sub/App
    CI_REGISTRY_IMAGE=reg.example.com:5050/top/sub/app
    CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX=git.example.com:8443/top/dependency_proxy/containers
    CI_CONFIG_REF_URI=git.example.com:8443/top/sub/App//.gitlab-ci.yml@refs/heads/main
    CI_PAGES_DOMAIN undefined
    ");
}

#[test]
fn messages_are_taken_apart() {
    let names = ["CI_COMMIT_TITLE", "CI_COMMIT_DESCRIPTION", "CI_COMMIT_MESSAGE_IS_TRUNCATED"];
    let of = |message: &str| {
        let mut context = Context::push("main");
        context.commit.message = message.into();
        show(&context, &names)
    };
    insta::assert_snapshot!(of("Fix the thing\n\n[deploy] now\n"), @r"
    CI_COMMIT_TITLE=Fix the thing
    CI_COMMIT_DESCRIPTION=
    [deploy] now
    CI_COMMIT_MESSAGE_IS_TRUNCATED=false
    ");
    let long = "x".repeat(100);
    assert_eq!(
        of(&long),
        format!("CI_COMMIT_TITLE={long}\nCI_COMMIT_DESCRIPTION={long}\nCI_COMMIT_MESSAGE_IS_TRUNCATED=false")
    );
    assert!(of(&format!("x\n{}", "é".repeat(60_000))).ends_with("=true"));
}

#[test]
fn jobs_know_themselves() {
    let context = Context::push("main");
    let builder = Builder::new(&context);
    let top = TopLevel::default();
    let mut job = job("build it: [a, b]");
    job.when = When::Manual;
    job.instance = Some(Instance { base: "build it".into(), index: 2, total: 4, matrix: None });
    let scope = builder.for_job(&job, &top);
    let value = |name: &str| scope.variable(name).unwrap_or_default().to_string();
    assert_eq!(value("CI_JOB_NAME_SLUG"), "build-it---a--b");
    assert_eq!(value("CI_JOB_GROUP_NAME"), "build it");
    assert_eq!(value("CI_JOB_STAGE"), "test");
    assert_eq!(value("CI_JOB_MANUAL"), "true");
    assert_eq!((value("CI_NODE_INDEX"), value("CI_NODE_TOTAL")), ("2".into(), "4".into()));
    for undefined in ["CI_JOB_ID", "CI_PIPELINE_ID", "CI_JOB_TOKEN", "CI_ENVIRONMENT_NAME", "CI_PROJECT_DIR"]
    {
        assert!(scope.variable(undefined).is_none(), "{undefined}");
    }
}

#[test]
fn predefined_values_can_be_given() {
    let mut context = Context::push("main");
    for (name, value) in [
        ("CI_COMMIT_BRANCH", None),
        ("CI_SERVER_VERSION", Some("17.0.0")),
        ("CI_NEW", Some("1")),
        ("CI_JOB_NAME", Some("other")),
        ("CI_JOB_STAGE", None),
        ("CI_PIPELINE_IID", Some("9")),
        ("GITLAB_USER_LOGIN", Some("me")),
    ] {
        context.predefined.insert(name.into(), value.map(str::to_owned));
    }
    let names: Vec<&str> = context.predefined.keys().map(String::as_str).collect();
    insta::assert_snapshot!(show(&context, &names), @r"
    CI_COMMIT_BRANCH undefined
    CI_SERVER_VERSION=17.0.0
    CI_NEW=1
    CI_JOB_NAME=other
    CI_JOB_STAGE undefined
    CI_PIPELINE_IID=9
    GITLAB_USER_LOGIN=me
    ");
    let builder = Builder::new(&context);
    assert_eq!(builder.for_include().variable("CI_JOB_NAME"), None);
    let origin = builder.for_include().find("CI_SERVER_VERSION").unwrap().origin;
    assert_eq!(origin.to_string(), "predefined, as given");
}
