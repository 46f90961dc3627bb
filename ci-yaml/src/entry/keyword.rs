//! The keywords of a job, and which of them a job gives.

use crate::{Entry, Key, Map, Node, Span};
use indexmap::IndexMap;
use std::sync::Arc;

/// Who knows a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Jobs and bridges.
    Both,
    /// Jobs with a script.
    Job,
    /// Trigger jobs.
    Bridge,
}

/// What a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// It has a script.
    Job,
    /// It starts another pipeline.
    Bridge,
}

macro_rules! keywords {
    ($($variant:ident $name:literal $known:ident,)*) => {
        /// A keyword of a job or of a bridge (`ALLOWED_KEYS` of the `Processable`, `Job` and `Bridge` entries, with
        /// those of the paid edition).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Keyword { $($variant,)* }

        impl Keyword {
            /// All of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// From how it is written.
            pub(super) fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// As it is written.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            const fn known(self) -> Known {
                match self { $(Self::$variant => Known::$known,)* }
            }
        }
    };
}

keywords! {
    Script "script" Job,
    Stage "stage" Both,
    Image "image" Job,
    Rules "rules" Both,
    Needs "needs" Both,
    Variables "variables" Both,
    Extends "extends" Both,
    Tags "tags" Job,
    Only "only" Both,
    Except "except" Both,
    BeforeScript "before_script" Job,
    AfterScript "after_script" Job,
    Artifacts "artifacts" Job,
    Cache "cache" Job,
    Services "services" Job,
    When "when" Both,
    AllowFailure "allow_failure" Both,
    Dependencies "dependencies" Job,
    Environment "environment" Both,
    Interruptible "interruptible" Both,
    Inherit "inherit" Both,
    Parallel "parallel" Both,
    Retry "retry" Job,
    Timeout "timeout" Job,
    Trigger "trigger" Bridge,
    Coverage "coverage" Job,
    ResourceGroup "resource_group" Both,
    StartIn "start_in" Job,
    Hooks "hooks" Job,
    Release "release" Job,
    IdTokens "id_tokens" Job,
    Pages "pages" Job,
    Publish "publish" Job,
    ManualConfirmation "manual_confirmation" Job,
    Run "run" Job,
    Inputs "inputs" Job,
    Secrets "secrets" Job,
    DastConfiguration "dast_configuration" Job,
    Identity "identity" Job,
}

impl Keyword {
    /// Whether that kind of job knows it.
    pub(super) fn is_known_to(self, side: Side) -> bool {
        match self.known() {
            Known::Both => true,
            Known::Job => side == Side::Job,
            Known::Bridge => side == Side::Bridge,
        }
    }

    /// The names of all that such a job knows.
    pub(super) fn names(side: Side) -> impl Iterator<Item = &'static str> + Clone {
        Self::ALL.iter().filter(move |keyword| keyword.is_known_to(side)).map(|keyword| keyword.name())
    }
}

/// The keywords that one job gives, found in one pass over its map.
pub(super) struct Fields<'a> {
    map: &'a Map,
    slots: [Option<&'a Entry>; Keyword::ALL.len()],
    unknown: Vec<(&'a Key, &'a Entry)>,
}

impl<'a> Fields<'a> {
    /// Those of a job of that kind.
    pub(super) fn new(map: &'a Map, side: Side) -> Self {
        let mut fields = Self { map, slots: [None; Keyword::ALL.len()], unknown: Vec::new() };
        for (key, entry) in map.iter() {
            let keyword = key.as_str().and_then(Keyword::parse);
            if let Some(keyword) = keyword {
                fields.slots[keyword as usize] = Some(entry);
            }
            if !keyword.is_some_and(|keyword| keyword.is_known_to(side)) {
                fields.unknown.push((key, entry));
            }
        }
        fields
    }

    /// The keys that such a job does not know, in the order written.
    pub(super) fn unknown(&self) -> &[(&'a Key, &'a Entry)] {
        &self.unknown
    }

    /// A key that is there, whatever its value.
    pub(super) fn entry(&self, keyword: Keyword) -> Option<&'a Entry> {
        self.slots[keyword as usize]
    }

    /// The value of a key that is there and not null: null counts as absent nearly everywhere.
    pub(super) fn value(&self, keyword: Keyword) -> Option<&'a Node> {
        self.entry(keyword).map(|entry| &entry.value).filter(|value| !value.is_null())
    }

    /// Those of some keywords that are there, in the order written.
    pub(super) fn written(&self, keywords: &[Keyword]) -> Vec<(&'static str, &'a Entry)> {
        let known =
            |key: &Key| key.as_str().and_then(Keyword::parse).filter(|found| keywords.contains(found));
        self.map.iter().filter_map(|(key, entry)| known(key).map(|found| (found.name(), entry))).collect()
    }

    /// Where each key was written.
    pub(super) fn spans(&self) -> IndexMap<Arc<str>, Span> {
        let texts = self.map.iter().filter_map(|(key, entry)| match key {
            Key::Str(text) => Some((text.clone(), entry.key_span)),
            _ => None,
        });
        texts.collect()
    }
}
