//! The ref and the head commit (`Variables::Builder::Pipeline`).

use super::{Writer, truth};
use crate::context::NO_SHA;
use crate::matching::slug::slugify;
use crate::{Context, Ref};

/// How much of a message is told, in bytes.
const MAX_MESSAGE_BYTES: usize = 100_000;

pub(super) fn write(writer: &mut Writer<'_>, context: &Context) {
    let commit = &context.commit;
    let name = context.reference.name();
    writer.set("CI_COMMIT_SHA", commit.sha.as_str());
    writer.set("CI_COMMIT_SHORT_SHA", commit.sha.chars().take(8).collect::<String>());
    writer.set("CI_COMMIT_BEFORE_SHA", before_sha(context));
    writer.set("CI_COMMIT_REF_NAME", name);
    writer.set("CI_COMMIT_REF_SLUG", slugify(name));
    if context.is_branch() {
        writer.set("CI_COMMIT_BRANCH", name);
    }
    write_message(writer, &commit.message);
    writer.set("CI_COMMIT_REF_PROTECTED", truth(context.protected));
    writer.set("CI_COMMIT_TIMESTAMP", commit.timestamp.as_str());
    writer.set("CI_COMMIT_AUTHOR", commit.author.as_str());
    if let Ref::Tag(tag) = &context.reference {
        writer.set("CI_COMMIT_TAG", tag.as_str());
        writer.set("CI_COMMIT_TAG_MESSAGE", commit.tag_message.as_str());
    }
    if !context.is_tag() && !context.open_merge_requests.is_empty() {
        let first = context.open_merge_requests.get(..4).unwrap_or(&context.open_merge_requests);
        writer.set("CI_OPEN_MERGE_REQUESTS", first.join(","));
    }
}

/// Only pushes, and children of their pipelines, know what was there before.
fn before_sha(context: &Context) -> &str {
    let known = matches!(
        context.source.as_str(),
        "push" | "webide" | "parent_pipeline" | "external_pull_request_event"
    );
    let known =
        known && context.merge_request.is_none() && !matches!(context.reference, Ref::MergeRequest(_));
    if known && !context.commit.before_sha.is_empty() { &context.commit.before_sha } else { NO_SHA }
}

fn write_message(writer: &mut Writer<'_>, message: &str) {
    let title = message.split(['\r', '\n']).next().unwrap_or_default();
    let (title, description) = if message.trim().is_empty() {
        ("--no commit message", "--no commit message")
    } else if title.chars().count() >= 100 {
        (title, message)
    } else {
        let rest = message.split_once('\n').map_or("", |(_, rest)| rest);
        (title, rest.strip_suffix("\r\n").or(rest.strip_suffix('\n')).unwrap_or(rest))
    };
    writer.set("CI_COMMIT_MESSAGE", cut(message));
    writer.set("CI_COMMIT_MESSAGE_IS_TRUNCATED", truth(message.len() > MAX_MESSAGE_BYTES));
    writer.set("CI_COMMIT_TITLE", cut(title));
    writer.set("CI_COMMIT_DESCRIPTION", cut(description));
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_MESSAGE_BYTES)]
}
