//! People, their tokens and sessions, and what they did.

use super::{ProjectId, UserId};
use pipeline::Moment;
use serde::{Deserialize, Serialize};

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their number.
    pub id: UserId,
    /// The name to sign in with.
    pub login: String,
    /// The name for people.
    pub name: String,
    /// The mail address.
    pub email: String,
    /// Whether they may do everything.
    pub admin: bool,
    /// When they came.
    pub created_at: Moment,
}

/// A personal access token. Its text is known to nobody but its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub user: UserId,
    /// What it is for.
    pub name: String,
    /// What it opens: `api`, `read_api`, `read_repository`, `write_repository`.
    pub scopes: Vec<String>,
    /// The one project it is for, if it is.
    pub project: Option<ProjectId>,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last used.
    pub last_used_at: Option<Moment>,
    /// When it opens nothing any more.
    pub expires_at: Option<Moment>,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// A token that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// Whose.
    pub user: UserId,
    /// What for.
    pub name: String,
    /// What it opens.
    pub scopes: Vec<String>,
    /// The one project it is for.
    pub project: Option<ProjectId>,
    /// Until when.
    pub expires_at: Option<Moment>,
}

/// Somebody who signed in with a browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its number.
    pub id: i64,
    /// Who.
    pub user: UserId,
    /// What forms of this session carry.
    pub csrf: String,
    /// When they signed in.
    pub created_at: Moment,
    /// Until when it counts.
    pub expires_at: Moment,
    /// The address they came from.
    pub ip_address: Option<String>,
    /// Their browser, as it calls itself.
    pub user_agent: Option<String>,
}

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Moment,
    /// Who, where that is known.
    pub user: Option<UserId>,
    /// What, as a word: `variable_set`, `signed_in`.
    pub action: String,
    /// To what, as text; never a secret.
    pub target: String,
    /// The project it happened in.
    pub project: Option<ProjectId>,
    /// The address they came from.
    pub ip_address: Option<String>,
}

/// Something that somebody did, to be noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAudit {
    /// Who.
    pub user: Option<UserId>,
    /// What.
    pub action: String,
    /// To what; never a secret.
    pub target: String,
    /// In which project.
    pub project: Option<ProjectId>,
    /// From where.
    pub ip_address: Option<String>,
}
