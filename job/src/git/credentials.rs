//! Addresses of repositories with and without credentials.
//!
//! Git is told addresses without credentials. What it needs to reach them stands in a configuration outside
//! the work tree, which goes when the job is over. For scripts these are rules that put credentials into
//! addresses, as scripts know it from gitlab-runner. Git hands such addresses to its own helpers as arguments,
//! which everybody on the machine can read; so while sources are fetched, a credential helper hands the token
//! out instead.

use super::url::Url;
use crate::variables::JobView;
use protocol::Secret;

const TOKEN_USER: &str = "gitlab-ci-token";

/// The addresses of a job.
pub(super) struct Remotes {
    /// What `origin` is set to.
    pub(super) origin: String,
    /// Scheme and host of the repository where it has a host.
    pub(super) server: Option<Url>,
    /// `url.<first>.insteadOf = <second>` for each.
    pub(super) rewrites: Vec<(String, String)>,
    /// Servers at which the credential helper answers; none unless tokens are kept out of addresses.
    pub(super) helper_servers: Vec<String>,
    token: Secret,
}

/// Rules and servers as the job's own git commands need them.
pub(super) struct WhileFetching {
    pub(super) rewrites: Vec<(String, String)>,
    pub(super) helper_servers: Vec<String>,
}

impl Remotes {
    pub(super) fn of(view: JobView<'_>) -> Self {
        let order = view.order;
        let token = order.payload.token.expose();
        let token_less = view.flags.is_on("FF_GIT_URLS_WITHOUT_TOKENS");
        let repo_text = order.payload.git_info.repo_url.expose();
        let clone_url = Url::parse(&order.settings.clone_url);
        let remote = match &clone_url {
            Some(base) => Some(configured_remote(base, &view.variables.get("CI_PROJECT_PATH"), token)),
            None => Url::parse(repo_text),
        };
        let base =
            clone_url.or_else(|| Url::parse(&order.url)).map(|url| url.without_credentials().trimmed());
        let mut remotes = Self {
            origin: remote.as_ref().map_or_else(|| repo_text.to_owned(), |r| r.without_credentials().text()),
            server: remote.as_ref().filter(|r| r.has_host()).map(|r| r.server().without_credentials()),
            rewrites: Vec::new(),
            helper_servers: Vec::new(),
            token: order.payload.token.clone(),
        };
        let authenticated = |url: &Url| {
            if token_less { url.clone() } else { url.with_credentials(TOKEN_USER, Some(token)) }
        };
        if let (Some(remote), false) = (&remote, token_less && remote.as_ref().is_some_and(Url::is_http)) {
            remotes.rewrite(&remote.text(), &remote.without_credentials().text());
        }
        if let Some(base) = base.filter(Url::is_http) {
            let with = authenticated(&base).text();
            remotes.rewrite(&with, &base.text());
            if view.options.git.submodule_force_https {
                remotes.force_https(view, &with);
            }
            if token_less {
                remotes.helper_servers.push(base.server().text());
            }
        }
        match Url::parse(repo_text).filter(Url::has_host) {
            Some(repo) if !token_less => {
                remotes.rewrite(&repo.server().text(), &repo.server().without_credentials().text());
            }
            Some(_) | None => {}
        }
        if token_less && let Some(server) = remotes.server.as_ref().filter(|s| s.is_http()) {
            let server = server.text();
            if !remotes.helper_servers.contains(&server) {
                remotes.helper_servers.insert(0, server);
            }
        }
        remotes
    }

    /// The same without the token in any address. Other passwords stay: only the job's token is known here.
    pub(super) fn while_fetching(&self) -> WhileFetching {
        let mut result = WhileFetching { rewrites: Vec::new(), helper_servers: self.helper_servers.clone() };
        for (with, without) in &self.rewrites {
            let url = Url::parse(with).filter(|url| url.is_http() && url.has_password(self.token.expose()));
            let rule = match &url {
                Some(url) => (url.without_credentials().text(), without.clone()),
                None => (with.clone(), without.clone()),
            };
            if rule.0 != rule.1 {
                result.rewrites.push(rule);
            }
            if let Some(server) = url.map(|url| url.server().without_credentials().text())
                && !result.helper_servers.contains(&server)
            {
                result.helper_servers.push(server);
            }
        }
        result
    }

    fn rewrite(&mut self, with: &str, without: &str) {
        let rule = (with.to_owned(), without.to_owned());
        if with != without && !self.rewrites.contains(&rule) {
            self.rewrites.push(rule);
        }
    }

    /// Submodules that are named by SSH addresses of the same server come over HTTPS.
    fn force_https(&mut self, view: JobView<'_>, with: &str) {
        let variables = view.variables;
        let host = match variables.get("CI_SERVER_SHELL_SSH_HOST") {
            host if host.is_empty() => variables.get("CI_SERVER_HOST"),
            host => host,
        };
        let port = variables.get("CI_SERVER_SHELL_SSH_PORT");
        if port.is_empty() || port == "22" {
            self.rewrite(&format!("{with}/"), &format!("git@{host}:"));
            self.rewrite(with, &format!("ssh://git@{host}"));
        } else {
            self.rewrite(with, &format!("ssh://git@{host}:{port}"));
        }
    }
}

