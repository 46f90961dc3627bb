//! Predefined variables that cannot exist without a GitLab.

use ci_yaml::Context;

/// A predefined variable that jobs do not have here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: &'static str,
    /// Why it cannot be told: a fragment.
    pub reason: &'static str,
}

const DEPLOY_TOKEN: &str = "deploy tokens are kept by the server";
const LOGIN: &str =
    "the job token of a local job opens nothing: log in to the registry with variables of your own";
const NO_REGISTRY: &str = "whether the project has a registry, and where, is a setting of the server";
const PROXY: &str = "the dependency proxy is a part of the server";
const PAGES: &str = "the address of pages is a setting of the server";
const SETTING: &str = "it is a setting of the project on the server";
const LICENCE: &str = "it is told by editions of GitLab that have the feature";
const CLUSTER: &str = "clusters are connected to the server";
const RELEASE: &str = "releases are kept by the server";
const CHAT: &str = "it comes with a chat command";

/// Those that are missing in any pipeline.
const ALWAYS: &[Missing] = &[
    Missing {
        name: "CI_COMMIT_USER_LOGIN",
        reason: "only the server knows whose account an author's address is",
    },
    Missing { name: "CI_DEPENDENCY_PROXY_PASSWORD", reason: PROXY },
    Missing { name: "CI_DEPENDENCY_PROXY_USER", reason: PROXY },
    Missing { name: "CI_DEPLOY_FREEZE", reason: "freezes are kept by the server" },
    Missing { name: "CI_DEPLOY_PASSWORD", reason: DEPLOY_TOKEN },
    Missing { name: "CI_DEPLOY_USER", reason: DEPLOY_TOKEN },
    Missing { name: "CI_GITLAB_FIPS_MODE", reason: "it tells how the server was built" },
    Missing { name: "CI_HAS_OPEN_REQUIREMENTS", reason: LICENCE },
    Missing { name: "CI_KUBERNETES_ACTIVE", reason: CLUSTER },
    Missing { name: "CI_PAGES_HOSTNAME", reason: PAGES },
    Missing { name: "CI_PAGES_URL", reason: PAGES },
    Missing { name: "CI_PROJECT_CLASSIFICATION_LABEL", reason: SETTING },
    Missing { name: "CI_PROJECT_DESCRIPTION", reason: SETTING },
    Missing { name: "CI_REGISTRY_PASSWORD", reason: LOGIN },
    Missing { name: "CI_REGISTRY_USER", reason: LOGIN },
    Missing { name: "KUBECONFIG", reason: CLUSTER },
];

/// Those that jobs of a pipeline for this context would have on a GitLab, as far as it has the feature, and cannot have
/// here; sorted by name. What settings, the pipeline or the context define is not among them.
pub fn missing(context: &Context) -> Vec<Missing> {
    let mut all = ALWAYS.to_vec();
    let mut also = |names: &[&'static str], reason: &'static str| {
        all.extend(names.iter().map(|name| Missing { name, reason }));
    };
    if context.project.registry.is_none() {
        also(&["CI_REGISTRY", "CI_REGISTRY_IMAGE"], NO_REGISTRY);
    }
    if !context.is_tag() && context.open_merge_requests.is_empty() {
        also(&["CI_OPEN_MERGE_REQUESTS"], "merge requests are kept by the server");
    }
    if context.is_tag() {
        also(&["CI_RELEASE_DESCRIPTION", "CI_RELEASE_NAME"], RELEASE);
    }
    if context.merge_request.is_some() {
        also(&["CI_MERGE_REQUEST_APPROVED"], LICENCE);
    }
    match context.source.as_str() {
        "trigger" => {
            also(&["CI_TRIGGER_SHORT_TOKEN"], "there is no trigger token");
            also(&["TRIGGER_PAYLOAD"], "it is the body of a webhook");
        }
        "chat" => also(&["CHAT_CHANNEL", "CHAT_INPUT", "CHAT_USER_ID"], CHAT),
        _ => {}
    }
    if ci_yaml::variables::Surroundings::new(context, None)
        .project
        .iter()
        .all(|item| &*item.name != "CI_PAGES_DOMAIN")
    {
        all.push(Missing { name: "CI_PAGES_DOMAIN", reason: PAGES });
    }
    all.push(Missing { name: "CI_ENVIRONMENT_ID", reason: "environments are numbered by the server" });
    all.retain(|missing| !is_given(context, missing.name));
    all.sort_by_key(|missing| missing.name);
    all
}

fn is_given(context: &Context, name: &str) -> bool {
    let settings = [&context.instance_variables, &context.group_variables, &context.project_variables];
    let mut given = context.variables.iter().chain(&context.schedule_variables);
    matches!(context.predefined.get(name), Some(Some(_)))
        || settings.into_iter().flatten().any(|variable| variable.name == name)
        || given.any(|variable| variable.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ci_yaml::{GivenVariable, Ref};

    fn names(context: &Context) -> Vec<&'static str> {
        missing(context).into_iter().map(|missing| missing.name).collect()
    }

    #[test]
    fn what_is_given_is_not_missing() {
        let mut context = Context::push("main");
        assert!(names(&context).contains(&"CI_REGISTRY_PASSWORD"));
        assert!(names(&context).contains(&"CI_REGISTRY_IMAGE"));
        context.project.registry = Some("r:5000".into());
        let password =
            GivenVariable { name: "CI_REGISTRY_PASSWORD".into(), value: "x".into(), raw: false, file: false };
        context.variables.push(password);
        assert!(!names(&context).contains(&"CI_REGISTRY_PASSWORD"));
        assert!(!names(&context).contains(&"CI_REGISTRY_IMAGE"));
    }

    #[test]
    fn names_fit_the_pipeline_and_come_once_each() {
        let mut context = Context::push("main");
        assert!(!names(&context).contains(&"CI_RELEASE_NAME"));
        assert!(!names(&context).contains(&"CI_PAGES_DOMAIN"), "gitlab.com has one");
        context.project.server_url = "https://git.example.com".into();
        context.reference = Ref::Tag("v1".into());
        let found = names(&context);
        assert!(found.contains(&"CI_RELEASE_NAME") && found.contains(&"CI_PAGES_DOMAIN"));
        assert!(found.is_sorted() && found.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
