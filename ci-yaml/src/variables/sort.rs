//! References between variables: their order, circles among them, and values with all references resolved.
//!
//! GitLab sorts the variables of a job topologically and expands each once, with values that are expanded already
//! (`Variables::Collection#sort_and_expand_all`). All definitions of a name take part, also those that another of
//! higher precedence hides.

use super::expand::{Dialect, MAX_EXPANDED_BYTES, Piece, Pieces, references};
use super::{Item, Scope, Undefined};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Why a text could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpansionError {
    /// A text would become longer than [`MAX_EXPANDED_BYTES`].
    #[error("variables expand to more than {MAX_EXPANDED_BYTES} bytes")]
    TooLong,
    /// All expansions of a pipeline together took more than a million steps.
    #[error("variables refer to one another more than {} times", Budget::STEPS)]
    TooMuch,
}

/// What all expansions of one evaluation may cost, so that no configuration makes it run for long.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    steps: Cell<usize>,
    bytes: Cell<usize>,
    /// What is left for regular expressions; nothing once it did not suffice.
    matching: Cell<Option<u64>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            steps: Cell::new(Self::STEPS),
            bytes: Cell::new(Self::BYTES),
            matching: Cell::new(Some(Self::MATCHING)),
        }
    }
}

impl Budget {
    /// How many references may be followed.
    const STEPS: usize = 1_000_000;
    /// How many bytes expansions may make.
    const BYTES: usize = 64 * 1024 * 1024;
    /// How many steps regular expressions may take, at worst about half a second. What is counted is the worst case too.
    pub(super) const MATCHING: u64 = 1_000_000_000;

    /// Takes steps of matching, if so many are left.
    pub(super) fn afford(&self, steps: u64) -> bool {
        self.matching.set(self.matching.get().and_then(|left| left.checked_sub(steps)));
        self.matching.get().is_some()
    }

    /// Whether steps of matching were asked for that were not left.
    pub(super) fn is_overdrawn(&self) -> bool {
        self.matching.get().is_none()
    }

    fn step(&self) -> Result<(), ExpansionError> {
        self.steps.set(self.steps.get().checked_sub(1).ok_or(ExpansionError::TooMuch)?);
        Ok(())
    }

    fn write(&self, bytes: usize) -> Result<(), ExpansionError> {
        self.bytes.set(self.bytes.get().checked_sub(bytes).ok_or(ExpansionError::TooLong)?);
        Ok(())
    }
}

/// Replaces the references of a text.
pub(super) fn replace(
    text: &str,
    dialect: Dialect,
    budget: &Budget,
    undefined: Undefined,
    value: &dyn Fn(&str) -> Option<Arc<str>>,
) -> Result<String, ExpansionError> {
    let mut expanded = String::with_capacity(text.len());
    for piece in Pieces::new(text, dialect) {
        match piece {
            Piece::Text(text) => expanded.push_str(text),
            Piece::Reference { written, name } => match (value(name), undefined) {
                (Some(value), _) => {
                    budget.write(value.len())?;
                    expanded.push_str(&value);
                }
                (None, Undefined::Keep) => expanded.push_str(written),
                (None, Undefined::Empty) => {}
            },
        }
        if expanded.len() > MAX_EXPANDED_BYTES {
            return Err(ExpansionError::TooLong);
        }
    }
    Ok(expanded)
}

struct Node {
    item: Item,
    /// When it was found; nothing before.
    index: Option<usize>,
    low: usize,
    on_stack: bool,
}

/// Where the definitions of variables come from.
pub(super) trait Definitions {
    /// All definitions of a name, from low precedence to high.
    fn definitions(&self, name: &str) -> Vec<Item>;
}

impl Definitions for Scope<'_> {
    fn definitions(&self, name: &str) -> Vec<Item> {
        Scope::definitions(self, name)
    }
}

/// Finds what variables refer to, and orders them: Tarjan's algorithm, without recursion.
pub(super) struct Sorter<'s> {
    scope: &'s dyn Definitions,
    budget: &'s Budget,
    nodes: Vec<Node>,
    by_name: HashMap<Arc<str>, Vec<usize>>,
    stack: Vec<usize>,
    found: usize,
    /// In the order of `tsort`: what is referred to comes first.
    sorted: Vec<usize>,
    circles: Vec<Vec<Arc<str>>>,
}

impl<'s> Sorter<'s> {
    pub(super) fn new(scope: &'s dyn Definitions, budget: &'s Budget) -> Self {
        Self {
            scope,
            budget,
            nodes: Vec::new(),
            by_name: HashMap::new(),
            stack: Vec::new(),
            found: 0,
            sorted: Vec::new(),
            circles: Vec::new(),
        }
    }

