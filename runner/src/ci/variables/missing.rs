//! Predefined variables of GitLab that cannot exist here.

use super::found::Variable;
use ci_yaml::{Context, Ref};
use serde_json::{Value, json};

/// What the list of variables leaves out.
pub(super) const NOTE: &str = "The runner adds its own when the job runs: CI_PROJECT_DIR, CI_BUILDS_DIR, \
     CI_CONCURRENT_ID, CI_RUNNER_VERSION and its like, and a feature flag as FF_… each. `--missing` names what GitLab \
     has and is not there.";

/// How to give what is missing.
pub(super) const HELP: &str = "Give a value with --project-variable KEY=VALUE, in .env, or, if it is secret, in \
     ~/.config/runner/variables.toml (mode 0600), where values are hidden in logs.";

/// A variable that GitLab defines, as far as it has the feature, and that cannot exist here.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) name: &'static str,
    pub(super) reason: &'static str,
    pub(super) help: Option<&'static str>,
    /// The pipelines in which GitLab has it.
    when: When,
}

#[derive(Debug, PartialEq, Eq)]
enum When {
    Always,
    /// The ref is no tag.
    Branch,
    Tag,
    MergeRequest,
    Source(&'static str),
}

impl Missing {
    pub(super) fn json(&self) -> Value {
        json!({"name": self.name, "reason": self.reason, "help": self.help})
    }
}

const fn always(name: &'static str, reason: &'static str, help: Option<&'static str>) -> Missing {
    Missing { name, reason, help, when: When::Always }
}

const fn only(when: When, name: &'static str, reason: &'static str, help: Option<&'static str>) -> Missing {
    Missing { name, reason, help, when }
}

const REGISTRY: &str = "the server knows whether there is a registry";
const LOGIN: &str = "GitLab makes the login for each job, from its token";
const DEPLOY: &str = "a deploy token is kept by the server (gitlab-deploy-token)";
const PROXY: &str = "the dependency proxy is a service of the server";
const PROXY_HELP: Option<&str> =
    Some("or name images directly: `image: alpine` instead of `$CI_DEPENDENCY_PROXY_…/alpine`");
const SETTINGS: &str = "only the server's settings say it";
const CHAT: &str = "only a chat command has it";
const RELEASE: &str = "releases are kept by the server";

/// Sorted by name, within those of one kind of pipeline.
const ALL: &[Missing] = &[
    always("CI_COMMIT_USER_LOGIN", "only the server knows whose account an author's address is", None),
    always("CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX", PROXY, PROXY_HELP),
    always("CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX", PROXY, PROXY_HELP),
    always("CI_DEPENDENCY_PROXY_PASSWORD", PROXY, None),
    always("CI_DEPENDENCY_PROXY_SERVER", PROXY, None),
    always("CI_DEPENDENCY_PROXY_USER", PROXY, None),
    always("CI_DEPLOY_FREEZE", "freeze periods are kept by the server", None),
    always("CI_DEPLOY_PASSWORD", DEPLOY, Some("a personal deploy token does as well")),
    always("CI_DEPLOY_USER", DEPLOY, None),
    always("CI_ENVIRONMENT_ID", "environments are numbered by the server", None),
    always("CI_GITLAB_FIPS_MODE", "it says how the server was built", None),
    always("CI_HAS_OPEN_REQUIREMENTS", "requirements are kept by the server", None),
    always("CI_KUBERNETES_ACTIVE", "clusters are connected to the server", None),
    always("CI_PAGES_DOMAIN", SETTINGS, None),
    always("CI_PAGES_HOSTNAME", SETTINGS, None),
    always("CI_PAGES_URL", SETTINGS, None),
    always("CI_PROJECT_CLASSIFICATION_LABEL", SETTINGS, None),
    always("CI_PROJECT_DESCRIPTION", SETTINGS, None),
    always("CI_PROJECT_REPOSITORY_LANGUAGES", "the server counts languages of the default branch", None),
    always("CI_PROJECT_TOPICS", SETTINGS, None),
    always("CI_REGISTRY", REGISTRY, Some("for gitlab.com it is registry.gitlab.com")),
    always("CI_REGISTRY_IMAGE", REGISTRY, Some("as a rule $CI_REGISTRY/ and the project's path")),
    always(
        "CI_REGISTRY_PASSWORD",
        LOGIN,
        Some("a personal access token with read_registry or write_registry does as well"),
    ),
    always("CI_REGISTRY_USER", LOGIN, Some("your user name, with a token of yours as CI_REGISTRY_PASSWORD")),
    always("GITLAB_FEATURES", "the server's licence says which features there are", None),
    always(
        "KUBECONFIG",
        "clusters and agents are connected to the server",
        Some("variables.toml: KUBECONFIG = { path = \"~/.kube/config\", file = true }"),
    ),
    only(
        When::Branch,
        "CI_OPEN_MERGE_REQUESTS",
        "merge requests are kept by the server",
        Some("--open-merge-request IID, where one is open"),
    ),
    only(When::Tag, "CI_RELEASE_DESCRIPTION", RELEASE, None),
    only(When::Tag, "CI_RELEASE_NAME", RELEASE, None),
    only(When::MergeRequest, "CI_MERGE_REQUEST_APPROVED", "approvals are kept by the server", None),
    only(When::Source("chat"), "CHAT_CHANNEL", CHAT, None),
    only(When::Source("chat"), "CHAT_INPUT", CHAT, None),
    only(When::Source("chat"), "CHAT_USER_ID", CHAT, None),
    only(When::Source("trigger"), "CI_TRIGGER_SHORT_TOKEN", "it is the beginning of the trigger token", None),
    only(
        When::Source("trigger"),
        "TRIGGER_PAYLOAD",
        "it is the body of the webhook that triggers a pipeline",
        Some("variables.toml: TRIGGER_PAYLOAD = { value = \"{}\", file = true }"),
    ),
];

/// Those that GitLab would have in this pipeline, and that the job has not.
pub(super) fn among(found: &[Variable], context: &Context) -> Vec<&'static Missing> {
    let is_there = |name: &str| found.iter().any(|variable| variable.name == name);
    let would_be = |missing: &Missing| match missing.when {
        When::Always => true,
        When::Branch => !context.is_tag(),
        When::Tag => context.is_tag(),
        When::MergeRequest => matches!(context.reference, Ref::MergeRequest(_)),
        When::Source(source) => context.source.as_str() == source,
    };
    ALL.iter().filter(|missing| would_be(missing) && !is_there(missing.name)).collect()
}
