//! Tokens, sessions and the password of whoever looks.

use super::answer;
use super::entry::Case;
use super::route::Account;
use crate::model::NewToken;
use crate::pages::screens::account::{password, sessions, tokens};
use crate::pages::text::Text;
use crate::pages::views::{Answer, NoChange, Oops, Views};
use axum::response::Response;
use http::StatusCode;
use protocol::Secret;

/// The answer for a place.
pub(super) async fn answer<V: Views>(case: &Case<'_, V>, place: &Account) -> Answer<Response> {
    match (place, case.ask.post) {
        (Account::Tokens, false) => token_list(case).await,
        (Account::Tokens, true) => new_token(case).await,
        (Account::RevokeToken(id), true) => {
            case.views.revoke_token(case.viewer, *id).await?;
            Ok(back(case, "personal_access_tokens?done=revoked"))
        }
        (Account::Password, false) => {
            Ok(answer::page(password::page(case.ui, case.views.has_password(case.viewer).await?, None)))
        }
        (Account::Password, true) => new_password(case).await,
        (Account::Sessions, _) => {
            let list = case.views.sessions(case.viewer).await?;
            Ok(answer::page(sessions::page(case.ui, case.viewer, &list)))
        }
        (Account::EndSession(id), true) => {
            case.views.end_session(case.viewer, *id).await?;
            Ok(back(case, "active_sessions?done=ended"))
        }
        (Account::RevokeToken(_) | Account::EndSession(_), false) => Err(Oops::NotFound),
    }
}

fn back<V: Views>(case: &Case<'_, V>, rest: &str) -> Response {
    answer::see_other(&case.ui.href(&format!("/-/user_settings/{rest}")))
}

async fn token_list<V: Views>(case: &Case<'_, V>) -> Answer<Response> {
    let list = case.views.tokens(case.viewer).await?;
    // Addresses may fill the form in, as GitLab's do.
    let query = &case.ask.query;
    let filled = tokens::Filled { name: query.text("name"), ..tokens::Filled::fresh(case.ui.now) };
    let scopes = query.text("scopes");
    let scopes: Vec<String> =
        scopes.split(',').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let filled = if scopes.is_empty() { filled } else { tokens::Filled { scopes, ..filled } };
    Ok(answer::page(tokens::page(case.ui, &list, &filled, None)))
}

async fn new_token<V: Views>(case: &Case<'_, V>) -> Answer<Response> {
    let (ui, form) = (case.ui, &case.ask.form);
    let filled = tokens::Filled {
        name: form.text("name"),
        scopes: form.all("scopes").map(str::to_owned).collect(),
        expires: form.text("expires_at"),
        project: form.text("project"),
    };
    match wanted(case, &filled).await {
        Ok(new) => match case.views.create_token(case.viewer, new).await {
            Ok(secret) => Ok(answer::page(tokens::created(ui, &filled.name, &secret))),
            Err(Oops::Refused(why)) => refused(case, &filled, &why).await,
            Err(other) => Err(other),
        },
        Err(Oops::Refused(why)) => refused(case, &filled, &why).await,
        Err(other) => Err(other),
    }
}

async fn refused<V: Views>(case: &Case<'_, V>, filled: &tokens::Filled, why: &str) -> Answer<Response> {
    let list = case.views.tokens(case.viewer).await?;
    let page = tokens::page(case.ui, &list, filled, Some(why));
    Ok(answer::html(StatusCode::UNPROCESSABLE_ENTITY, page))
}

async fn wanted<V: Views>(case: &Case<'_, V>, filled: &tokens::Filled) -> Answer<NewToken> {
    let wrong = |text: Text| Oops::Refused(case.ui.t(text).to_owned());
    let project = match filled.project.as_str() {
        "" => None,
        path => match case.views.project(path).await {
            Ok(project) => Some(project.id),
            Err(Oops::NotFound) => return Err(wrong(Text::NoSuchProject)),
            Err(other) => return Err(other),
        },
    };
    let expires_at = match filled.expires.as_str() {
        "" => None,
        day => Some(super::form::day(day).ok_or_else(|| wrong(Text::NoDate))?),
    };
    Ok(NewToken {
        user: case.viewer.user,
        name: filled.name.clone(),
        scopes: filled.scopes.clone(),
        project,
        expires_at,
    })
}

async fn new_password<V: Views>(case: &Case<'_, V>) -> Answer<Response> {
    let (ui, form) = (case.ui, &case.ask.form);
    let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let wrong = async |status: StatusCode, why: &str| {
        let known = case.views.has_password(case.viewer).await?;
        Ok(answer::html(status, password::page(ui, known, Some(why))))
    };
    let (new, again) = (field("new_password"), field("password_confirmation"));
    if new != again {
        return wrong(StatusCode::UNPROCESSABLE_ENTITY, ui.t(Text::PasswordsDiffer)).await;
    }
    let shown = Secret::new(field("password"));
    match case.views.change_password(case.headers, case.viewer, shown, Secret::new(new)).await {
        Ok(cookie) => Ok(answer::with_cookie(back(case, "password/edit?done=saved"), &cookie)),
        Err(NoChange::Wrong) => wrong(StatusCode::FORBIDDEN, ui.t(Text::PasswordWrong)).await,
        Err(NoChange::TooMany(seconds)) => {
            let time = ui.lang.duration(seconds.max(1) * 1000);
            wrong(StatusCode::TOO_MANY_REQUESTS, &ui.f(Text::SignInTooMany, &[&time])).await
        }
        Err(NoChange::Refused(why)) => wrong(StatusCode::UNPROCESSABLE_ENTITY, &why).await,
        Err(NoChange::Broken(cause)) => Err(Oops::Broken(cause)),
    }
}
