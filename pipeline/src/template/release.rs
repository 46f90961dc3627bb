//! The command that makes a release (`Gitlab::Ci::Build::Releaser`).

use ci_yaml::config::Release;
use serde_json::Value as Json;
use std::sync::Arc;

/// A call of `release-cli`. Values stand in double quotes, so that the shell resolves variables in them; nothing else
/// in them is taken for itself, as on GitLab.
pub(super) fn command(release: &Release) -> String {
    let mut command = "release-cli create".to_owned();
    let mut flag = |name: &str, value: &str| {
        command.push_str(" --");
        command.push_str(name);
        command.push_str(" \"");
        command.push_str(value);
        command.push('"');
    };
    let mut text = |name: &str, value: Option<&Arc<str>>| {
        if let Some(value) = value {
            flag(name, value);
        }
    };
    text("name", release.name.as_ref());
    text("description", Some(&release.description));
    text("tag-name", Some(&release.tag_name));
    text("tag-message", release.tag_message.as_ref());
    text("ref", release.reference.as_ref());
    text("released-at", release.released_at.as_ref());
    for milestone in release.milestones.iter().flatten() {
        flag("milestone", milestone);
    }
    let links = release.assets.as_ref().and_then(|assets| assets.get("links")).and_then(Json::as_array);
    for link in links.into_iter().flatten() {
        flag("assets-link", &link.to_string().replace('"', "\\\""));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_that_is_said_becomes_a_flag() {
        let release = Release {
            tag_name: "$CI_COMMIT_TAG".into(),
            description: "two\nlines".into(),
            milestones: Some(vec!["m1".into(), "m2".into()]),
            assets: Some(json!({"links": [{"name": "x", "url": "https://e/x"}]})),
            ..Release::default()
        };
        assert_eq!(
            command(&release),
            "release-cli create --description \"two\nlines\" --tag-name \"$CI_COMMIT_TAG\" --milestone \"m1\" \
             --milestone \"m2\" --assets-link \"{\\\"name\\\":\\\"x\\\",\\\"url\\\":\\\"https://e/x\\\"}\""
        );
    }
}
