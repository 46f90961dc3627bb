//! Variables of a project or of the instance.

use super::answer;
use super::entry::Case;
use super::form::{Fields, lines};
use crate::model::{Project, Variable};
use crate::pages::screens::variables;
use crate::pages::views::{Answer, Oops, Views};
use axum::response::Response;
use http::StatusCode;

/// The list and the form, or what the form sent.
pub(super) async fn answer<V: Views>(case: &Case<'_, V>, project: Option<&Project>) -> Answer<Response> {
    if case.ask.post {
        return save(case, project).await;
    }
    let list = case.views.variables(project).await?;
    let query = &case.ask.query;
    let edited = query.get("key").and_then(|key| {
        let scope = query.get("scope").unwrap_or("*");
        list.iter().find(|variable| variable.key == key && variable.scope == scope)
    });
    Ok(answer::page(variables::page(case.ui, project, &list, edited, None)))
}

fn of_form(form: &Fields, project: Option<&Project>) -> Variable {
    let visibility = form.text("visibility");
    Variable {
        file: form.get("variable_type") == Some("file"),
        raw: !form.ticked("expand"),
        masked: visibility == "masked" || visibility == "hidden",
        hidden: visibility == "hidden",
        protected: form.ticked("protected"),
        scope: form.some("environment_scope").unwrap_or_else(|| "*".to_owned()),
        description: form.text("description"),
        ..Variable::new(
            project.map(|project| project.id),
            form.text("key"),
            lines(form.get("value").unwrap_or_default()),
        )
    }
}

async fn save<V: Views>(case: &Case<'_, V>, project: Option<&Project>) -> Answer<Response> {
    let form = &case.ask.form;
    let mut variable = of_form(form, project);
    let replaces =
        form.some("old_key").map(|key| (key, form.some("old_scope").unwrap_or_else(|| "*".to_owned())));
    let list = case.views.variables(project).await?;
    let old = replaces
        .as_ref()
        .and_then(|(key, scope)| list.iter().find(|old| old.key == *key && old.scope == *scope));
    // A hidden value never comes to the browser: an empty field leaves it as it is.
    if let Some(old) = old.filter(|old| old.hidden) {
        variable.hidden = true;
        variable.masked = true;
        if variable.value.is_empty() {
            variable.value.clone_from(&old.value);
        }
    }
    match case.views.set_variable(case.viewer, replaces, variable.clone()).await {
        Ok(()) => Ok(answer::see_other(&format!("{}?done=saved", place(case, project)))),
        Err(Oops::Refused(why)) => Ok(answer::html(
            StatusCode::UNPROCESSABLE_ENTITY,
            variables::page(case.ui, project, &list, Some(&variable), Some(&why)),
        )),
        Err(other) => Err(other),
    }
}

fn place<V: Views>(case: &Case<'_, V>, project: Option<&Project>) -> String {
    project.map_or_else(|| case.ui.href("/admin/variables"), |project| case.ui.of(project, "/-/variables"))
}

/// Removes one.
pub(super) async fn delete<V: Views>(case: &Case<'_, V>, project: Option<&Project>) -> Answer<Response> {
    let query = &case.ask.query;
    let key = query.get("key").filter(|_| case.ask.post).ok_or(Oops::NotFound)?;
    case.views.delete_variable(case.viewer, project, key, query.get("scope").unwrap_or("*")).await?;
    Ok(answer::see_other(&format!("{}?done=deleted", place(case, project))))
}
