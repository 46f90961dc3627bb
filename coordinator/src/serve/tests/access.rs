//! Tokens, sessions, forged requests, too many attempts.

use super::kit::{TOKEN, World, answer};
use crate::access::SignInError;
use crate::git::{Credentials, Denied, Gate as _, Knock, Service};
use crate::model::{NewToken, UserId};
use crate::settings::{Limits, Settings};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Method;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_that_is_known() {
    let world = World::new().await;
    world.project().await;
    let unauthorized = json!({"message": "401 Unauthorized"});
    for path in [
        "/api/v4/user",
        "/api/v4/personal_access_tokens",
        "/api/v4/version",
        "/api/v4/runners",
        "/api/v4/job",
    ] {
        let response = world.bare(Method::GET, path).send().await.unwrap();
        assert_eq!(answer(response, 401).await, unauthorized, "{path}");
    }
    let public = world.bare(Method::GET, "/api/v4/projects").send().await.unwrap();
    assert_eq!(answer(public, 200).await, json!([]));
    let hidden = world.bare(Method::GET, "/api/v4/projects/root%2Fapp").send().await.unwrap();
    assert_eq!(answer(hidden, 404).await, json!({"message": "404 Project Not Found"}));
    let wrong = world
        .bare(Method::GET, "/api/v4/projects/root%2Fapp?private_token=glpat-wrong")
        .send()
        .await
        .unwrap();
    assert_eq!(answer(wrong, 401).await, unauthorized);
    for ways in ["private_token", "access_token"] {
        let path = format!("/api/v4/user?{ways}={TOKEN}");
        assert_eq!(world.bare(Method::GET, &path).send().await.unwrap().status(), 200, "{ways}");
    }
    world.stop().await;
}

#[tokio::test]
async fn public_projects_are_seen_and_not_touched() {
    let world = World::new().await;
    let project = world.post("/projects", &json!({"name": "open", "visibility": "public"}), 201).await;
    let path = format!("/api/v4/projects/{}", project["id"]);
    assert_eq!(world.bare(Method::GET, &path).send().await.unwrap().status(), 200);
    assert_eq!(world.bare(Method::GET, &format!("{path}/pipelines")).send().await.unwrap().status(), 200);
    for secret in ["variables", "pipelines/1/variables", "runners"] {
        assert_eq!(
            world.bare(Method::GET, &format!("{path}/{secret}")).send().await.unwrap().status(),
            401,
            "{secret}"
        );
    }
    assert_eq!(world.bare(Method::DELETE, &path).send().await.unwrap().status(), 401);
    world.stop().await;
}

#[tokio::test]
async fn tokens_open_what_they_are_for() {
    let world = World::new().await;
    let id = world.project().await;
    let other = world.post("/projects", &json!({"name": "other"}), 201).await["id"].as_i64().unwrap();
    let new = |scope: &str, project: Option<i64>| NewToken {
        user: UserId::ROOT,
        name: "test".into(),
        scopes: vec![scope.to_owned()],
        project: project.map(crate::model::ProjectId),
        expires_at: None,
    };
    let kernel = &world.running.kernel;
    let (_, read) = kernel.create_token(new("read_api", None)).await.unwrap();
    let (_, git) = kernel.create_token(new("write_repository", None)).await.unwrap();
    let (_, one) = kernel.create_token(new("api", Some(id))).await.unwrap();
    let ask = |method: Method, path: String, token: String| {
        world.bare(method, &format!("/api/v4{path}")).bearer_auth(token).send()
    };
    let status = |method: Method, path: String, token: &protocol::Secret| {
        let asked = ask(method, path, token.expose().to_owned());
        async { asked.await.unwrap().status().as_u16() }
    };
    assert_eq!(status(Method::GET, format!("/projects/{id}"), &read).await, 200);
    assert_eq!(status(Method::DELETE, format!("/projects/{id}"), &read).await, 403);
    assert_eq!(status(Method::GET, format!("/projects/{id}"), &git).await, 403);
    assert_eq!(status(Method::GET, format!("/projects/{id}"), &one).await, 200);
    assert_eq!(status(Method::GET, format!("/projects/{other}"), &one).await, 404);
    assert_eq!(status(Method::DELETE, format!("/projects/{other}"), &one).await, 404);
    assert_eq!(status(Method::POST, "/projects?name=x".into(), &one).await, 403);
    world.stop().await;
}

/// The session's cookie, and what its forms carry.
async fn signed_in(world: &World) -> (String, String) {
    let access = &world.running.access;
    let signed = access.sign_in(&HeaderMap::new(), HERE, "", TOKEN.into()).await.unwrap();
    let cookie = signed.cookie.to_str().unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let secret = cookie.split_once('=').unwrap().1.into();
    let (_, session) = world.running.kernel.session(&secret).await.unwrap().unwrap();
    (cookie, session.csrf)
}