/// The address below the configured `clone_url`.
fn configured_remote(base: &Url, project_path: &str, token: &str) -> Url {
    let url = base.join(&format!("{project_path}.git"));
    if url.is_http() {
        url.with_credentials(TOKEN_USER, Some(token))
    } else if url.is_ssh() && !url.has_user() {
        url.with_credentials("git", None)
    } else {
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Order;
    use crate::variables::testing::{Resolved, order};

    fn remotes(variables: &[(&str, &str)], change: impl Fn(&mut Order)) -> Remotes {
        let mut order = order(variables);
        order.payload.git_info.repo_url = "https://gitlab-ci-token:job-token@gitlab.example/g/p.git".into();
        change(&mut order);
        Remotes::of(Resolved::new(order, "/w".as_ref()).view())
    }

    fn rules(remotes: &Remotes) -> Vec<String> {
        remotes.rewrites.iter().map(|(with, without)| format!("{with} <- {without}")).collect()
    }

    #[test]
    fn the_payloads_address() {
        let remotes = remotes(&[], |_| ());
        assert_eq!(remotes.origin, "https://gitlab.example/g/p.git");
        assert_eq!(
            rules(&remotes),
            [
                "https://gitlab-ci-token:job-token@gitlab.example/g/p.git <- https://gitlab.example/g/p.git",
                "https://gitlab-ci-token:job-token@gitlab.example <- https://gitlab.example",
            ]
        );
        assert!(remotes.helper_servers.is_empty());
    }

    #[test]
    fn clone_url_replaces_it() {
        let of = |clone_url: &'static str| {
            remotes(&[("CI_PROJECT_PATH", "g/p")], |o| o.settings.clone_url = clone_url.to_owned())
        };
        let http = of("http://inner:8080/gitlab/");
        assert_eq!(http.origin, "http://inner:8080/gitlab/g/p.git");
        assert_eq!(
            rules(&http),
            [
                "http://gitlab-ci-token:job-token@inner:8080/gitlab/g/p.git <- http://inner:8080/gitlab/g/p.git",
                "http://gitlab-ci-token:job-token@inner:8080/gitlab <- http://inner:8080/gitlab",
                "https://gitlab-ci-token:job-token@gitlab.example <- https://gitlab.example",
            ]
        );
        let ssh = of("ssh://inner:2222");
        assert_eq!(ssh.origin, "ssh://inner:2222/g/p.git");
        assert_eq!(rules(&ssh)[0], "ssh://git@inner:2222/g/p.git <- ssh://inner:2222/g/p.git");
    }

    #[test]
    fn ssh_submodules_over_https() {
        let variables = [("GIT_SUBMODULE_FORCE_HTTPS", "true"), ("CI_SERVER_HOST", "gitlab.example")];
        assert_eq!(
            rules(&remotes(&variables, |_| ()))[2..],
            [
                "https://gitlab-ci-token:job-token@gitlab.example/ <- git@gitlab.example:",
                "https://gitlab-ci-token:job-token@gitlab.example <- ssh://git@gitlab.example",
            ]
        );
        let port = [variables[0], variables[1], ("CI_SERVER_SHELL_SSH_PORT", "2222")];
        assert_eq!(
            rules(&remotes(&port, |_| ()))[2..],
            ["https://gitlab-ci-token:job-token@gitlab.example <- ssh://git@gitlab.example:2222"]
        );
    }

    #[test]
    fn without_tokens_a_helper_answers() {
        let remotes = remotes(&[("FF_GIT_URLS_WITHOUT_TOKENS", "1")], |o| {
            o.settings.clone_url = "http://inner".to_owned();
        });
        assert_eq!(rules(&remotes), [""; 0]);
        assert_eq!(remotes.helper_servers, ["http://inner"]);
    }

    #[test]
    fn while_fetching_no_address_holds_the_token() {
        let variables = [("GIT_SUBMODULE_FORCE_HTTPS", "true"), ("CI_SERVER_HOST", "gitlab.example")];
        let fetching = remotes(&variables, |_| ()).while_fetching();
        assert_eq!(fetching.helper_servers, ["https://gitlab.example"]);
        let rule = |with: &str, without: &str| (with.to_owned(), without.to_owned());
        assert_eq!(
            fetching.rewrites,
            [
                rule("https://gitlab.example/", "git@gitlab.example:"),
                rule("https://gitlab.example", "ssh://git@gitlab.example"),
            ]
        );
        let other = remotes(&[], |o| o.payload.git_info.repo_url = "http://u:secret@h/p.git".into());
        assert_eq!(other.while_fetching().rewrites[0], rule("http://u:secret@h/p.git", "http://h/p.git"));
    }

    #[test]
    fn other_addresses_are_left_alone() {
        let remotes = remotes(&[], |o| {
            o.url = String::new();
            o.payload.git_info.repo_url = "/srv/git/p.git".into();
        });
        assert_eq!(remotes.origin, "/srv/git/p.git");
        assert!(remotes.server.is_none());
        assert!(remotes.rewrites.is_empty());
    }
}
