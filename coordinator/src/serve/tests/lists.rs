//! Lists: what is let through, in which order, and who sees what.

use super::kit::{TOKEN, World, answer};
use crate::model::{NewToken, ProjectId, UserId};
use reqwest::Method;
use serde_json::{Value, json};

const CONFIG: &str = "\
one: {script: x, environment: review/one, resource_group: shelf}
two: {script: x, environment: review/two}
live: {script: x, when: manual, environment: production}
";

fn names(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap_or("?").to_owned()).collect()
}

#[tokio::test]
async fn environments_are_filtered_before_they_are_counted() {
    let world = World::new().await;
    let id = world.project().await;
    world.push("root/app", CONFIG, &[]).await;
    let path = format!("/projects/{id}/environments");
    let asked = format!("{path}?search=REVIEW&per_page=1");
    let response = world.ask(Method::GET, &asked).send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!([header("x-total"), header("x-total-pages"), header("x-next-page")], ["2", "2", "2"]);
    assert!(header("link").contains("search=REVIEW&page=2&per_page=1>; rel=\"next\""), "{}", header("link"));
    assert_eq!(names(&answer(response, 200).await, "name"), ["review/one"]);
    assert_eq!(names(&world.get(&format!("{path}?name=production")).await, "tier"), ["production"]);
    assert_eq!(world.get(&format!("{path}?states=stopped")).await, json!([]));
    for wrong in ["states=odd", "name=a&search=b", "page=0"] {
        let refused = world.ask(Method::GET, &format!("{path}?{wrong}")).send().await.unwrap();
        assert_eq!(refused.status(), 400, "{wrong}");
    }
    let one = world.get(&format!("{path}?name=review%2Fone")).await[0]["id"].clone();
    let kept = answer(world.ask(Method::DELETE, &format!("{path}/{one}")).send().await.unwrap(), 403).await;
    assert_eq!(kept["message"], "403 Forbidden - the environment is not stopped");
    world.post(&format!("{path}/{one}/stop"), &json!({}), 200).await;
    assert_eq!(names(&world.get(&path).await, "name"), ["production", "review/two", "review/one"]);
    assert_eq!(names(&world.get(&format!("{path}?states=stopped")).await, "name"), ["review/one"]);
    world.send(Method::DELETE, &format!("{path}/{one}"), &json!({}), 204).await;
    assert_eq!(world.get(&path).await.as_array().unwrap().len(), 2);
    world.stop().await;
}

#[tokio::test]
async fn deployments_and_resource_groups() {
    let world = World::new().await;
    let id = world.project().await;
    world.push("root/app", CONFIG, &[]).await;
    let path = format!("/projects/{id}/deployments");
    let of = |list: Value| -> Vec<String> {
        let name = |item: &Value| item["environment"]["name"].as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(name).collect()
    };
    let all = world.get(&path).await;
    let newest = of(world.get(&format!("{path}?sort=desc&per_page=2")).await);
    assert_eq!(of(all.clone()).into_iter().rev().take(2).collect::<Vec<_>>(), newest);
    assert_eq!(of(world.get(&format!("{path}?status=blocked")).await), ["production"]);
    assert_eq!(of(world.get(&format!("{path}?environment=review/two")).await), ["review/two"]);
    assert_eq!(of(world.get(&format!("{path}?environment=nowhere")).await), Vec::<String>::new());
    let one = world.get(&format!("{path}/{}", all[0]["id"])).await;
    assert_eq!(one["environment"], all[0]["environment"]);
    let other = world.post("/projects", &json!({"name": "other"}), 201).await["id"].clone();
    let foreign = format!("/projects/{other}/deployments/{}", all[0]["id"]);
    assert_eq!(world.ask(Method::GET, &foreign).send().await.unwrap().status(), 404);

    let path = format!("/projects/{id}/resource_groups");
    assert_eq!(world.get(&path).await, json!([{"key": "shelf", "process_mode": "unordered"}]));
    let (shelf, oldest) = (format!("{path}/shelf"), json!({"process_mode": "oldest_first"}));
    assert_eq!(world.send(Method::PUT, &shelf, &oldest, 200).await["process_mode"], "oldest_first");
    assert_eq!(world.get(&shelf).await["process_mode"], "oldest_first");
    let wrong = world.send(Method::PUT, &shelf, &json!({"process_mode": "odd"}), 400).await;
    assert_eq!(wrong["error"], "process_mode does not have a valid value");
    world.send(Method::PUT, &format!("{path}/none"), &json!({"process_mode": "unordered"}), 404).await;
    world.stop().await;
}

