//! CI/CD variables of the instance, the groups and the project.

use super::{Item, Origin};
use crate::{Context, SettingVariable};

/// Those of a context that count for an environment, from low precedence to high; without an environment, those for
/// all environments (`HasEnvironmentScope.on_environment`). Protected ones count for protected refs only.
pub(super) fn for_environment<'a>(
    context: &'a Context,
    environment: Option<&'a str>,
) -> impl Iterator<Item = Item> + 'a {
    let instance = context.instance_variables.iter().filter(|variable| visible(context, variable));
    let instance = instance.map(|variable| item(variable, Origin::Instance));
    // The nearest group wins, whatever the scopes. The list does not say where a group begins: within one group, the
    // more specific variable is expected behind the less specific one.
    let groups = select(context, &context.group_variables, environment, Origin::Group);
    let project = select(context, &context.project_variables, environment, Origin::Project);
    instance.chain(groups).chain(project)
}

/// Whether which variables count depends on the environment.
pub(super) fn are_scoped(context: &Context) -> bool {
    context.group_variables.iter().chain(&context.project_variables).any(|variable| !is_for_all(variable))
}

fn is_for_all(variable: &SettingVariable) -> bool {
    variable.scope.is_empty() || variable.scope == "*"
}

fn visible(context: &Context, variable: &SettingVariable) -> bool {
    context.protected || !variable.protected
}

/// Those that count, the least specific of the project's first.
fn select(
    context: &Context,
    variables: &[SettingVariable],
    environment: Option<&str>,
    origin: Origin,
) -> impl Iterator<Item = Item> {
    let mut counted: Vec<_> = variables
        .iter()
        .filter(|variable| visible(context, variable))
        .filter(|variable| {
            is_for_all(variable) || environment.is_some_and(|name| covers(&variable.scope, name))
        })
        .collect();
    if origin == Origin::Project {
        counted.sort_by_key(|variable| specificity(&variable.scope, environment));
    }
    counted.into_iter().map(move |variable| item(variable, origin)).collect::<Vec<_>>().into_iter()
}

/// The exact name before patterns, longer patterns before shorter ones, everything last.
fn specificity(scope: &str, environment: Option<&str>) -> (u8, usize) {
    match scope {
        "" | "*" => (0, 0),
        exact if Some(exact) == environment => (2, 0),
        pattern => (1, pattern.len()),
    }
}

/// Whether a scope covers an environment; `*` stands for any run of characters.
fn covers(scope: &str, environment: &str) -> bool {
    let mut parts = scope.split('*');
    let Some(mut rest) = environment.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn item(variable: &SettingVariable, origin: Origin) -> Item {
    Item {
        raw: variable.raw,
        file: variable.file,
        masked: variable.masked,
        public: false,
        ..Item::new(variable.name.as_str(), variable.value.as_str(), origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, value: &str, scope: &str) -> SettingVariable {
        SettingVariable {
            name: name.into(),
            value: value.into(),
            raw: false,
            file: false,
            masked: false,
            protected: false,
            scope: scope.into(),
        }
    }

    fn last(context: &Context, environment: Option<&str>) -> Option<String> {
        for_environment(context, environment)
            .last()
            .and_then(|item| item.value)
            .map(|value| value.to_string())
    }

    #[test]
    fn scopes_cover_environments() {
        for (scope, environment, expected) in [
            ("review/*", "review/app", true),
            ("review/*", "review", false),
            ("*/app", "review/app", true),
            ("r*w/*p", "review/app", true),
            ("r*x*p", "review/app", false),
            ("review", "review/app", false),
            ("a*a", "a", false),
            ("production", "production", true),
        ] {
            assert_eq!(covers(scope, environment), expected, "{scope} {environment}");
        }
    }

    #[test]
    fn the_most_specific_scope_wins() {
        let mut context = Context::push("main");
        context.project_variables = vec![
            variable("A", "exact", "review/app"),
            variable("A", "pattern", "review/*"),
            variable("A", "short", "r*"),
            variable("A", "all", "*"),
        ];
        assert_eq!(last(&context, Some("review/app")).as_deref(), Some("exact"));
        assert_eq!(last(&context, Some("review/b")).as_deref(), Some("pattern"));
        assert_eq!(last(&context, Some("rest")).as_deref(), Some("short"));
        assert_eq!(last(&context, Some("prod")).as_deref(), Some("all"));
        assert_eq!(last(&context, None).as_deref(), Some("all"));
        assert!(are_scoped(&context));
    }

    #[test]
    fn protected_variables_are_for_protected_refs() {
        let mut context = Context::push("main");
        context.instance_variables = vec![SettingVariable { protected: true, ..variable("A", "x", "*") }];
        assert_eq!(last(&context, None), None);
        context.protected = true;
        assert_eq!(last(&context, None).as_deref(), Some("x"));
    }

    #[test]
    fn the_nearest_group_wins_over_the_instance_and_loses_against_the_project() {
        let mut context = Context::push("main");
        context.instance_variables = vec![variable("A", "instance", "*")];
        assert_eq!(last(&context, None).as_deref(), Some("instance"));
        context.group_variables = vec![variable("A", "outer", "*"), variable("A", "inner", "*")];
        assert_eq!(last(&context, None).as_deref(), Some("inner"));
        context.project_variables = vec![variable("A", "project", "*")];
        assert_eq!(last(&context, None).as_deref(), Some("project"));
    }
}
