//! Shapes, errors and pages of the API.

use super::kit::{World, answer, steady};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn the_instance() {
    let world = World::new().await;
    insta::assert_snapshot!("user", steady(&world.get("/user").await, &world));
    let version = world.get("/version").await;
    assert_eq!(version["version"], protocol::FOLLOWED_VERSION);
    assert_eq!(world.get("/metadata").await["enterprise"], false);
    world.stop().await;
}

#[tokio::test]
async fn projects() {
    let world = World::new().await;
    let made = world.post("/projects", &json!({"name": "My App", "namespace_path": "acme"}), 201).await;
    insta::assert_snapshot!("project", steady(&made, &world));
    let by_path = world.get("/projects/acme%2Fmy-app").await;
    assert_eq!(by_path["id"], made["id"]);
    let path = format!("/projects/{}", made["id"]);
    let change =
        json!({"build_timeout": 1200, "auto_cancel_pending_pipelines": "disabled", "description": "<b>"});
    let changed = world.send(Method::PUT, &path, &change, 200).await;
    assert_eq!([&changed["build_timeout"], &changed["description"]], [&json!(1200), &json!("<b>")]);
    let taken = world.post("/projects", &json!({"path": "acme/my-app"}), 400).await;
    assert_eq!(taken["message"], json!({"path": ["has already been taken"]}));
    world.send(Method::DELETE, &path, &json!({}), 202).await;
    let gone = answer(world.ask(Method::GET, &path).send().await.unwrap(), 404).await;
    assert_eq!(gone, json!({"message": "404 Project Not Found"}));
    world.stop().await;
}