#[tokio::test]
async fn sessions_change_things_from_our_own_pages_alone() {
    let world = World::new().await;
    let (cookie, csrf) = signed_in(&world).await;
    let user = world.bare(Method::GET, "/api/v4/user").header("cookie", &cookie);
    assert_eq!(answer(user.send().await.unwrap(), 200).await["username"], "root");
    let make = |name: &str| {
        world.bare(Method::POST, &format!("/api/v4/projects?name={name}")).header("cookie", &cookie)
    };
    assert_eq!(make("a").send().await.unwrap().status(), 403);
    assert_eq!(make("b").header("x-csrf-token", "wrong").send().await.unwrap().status(), 403);
    let foreign = make("c").header("x-csrf-token", &csrf).header("origin", "http://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    assert_eq!(make("d").header("x-csrf-token", &csrf).send().await.unwrap().status(), 201);
    let form = make("e").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.body(format!("authenticity_token={csrf}")).send().await.unwrap().status(), 201);
    assert_eq!(world.get("/projects").await.as_array().unwrap().len(), 2);

    let cleared = world.running.access.sign_out(&headers(&[("cookie", &cookie)]), HERE).await.unwrap();
    assert!(cleared.to_str().unwrap().contains("Max-Age=0"));
    let user = world.bare(Method::GET, "/api/v4/user").header("cookie", &cookie);
    assert_eq!(user.send().await.unwrap().status(), 401);
    world.stop().await;
}

#[tokio::test]
async fn passwords() {
    let world = World::new().await;
    let access = &world.running.access;
    let sign_in = |login: &'static str, secret: &'static str| async move {
        access.sign_in(&HeaderMap::new(), HERE, login, secret.into()).await.map(drop)
    };
    assert_eq!(sign_in("root", "correct horse").await, Err(SignInError::Wrong));
    let root = world.running.kernel.user(UserId::ROOT).await.unwrap();
    let (cookie, _) = signed_in(&world).await;
    access.set_password(&root, "correct horse".into()).await.unwrap();
    assert_eq!(sign_in("ROOT", "correct horse").await, Ok(()));
    assert_eq!(sign_in("root", "wrong horse").await, Err(SignInError::Wrong));
    assert_eq!(sign_in("nobody", "correct horse").await, Err(SignInError::Wrong));
    assert_eq!(sign_in("", "correct horse").await, Err(SignInError::Wrong));
    let old = world.bare(Method::GET, "/api/v4/user").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(old.status(), 401, "a new password ends all sessions");
    assert!(access.set_password(&root, "short".into()).await.is_err());
    let elsewhere = headers(&[("origin", "http://evil.example")]);
    let foreign = access.sign_in(&elsewhere, HERE, "root", "correct horse".into()).await;
    assert_eq!(foreign.map(drop), Err(SignInError::Foreign));
    world.stop().await;
}

#[tokio::test]
async fn who_is_wrong_too_often_has_to_wait() {
    let limits =
        Limits { unknown_tokens: 3, sign_ins_of_account: 1, sign_ins_of_address: 2, ..Limits::default() };
    let world = World::with(|settings| Settings { limits, ..settings }).await;
    let ask =
        |token: &'static str| world.bare(Method::GET, "/api/v4/user").header("PRIVATE-TOKEN", token).send();
    for _ in 0..3 {
        assert_eq!(ask("glpat-wrong").await.unwrap().status(), 401);
    }
    let refused = ask("glpat-wrong").await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    assert_eq!(ask(TOKEN).await.unwrap().status(), 200, "others of the address are not shut out");

    let access = &world.running.access;
    let sign_in = |login: &'static str, from: [u8; 4]| async move {
        access.sign_in(&HeaderMap::new(), from.into(), login, "wrong password".into()).await.map(drop)
    };
    assert_eq!(sign_in("root", [10, 0, 0, 1]).await, Err(SignInError::Wrong));
    assert!(matches!(sign_in("root", [10, 0, 0, 1]).await, Err(SignInError::TooMany(_))));
    assert_eq!(sign_in("root", [10, 0, 0, 2]).await, Err(SignInError::Wrong), "its owner is not kept out");
    let token = access.sign_in(&HeaderMap::new(), [10, 0, 0, 1].into(), "root", TOKEN.into()).await;
    assert!(token.is_ok(), "tokens are taken whatever else was tried");
    for login in ["a", "b"] {
        assert_eq!(sign_in(login, [10, 1, 0, 1]).await, Err(SignInError::Wrong));
    }
    assert!(matches!(sign_in("c", [10, 1, 0, 1]).await, Err(SignInError::TooMany(_))));
    world.stop().await;
}

#[tokio::test]
async fn many_attempts_at_once_count_as_many_at_the_door_of_git() {
    let limits = Limits { sign_ins_of_account: 2, ..Limits::default() };
    let world = World::with(|settings| Settings { limits, ..settings }).await;
    world.project().await;
    let access = &world.running.access;
    let root = world.running.kernel.user(UserId::ROOT).await.unwrap();
    access.set_password(&root, "correct horse".into()).await.unwrap();
    let knock = |secret: &str| {
        let credentials = Some(Credentials { user: "root".into(), secret: secret.into() });
        let (path, service) = ("root/app".into(), Service::Fetch);
        access.enter(Knock { path, service, credentials, address: Some(HERE) })
    };
    for _ in 0..4 {
        assert!(knock("correct horse").await.is_ok(), "right ones are given back");
    }
    let found = futures_util::future::join_all((0..6).map(|_| knock("wrong horse"))).await;
    let looked_at = found.iter().filter(|found| matches!(found, Err(Denied::Unknown))).count();
    assert_eq!(looked_at, 2, "{found:?}");
    world.stop().await;
}
