//! Which page a path is. Paths of projects hold slashes; `/-/` ends them.

use crate::model::RunnerId;
use pipeline::{JobId, PipelineId};

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Asset(String),
    Preferences,
    SignIn,
    SignOut,
    Home,
    NewProject,
    Account(Account),
    Admin(Admin),
    Project(String, Place),
}

/// What is of whoever looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    Tokens,
    RevokeToken(i64),
    Password,
    Sessions,
    EndSession(i64),
}

/// What is of no project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Admin {
    Runners,
    RunnersEvents,
    NewRunner,
    RegistrationToken,
    Runner(RunnerId),
    RunnerAct(RunnerId, String),
    Variables,
    DeleteVariable,
    Audit,
}

/// What is of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Overview,
    Events,
    Pipelines,
    NewPipeline,
    Pipeline(PipelineId, Vec<String>),
    Jobs,
    Job(JobId, Vec<String>),
    Editor,
    Environments,
    Environment(i64, Option<String>),
    LatestArtifacts(Vec<String>),
    Runners,
    RunnersEvents,
    NewRunner,
    Variables,
    DeleteVariable,
    Settings,
    ClearCaches,
    ResourceGroup,
    Delete,
    Audit,
}

impl Route {
    /// Of a path of an address, still escaped. Nothing where there is no such page.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let parts: Vec<String> =
            path.split('/').filter(|part| !part.is_empty()).map(unescape).collect::<Option<_>>()?;
        let words: Vec<&str> = parts.iter().map(String::as_str).collect();
        Some(match words.as_slice() {
            [] => Self::Home,
            ["-", "assets", name] => Self::Asset((*name).to_owned()),
            ["-", "preferences"] => Self::Preferences,
            ["-", "user_settings", rest @ ..] => Self::Account(Account::parse(rest)?),
            ["users", "sign_in"] => Self::SignIn,
            ["users", "sign_out"] => Self::SignOut,
            ["projects", "new"] => Self::NewProject,
            ["admin", rest @ ..] => Self::Admin(Admin::parse(rest)?),
            words => {
                let (project, place) = match words.iter().position(|word| *word == "-") {
                    Some(at) => (words.get(..at)?, Place::parse(words.get(at + 1..)?)?),
                    None => (words, Place::Overview),
                };
                if project.is_empty() {
                    return None;
                }
                Self::Project(project.join("/"), place)
            }
        })
    }
}

impl Account {
    fn parse(words: &[&str]) -> Option<Self> {
        Some(match words {
            ["personal_access_tokens"] => Self::Tokens,
            ["personal_access_tokens", id, "revoke"] => Self::RevokeToken(id.parse().ok()?),
            ["password", "edit"] => Self::Password,
            ["active_sessions"] => Self::Sessions,
            ["active_sessions", id, "end"] => Self::EndSession(id.parse().ok()?),
            _ => return None,
        })
    }
}

impl Admin {
    fn parse(words: &[&str]) -> Option<Self> {
        let runner = |id: &str| id.parse().ok().map(RunnerId);
        Some(match words {
            ["runners"] => Self::Runners,
            ["runners", "events"] => Self::RunnersEvents,
            ["runners", "new"] => Self::NewRunner,
            ["runners", "registration"] => Self::RegistrationToken,
            ["runners", id] => Self::Runner(runner(id)?),
            ["runners", id, act] => Self::RunnerAct(runner(id)?, (*act).to_owned()),
            ["variables"] => Self::Variables,
            ["variables", "delete"] => Self::DeleteVariable,
            ["audit"] => Self::Audit,
            _ => return None,
        })
    }
}

impl Place {
    fn parse(words: &[&str]) -> Option<Self> {
        let rest = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Some(match words {
            ["events"] => Self::Events,
            ["pipelines"] => Self::Pipelines,
            ["pipelines", "new"] => Self::NewPipeline,
            ["pipelines", id, more @ ..] => Self::Pipeline(PipelineId(id.parse().ok()?), rest(more)),
            ["jobs"] => Self::Jobs,
            ["jobs", "artifacts", more @ ..] => Self::LatestArtifacts(rest(more)),
            ["jobs", id, more @ ..] => Self::Job(JobId(id.parse().ok()?), rest(more)),
            ["ci", "editor" | "lint"] => Self::Editor,
            ["environments"] => Self::Environments,
            ["environments", id] => Self::Environment(id.parse().ok()?, None),
            ["environments", id, act] => Self::Environment(id.parse().ok()?, Some((*act).to_owned())),
            ["runners"] => Self::Runners,
            ["runners", "events"] => Self::RunnersEvents,
            ["runners", "new"] => Self::NewRunner,
            ["variables"] => Self::Variables,
            ["variables", "delete"] => Self::DeleteVariable,
            ["settings"] => Self::Settings,
            ["settings", "clear_caches"] => Self::ClearCaches,
            ["settings", "resource_group"] => Self::ResourceGroup,
            ["settings", "delete"] => Self::Delete,
            ["audit"] => Self::Audit,
            _ => return None,
        })
    }
}

/// A part of a path without its escapes. Nothing where they are wrong.
fn unescape(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'%' => {
                let (pair, tail) = rest.split_at_checked(2)?;
                bytes.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
                rest = tail;
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(path: &str) -> Option<(String, Place)> {
        match Route::parse(path)? {
            Route::Project(path, place) => Some((path, place)),
            _ => None,
        }
    }

    #[test]
    fn projects_have_slashes() {
        assert_eq!(project("/a/b/c"), Some(("a/b/c".into(), Place::Overview)));
        assert_eq!(
            project("/a/b/-/pipelines/7"),
            Some(("a/b".into(), Place::Pipeline(PipelineId(7), vec![])))
        );
        assert_eq!(
            project("/a/-/jobs/3/artifacts/browse/x%2Fy/z"),
            Some((
                "a".into(),
                Place::Job(JobId(3), vec!["artifacts".into(), "browse".into(), "x/y".into(), "z".into()])
            ))
        );
    }

    #[test]
    fn other_pages_are_told_apart() {
        assert_eq!(Route::parse("/"), Some(Route::Home));
        let tokens = Route::Account(Account::Tokens);
        assert_eq!(Route::parse("/-/user_settings/personal_access_tokens"), Some(tokens));
        assert_eq!(Route::parse("/-/assets/x.css"), Some(Route::Asset("x.css".into())));
        assert_eq!(
            Route::parse("/admin/runners/4/pause"),
            Some(Route::Admin(Admin::RunnerAct(RunnerId(4), "pause".into())))
        );
    }

    #[test]
    fn nonsense_is_no_page() {
        for path in [
            "/a/-/pipelines/x",
            "/a/-/nothing",
            "/-/x",
            "/a/%zz",
            "/a/%ff",
            "/a%00b",
            "/admin/x",
            "/a/-",
            "/-/user_settings",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