#[tokio::test]
async fn lists_have_pages() {
    let world = World::new().await;
    for number in 0..5 {
        world.post("/projects", &json!({"name": format!("p{number}")}), 201).await;
    }
    let response = world.ask(Method::GET, "/projects?per_page=2&page=2&simple=true").send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!([header("x-total"), header("x-total-pages"), header("x-next-page")], ["5", "3", "3"]);
    let next = header("link").split(',').find(|link| link.contains("rel=\"next\"")).unwrap().to_owned();
    let next = next.trim().trim_start_matches('<').split('>').next().unwrap().to_owned();
    let token = super::kit::TOKEN;
    let last = world.client.get(next).header("PRIVATE-TOKEN", token).send().await.unwrap();
    assert_eq!(answer(last, 200).await.as_array().unwrap().len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_as_gitlab_tells_it() {
    let world = World::new().await;
    let id = world.project().await;
    let cases = [
        (Method::GET, "/nothing".to_owned(), 404, json!({"message": "404 Not Found"})),
        (Method::PATCH, "/projects".to_owned(), 405, json!({"message": "405 Method Not Allowed"})),
        (Method::GET, "/projects/999".to_owned(), 404, json!({"message": "404 Project Not Found"})),
        (Method::GET, format!("/projects/{id}/jobs/x"), 400, json!({"error": "job_id is invalid"})),
        (Method::GET, format!("/projects/{id}/jobs/7"), 404, json!({"message": "404 Job Not Found"})),
        (
            Method::GET,
            format!("/projects/{id}/pipelines?status=odd"),
            400,
            json!({"error": "status does not have a valid value"}),
        ),
        (
            Method::GET,
            format!("/projects/{id}/pipelines?per_page=no"),
            400,
            json!({"error": "per_page is invalid"}),
        ),
        (Method::POST, format!("/projects/{id}/pipeline"), 400, json!({"error": "ref is missing"})),
        (
            Method::POST,
            format!("/projects/{id}/pipeline?ref=gone"),
            400,
            json!({"message": {"base": ["Reference not found"]}}),
        ),
        (
            Method::GET,
            format!("/projects/{id}/variables/GONE"),
            404,
            json!({"message": "404 Variable Not Found"}),
        ),
    ];
    for (method, path, status, wanted) in cases {
        assert_eq!(answer(world.ask(method, &path).send().await.unwrap(), status).await, wanted, "{path}");
    }
    let broken = world.ask(Method::POST, "/projects").header("content-type", "application/json").body("{");
    assert_eq!(answer(broken.send().await.unwrap(), 400).await["error"], "the body is no JSON object");
    world.stop().await;
}

#[tokio::test]
async fn parameters_come_as_json_as_forms_and_in_addresses() {
    let world = World::new().await;
    let form =
        world.ask(Method::POST, "/projects").header("content-type", "application/x-www-form-urlencoded");
    let made = answer(form.body("name=one&description=a%26b").send().await.unwrap(), 201).await;
    assert_eq!(made["description"], "a&b");
    let made = answer(world.ask(Method::POST, "/projects?name=two").send().await.unwrap(), 201).await;
    assert_eq!(made["path_with_namespace"], "root/two");
    let parts = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nthree\r\n--b--\r\n";
    let multipart =
        world.ask(Method::POST, "/projects").header("content-type", "multipart/form-data; boundary=b");
    let made = answer(multipart.body(parts).send().await.unwrap(), 201).await;
    assert_eq!(made["name"], "three");
    world.stop().await;
}

#[tokio::test]
async fn variables() {
    let world = World::new().await;
    let path = format!("/projects/{}/variables", world.project().await);
    let made = world.post(&path, &json!({"key": "A", "value": "1", "environment_scope": "prod"}), 201).await;
    insta::assert_snapshot!("variable", steady(&made, &world));
    world.post(&path, &json!({"key": "A", "value": "2"}), 201).await;
    let again = world.post(&path, &json!({"key": "A", "value": "3"}), 400).await;
    assert_eq!(again["message"], json!({"key": ["(A) has already been taken"]}));
    let two = answer(world.ask(Method::GET, &format!("{path}/A")).send().await.unwrap(), 409).await;
    assert!(two["message"].as_str().unwrap().starts_with("409 There are multiple variables"));
    let one = world.get(&format!("{path}/A?filter[environment_scope]=prod")).await;
    assert_eq!(one["value"], "1");
    let secret = json!({"key": "S", "value": "hidden-value-1", "masked_and_hidden": true});
    assert_eq!(world.post(&path, &secret, 201).await["value"], Value::Null);
    assert_eq!(world.get(&format!("{path}/S")).await["value"], Value::Null);
    let changed = json!({"value": "4"});
    let changed =
        world.send(Method::PUT, &format!("{path}/A?filter[environment_scope]=prod"), &changed, 200).await;
    assert_eq!(changed["value"], "4");
    world.send(Method::DELETE, &format!("{path}/A?filter[environment_scope]=prod"), &json!({}), 204).await;
    assert_eq!(world.get(&path).await.as_array().unwrap().len(), 2);
    let instance = world.post("/admin/ci/variables", &json!({"key": "G", "value": "1"}), 201).await;
    assert!(instance.get("environment_scope").is_none());
    world.stop().await;
}

#[tokio::test]
async fn runners() {
    let world = World::new().await;
    let id = world.project().await;
    let new =
        json!({"runner_type": "project_type", "project_id": id, "description": "host-1", "tag_list": "a,b"});
    let made = world.post("/user/runners", &new, 201).await;
    assert!(made["token"].as_str().unwrap().starts_with("glrt-"));
    let path = format!("/runners/{}", made["id"]);
    insta::assert_snapshot!("runner", steady(&world.get(&path).await, &world));
    assert_eq!(world.get("/runners?type=project_type&tag_list=a").await.as_array().unwrap().len(), 1);
    assert_eq!(world.get("/runners?status=online").await, json!([]));
    assert_eq!(world.get(&format!("/projects/{id}/runners")).await.as_array().unwrap().len(), 1);
    let paused = world.send(Method::PUT, &path, &json!({"paused": true, "maximum_timeout": 900}), 200).await;
    assert_eq!([&paused["active"], &paused["maximum_timeout"]], [&json!(false), &json!(900)]);
    let other = world.post("/projects", &json!({"name": "other"}), 201).await["id"].clone();
    let enabled = format!("/projects/{other}/runners");
    world.post(&enabled, &json!({"runner_id": made["id"]}), 201).await;
    assert_eq!(world.get(&path).await["projects"].as_array().unwrap().len(), 2);
    world.send(Method::DELETE, &format!("{enabled}/{}", made["id"]), &json!({}), 204).await;
    let token = world.post(&format!("{path}/reset_authentication_token"), &json!({}), 201).await;
    assert_ne!(token["token"], made["token"]);
    assert_eq!(world.get(&format!("{path}/jobs")).await, json!([]));
    world.send(Method::DELETE, &path, &json!({}), 204).await;
    answer(world.ask(Method::GET, &path).send().await.unwrap(), 404).await;
    world.stop().await;
}