#[tokio::test]
async fn pipelines_by_time_order_and_fault() {
    let world = World::new().await;
    let id = world.project().await;
    world.push("root/app", "a: {script: x}\n", &[]).await;
    world.push("root/app", "a: {scrpt: x}\n", &[]).await;
    let path = format!("/projects/{id}/pipelines");
    let ids = async |query: &str| -> Vec<i64> {
        let list = world.get(&format!("{path}?{query}")).await;
        list.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    };
    let all = ids("").await;
    let (broken, good) = (all[0], all[1]);
    assert_eq!(ids("sort=asc").await, [good, broken]);
    // `failed` and `pending`.
    assert_eq!(ids("order_by=status&sort=asc").await, [broken, good]);
    assert_eq!(ids("order_by=ref&sort=asc").await, [good, broken]);
    assert_eq!(ids("yaml_errors=true").await, [broken]);
    assert_eq!(ids("yaml_errors=false").await, [good]);
    assert_eq!(ids("created_after=2100-01-01").await, Vec::<i64>::new());
    assert_eq!(ids("updated_after=2000-01-01T00:00:00Z&updated_before=2100-01-01").await, all);
    for wrong in ["order_by=odd", "sort=up", "created_after=soon"] {
        let refused = world.ask(Method::GET, &format!("{path}?{wrong}")).send().await.unwrap();
        assert_eq!(refused.status(), 400, "{wrong}");
    }
    world.stop().await;
}

#[tokio::test]
async fn lists_hold_what_their_reader_may_see() {
    let world = World::new().await;
    let id = world.project().await;
    world.post("/projects", &json!({"name": "open", "visibility": "public"}), 201).await;
    let stranger = world.bare(Method::GET, "/api/v4/projects?visibility=private").send().await.unwrap();
    assert_eq!(names(&answer(stranger, 200).await, "name"), ["open"]);
    assert_eq!(names(&world.get("/projects?visibility=private").await, "name"), ["app"]);
    let new = NewToken {
        user: UserId::ROOT,
        name: "of one".into(),
        scopes: vec!["api".into()],
        project: Some(ProjectId(id)),
        expires_at: None,
    };
    let (_, one) = world.running.kernel.create_token(new).await.unwrap();
    let get = async |path: &str| {
        let asked = world.bare(Method::GET, &format!("/api/v4{path}")).bearer_auth(one.expose());
        asked.send().await.unwrap()
    };
    assert_eq!(names(&answer(get("/projects").await, 200).await, "name"), ["app"]);
    let other = world.post("/projects", &json!({"name": "other"}), 201).await["id"].clone();
    let runner = async |project: &Value, name: &str| {
        let new = json!({"runner_type": "project_type", "project_id": project, "description": name});
        world.post("/user/runners", &new, 201).await["id"].clone()
    };
    let (own, foreign) = (runner(&json!(id), "own").await, runner(&other, "foreign").await);
    assert_eq!(names(&answer(get("/runners").await, 200).await, "description"), ["own"]);
    assert_eq!(get(&format!("/runners/{own}")).await.status(), 200);
    assert_eq!(get(&format!("/runners/{foreign}")).await.status(), 404);
    assert_eq!(get(&format!("/runners/{own}/jobs")).await.status(), 403);
    assert_eq!(get("/personal_access_tokens").await.status(), 403);
    world.stop().await;
}

#[tokio::test]
async fn tokens_are_told_and_taken_back() {
    let world = World::new().await;
    let own = world.get("/personal_access_tokens/self").await;
    assert_eq!(
        [&own["name"], &own["active"], &own["scopes"], &own["expires_at"]],
        [&json!("administrator"), &json!(true), &json!(["api", "write_repository"]), &Value::Null]
    );
    assert!(!own.to_string().contains(TOKEN));
    let new = NewToken {
        user: UserId::ROOT,
        name: "short".into(),
        scopes: vec!["read_api".into()],
        project: None,
        expires_at: Some(pipeline::Moment(4_102_444_800_000)),
    };
    let (token, secret) = world.running.kernel.create_token(new).await.unwrap();
    let path = format!("/personal_access_tokens/{}", token.id);
    assert_eq!(world.get(&path).await["expires_at"], "2100-01-01");
    assert_eq!(names(&world.get("/personal_access_tokens?search=shor").await, "name"), ["short"]);
    world.send(Method::DELETE, &path, &json!({}), 204).await;
    let gone = world.bare(Method::GET, "/api/v4/user").bearer_auth(secret.expose()).send().await.unwrap();
    assert_eq!(gone.status(), 401);
    assert_eq!(world.get(&path).await["revoked"], true);
    world.send(Method::DELETE, "/personal_access_tokens/999", &json!({}), 404).await;
    let first = world.post("/runners/reset_registration_token", &json!({}), 201).await["token"].clone();
    let second = world.post("/runners/reset_registration_token", &json!({}), 201).await["token"].clone();
    assert!(first.is_string() && first != second);
    world.stop().await;
}
