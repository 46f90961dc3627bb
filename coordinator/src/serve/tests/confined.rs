//! What strangers, jobs and tokens of one project learn and do beyond what they may see.

use super::kit::{World, answer};
use crate::model::{NewToken, ProjectId, UserId};
use protocol::Secret;
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// A token that opens the API of one project, and its repository.
async fn token_of(world: &World, project: &Value) -> Secret {
    let new = NewToken {
        user: UserId::ROOT,
        name: "of one".into(),
        scopes: vec!["api".into(), "write_repository".into()],
        project: Some(ProjectId(project.as_i64().unwrap())),
        expires_at: None,
    };
    world.running.kernel.create_token(new).await.unwrap().1
}

async fn project(world: &World, name: &str, visibility: &str) -> Value {
    world.post("/projects", &json!({"name": name, "visibility": visibility}), 201).await["id"].clone()
}

async fn by(world: &World, token: &Secret, method: Method, path: &str, body: &Value) -> Response {
    let asked = world.bare(method, &format!("/api/v4{path}")).bearer_auth(token.expose());
    asked.header("content-type", "application/json").body(body.to_string()).send().await.unwrap()
}

async fn of_anybody(world: &World, path: &str) -> Value {
    answer(world.bare(Method::GET, &format!("/api/v4{path}")).send().await.unwrap(), 200).await
}

#[tokio::test]
async fn lint_reads_what_its_caller_may_read() {
    const INCLUDE: &str = "include: {project: root/hidden, file: /.gitlab-ci.yml}\nown: {script: x}\n";
    let world = World::new().await;
    project(&world, "hidden", "private").await;
    world.push("root/hidden", "deploy: {script: [confidential]}\n", &[]).await;
    let open = project(&world, "open", "public").await;
    world.push("root/open", INCLUDE, &[]).await;
    let path = format!("/projects/{open}/ci/lint");
    assert!(world.get(&path).await.to_string().contains("confidential"));
    let token = token_of(&world, &open).await;
    let given = by(&world, &token, Method::POST, &path, &json!({"content": INCLUDE})).await;
    let committed = by(&world, &token, Method::GET, &path, &json!({})).await;
    let seen = [answer(given, 200).await, answer(committed, 200).await, of_anybody(&world, &path).await];
    for seen in seen {
        assert_eq!(seen["valid"], false, "{seen}");
        assert!(!seen.to_string().contains("confidential"), "{seen}");
    }
    world.stop().await;
}

/// What runs by it would read other projects' files and start their pipelines.
#[tokio::test]
async fn a_token_of_one_project_lets_nothing_run() {
    let world = World::new().await;
    let id = project(&world, "app", "private").await;
    let config = "one: {script: x, when: manual, environment: {name: live, on_stop: one}}\n";
    world.push("root/app", config, &[]).await;
    let token = token_of(&world, &id).await;
    let pipelines = world.get(&format!("/projects/{id}/pipelines")).await;
    let pipeline = format!("/projects/{id}/pipelines/{}", pipelines[0]["id"]);
    let job = world.get(&format!("{pipeline}/jobs")).await[0]["id"].clone();
    let paths = [
        format!("/projects/{id}/pipeline"),
        format!("{pipeline}/retry"),
        format!("/projects/{id}/jobs/{job}/play"),
        format!("/projects/{id}/jobs/{job}/retry"),
        format!("/projects/{id}/environments/1/stop"),
    ];
    for path in paths {
        let refused = by(&world, &token, Method::POST, &path, &json!({"ref": "main"})).await;
        assert_eq!(refused.status(), 403, "{path}");
    }
    let service = |service: &str| {
        let path = format!("/root/app.git/info/refs?service=git-{service}");
        let asked = world.bare(Method::GET, &path).basic_auth("root", Some(token.expose())).send();
        async { asked.await.unwrap().status().as_u16() }
    };
    assert_eq!((service("upload-pack").await, service("receive-pack").await), (200, 403));
    world.stop().await;
}

#[tokio::test]
async fn runners_are_not_a_tokens_of_one_project_to_assign() {
    let world = World::new().await;
    let (own, other) = (project(&world, "own", "private").await, project(&world, "other", "private").await);
    let new = json!({"runner_type": "project_type", "project_id": other});
    let runner = world.post("/user/runners", &new, 201).await["id"].clone();
    let token = token_of(&world, &own).await;
    let (path, body) = (format!("/projects/{own}/runners"), json!({"runner_id": runner}));
    assert_eq!(by(&world, &token, Method::POST, &path, &body).await.status(), 403);
    world.post(&path, &body, 201).await;
    let of_it = format!("{path}/{runner}");
    assert_eq!(by(&world, &token, Method::DELETE, &of_it, &json!({})).await.status(), 403);
    let shown = answer(by(&world, &token, Method::GET, &format!("/runners/{runner}"), &json!({})).await, 200);
    let shown = shown.await;
    let projects = shown["projects"].as_array().unwrap();
    assert_eq!(projects.iter().map(|of| &of["id"]).collect::<Vec<_>>(), [&own], "the other one is not its");
    world.send(Method::DELETE, &of_it, &json!({}), 204).await;
    world.stop().await;
}

#[tokio::test]
async fn strangers_see_neither_runners_nor_pipelines_of_private_projects() {
    let world = World::new().await;
    project(&world, "hidden", "private").await;
    world
        .push("root/hidden", "a: {script: x, when: manual}\nb: {script: x, tags: [none]}\n", &["ci.skip"])
        .await;
    let id = project(&world, "open", "public").await;
    world.push("root/open", "one: {script: x}\nup: {trigger: root/hidden}\n", &[]).await;
    let new = json!({"runner_type": "instance_type", "run_untagged": true});
    let token = world.post("/user/runners", &new, 201).await["token"].clone();
    let features = protocol::Features::of_client().with_shell().with_shell_executor();
    let body = json!({"token": token, "system_id": "s_stranger", "info": {"features": features}});
    let asked = world.bare(Method::POST, "/api/v4/jobs/request").header("content-type", "application/json");
    let job = answer(asked.body(body.to_string()).send().await.unwrap(), 201).await["id"].clone();
    let path = format!("/projects/{id}/jobs/{job}");
    assert!(world.get(&path).await["runner"].is_object());
    let jobs = format!("/projects/{id}/jobs");
    for seen in [of_anybody(&world, &path).await, of_anybody(&world, &jobs).await[0].clone()] {
        assert_eq!(
            (&seen["id"], &seen["runner"], &seen["runner_manager"]),
            (&job, &Value::Null, &Value::Null)
        );
    }
    let pipelines = world.get(&format!("/projects/{id}/pipelines")).await;
    let pipeline = pipelines[0]["id"].as_i64().unwrap();
    let bridges = format!("/projects/{id}/pipelines/{pipeline}/bridges");
    let mut watcher =
        world.running.kernel.watch(crate::kernel::Topic::Pipeline(pipeline::PipelineId(pipeline)));
    while world.get(&bridges).await[0]["downstream_pipeline"].is_null() {
        assert!(watcher.changed().await);
    }
    assert!(of_anybody(&world, &bridges).await[0]["downstream_pipeline"].is_null());
    world.stop().await;
}
