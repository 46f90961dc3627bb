//! What variables become that all jobs of a pipeline share, worked out once and not for every job.

use super::expand::{Dialect, references};
use super::predefined::is_of_job;
use super::sort::{ExpansionError, Sorter};
use super::{Builder, Scope, TopLevel};
use crate::config::Job;
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// The variables that the jobs of one pipeline share, and what references among them come to.
#[derive(Debug)]
pub(crate) struct Shared<'a> {
    builder: &'a Builder<'a>,
    top: &'a TopLevel,
    circular: OnceCell<bool>,
    closures: RefCell<HashMap<Arc<str>, Rc<Closure>>>,
}

/// All that a variable refers to, and what it becomes.
#[derive(Debug)]
struct Closure {
    /// Names, its own and those of what is not defined among them.
    names: HashSet<Arc<str>>,
    /// Whether predefined variables of jobs are among them.
    of_jobs: bool,
    /// Its value with all references resolved; nothing where it is not defined.
    value: Option<Arc<str>>,
}

impl<'a> Shared<'a> {
    pub(crate) fn new(builder: &'a Builder<'a>, top: &'a TopLevel) -> Self {
        Self { builder, top, circular: OnceCell::new(), closures: RefCell::default() }
    }

    /// As [`Builder::for_job`], in less time.
    pub(crate) fn for_job<'s>(&'s self, job: &'s Job) -> Scope<'s> {
        self.builder.job_scope(job, self.top, Some(self))
    }

    fn scope(&self) -> Scope<'_> {
        self.builder.shared_scope(self.top)
    }

    /// Whether there are circles among these variables.
    pub(super) fn is_circular(&self) -> Result<bool, ExpansionError> {
        if let Some(known) = self.circular.get() {
            return Ok(*known);
        }
        let found = self.scope().circles()?.is_some();
        Ok(*self.circular.get_or_init(|| found))
    }

    /// What a variable refers to, where there is no circle.
    fn closure(&self, name: &str) -> Result<Rc<Closure>, ExpansionError> {
        if let Some(known) = self.closures.borrow().get(name) {
            return Ok(known.clone());
        }
        let scope = self.scope();
        let mut sorter = Sorter::new(&scope, self.builder.budget());
        sorter.visit(name)?;
        let value = sorter.values()?.remove(name).flatten();
        let names = sorter.into_names();
        let of_jobs = names.iter().any(|name| is_of_job(name));
        let closure = Rc::new(Closure { names, of_jobs, value });
        self.closures.borrow_mut().insert(name.into(), closure.clone());
        Ok(closure)
    }
}

impl Scope<'_> {
    /// What a variable becomes, where it has nothing to do with what is the job's own; else nothing. The inner value is
    /// nothing where it is not defined.
    pub(super) fn shared_value(&self, name: &str) -> Result<Option<Option<Arc<str>>>, ExpansionError> {
        let Some(shared) = self.shared else { return Ok(None) };
        if shared.is_circular()? {
            return Ok(None);
        }
        let closure = shared.closure(name)?;
        let touched = closure.of_jobs || self.yaml.as_ref().is_some_and(|yaml| yaml.touches(&closure.names));
        Ok((!touched).then(|| closure.value.clone()))
    }

    /// Whether no circle can lead through a value of the job's own.
    pub(super) fn leads_outside(&self, value: &str) -> Result<bool, ExpansionError> {
        for name in references(value, Dialect::Nested) {
            if self.shared_value(name)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
