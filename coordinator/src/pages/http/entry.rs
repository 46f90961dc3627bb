//! Every request: who asks, in which language, for which page.

use super::form::{Fields, same};
use super::route::{Place, Route};
use super::{App, account, admin, answer, prefer, project};
use crate::pages::Ui;
use crate::pages::screens::{projects, sign_in};
use crate::pages::text::Text;
use crate::pages::ui::escape_query;
use crate::pages::views::{Answer, NoEntry, Oops, Viewer, Views};
use crate::serve::Peer;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use protocol::Secret;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// What was asked.
pub(super) struct Ask {
    /// Whether something is to be changed.
    pub(super) post: bool,
    /// What follows the question mark.
    pub(super) query: Fields,
    /// The form, if one was sent.
    pub(super) form: Fields,
}

/// What a page is made of: what was asked, by whom, and where to ask for data.
pub(super) struct Case<'a, V> {
    pub(super) views: &'a V,
    pub(super) ui: &'a Ui,
    pub(super) viewer: &'a Viewer,
    pub(super) ask: &'a Ask,
    pub(super) headers: &'a HeaderMap,
}

pub(super) async fn entry<V: Views>(State(app): State<App<V>>, request: Request) -> Response {
    let head = *request.method() == Method::HEAD;
    let post = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return answer::html(StatusCode::METHOD_NOT_ALLOWED, maud::html! { "405" }),
    };
    let uri = request.uri().clone();
    let headers = request.headers().clone();
    let peer = peer_of(&request);
    let query = Fields::of_query(&uri);
    let mut ui = prefer::ui(&app, &headers, &uri, &query);
    if post && is_foreign(&headers) {
        return answer::oops(&ui, &Oops::Forbidden);
    }
    let Some(route) = Route::parse(uri.path()) else {
        return stranger_or(&app, &headers, peer, ui, Oops::NotFound).await;
    };
    match &route {
        Route::Asset(name) => {
            return app.assets.get(name).map_or_else(|| answer::oops(&ui, &Oops::NotFound), answer::asset);
        }
        Route::Preferences => return prefer::set(&ui, &query),
        _ => {}
    }
    let form = match post {
        true => match Fields::of_body(request).await {
            Some(form) => form,
            None => return answer::oops(&ui, &Oops::Refused(ui.t(Text::Error422Text).to_owned())),
        },
        false => Fields::default(),
    };
    let ask = Ask { post, query, form };
    if route == Route::SignIn {
        return match ask.query.get("once") {
            Some(secret) if !post => {
                let early = head || headers.contains_key("sec-purpose");
                enter_once(&app, &ui, &headers, peer, (secret, early), &ask).await
            }
            _ => enter(&app, &ui, &headers, peer, &ask).await,
        };
    }
    match app.views.viewer(&headers, peer).await {
        Ok(Some(viewer)) => ui.viewer = Some(viewer.clone()),
        Ok(None) if post => return answer::see_other(&ui.href("/users/sign_in")),
        Ok(None) => {
            return answer::see_other(&ui.href(&format!("/users/sign_in?return={}", escape_query(&ui.here))));
        }
        Err(oops) => return answer::oops(&ui, &oops),
    }
    signed_in(&app, &ui, &headers, &route, &ask).await
}

/// Whoever did not sign in does not learn what there is.
async fn stranger_or<V: Views>(
    app: &App<V>,
    headers: &HeaderMap,
    peer: IpAddr,
    mut ui: Ui,
    oops: Oops,
) -> Response {
    match app.views.viewer(headers, peer).await {
        Ok(None) => answer::see_other(&ui.href("/users/sign_in")),
        viewer => {
            ui.viewer = viewer.ok().flatten();
            answer::oops(&ui, &oops)
        }
    }
}

async fn signed_in<V: Views>(
    app: &App<V>,
    ui: &Ui,
    headers: &HeaderMap,
    route: &Route,
    ask: &Ask,
) -> Response {
    let Some(viewer) = &ui.viewer else { return answer::oops(ui, &Oops::Forbidden) };
    if ask.post && !same(&viewer.csrf, ask.form.get("authenticity_token").unwrap_or_default()) {
        return answer::oops(ui, &Oops::Forbidden);
    }
    let case = Case { views: &app.views, ui, viewer, ask, headers };
    let made = match route {
        Route::Home => home(&case).await,
        Route::NewProject => project::create(&case).await,
        Route::SignOut if ask.post => leave(&case).await,
        Route::Account(place) => account::answer(&case, place).await,
        Route::Admin(place) => admin::answer(&case, place).await,
        Route::Project(path, place) => of_project(&case, path, place).await,
        Route::Asset(_) | Route::Preferences | Route::SignIn | Route::SignOut => Err(Oops::NotFound),
    };
    made.unwrap_or_else(|oops| answer::oops(ui, &oops))
}

