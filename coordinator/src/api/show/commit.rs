//! Commits.

use crate::model::{Author, CommitRow, Project};
use gitread::LogEntry;
use serde_json::{Value, json};

/// A commit, as rows of pipelines keep it.
pub(in crate::api) fn commit_row(sha: &str, commit: &CommitRow) -> Value {
    let author = Author::parse(&commit.author);
    json!({
        "id": sha,
        "short_id": sha.get(..8).unwrap_or(sha),
        "title": commit.title(),
        "message": commit.message,
        "author_name": author.name,
        "author_email": author.email,
        "authored_date": commit.timestamp,
        "committer_name": author.name,
        "committer_email": author.email,
        "committed_date": commit.timestamp,
        "created_at": commit.timestamp,
        "parent_ids": [],
    })
}

/// A commit, as git tells it.
pub(in crate::api) fn repository(url: &str, project: &Project, entry: &LogEntry) -> Value {
    json!({
        "id": entry.sha,
        "short_id": entry.sha.get(..8).unwrap_or(&entry.sha),
        "title": entry.title(),
        "message": entry.message,
        "author_name": entry.author_name,
        "author_email": entry.author_email,
        "authored_date": entry.authored_at,
        "committer_name": entry.committer_name,
        "committer_email": entry.committer_email,
        "committed_date": entry.committed_at,
        "created_at": entry.committed_at,
        "parent_ids": entry.parents,
        "trailers": {},
        "web_url": format!("{url}/{}/-/commit/{}", project.path, entry.sha),
    })
}
