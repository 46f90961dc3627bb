//! Parts of a payload that this runner does not support: named, and never ignored in silence.

use crate::variables::Flags;
use crate::variables::go::quote;
use crate::{Order, StageError};
use protocol::{ArtifactWhen, Image};
use trace::Line;

/// Refuses a job that cannot be run as it is meant.
///
/// # Errors
/// A configuration error that names the parts.
pub(super) fn check(order: &Order, flags: &Flags) -> Result<(), StageError> {
    let payload = &order.payload;
    let mut parts = Vec::new();
    if !payload.secrets.is_empty() {
        parts.push(format!("external secrets ({})", listed(payload.secrets.keys())));
    }
    if payload.run.as_deref().is_some_and(|run| !run.is_empty()) {
        parts.push("native steps (the `run` keyword)".to_owned());
    }
    // Without the flag gitlab-runner leaves references to inputs as they are, too.
    if !payload.inputs.is_empty() && flags.is_on("FF_ENABLE_JOB_INPUTS_INTERPOLATION") {
        parts.push(format!("job inputs ({})", listed(payload.inputs.iter().map(|input| &input.key))));
    }
    if parts.is_empty() {
        return Ok(());
    }
    Err(StageError::configuration(format!("this runner does not support {}", parts.join(", "))))
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// What the job asks for and runs without, since the executor has no such thing.
pub(super) fn unused(order: &Order, executor: &str) -> Vec<(Line, String)> {
    let (payload, features) = (&order.payload, &order.info.features);
    let mut lines = Vec::new();
    if !payload.image.name.is_empty() && !features.image {
        let text = format!("The {executor} executor has no images; {} is not used", payload.image.name);
        lines.push((Line::Plain, text));
    }
    if !payload.services.is_empty() && !features.services {
        let names = listed(payload.services.iter().map(|service: &Image| &service.name));
        lines.push((Line::Warning, format!("The {executor} executor has no services; not started: {names}")));
    }
    let artifacts = payload.artifacts.iter().map(|a| ("artifact", &a.name, a.when));
    let caches = payload.cache.iter().map(|c| ("cache", &c.key, c.when));
    for (what, name, when) in artifacts.chain(caches) {
        if when == ArtifactWhen::Unknown {
            lines.push((
                Line::Warning,
                format!("The {what} {} is not kept: its `when` is unknown", quote(name)),
            ));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::testing::order;
    use protocol::JobInput;

    fn checked(order: &Order) -> Result<(), String> {
        check(order, &Flags::resolve(order)).map_err(|error| error.to_string())
    }

    #[test]
    fn parts_are_named_together() {
        let mut order = order(&[]);
        assert_eq!(checked(&order), Ok(()));
        order.payload.secrets.insert("DB".to_owned(), serde_json::json!({"vault": {"path": "hidden"}}));
        order.payload.run = Some("[]".to_owned());
        order.payload.inputs = vec![JobInput { key: "size".to_owned(), ..JobInput::default() }];
        assert_eq!(
            checked(&order).unwrap_err(),
            "this runner does not support external secrets (DB), native steps (the `run` keyword), job inputs (size)"
        );
    }

    #[test]
    fn inputs_that_nobody_resolves_do_no_harm() {
        let mut order = order(&[("FF_ENABLE_JOB_INPUTS_INTERPOLATION", "false")]);
        order.payload.inputs = vec![JobInput::default()];
        order.payload.run = Some(String::new());
        assert_eq!(checked(&order), Ok(()));
    }

    #[test]
    fn images_and_services_are_named_where_there_are_none() {
        let mut order = order(&[]);
        let image = |name: &str| Image { name: name.to_owned(), ..Image::default() };
        order.payload.image = image("ruby:3");
        order.payload.services = vec![image("postgres:16"), image("redis")];
        let lines = unused(&order, "shell");
        assert_eq!(lines[0].1, "The shell executor has no images; ruby:3 is not used");
        assert_eq!(
            lines[1],
            (Line::Warning, "The shell executor has no services; not started: postgres:16, redis".to_owned())
        );
        let unknown = protocol::Artifact { when: ArtifactWhen::Unknown, ..protocol::Artifact::default() };
        order.payload.artifacts = vec![protocol::Artifact { name: "a".to_owned(), ..unknown }];
        assert_eq!(unused(&order, "shell")[2].1, "The artifact \"a\" is not kept: its `when` is unknown");
        order.payload.artifacts.clear();
        order.info.features.image = true;
        order.info.features.services = true;
        assert!(unused(&order, "docker").is_empty());
    }
}
