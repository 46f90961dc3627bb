//! `services`.

use super::attribute::Attribute;
use super::convert::flatten;
use super::plain_variables::plain_variables;
use super::{imageable, keys};
use crate::Node;
use crate::config::Service;
use crate::entry::Report;
use crate::entry::scripts::commands;

const KEYS: [&str; 9] =
    ["command", "alias", "variables", "docker", "kubernetes", "name", "entrypoint", "ports", "pull_policy"];

/// The containers beside a job's own (`Entry::Services`). Lists in the list are flattened.
pub(crate) fn services(value: &Node, parent: &mut Report<'_>) -> Option<Vec<Service>> {
    let mut report = parent.within("services");
    let before = report.count();
    let Some(items) = value.as_seq().and_then(|_| flatten(value)) else {
        Attribute::config(value).wrong(&mut report, "should be an array");
        return None;
    };
    let given = items.into_iter().filter(|item| !item.is_null());
    let services: Vec<Service> = given.filter_map(|item| service(item, &mut report)).collect();
    (report.count() == before).then_some(services)
}

/// One of them (`Entry::Service`).
fn service(value: &Node, parent: &mut Report<'_>) -> Option<Service> {
    let mut report = parent.within("service");
    let before = report.count();
    let mut image = imageable::own(value, &mut report);
    keys::known(value, &KEYS, &mut report);
    let alias = Attribute::of(value, "alias").string(&mut report);
    let (variables, command) = super::below(before, &mut report, |report| {
        imageable::children(value, &mut image, report);
        let child = |name| Attribute::of(value, name).given();
        let variables = child("variables").and_then(|value| plain_variables(value, report));
        (variables, child("command").and_then(|value| commands("command", value, report)))
    });
    let variables =
        variables.map(|all| all.into_iter().map(|(name, variable)| (name, variable.value)).collect());
    (report.count() == before).then_some(Service { image, alias, command, variables })
}
