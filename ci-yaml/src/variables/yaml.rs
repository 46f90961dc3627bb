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
        merge_rule(&mut self.variables, rule);
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

/// Sets what a rule sets: plain values, which are expanded.
fn merge_rule(variables: &mut Variables, rule: &Rule) {
    for (name, value) in &rule.variables {
        variables.insert(name.clone(), plain(value.value.clone(), value.span));
    }
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

    /// All in order: the top level's at their places, then the job's, then the rule's.
    pub(super) fn iter(&self) -> impl Iterator<Item = Item> {
        let top = self.top.variables.keys().filter(|name| self.inherited.takes(name));
        let own = self.own.into_iter().flat_map(|own| own.keys());
        let own = own.filter(|name| !(self.top.variables.contains_key(*name) && self.inherited.takes(name)));
        let rule = self.rule.into_iter().flat_map(|(_, rule)| rule.variables.keys());
        let rule = rule.filter(|name| {
            let in_top = self.top.variables.contains_key(*name) && self.inherited.takes(name);
            !in_top && !self.own.is_some_and(|own| own.contains_key(*name))
        });
        top.chain(own).chain(rule).filter_map(|name| self.get(name))
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