    /// The definitions of a name, from low precedence to high.
    fn definitions(&mut self, name: &str) -> Vec<usize> {
        if let Some(known) = self.by_name.get(name) {
            return known.clone();
        }
        let mut indices = Vec::new();
        for item in self.scope.definitions(name) {
            indices.push(self.nodes.len());
            self.nodes.push(Node { item, index: None, low: 0, on_stack: false });
        }
        self.by_name.insert(name.into(), indices.clone());
        indices
    }

    /// Goes through all that the definitions of a name refer to.
    pub(super) fn visit(&mut self, name: &str) -> Result<(), ExpansionError> {
        for node in self.definitions(name) {
            if self.nodes[node].index.is_none() {
                self.walk(node)?;
            }
        }
        Ok(())
    }

    /// Goes through all of these, which are the only definitions of their names, in this order.
    pub(super) fn visit_all<'i>(
        &mut self,
        items: impl Iterator<Item = &'i Item>,
    ) -> Result<(), ExpansionError> {
        for item in items {
            self.by_name.entry(item.name.clone()).or_default().push(self.nodes.len());
            self.nodes.push(Node { item: item.clone(), index: None, low: 0, on_stack: false });
        }
        for node in 0..self.nodes.len() {
            if self.nodes[node].index.is_none() {
                self.walk(node)?;
            }
        }
        Ok(())
    }

    /// What was gone through, what is referred to first; nothing where there are circles.
    pub(super) fn sorted(&self) -> Option<impl Iterator<Item = &Item>> {
        self.circles.is_empty().then(|| self.sorted.iter().map(|node| &self.nodes[*node].item))
    }

    fn walk(&mut self, root: usize) -> Result<(), ExpansionError> {
        let mut path = vec![self.enter(root)?];
        while let Some((node, children)) = path.last_mut() {
            let node = *node;
            match children.pop() {
                Some(child) => match self.nodes[child].index {
                    None => path.push(self.enter(child)?),
                    Some(index) if self.nodes[child].on_stack => {
                        self.nodes[node].low = self.nodes[node].low.min(index);
                    }
                    Some(_) => {}
                },
                None => {
                    path.pop();
                    if let Some((parent, _)) = path.last() {
                        self.nodes[*parent].low = self.nodes[*parent].low.min(self.nodes[node].low);
                    }
                    self.leave(node);
                }
            }
        }
        Ok(())
    }

    /// Begins with a variable: gives it and what it refers to, the first last.
    fn enter(&mut self, node: usize) -> Result<(usize, Vec<usize>), ExpansionError> {
        self.budget.step()?;
        self.nodes[node].index = Some(self.found);
        self.nodes[node].low = self.found;
        self.nodes[node].on_stack = true;
        self.found += 1;
        self.stack.push(node);
        let mut children = Vec::new();
        if self.nodes[node].item.may_refer()
            && let Some(value) = self.nodes[node].item.value.clone()
        {
            for name in references(&value, Dialect::Nested) {
                self.budget.step()?;
                children.extend(self.definitions(name));
            }
        }
        children.reverse();
        Ok((node, children))
    }

    /// Ends with a variable: if it is the first of a circle, or of none, all of that are done.
    fn leave(&mut self, node: usize) {
        if Some(self.nodes[node].low) != self.nodes[node].index {
            return;
        }
        let Some(start) = self.stack.iter().rposition(|other| *other == node) else { return };
        let component = self.stack.split_off(start);
        for member in &component {
            self.nodes[*member].on_stack = false;
        }
        if component.len() > 1 {
            let names = component.iter().map(|member| self.nodes[*member].item.name.clone());
            self.circles.push(names.collect());
        }
        self.sorted.extend(component);
    }

    /// What GitLab says of the circles that were found.
    pub(super) fn circles(&self) -> Option<String> {
        let quoted = |circle: &Vec<Arc<str>>| {
            let names: Vec<String> = circle.iter().map(|name| format!("{name:?}")).collect();
            format!("[{}]", names.join(", "))
        };
        let circles: Vec<String> = self.circles.iter().map(quoted).collect();
        (!circles.is_empty()).then(|| format!("circular variable reference detected: {}", circles.join(", ")))
    }

    /// The names of all that was gone through, of what is not defined as well.
    pub(super) fn into_names(self) -> HashSet<Arc<str>> {
        self.by_name.into_keys().collect()
    }

    /// The values of all that was gone through, their references resolved; those that are undefined vanish.
    pub(super) fn values(&self) -> Result<HashMap<Arc<str>, Option<Arc<str>>>, ExpansionError> {
        let mut values: HashMap<Arc<str>, Option<Arc<str>>> = HashMap::new();
        for node in &self.sorted {
            let item = &self.nodes[*node].item;
            let value = match &item.value {
                Some(value) if item.may_refer() => {
                    let known = |name: &str| values.get(name).cloned().flatten();
                    Some(replace(value, Dialect::Nested, self.budget, Undefined::Empty, &known)?.into())
                }
                value => value.clone(),
            };
            values.insert(item.name.clone(), value);
        }
        Ok(values)
    }
}
