//! Variables that are passed on (`Gitlab::Ci::Variables::Downstream`).

use super::Bridge;
use ci_yaml::expression::Lookup;
use ci_yaml::variables::{Collection, Item, Undefined, expand};
use ci_yaml::{Context, GivenVariable};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::sync::Arc;

/// The variables of a bridge, references among them resolved. One to a file stays one, since the pipeline below gets
/// the file as well.
struct Seen<'a>(&'a Collection);

impl Lookup for Seen<'_> {
    fn variable(&self, name: &str) -> Option<Arc<str>> {
        let item = self.0.get(name)?;
        if item.file { Some(format!("${{{name}}}").into()) } else { item.value.clone() }
    }
}

/// What is passed on: the configuration's, then those of reports, of the pipeline and of its schedule; of several of a
/// name the last, in the order of the last ones.
pub(super) fn variables(
    bridge: &Bridge,
    parent: &Context,
    dotenv: &[(String, String)],
    seen: &Collection,
) -> Vec<GivenVariable> {
    let given = |name: &str, value: &str| GivenVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        raw: false,
        file: false,
    };
    let mut all = Vec::new();
    if bridge.forward_yaml {
        let yaml = bridge.variables.iter();
        all.extend(
            yaml.map(|variable| GivenVariable {
                raw: variable.raw,
                ..given(&variable.name, &variable.value)
            }),
        );
    }
    if bridge.forward_pipeline {
        all.extend(dotenv.iter().map(|(name, value)| given(name, value)));
        all.extend(parent.variables.iter().chain(&parent.schedule_variables).cloned());
    }
    let mut passed: IndexMap<String, GivenVariable> = IndexMap::new();
    for variable in all.into_iter().flat_map(|variable| resolved(variable, seen)) {
        passed.shift_remove(&variable.name);
        passed.insert(variable.name.clone(), variable);
    }
    passed.into_values().collect()
}

/// A variable with its references replaced, and the files it refers to.
fn resolved(variable: GivenVariable, seen: &Collection) -> Vec<GivenVariable> {
    if variable.raw {
        return vec![variable];
    }
    let files = files_of(&variable.value, seen);
    let value = expand(&variable.value, &Seen(seen), Undefined::Empty);
    let mut all = vec![GivenVariable { value, ..variable }];
    all.extend(files);
    all
}

fn files_of(text: &str, seen: &Collection) -> Vec<GivenVariable> {
    let mut told = HashSet::new();
    let names = ci_yaml::variables::referenced(text).filter(|name| told.insert(*name));
    let files = names.filter_map(|name| seen.get(name)).filter(|item| item.file);
    files.filter_map(file).collect()
}

fn file(item: &Item) -> Option<GivenVariable> {
    let value = item.value.as_deref()?.to_owned();
    Some(GivenVariable { name: item.name.to_string(), value, raw: item.raw, file: true })
}
