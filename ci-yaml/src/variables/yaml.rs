//! Variables that the configuration defines: those of the top level as a job inherits them, and its own.

use super::{Item, Origin};
use crate::Span;
use crate::config::{InheritList, Instance, Job, Rule, Variable, Variables};
use std::collections::HashSet;
use std::sync::Arc;

/// `variables` of the top level, with those of the rule of `workflow` that let the pipeline in.
#[derive(Clone, Debug, Default)]
pub struct TopLevel {
    variables: Variables,
    /// Which rule of `workflow` changed or added variables, and which.
    rule: Option<(usize, HashSet<Arc<str>>)>,
}

impl TopLevel {
    /// The variables of the top level as they are written.
    pub fn new(variables: &Variables) -> Self {
        Self { variables: variables.clone(), rule: None }
    }

    /// The same with those that a rule of `workflow` sets; the first rule has the index 0.
    #[must_use]
    pub fn with_rule(mut self, index: usize, rule: &Rule) -> Self {
        self.variables = merge_rule(&self.variables, rule);
        self.rule = Some((index, rule.variables.keys().cloned().collect()));
        self
    }

    /// A variable.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }

    /// All variables in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Variable)> {
        self.variables.iter()
    }

    /// All that the configuration defines for a job, with what the rule sets that let it in.
    pub fn of_job<'s>(
        &'s self,
        job: &'s Job,
        rule: Option<(usize, &'s Rule)>,
    ) -> impl Iterator<Item = Item> + 's {
        let mut yaml = YamlVariables::of_job(self, job);
        yaml.rule = rule;
        yaml.into_items()
    }

    fn item(&self, name: &Arc<str>, variable: &Variable) -> Item {
        let origin = match &self.rule {
            Some((index, names)) if names.contains(name) => {
                Origin::WorkflowRule { index: *index, span: variable.span }
            }
            _ => Origin::TopLevel(variable.span),
        };
        item(name, variable, origin)
    }
}

/// What a rule sets, and behind it all that it does not set: plain values, which are expanded.
fn merge_rule(variables: &Variables, rule: &Rule) -> Variables {
    let set = rule.variables.iter();
    let set = set.map(|(name, value)| (name.clone(), plain(value.value.clone(), value.span)));
    let rest = variables.iter().filter(|(name, _)| !rule.variables.contains_key(*name));
    set.chain(rest.map(|(name, variable)| (name.clone(), variable.clone()))).collect()
}

fn plain(value: Arc<str>, span: Span) -> Variable {
    Variable { value, raw: false, description: None, options: None, span }
}

fn item(name: &Arc<str>, variable: &Variable, origin: Origin) -> Item {
    Item { raw: variable.raw, ..Item::new(name.clone(), variable.value.clone(), origin) }
}

/// What a job takes over from the top level.
#[derive(Clone, Debug)]
enum Inherited<'a> {
    All,
    None,
    Only(HashSet<&'a str>),
}

impl<'a> Inherited<'a> {
    fn new(list: &'a InheritList) -> Self {
        match list {
            InheritList::All => Self::All,
            InheritList::None => Self::None,
            InheritList::Only(names) => Self::Only(names.iter().map(|name| &**name).collect()),
        }
    }

    fn takes(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Only(names) => names.contains(name),
        }
    }
}

/// Variables of the configuration as one job has them: one definition of each name.
#[derive(Clone, Debug)]
pub(super) struct YamlVariables<'a> {
    top: &'a TopLevel,
    inherited: Inherited<'a>,
    own: Option<&'a Variables>,
    instance: Option<&'a Instance>,
    /// The rule that let the job in, once it is known.
    rule: Option<(usize, &'a Rule)>,
}

impl<'a> YamlVariables<'a> {
    /// Those of the top level alone.
    pub(super) fn of_top_level(top: &'a TopLevel) -> Self {
        Self { top, inherited: Inherited::All, own: None, instance: None, rule: None }
    }

    /// Those of a job while its rules are evaluated.
    pub(super) fn of_job(top: &'a TopLevel, job: &'a Job) -> Self {
        Self {
            top,
            inherited: Inherited::new(&job.inherit.variables),
            own: Some(&job.variables),
            instance: job.instance.as_ref(),
            rule: None,
        }
    }

    /// The same with the variables of the rule that let it in.
    pub(super) fn with_rule(mut self, index: usize, rule: &'a Rule) -> Self {
        self.rule = Some((index, rule));
        self
    }

    /// The definition of a name.
    pub(super) fn get(&self, name: &str) -> Option<Item> {
        if let Some((index, rule)) = self.rule
            && let Some((name, value)) = rule.variables.get_key_value(name)
        {
            let origin = Origin::Rule { index, span: value.span };
            return Some(Item::new(name.clone(), value.value.clone(), origin));
        }
        if let Some((name, variable)) = self.own.and_then(|own| own.get_key_value(name)) {
            return Some(self.own_item(name, variable));
        }
        let (name, variable) = self.top.variables.get_key_value(name)?;
        self.inherited.takes(name).then(|| self.top.item(name, variable))
    }

    /// Whether a job defines any of these names, or does not take it over from the top level.
    pub(super) fn touches(&self, names: &HashSet<Arc<str>>) -> bool {
        let defined = self.own.is_some_and(|own| match own.len() < names.len() {
            true => own.keys().any(|name| names.contains(name)),
            false => names.iter().any(|name| own.contains_key(name)),
        });
        let left = |name: &Arc<str>| !self.inherited.takes(name) && self.top.variables.contains_key(name);
        defined || (!matches!(self.inherited, Inherited::All) && names.iter().any(left))
    }

    /// All in GitLab's order: the rule's, the job's, the rest of the top level's (`Variables::Helpers`).
    pub(super) fn iter(&self) -> impl Iterator<Item = Item> {
        self.names().into_iter().filter_map(|name| self.get(name))
    }

    fn into_items(self) -> impl Iterator<Item = Item> + 'a {
        self.names().into_iter().filter_map(move |name| self.get(name))
    }

    fn names(&self) -> Vec<&'a str> {
        let in_rule = |name: &str| self.rule.is_some_and(|(_, rule)| rule.variables.contains_key(name));
        let in_job = |name: &str| self.own.is_some_and(|own| own.contains_key(name));
        let of_rule = self.rule.into_iter().flat_map(|(_, rule)| rule.variables.keys());
        let of_job = self.own.into_iter().flat_map(|own| own.keys()).filter(|name| !in_rule(name));
        let of_top = self.top.variables.keys();
        let of_top = of_top.filter(|name| self.inherited.takes(name) && !in_rule(name) && !in_job(name));
        of_rule.chain(of_job).chain(of_top).map(|name| &**name).collect()
    }

    /// Those that the job does not have from the top level.
    pub(super) fn iter_own(&self) -> impl Iterator<Item = Item> {
        self.own.into_iter().flatten().map(|(name, variable)| self.own_item(name, variable))
    }

    fn own_item(&self, name: &Arc<str>, variable: &Variable) -> Item {
        let matrix = self.instance.and_then(|instance| instance.matrix.as_ref());
        let origin = match matrix {
            Some(matrix) if matrix.contains_key(name) => Origin::Matrix(variable.span),
            _ => Origin::Job(variable.span),
        };
        item(name, variable, origin)
    }
}
