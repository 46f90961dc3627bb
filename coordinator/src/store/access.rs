//! Rows of people, tokens, sessions and what they did.

use super::json;
use super::queries::Where;
use crate::error::{KernelError, StoreError};
use crate::model::{AuditRow, Page, Paged, ProjectId, Session, Token, User, UserId};
use pipeline::Moment;
use rusqlite::{Connection, OptionalExtension as _, params};

fn moment(of: Moment) -> i64 {
    i64::try_from(of.0).unwrap_or(i64::MAX)
}

pub(crate) fn put_user(db: &Connection, user: &User) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO users (id, login, data) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET login = excluded.login, data = excluded.data",
    )?
    .execute(params![user.id.0, user.login, json::write(user)?])?;
    Ok(())
}

pub(crate) fn user(db: &Connection, id: UserId) -> Result<Option<User>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM users WHERE id = ?1")?;
    let text: Option<String> = statement.query_row([id.0], |row| row.get(0)).optional()?;
    text.map(|text| json::read("a user", &text)).transpose()
}

/// Somebody by the name they sign in with, and the hash of their password.
pub(crate) fn user_named(db: &Connection, login: &str) -> Result<Option<(User, Option<String>)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data, password FROM users WHERE login = ?1")?;
    let found: Option<(String, Option<String>)> =
        statement.query_row([login], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(text, password)| Ok((json::read("a user", &text)?, password))).transpose()
}

pub(crate) fn set_password(db: &Connection, id: UserId, hash: Option<&str>) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE users SET password = ?2 WHERE id = ?1")?.execute(params![id.0, hash])?;
    Ok(())
}

/// Stores a new token, which gets its number here.
pub(crate) fn insert_token(db: &Connection, token: &mut Token, hash: &[u8]) -> Result<(), KernelError> {
    if token_of(db, hash)?.is_some() {
        return Err(KernelError::Taken("token"));
    }
    db.prepare_cached("INSERT INTO tokens (user_id, hash, data) VALUES (?1, ?2, '')")?
        .execute(params![token.user.0, hash])?;
    token.id = db.last_insert_rowid();
    Ok(update_token(db, token)?)
}

pub(crate) fn update_token(db: &Connection, token: &Token) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE tokens SET data = ?2 WHERE id = ?1")?
        .execute(params![token.id, json::write(token)?])?;
    Ok(())
}

pub(crate) fn token_of(db: &Connection, hash: &[u8]) -> Result<Option<Token>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM tokens WHERE hash = ?1")?;
    let text: Option<String> = statement.query_row([hash], |row| row.get(0)).optional()?;
    text.map(|text| json::read("a token", &text)).transpose()
}

pub(crate) fn tokens(db: &Connection, user: UserId) -> Result<Vec<Token>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM tokens WHERE user_id = ?1 ORDER BY id")?;
    let rows = statement.query_map([user.0], |row| row.get::<_, String>(0))?;
    rows.map(|row| json::read("a token", &row?)).collect()
}

/// Stores a new session, which gets its number here.
pub(crate) fn insert_session(db: &Connection, session: &mut Session, hash: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO sessions (user_id, hash, expires_at, data) VALUES (?1, ?2, ?3, '')")?
        .execute(params![session.user.0, hash, moment(session.expires_at)])?;
    session.id = db.last_insert_rowid();
    db.prepare_cached("UPDATE sessions SET data = ?2 WHERE id = ?1")?
        .execute(params![session.id, json::write(session)?])?;
    Ok(())
}

pub(crate) fn session_of(db: &Connection, hash: &[u8], now: Moment) -> Result<Option<Session>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM sessions WHERE hash = ?1 AND expires_at > ?2")?;
    let text: Option<String> =
        statement.query_row(params![hash, moment(now)], |row| row.get(0)).optional()?;
    text.map(|text| json::read("a session", &text)).transpose()
}

/// Where somebody is signed in, the newest first.
pub(crate) fn sessions(db: &Connection, user: UserId, now: Moment) -> Result<Vec<Session>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT data FROM sessions WHERE user_id = ?1 AND expires_at > ?2 ORDER BY id DESC",
    )?;
    let rows = statement.query_map(params![user.0, moment(now)], |row| row.get::<_, String>(0))?;
    rows.map(|row| json::read("a session", &row?)).collect()
}

pub(crate) fn delete_session(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM sessions WHERE id = ?1")?.execute([id])?;
    Ok(())
}

pub(crate) fn delete_sessions(db: &Connection, user: UserId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM sessions WHERE user_id = ?1")?.execute([user.0])?;
    Ok(())
}

pub(crate) fn delete_expired_sessions(db: &Connection, now: Moment) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM sessions WHERE expires_at <= ?1")?.execute([moment(now)])?;
    Ok(())
}

/// Stores something that was done, which gets its number here.
pub(crate) fn insert_audit(db: &Connection, row: &mut AuditRow) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO audit (at, project_id, data) VALUES (?1, ?2, '')")?
        .execute(params![moment(row.at), row.project.map(|project| project.0)])?;
    row.id = db.last_insert_rowid();
    db.prepare_cached("UPDATE audit SET data = ?2 WHERE id = ?1")?
        .execute(params![row.id, json::write(row)?])?;
    Ok(())
}

pub(crate) fn audit(
    db: &Connection,
    project: Option<ProjectId>,
    page: Page,
) -> Result<Paged<AuditRow>, StoreError> {
    let mut only = Where::default();
    only.maybe("project_id = ?", project.map(|project| project.0));
    let found = only.page(db, ("data", "audit", "id DESC"), page, |row| row.get::<_, String>(0))?;
    let items = found.items.iter().map(|text| json::read("an audit row", text)).collect::<Result<_, _>>()?;
    Ok(Paged { items, total: found.total })
}
