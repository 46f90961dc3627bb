//! The server and the project (`Project#predefined_variables`).

use super::{SERVER_REVISION, SERVER_VERSION, Writer};
use crate::Context;
use crate::matching::slug::slugify;

/// The parts of a server's address.
struct Server<'u> {
    protocol: &'u str,
    host: &'u str,
    port: &'u str,
    /// Host, and the port where it is not the usual one.
    fqdn: &'u str,
}

impl<'u> Server<'u> {
    fn new(url: &'u str) -> Self {
        let (protocol, rest) = url.split_once("://").unwrap_or(("https", url));
        let fqdn = rest.split('/').next().unwrap_or_default();
        let usual = if protocol == "http" { "80" } else { "443" };
        // A colon inside brackets belongs to an IPv6 address.
        let (host, port) = match fqdn.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (fqdn, usual),
        };
        Self { protocol, host, port, fqdn: if port == usual { host } else { fqdn } }
    }
}

/// Host of the server, with its port where that is not the usual one (`CI_SERVER_FQDN`).
pub(super) fn fqdn(context: &Context) -> &str {
    Server::new(&context.project.server_url).fqdn
}

pub(super) fn write(writer: &mut Writer<'_>, context: &Context) {
    let server = Server::new(&context.project.server_url);
    writer.set("CI", "true");
    writer.set("GITLAB_CI", "true");
    write_server(writer, context, &server);
    write_project(writer, context);
    write_images(writer, context, &server);
}

fn write_server(writer: &mut Writer<'_>, context: &Context, server: &Server<'_>) {
    let url = &context.project.server_url;
    writer.set("CI_SERVER_FQDN", server.fqdn);
    writer.set("CI_SERVER_URL", url.as_str());
    writer.set("CI_SERVER_HOST", server.host);
    writer.set("CI_SERVER_PORT", server.port);
    writer.set("CI_SERVER_PROTOCOL", server.protocol);
    writer.set("CI_SERVER_SHELL_SSH_HOST", server.host);
    writer.set("CI_SERVER_SHELL_SSH_PORT", "22");
    writer.set("CI_SERVER_NAME", "GitLab");
    writer.set("CI_SERVER_VERSION", SERVER_VERSION);
    writer.set("CI_SERVER_REVISION", SERVER_REVISION);
    for (name, part) in ["CI_SERVER_VERSION_MAJOR", "CI_SERVER_VERSION_MINOR", "CI_SERVER_VERSION_PATCH"]
        .into_iter()
        .zip(SERVER_VERSION.split('.'))
    {
        writer.set(name, part);
    }
    writer.set("CI_API_V4_URL", format!("{url}/api/v4"));
    writer.set("CI_API_GRAPHQL_URL", format!("{url}/api/graphql"));
    writer.set("CI_TEMPLATE_REGISTRY_HOST", "registry.gitlab.com");
    if server.host == "gitlab.com" {
        writer.set("CI_PAGES_DOMAIN", "gitlab.io");
    }
}

fn write_project(writer: &mut Writer<'_>, context: &Context) {
    let project = &context.project;
    let path = project.path.as_str();
    let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
    writer.set("GITLAB_FEATURES", "");
    writer.set("CI_PROJECT_ID", project.id.to_string());
    writer.set("CI_PROJECT_NAME", name);
    writer.set("CI_PROJECT_TITLE", project.title.as_deref().unwrap_or(name));
    writer.set("CI_PROJECT_TOPICS", "");
    writer.set("CI_PROJECT_PATH", path);
    writer.set("CI_PROJECT_PATH_SLUG", slugify(path));
    writer.set("CI_PROJECT_NAMESPACE", namespace);
    // Only a server knows its number; there is one in any case.
    writer.set("CI_PROJECT_NAMESPACE_ID", "1");
    writer.set("CI_PROJECT_NAMESPACE_SLUG", slugify(namespace));
    writer.set("CI_PROJECT_ROOT_NAMESPACE", root(namespace));
    writer.set("CI_PROJECT_URL", format!("{}/{path}", project.server_url));
    writer.set("CI_PROJECT_VISIBILITY", project.visibility.as_str());
    writer.set("CI_PROJECT_REPOSITORY_LANGUAGES", "");
    writer.set("CI_DEFAULT_BRANCH", project.default_branch.as_str());
    writer.set("CI_DEFAULT_BRANCH_SLUG", slugify(&project.default_branch));
    writer.set("CI_CONFIG_PATH", project.config_path.as_str());
}

fn write_images(writer: &mut Writer<'_>, context: &Context, server: &Server<'_>) {
    let project = &context.project;
    let namespace = project.path.rsplit_once('/').map_or("", |(namespace, _)| namespace).to_lowercase();
    let proxy = format!("{}:{}", server.host, server.port);
    let prefix = |group: &str| format!("{proxy}/{group}/dependency_proxy/containers");
    writer.set("CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX", prefix(root(&namespace)));
    writer.set("CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX", prefix(&namespace));
    writer.set("CI_DEPENDENCY_PROXY_SERVER", proxy);
    if let Some(registry) = &project.registry {
        writer.set("CI_REGISTRY", registry.as_str());
        writer.set("CI_REGISTRY_IMAGE", format!("{registry}/{}", project.path.to_lowercase()));
    }
}

fn root(namespace: &str) -> &str {
    namespace.split('/').next().unwrap_or_default()
}
