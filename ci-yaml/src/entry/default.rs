//! `default`, and the keywords of the top level that do the same: read once, taken over by many jobs.

use super::keyword::Keyword;
use super::report::Report;
use super::scripts::commands;
use super::unknown::unknown_keys;
use super::{hooks, keywords, tags};
use crate::config::{Artifacts, Cache, Hooks, IdToken, Image, Retry, Service};
use crate::{Diagnostic, Entry, Kind, Map, Node, Span};
use indexmap::IndexMap;
use std::sync::Arc;

/// What `default` may hold (`Entry::Default::ALLOWED_KEYS` with that of the paid edition), in the order in which GitLab
/// looks at them.
pub(super) const KEYS: [Keyword; 13] = [
    Keyword::BeforeScript,
    Keyword::AfterScript,
    Keyword::Hooks,
    Keyword::Cache,
    Keyword::Image,
    Keyword::Services,
    Keyword::Interruptible,
    Keyword::Timeout,
    Keyword::Retry,
    Keyword::Tags,
    Keyword::Artifacts,
    Keyword::IdTokens,
    Keyword::Identity,
];

/// A value that was given for all jobs, and what was wrong with it: GitLab says that again for each heir.
#[derive(Debug)]
pub(super) struct Given<T> {
    /// The value, if it is valid.
    pub(super) value: Option<T>,
    /// What was found in it.
    pub(super) found: Vec<Diagnostic>,
    span: Span,
}

/// The same, absent where nobody gave it.
pub(super) type Inherited<T> = Option<Arc<Given<T>>>;

impl<T> Given<T> {
    fn read(
        entry: Option<&Entry>,
        path: &str,
        read: impl FnOnce(&Node, &mut Report<'_>) -> Option<T>,
    ) -> Option<Self> {
        let entry = entry.filter(|entry| !entry.value.is_null())?;
        let mut found = Vec::new();
        let value = read(&entry.value, &mut Report::new(&mut found, Kind::Structure).rooted(path));
        Some(Self { value, found, span: entry.key_span })
    }
}

/// The keywords of the top level that are defaults, in the order in which GitLab looks at them.
#[derive(Debug)]
pub(super) struct TopLevel {
    pub(super) before_script: Inherited<Vec<Arc<str>>>,
    pub(super) image: Inherited<Image>,
    pub(super) services: Inherited<Vec<Service>>,
    pub(super) after_script: Inherited<Vec<Arc<str>>>,
    pub(super) cache: Inherited<Vec<Cache>>,
}

impl TopLevel {
    /// Those of a configuration.
    pub(super) fn read(root: &Map) -> Self {
        Self {
            before_script: script(root, Keyword::BeforeScript, "").map(Arc::new),
            image: Given::read(root.entry("image"), "", keywords::image).map(Arc::new),
            services: Given::read(root.entry("services"), "", keywords::services).map(Arc::new),
            after_script: script(root, Keyword::AfterScript, "").map(Arc::new),
            cache: Given::read(root.entry("cache"), "", keywords::cache).map(Arc::new),
        }
    }

    /// Reports what is wrong with those that GitLab looks at before the variables.
    pub(super) fn report_before_variables(&self, report: &mut Report<'_>) {
        let Self { before_script, image, services, after_script, cache: _ } = self;
        again(before_script.as_ref(), report);
        again(image.as_ref(), report);
        again(services.as_ref(), report);
        again(after_script.as_ref(), report);
    }

