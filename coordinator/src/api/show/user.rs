//! People.

use super::{Scene, moment};
use crate::model::{User, UserId};
use serde_json::{Value, json};

/// Somebody, as other objects name them.
pub(in crate::api) fn user(scene: &Scene<'_>, id: UserId) -> Value {
    let Some(user) = scene.users.get(&id) else { return Value::Null };
    json!({
        "id": user.id,
        "username": user.login,
        "public_email": "",
        "name": user.name,
        "state": "active",
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{}/{}", scene.url, user.login),
    })
}

/// The one who asks.
pub(in crate::api) fn user_full(url: &str, user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.login,
        "public_email": "",
        "name": user.name,
        "state": "active",
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{url}/{}", user.login),
        "created_at": moment(user.created_at),
        "bio": "",
        "email": user.email,
        "commit_email": user.email,
        "is_admin": user.admin,
        "two_factor_enabled": false,
        "external": false,
        "bot": false,
        "can_create_group": false,
        "can_create_project": true,
        "projects_limit": 100_000,
        "identities": [],
    })
}
