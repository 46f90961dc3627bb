//! What `image` and the entries of `services` have in common (`Entry::Imageable`).

use super::attribute::Attribute;
use super::convert::text_of;
use super::keys;
use super::pull_policy::pull_policy;
use super::schema::{self, Place, Shape};
use crate::Node;
use crate::config::{Image, ImageDocker, ImageKubernetes};
use crate::entry::Report;

/// The keys of both.
pub(super) const KEYS: [&str; 6] = ["docker", "kubernetes", "name", "entrypoint", "ports", "pull_policy"];

/// Checks the image itself; without what is only looked at if all of it is valid.
pub(super) fn own(value: &Node, report: &mut Report<'_>) -> Image {
    let config = Attribute::config(value);
    if value.as_map().is_none() && value.as_str().is_none() {
        config.wrong(report, "should be a hash or a string");
    }
    keys::disallowed(value, &["ports"], report);
    let name = match value.as_str() {
        Some(_) => config.called("name"),
        None => Attribute::of(value, "name"),
    };
    let name = name.required_string(report).unwrap_or_default();
    let entrypoint = Attribute::of(value, "entrypoint").strings(report);
    Image {
        name,
        entrypoint,
        docker: docker(value, report),
        kubernetes: kubernetes(value, report),
        pull_policy: None,
    }
}

/// Adds what is only looked at if the rest is valid.
pub(super) fn children(value: &Node, image: &mut Image, report: &mut Report<'_>) {
    if let Some(policy) = Attribute::of(value, "pull_policy").given() {
        image.pull_policy = pull_policy(policy, report);
    }
}

fn options(pointer: &str) -> Place<'_> {
    Place { attribute: "executor opts", pointer: format!("/{pointer}") }
}

fn docker(value: &Node, report: &mut Report<'_>) -> Option<ImageDocker> {
    let docker = Attribute::of(value, "docker").given()?;
    let properties = [("platform", Shape::Text(1, 64)), ("user", Shape::Text(1, 255))];
    schema::object(docker, &properties, &[], &options("docker"), report);
    let text = |key| docker.get(key).and_then(Node::as_text).cloned();
    Some(ImageDocker { platform: text("platform"), user: text("user") })
}

fn kubernetes(value: &Node, report: &mut Report<'_>) -> Option<ImageKubernetes> {
    let kubernetes = Attribute::of(value, "kubernetes").given()?;
    let properties = [("user", Shape::TextOrInteger(1, 255))];
    schema::object(kubernetes, &properties, &[], &options("kubernetes"), report);
    Some(ImageKubernetes { user: kubernetes.get("user").map(text_of) })
}
