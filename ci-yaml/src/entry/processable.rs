//! What jobs and bridges have in common (`Entry::Processable`).

use super::default::{Defaults, Given, interruptible};
use super::inherit::inherit;
use super::keyword::{Fields, Keyword};
use super::stages::stage;
use super::variables::{Form, variables};
use super::warnings::multiple_pipelines;
use super::{Report, keywords};
use crate::config::{Inherit, Job, Kind, Policy, Refs, Variables, When};
use crate::{Node, Span, Spanned};
use indexmap::IndexMap;
use std::sync::Arc;

/// GitLab says of an inherited value that it is wrong for each heir. So often at most it is said here.
const MOST_REPEATS: usize = 10_000;

/// What all jobs of a configuration share.
pub(super) struct Shared<'a> {
    defaults: &'a Defaults,
    has_workflow_rules: bool,
    branches_and_tags: [Arc<str>; 2],
    repeats: usize,
}

impl<'a> Shared<'a> {
    /// For the jobs of one configuration.
    pub(super) fn new(defaults: &'a Defaults, has_workflow_rules: bool) -> Self {
        let branches_and_tags = ["branches".into(), "tags".into()];
        Self { defaults, has_workflow_rules, branches_and_tags, repeats: MOST_REPEATS }
    }

    /// The defaults.
    pub(super) fn defaults(&self) -> &'a Defaults {
        self.defaults
    }

    fn default_refs(&self, span: Span) -> Refs {
        Refs::List(self.branches_and_tags.iter().map(|name| Spanned::new(name.clone(), span)).collect())
    }
}

/// One job while its keywords are read.
pub(super) struct Reader<'r, 'd, 's, 'f> {
    pub(super) fields: &'r Fields<'f>,
    pub(super) shared: &'s mut Shared<'d>,
    /// Whether something is wrong with the job itself, so that GitLab looks neither into its keywords nor into what
    /// it inherits.
    pub(super) refused: bool,
}

impl<'f> Reader<'_, '_, '_, 'f> {
    /// The value of a keyword, if given.
    pub(super) fn value(&self, keyword: Keyword) -> Option<&'f Node> {
        self.fields.value(keyword)
    }

    /// Reads a keyword, or takes it over (`Processable#overwrite_entry`).
    pub(super) fn or_inherited<T: Clone>(
        &mut self,
        keyword: Keyword,
        default: Option<&Arc<Given<T>>>,
        inherit: &Inherit,
        report: &mut Report<'_>,
        read: impl FnOnce(&Node, &mut Report<'_>) -> Option<T>,
    ) -> Option<T> {
        if let Some(value) = self.value(keyword) {
            return read(value, report);
        }
        let given = default.filter(|_| !self.refused && inherit.default.takes(keyword.name()))?;
        if given.found.len() <= self.shared.repeats {
            self.shared.repeats -= given.found.len();
            report.extend(given.found.iter().cloned());
        }
        given.value.clone()
    }

    /// Reads what jobs and bridges have in common.
    pub(super) fn common(&mut self, job: &mut Job, report: &mut Report<'_>) {
        let span = job.span;
        let when = self.value(Keyword::When).and_then(Node::as_str).and_then(When::parse).unwrap_or_default();
        job.keywords = self.fields.spans();
        job.when = when;
        job.resource_group = self.value(Keyword::ResourceGroup).and_then(Node::as_text).cloned();
        job.stage = stage(self.value(Keyword::Stage), span, report);
        job.only = self.only(span, report);
        job.except = self.value(Keyword::Except).and_then(|value| keywords::except(value, report));
        job.rules = self.rules(report);
        job.variables = self
            .value(Keyword::Variables)
            .and_then(|value| variables(value, Form::Job, report))
            .unwrap_or_default();
        job.inherit = inherit(self.value(Keyword::Inherit), report);
        job.environment =
            self.value(Keyword::Environment).and_then(|value| keywords::environment(value, report));
        let default = self.shared.defaults.interruptible.as_ref();
        job.interruptible =
            self.or_inherited(Keyword::Interruptible, default, &job.inherit, report, interruptible);
    }

    /// `only`; what is not said of refs stands for branches and tags, unless there are rules (`Entry::Policy.default`).
    fn only(&self, span: Span, report: &mut Report<'_>) -> Option<Policy> {
        if let Some(value) = self.value(Keyword::Only) {
            let mut only = keywords::only(value, report)?;
            if matches!(only.refs, Refs::Absent) {
                only.refs = self.shared.default_refs(value.span);
            }
            return Some(only);
        }
        let has_rules = self.shared.has_workflow_rules || self.fields.entry(Keyword::Rules).is_some();
        let implicit =
            || Policy { span, implicit: true, refs: self.shared.default_refs(span), ..Policy::default() };
        (!has_rules).then(implicit)
    }

    fn rules(&self, report: &mut Report<'_>) -> Option<Vec<crate::config::Rule>> {
        let entry = self.fields.entry(Keyword::Rules).filter(|entry| !entry.value.is_null())?;
        let count = report.count();
        let rules = keywords::job_rules(&entry.value, report)?;
        if !self.shared.has_workflow_rules && !self.refused && !report.failed_since(count) {
            multiple_pipelines(entry, report);
        }
        Some(rules)
    }
}

/// A job that says nothing.
pub(super) fn blank(name: Arc<str>, span: Span) -> Job {
    Job {
        name,
        span,
        keywords: IndexMap::new(),
        kind: Kind::Build,
        stage: Spanned::new("".into(), span),
        only: None,
        except: None,
        rules: None,
        when: When::default(),
        start_in: None,
        manual_confirmation: None,
        allow_failure: crate::config::AllowFailure::default(),
        variables: Variables::new(),
        inherit: Inherit::default(),
        needs: None,
        dependencies: None,
        tags: Vec::new(),
        resource_group: None,
        environment: None,
        interruptible: None,
        parallel: None,
        instance: None,
        image: None,
        services: Vec::new(),
        before_script: None,
        script: None,
        after_script: None,
        hooks: None,
        run: None,
        cache: None,
        artifacts: None,
        coverage: None,
        retry: None,
        timeout: None,
        release: None,
        id_tokens: IndexMap::new(),
        secrets: None,
        dast_configuration: None,
        identity: None,
        pages: None,
        inputs: None,
    }
}
