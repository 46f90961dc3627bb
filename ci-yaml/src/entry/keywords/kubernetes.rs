//! `environment:kubernetes`.

use super::attribute::Attribute;
use super::schema::{self, Place, Shape};
use super::{keys, twice_a_map};
use crate::Node;
use crate::entry::Report;

const KEYS: [&str; 5] = ["namespace", "agent", "flux_resource_path", "managed_resources", "dashboard"];

/// The cluster that belongs to an environment (`Entry::Kubernetes`).
pub(super) fn check(value: &Node, parent: &mut Report<'_>) {
    let mut report = parent.within("kubernetes");
    if twice_a_map(value, &mut report).is_none() {
        return;
    }
    Attribute::config(value).present(&mut report);
    keys::known(value, &KEYS, &mut report);
    let key = |name| Attribute::of(value, name);
    let given = |name| key(name).given().filter(|value| !value.is_blank());
    let dashboard = given("dashboard");
    let flux = given("flux_resource_path");
    key("namespace").string(&mut report);
    if flux.is_some() {
        key("namespace").present(&mut report);
    }
    key("agent").string(&mut report);
    let managed = key("managed_resources").given();
    let is_managed = managed.and_then(|managed| managed.get("enabled")?.as_bool()) == Some(true);
    if flux.is_some() || dashboard.is_some() || is_managed {
        key("agent").present(&mut report);
    }
    key("flux_resource_path").string(&mut report);
    if let Some(managed) = managed {
        let place = Place { attribute: "managed resources", pointer: String::new() };
        schema::object(managed, &[("enabled", Shape::Boolean)], &[], &place, &mut report);
    }
    if let Some(dashboard) = dashboard {
        let place = Place { attribute: "dashboard", pointer: String::new() };
        let properties = [("namespace", Shape::Text(1, 63)), ("flux_resource_path", Shape::Text(1, 255))];
        schema::object(dashboard, &properties, &["namespace"], &place, &mut report);
    }
    for name in ["namespace", "flux_resource_path"] {
        let twice =
            dashboard.and_then(|dashboard| dashboard.get(name)).is_some_and(|value| !value.is_blank());
        if twice && given(name).is_some() {
            let text = format!("cannot be specified when dashboard.{name} is set");
            key(name).fail(&mut report, "exclusive-keywords", text);
        }
    }
}