    /// Reports what is wrong with the cache, which GitLab looks at after the stages.
    pub(super) fn report_cache(&self, report: &mut Report<'_>) {
        again(self.cache.as_ref(), report);
    }
}

/// Reports what is wrong with a value, as GitLab does at each place that has or inherits it.
fn again<T>(given: Option<&Arc<Given<T>>>, report: &mut Report<'_>) {
    if let Some(given) = given {
        report.extend(given.found.iter().cloned());
    }
}

fn script(map: &Map, keyword: Keyword, path: &str) -> Option<Given<Vec<Arc<str>>>> {
    let name = keyword.name();
    Given::read(map.entry(name), path, |value, report| commands(name, value, report))
}

/// What jobs take over where they say nothing themselves.
#[derive(Debug)]
pub(super) struct Defaults {
    pub(super) before_script: Inherited<Vec<Arc<str>>>,
    pub(super) after_script: Inherited<Vec<Arc<str>>>,
    pub(super) hooks: Inherited<Hooks>,
    pub(super) cache: Inherited<Vec<Cache>>,
    pub(super) image: Inherited<Image>,
    pub(super) services: Inherited<Vec<Service>>,
    pub(super) interruptible: Inherited<bool>,
    pub(super) timeout: Inherited<u64>,
    pub(super) retry: Inherited<Retry>,
    pub(super) tags: Inherited<Vec<Arc<str>>>,
    pub(super) artifacts: Inherited<Artifacts>,
    pub(super) id_tokens: Inherited<IndexMap<Arc<str>, IdToken>>,
    pub(super) identity: Inherited<Arc<str>>,
}

/// Defaults, and the error for which GitLab says nothing else.
pub(super) struct Read {
    pub(super) defaults: Defaults,
    /// A keyword both under `default` and at the top level (`Inheritable::InheritError`).
    pub(super) twice: Option<Diagnostic>,
}

/// Reads `default` and reports what is wrong with it and with what it takes over from the top level
/// (`Entry::Default`).
pub(super) fn read(value: Option<&Node>, top: &TopLevel, report: &mut Report<'_>) -> Read {
    let mut own = report.within("default");
    let count = own.count();
    let empty = Map::new();
    let map = match value.map(|value| (value, value.as_map())) {
        Some((value, None)) => {
            own.error(value.span, "wrong-type", "config should be a hash");
            &empty
        }
        Some((_, Some(map))) => map,
        None => &empty,
    };
    check_keys(map, &mut own);
    let refused = own.count() > count;
    let given = parse(map);
    let mut merge = Merge { refused, twice: None, report: &mut own };
    let defaults = Defaults {
        before_script: merge.with("before_script", given.before_script, top.before_script.as_ref()),
        after_script: merge.with("after_script", given.after_script, top.after_script.as_ref()),
        hooks: merge.alone(given.hooks),
        cache: merge.with("cache", given.cache, top.cache.as_ref()),
        image: merge.with("image", given.image, top.image.as_ref()),
        services: merge.with("services", given.services, top.services.as_ref()),
        interruptible: merge.alone(given.interruptible),
        timeout: merge.alone(given.timeout),
        retry: merge.alone(given.retry),
        tags: merge.alone(given.tags),
        artifacts: merge.alone(given.artifacts),
        id_tokens: merge.alone(given.id_tokens),
        identity: merge.alone(given.identity),
    };
    let twice = merge.twice;
    Read { defaults, twice }
}

fn check_keys(map: &Map, own: &mut Report<'_>) {
    let known = |name: &str| KEYS.iter().any(|keyword| keyword.name() == name);
    let unknown: Vec<_> = map.iter().filter(|(key, _)| !key.as_str().is_some_and(known)).collect();
    let names = KEYS.iter().map(|keyword| keyword.name());
    if let Some(error) = unknown_keys(&unknown, "contains unknown keys", names, own) {
        let of_jobs = |name: &str| Keyword::parse(name).is_some();
        if unknown.iter().any(|(key, _)| key.as_str().is_some_and(of_jobs)) {
            error.help.push("It has no default: write it into a hidden job that the others extend.".into());
        }
    }
}

/// What `default` itself says.
fn parse(map: &Map) -> Defaults {
    const PATH: &str = "default";
    Defaults {
        before_script: script(map, Keyword::BeforeScript, PATH).map(Arc::new),
        after_script: script(map, Keyword::AfterScript, PATH).map(Arc::new),
        hooks: Given::read(map.entry("hooks"), PATH, hooks::hooks).map(Arc::new),
        cache: Given::read(map.entry("cache"), PATH, keywords::cache).map(Arc::new),
        image: Given::read(map.entry("image"), PATH, keywords::image).map(Arc::new),
        services: Given::read(map.entry("services"), PATH, keywords::services).map(Arc::new),
        interruptible: Given::read(map.entry("interruptible"), PATH, interruptible).map(Arc::new),
        timeout: Given::read(map.entry("timeout"), PATH, keywords::timeout).map(Arc::new),
        retry: Given::read(map.entry("retry"), PATH, keywords::retry).map(Arc::new),
        tags: Given::read(map.entry("tags"), PATH, tags::tags).map(Arc::new),
        artifacts: Given::read(map.entry("artifacts"), PATH, keywords::artifacts).map(Arc::new),
        id_tokens: Given::read(map.entry("id_tokens"), PATH, keywords::id_tokens).map(Arc::new),
        identity: Given::read(map.entry("identity"), PATH, keywords::identity).map(Arc::new),
    }
}

/// Puts `default` and the top level together, and reports what is wrong in them.
struct Merge<'m, 'r> {
    /// Whether something is wrong with `default` itself, so that GitLab does not look into it.
    refused: bool,
    twice: Option<Diagnostic>,
    report: &'m mut Report<'r>,
}

impl Merge<'_, '_> {
    /// A keyword that only `default` has.
    fn alone<T>(&mut self, own: Inherited<T>) -> Inherited<T> {
        let own = own?;
        let count = self.report.count();
        again(Some(&own), self.report);
        if !self.refused || own.found.is_empty() {
            return Some(own);
        }
        self.report.mark_later(count);
        None
    }

    /// A keyword that the top level has as well (`Default#overwrite_entry`).
    fn with<T>(&mut self, name: &str, own: Inherited<T>, top: Option<&Arc<Given<T>>>) -> Inherited<T> {
        if let (Some(own), Some(top), false, None) = (&own, top, self.refused, &self.twice) {
            self.twice = Some(defined_twice(name, own.span, top.span));
        }
        let own = self.alone(own);
        if own.is_some() && !(self.refused && top.is_some()) {
            return own;
        }
        again(top, self.report);
        top.cloned()
    }
}

fn defined_twice(name: &str, under_default: Span, at_top: Span) -> Diagnostic {
    let text = format!("{name} is defined in top-level and `default:` entry");
    Diagnostic::error(Kind::Structure, "default-defined-twice", text)
        .at(under_default)
        .note("here under `default`")
        .label(at_top, "here at the top level")
        .help("Keep the one under `default`: the form at the top level is deprecated.")
}

/// `interruptible` (`Gitlab::Config::Entry::Boolean`).
pub(super) fn interruptible(value: &Node, parent: &mut Report<'_>) -> Option<bool> {
    let found = value.as_bool();
    if found.is_none() {
        let mut report = parent.within("interruptible");
        let error = report.error(value.span, "wrong-type", "config should be a boolean value");
        error.help.push("Write `true` or `false`, without quotes.".into());
    }
    found
}
