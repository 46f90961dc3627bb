//! Rows of runners and of the machines that use them.

use super::json;
use crate::error::StoreError;
use crate::model::{Manager, Runner, RunnerId};
use rusqlite::{Connection, OptionalExtension as _, params};

/// Stores a new runner, which gets its number here.
pub(crate) fn insert(db: &Connection, runner: &mut Runner, hash: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO runners (hash, data) VALUES (?1, '')")?.execute([hash])?;
    runner.id = RunnerId(db.last_insert_rowid());
    update(db, runner)
}

pub(crate) fn update(db: &Connection, runner: &Runner) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE runners SET data = ?2 WHERE id = ?1")?
        .execute(params![runner.id.0, json::write(runner)?])?;
    Ok(())
}

pub(crate) fn set_token(db: &Connection, runner: RunnerId, hash: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE runners SET hash = ?2 WHERE id = ?1")?.execute(params![runner.0, hash])?;
    Ok(())
}

pub(crate) fn delete(db: &Connection, runner: RunnerId) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("DELETE FROM runners WHERE id = ?1")?.execute([runner.0])? > 0)
}

/// All runners with the hashes of their tokens.
pub(crate) fn all(db: &Connection) -> Result<Vec<(Runner, Vec<u8>)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data, hash FROM runners ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (text, hash) = row?;
        Ok((json::read("a runner", &text)?, hash))
    })
    .collect()
}

pub(crate) fn put_manager(db: &Connection, manager: &Manager) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO managers (runner_id, system_id, data) VALUES (?1, ?2, ?3)
         ON CONFLICT (runner_id, system_id) DO UPDATE SET data = excluded.data",
    )?
    .execute(params![manager.runner.0, manager.system_id, json::write(manager)?])?;
    Ok(())
}

pub(crate) fn manager(
    db: &Connection,
    runner: RunnerId,
    system_id: &str,
) -> Result<Option<Manager>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT data FROM managers WHERE runner_id = ?1 AND system_id = ?2")?;
    let text: Option<String> =
        statement.query_row(params![runner.0, system_id], |row| row.get(0)).optional()?;
    text.map(|text| json::read("a runner manager", &text)).transpose()
}

pub(crate) fn managers(db: &Connection) -> Result<Vec<Manager>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM managers ORDER BY runner_id, system_id")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|row| json::read("a runner manager", &row?)).collect()
}

pub(crate) fn delete_manager(db: &Connection, runner: RunnerId, system_id: &str) -> Result<bool, StoreError> {
    let mut statement = db.prepare_cached("DELETE FROM managers WHERE runner_id = ?1 AND system_id = ?2")?;
    Ok(statement.execute(params![runner.0, system_id])? > 0)
}

/// How many machines a runner has.
pub(crate) fn count_managers(db: &Connection, runner: RunnerId) -> Result<usize, StoreError> {
    let mut statement = db.prepare_cached("SELECT count(*) FROM managers WHERE runner_id = ?1")?;
    Ok(statement.query_row([runner.0], |row| row.get(0))?)
}

/// The machines of a runner.
pub(crate) fn managers_of(db: &Connection, runner: RunnerId) -> Result<Vec<Manager>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM managers WHERE runner_id = ?1")?;
    let rows = statement.query_map([runner.0], |row| row.get::<_, String>(0))?;
    rows.map(|row| json::read("a runner manager", &row?)).collect()
}
