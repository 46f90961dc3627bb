//! A job with a script (`Entry::Job`).

use super::allow_failure::allow_failure;
use super::default::Given;
use super::keyword::{Fields, Keyword, Side};
use super::processable::{Reader, Shared, blank};
use super::scripts::commands;
use super::{Report, checks, hooks, keywords, pages, tags};
use crate::config::{Inherit, Job, Needs};
use crate::{Entry, Key, Map, Node, Spanned};
use std::collections::HashSet;
use std::sync::Arc;

/// Reads a job and reports what is wrong with it. There is no job if something is.
pub(super) fn job(
    key: &Key,
    entry: &Entry,
    map: &Map,
    shared: &mut Shared<'_>,
    report: &mut Report<'_>,
) -> Option<Job> {
    let fields = Fields::new(map, Side::Job);
    let name = super::jobs::name_of(key);
    let is_pages = pages::is_pages(&name, &fields);
    let before = report.count();
    checks::common(key, entry.key_span, &fields, report);
    let run = checks::job(&fields, is_pages, report);
    let refused = report.failed_since(before);
    let first_child = report.count();
    let mut reader = Reader { fields: &fields, shared, refused };
    let mut job = blank(name, entry.key_span);
    reader.common(&mut job, report);
    reader.keywords(&mut job, report);
    job.run = run;
    if refused {
        report.mark_later(first_child);
    } else {
        let last_child = report.count();
        dependencies_are_needed(&job, report);
        report.move_up(last_child, first_child);
    }
    (!report.failed_since(before)).then_some(job)
}

impl Reader<'_, '_, '_, '_> {
    /// Reads the keywords of a job, in GitLab's order.
    fn keywords(&mut self, job: &mut Job, report: &mut Report<'_>) {
        let defaults = self.shared.defaults();
        let inherit = std::mem::take(&mut job.inherit);
        job.before_script =
            self.script(Keyword::BeforeScript, defaults.before_script.as_ref(), &inherit, report);
        job.script = self.read(Keyword::Script, report, |value, report| commands("script", value, report));
        job.after_script =
            self.script(Keyword::AfterScript, defaults.after_script.as_ref(), &inherit, report);
        job.hooks =
            self.or_inherited(Keyword::Hooks, defaults.hooks.as_ref(), &inherit, report, hooks::hooks);
        job.cache =
            self.or_inherited(Keyword::Cache, defaults.cache.as_ref(), &inherit, report, keywords::cache);
        job.image =
            self.or_inherited(Keyword::Image, defaults.image.as_ref(), &inherit, report, keywords::image);
        job.services = self
            .or_inherited(Keyword::Services, defaults.services.as_ref(), &inherit, report, keywords::services)
            .unwrap_or_default();
        job.timeout = self.timeout(&inherit, report);
        job.retry =
            self.or_inherited(Keyword::Retry, defaults.retry.as_ref(), &inherit, report, keywords::retry);
        job.tags = self
            .or_inherited(Keyword::Tags, defaults.tags.as_ref(), &inherit, report, tags::tags)
            .unwrap_or_default();
        job.artifacts = self.or_inherited(
            Keyword::Artifacts,
            defaults.artifacts.as_ref(),
            &inherit,
            report,
            keywords::artifacts,
        );
        job.needs = self.read(Keyword::Needs, report, keywords::needs);
        job.coverage = self.read(Keyword::Coverage, report, keywords::coverage);
        job.release = self.read(Keyword::Release, report, keywords::release);
        job.parallel = self
            .read(Keyword::Parallel, report, keywords::parallel)
            .zip(self.value(Keyword::Parallel))
            .map(|(parallel, value)| Spanned::new(parallel, value.span));
        job.allow_failure = allow_failure(self.fields, job.when, report);
        job.id_tokens = self
            .or_inherited(
                Keyword::IdTokens,
                defaults.id_tokens.as_ref(),
                &inherit,
                report,
                keywords::id_tokens,
            )
            .unwrap_or_default();
        self.read(Keyword::Publish, report, keywords::publish);
        let pages = self.read(Keyword::Pages, report, keywords::pages);
        job.inputs = self.read(Keyword::Inputs, report, keywords::inputs);
        job.secrets = self.read(Keyword::Secrets, report, keywords::secrets);
        job.dast_configuration = self.read(Keyword::DastConfiguration, report, keywords::dast_configuration);
        job.identity = self.or_inherited(
            Keyword::Identity,
            defaults.identity.as_ref(),
            &inherit,
            report,
            keywords::identity,
        );
        job.inherit = inherit;
        self.attributes(job);
        pages::publish(job, pages, self.fields);
    }

    /// What was checked before and is no entry of its own.
    fn attributes(&self, job: &mut Job) {
        let text = |keyword| self.value(keyword).and_then(Node::as_text).cloned();
        job.start_in = text(Keyword::StartIn);
        job.manual_confirmation = text(Keyword::ManualConfirmation);
        job.dependencies = self.value(Keyword::Dependencies).and_then(Node::as_seq).map(|items| {
            let names =
                items.iter().filter_map(|item| Some(Spanned::new(item.as_text()?.clone(), item.span)));
            names.collect()
        });
    }

    fn script(
        &mut self,
        keyword: Keyword,
        default: Option<&Arc<Given<Vec<Arc<str>>>>>,
        inherit: &Inherit,
        report: &mut Report<'_>,
    ) -> Option<Vec<Arc<str>>> {
        self.or_inherited(keyword, default, inherit, report, |value, report| {
            commands(keyword.name(), value, report)
        })
    }

    /// The default is accepted, looked at and without effect: only what the job itself says counts.
    fn timeout(&mut self, inherit: &Inherit, report: &mut Report<'_>) -> Option<u64> {
        let default = self.shared.defaults().timeout.as_ref();
        let found = self.or_inherited(Keyword::Timeout, default, inherit, report, keywords::timeout);
        self.value(Keyword::Timeout).and(found)
    }

    fn read<T>(
        &self,
        keyword: Keyword,
        report: &mut Report<'_>,
        read: impl FnOnce(&Node, &mut Report<'_>) -> Option<T>,
    ) -> Option<T> {
        self.value(keyword).and_then(|value| read(value, report))
    }
}

/// Artifacts can only be asked of jobs that are waited for.
fn dependencies_are_needed(job: &Job, report: &mut Report<'_>) {
    let (Some(dependencies), Some(needs)) = (&job.dependencies, &job.needs) else { return };
    if dependencies.is_empty() {
        return;
    }
    let Needs { jobs, cross_pipeline, cross_project, .. } = needs;
    if jobs.is_empty() {
        if !cross_pipeline.is_empty() || !cross_project.is_empty() {
            let text = "needs corresponding to dependencies must be from the same pipeline";
            report.error(needs.span, "dependencies-without-needs", text);
        }
        return;
    }
    let known: HashSet<&str> = jobs.iter().map(|need| &*need.job).collect();
    let missing: Vec<_> = dependencies.iter().filter(|name| !known.contains(&*name.value)).collect();
    if let Some(odd) = missing.first() {
        let names: Vec<_> = missing.iter().map(|name| &*name.value).collect();
        let text = format!("dependencies the {} should be part of needs", names.join(", "));
        let error = report.error(odd.span, "dependencies-without-needs", text);
        error.help.push(
            "With `needs`, `dependencies` can be left out: artifacts come from the needed jobs.".into(),
        );
        error.labels.push(crate::Label { span: needs.span, text: "`needs` is here".into() });
    }
}
