//! Merge requests, and pull requests of elsewhere.

use super::{Writer, truth};
use crate::{Context, MergeRequest, Ref};

/// How much of a description is told, in characters.
const MAX_DESCRIPTION: usize = 2700;

pub(super) fn write(writer: &mut Writer<'_>, context: &Context) {
    if context.source.as_str() == "external_pull_request_event" {
        return write_external(writer, context);
    }
    let unknown = MergeRequest::default();
    match (&context.merge_request, &context.reference) {
        (Some(request), _) => write_request(writer, context, request),
        (None, Ref::MergeRequest(_)) => write_request(writer, context, &unknown),
        (None, _) => {}
    }
}

/// Numbers that only a server knows are made up so that a condition on their being there holds: `ID` is the number in
/// the project, and there is one version of the diff.
fn write_request(writer: &mut Writer<'_>, context: &Context, request: &MergeRequest) {
    let project = &context.project;
    let url = |path: &str| format!("{}/{path}", project.server_url);
    writer.set("CI_MERGE_REQUEST_EVENT_TYPE", request.event.as_str());
    writer.set("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "");
    writer.set("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "");
    writer.set("CI_MERGE_REQUEST_DIFF_ID", "1");
    writer.set("CI_MERGE_REQUEST_DIFF_BASE_SHA", request.diff_base_sha.as_str());
    writer.set("CI_MERGE_REQUEST_ID", request.iid.to_string());
    writer.set("CI_MERGE_REQUEST_IID", request.iid.to_string());
    writer.set("CI_MERGE_REQUEST_REF_PATH", format!("refs/merge-requests/{}/head", request.iid));
    writer.set("CI_MERGE_REQUEST_PROJECT_ID", project.id.to_string());
    writer.set("CI_MERGE_REQUEST_PROJECT_PATH", project.path.as_str());
    writer.set("CI_MERGE_REQUEST_PROJECT_URL", url(&project.path));
    writer.set("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", request.target.as_str());
    writer.set("CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED", "false");
    write_texts(writer, request);
    let source = request.source_project.as_deref().unwrap_or(&project.path);
    if source == project.path {
        writer.set("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", project.id.to_string());
    }
    writer.set("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", source);
    writer.set("CI_MERGE_REQUEST_SOURCE_PROJECT_URL", url(source));
    writer.set("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", context.reference.name());
    writer.set("CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED", truth(context.protected));
}

fn write_texts(writer: &mut Writer<'_>, request: &MergeRequest) {
    let description: String = request.description.chars().take(MAX_DESCRIPTION).collect();
    let list = |names: &[String]| (!names.is_empty()).then(|| names.join(","));
    writer.set("CI_MERGE_REQUEST_TITLE", request.title.as_str());
    writer.set("CI_MERGE_REQUEST_DRAFT", truth(request.draft));
    writer.set(
        "CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED",
        truth(description.len() < request.description.len()),
    );
    writer.set("CI_MERGE_REQUEST_DESCRIPTION", description);
    writer.set_if("CI_MERGE_REQUEST_ASSIGNEES", list(&request.assignees));
    writer.set_if("CI_MERGE_REQUEST_MILESTONE", request.milestone.as_deref());
    writer.set_if("CI_MERGE_REQUEST_LABELS", list(&request.labels));
    writer.set("CI_MERGE_REQUEST_SQUASH_ON_MERGE", truth(request.squash));
}

fn write_external(writer: &mut Writer<'_>, context: &Context) {
    writer.set("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", context.reference.name());
    writer.set("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA", context.commit.sha.as_str());
    if let Some(request) = &context.merge_request {
        let source = request.source_project.as_deref().unwrap_or(&context.project.path);
        writer.set("CI_EXTERNAL_PULL_REQUEST_IID", request.iid.to_string());
        writer.set("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY", source);
        writer.set("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY", context.project.path.as_str());
        writer.set("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME", request.target.as_str());
        writer.set("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA", request.diff_base_sha.as_str());
    }
}