async fn of_project<V: Views>(case: &Case<'_, V>, path: &str, place: &Place) -> Answer<Response> {
    let found = case.views.project(path).await?;
    project::answer(case, &found, place).await
}

async fn home<V: Views>(case: &Case<'_, V>) -> Answer<Response> {
    let search = case.ask.query.text("search");
    let page = case.ask.query.page(20);
    let list = case.views.projects(&search, page).await?;
    Ok(answer::page(projects::page(case.ui, &list, &search, page)))
}

async fn leave<V: Views>(case: &Case<'_, V>) -> Answer<Response> {
    let cookie = case.views.sign_out(case.headers, case.viewer.address).await?;
    Ok(answer::with_cookie(answer::see_other(&case.ui.href("/users/sign_in")), &cookie))
}

async fn enter<V: Views>(app: &App<V>, ui: &Ui, headers: &HeaderMap, peer: IpAddr, ask: &Ask) -> Response {
    let fields = if ask.post { &ask.form } else { &ask.query };
    let back = prefer::local(fields.get("return").unwrap_or("/"));
    if !ask.post {
        return answer::page(sign_in::page(ui, "", &back, None));
    }
    let login = fields.text("login");
    let secret = Secret::new(fields.get("password").unwrap_or_default().to_owned());
    let (status, wrong) = match app.views.sign_in(headers, peer, &login, secret).await {
        Ok(cookie) => return answer::with_cookie(answer::see_other(&ui.href(&back)), &cookie),
        Err(reason) => match refused(ui, reason) {
            Ok(refused) => refused,
            Err(oops) => return answer::oops(ui, &oops),
        },
    };
    answer::html(status, sign_in::page(ui, &login, &back, Some(&wrong)))
}

/// Lets somebody in who has an address that works once. A browser that looks ahead (`early`) uses it up for nobody.
async fn enter_once<V: Views>(
    app: &App<V>,
    ui: &Ui,
    headers: &HeaderMap,
    peer: IpAddr,
    (secret, early): (&str, bool),
    ask: &Ask,
) -> Response {
    let back = prefer::local(ask.query.get("return").unwrap_or("/"));
    if early {
        return answer::html(StatusCode::SERVICE_UNAVAILABLE, sign_in::page(ui, "", &back, None));
    }
    let wrong = match app.views.enter_once(headers, peer, Secret::new(secret.to_owned())).await {
        Ok(cookie) => return answer::with_cookie(answer::see_other(&ui.href(&back)), &cookie),
        Err(wrong) => wrong,
    };
    // Whoever opens it once more is in already.
    if let Ok(Some(_)) = app.views.viewer(headers, peer).await {
        return answer::see_other(&ui.href(&back));
    }
    let (status, text) = match wrong {
        NoEntry::Wrong => (StatusCode::UNAUTHORIZED, ui.t(Text::SignInOnce).to_owned()),
        other => match refused(ui, other) {
            Ok(refused) => refused,
            Err(oops) => return answer::oops(ui, &oops),
        },
    };
    answer::html(status, sign_in::page(ui, "", &back, Some(&text)))
}

/// Why somebody is not let in, for the page.
fn refused(ui: &Ui, reason: NoEntry) -> Result<(StatusCode, String), Oops> {
    match reason {
        NoEntry::Wrong => Ok((StatusCode::UNAUTHORIZED, ui.t(Text::SignInWrong).to_owned())),
        NoEntry::TooMany(seconds) => {
            let time = ui.lang.duration(seconds.max(1) * 1000);
            Ok((StatusCode::TOO_MANY_REQUESTS, ui.f(Text::SignInTooMany, &[&time])))
        }
        NoEntry::Broken(cause) => Err(Oops::Broken(cause)),
    }
}

/// Where a request comes from; this machine where that is not known.
fn peer_of(request: &Request) -> IpAddr {
    let extensions = request.extensions();
    let peer = extensions.get::<Peer>().map(|peer| peer.address);
    let connection = || extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    peer.or_else(connection).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// Whether the browser says that another site sent a form.
fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or("?"));
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}
