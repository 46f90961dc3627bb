//! Configurations for tests, made without the phases before.

use crate::config::{AllowFailure, Inherit, Job, Kind, Variable, Variables, When};
use crate::{Span, Spanned};
use indexmap::IndexMap;

/// A job of stage `test` with a script and nothing else; not even the `only` that jobs have without rules.
pub(crate) fn job(name: &str) -> Job {
    Job {
        name: name.into(),
        span: Span::default(),
        keywords: IndexMap::new(),
        kind: Kind::Build,
        stage: Spanned::new("test".into(), Span::default()),
        only: None,
        except: None,
        rules: None,
        when: When::OnSuccess,
        start_in: None,
        manual_confirmation: None,
        allow_failure: AllowFailure::default(),
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
        script: Some(vec!["x".into()]),
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

/// Variables as written.
pub(crate) fn variables<const N: usize>(values: [(&str, &str); N]) -> Variables {
    let variable = |value: &str| Variable {
        value: value.into(),
        raw: false,
        description: None,
        options: None,
        span: Span::default(),
    };
    values.into_iter().map(|(name, value)| (name.into(), variable(value))).collect()
}
