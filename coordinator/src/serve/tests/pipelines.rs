//! From a push to pipelines, jobs, badges.

use super::kit::{TOKEN, World, answer, steady};
use reqwest::Method;
use serde_json::{Value, json};

const CONFIG: &str = "\
build:
  stage: build
  script: [make]
  tags: [linux]
deploy:
  stage: deploy
  script: [make install]
  when: manual
  environment: {name: production, url: 'https://example.com'}
child:
  stage: deploy
  when: manual
  trigger: {include: child.yml}
";

async fn pushed(world: &World) -> (i64, Value) {
    let id = world.project().await;
    let said = world.push("root/app", CONFIG, &[]).await;
    let pipelines = world.get(&format!("/projects/{id}/pipelines")).await;
    assert!(said.contains(pipelines[0]["web_url"].as_str().unwrap()), "{said}");
    (id, pipelines)
}

#[tokio::test]
async fn shapes_of_a_pushed_pipeline() {
    let world = World::new().await;
    let (id, pipelines) = pushed(&world).await;
    insta::assert_snapshot!("pipelines", steady(&pipelines, &world));
    let path = format!("/projects/{id}/pipelines/{}", pipelines[0]["id"]);
    insta::assert_snapshot!("pipeline", steady(&world.get(&path).await, &world));
    insta::assert_snapshot!("jobs", steady(&world.get(&format!("{path}/jobs")).await, &world));
    insta::assert_snapshot!("bridges", steady(&world.get(&format!("{path}/bridges")).await, &world));
    insta::assert_snapshot!(
        "branches",
        steady(&world.get(&format!("/projects/{id}/repository/branches")).await, &world)
    );
    let commit = world.get(&format!("/projects/{id}/repository/commits/main")).await;
    assert_eq!(commit["last_pipeline"]["id"], pipelines[0]["id"]);
    assert_eq!(world.get(&format!("{path}/test_report")).await["total_count"], 0);
    assert_eq!(world.get(&format!("{path}/test_report_summary")).await["total"]["count"], 0);
    assert_eq!(world.get(&format!("/projects/{id}/pipelines/latest")).await["id"], pipelines[0]["id"]);
    world.stop().await;
}

#[tokio::test]
async fn buttons() {
    let world = World::new().await;
    let (id, pipelines) = pushed(&world).await;
    let pipeline = format!("/projects/{id}/pipelines/{}", pipelines[0]["id"]);
    let jobs = world.get(&format!("{pipeline}/jobs")).await;
    let job = |name: &str| {
        let found = jobs.as_array().unwrap().iter().find(|job| job["name"] == name).unwrap();
        format!("/projects/{id}/jobs/{}", found["id"])
    };
    let (build, deploy) = (job("build"), job("deploy"));
    let unplayable = world.post(&format!("{build}/play"), &json!({}), 400).await;
    assert_eq!(unplayable["message"], "400 Bad request - Unplayable Job");
    let refused = world.post(&format!("{build}/retry"), &json!({}), 403).await;
    assert_eq!(refused["message"], "403 Forbidden - Job is not retryable");
    assert_eq!(world.post(&format!("{build}/cancel"), &json!({}), 201).await["status"], "canceled");
    let again = world.post(&format!("{build}/retry"), &json!({}), 201).await;
    assert_eq!(again["status"], "pending");
    assert!(build != format!("/projects/{id}/jobs/{}", again["id"]));
    assert_eq!(world.get(&deploy).await["status"], "created");
    assert_eq!(world.post(&format!("{pipeline}/cancel"), &json!({}), 200).await["status"], "canceled");
    assert_eq!(world.post(&format!("{pipeline}/retry"), &json!({}), 201).await["status"], "running");
    let trace = world.ask(Method::GET, &format!("{build}/trace")).send().await.unwrap();
    assert_eq!(trace.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(trace.text().await.unwrap(), "");
    world.post(&format!("{build}/erase"), &json!({}), 201).await;
    world.send(Method::DELETE, &pipeline, &json!({}), 204).await;
    answer(world.ask(Method::GET, &pipeline).send().await.unwrap(), 404).await;
    let audit = world.running.kernel.audit_rows(None, crate::model::Page::new(1, 100)).await.unwrap();
    let actions: Vec<&str> = audit.items.iter().rev().map(|row| row.action.as_str()).collect();
    let wanted = [
        "project_created",
        "ref_created",
        "job_canceled",
        "job_retried",
        "pipeline_canceled",
        "pipeline_retried",
        "job_erased",
        "pipeline_removed",
    ];
    assert_eq!(actions, wanted);
    world.stop().await;
}

#[tokio::test]
async fn pipelines_with_variables() {
    let world = World::new().await;
    let (id, _) = pushed(&world).await;
    let body = json!({"ref": "main", "variables": [{"key": "A", "value": "1"}, {"key": "F", "value": "x", "variable_type": "file"}]});
    let made = world.post(&format!("/projects/{id}/pipeline"), &body, 201).await;
    assert_eq!(made["source"], "api");
    let path = format!("/projects/{id}/pipelines/{}/variables", made["id"]);
    let wanted = json!([
        {"key": "A", "value": "1", "variable_type": "env_var", "raw": false},
        {"key": "F", "value": "x", "variable_type": "file", "raw": false},
    ]);
    assert_eq!(world.get(&path).await, wanted);
    assert_eq!(world.get(&format!("/projects/{id}/pipelines?source=api")).await.as_array().unwrap().len(), 1);
    let found = world.get(&format!("/projects/{id}/pipelines?username=nobody")).await;
    assert_eq!(found, json!([]));
    world.stop().await;
}

#[tokio::test]
async fn pushes_of_wrong_configurations() {
    let world = World::new().await;
    let id = world.project().await;
    let said = world.push("root/app", "a: {stage: nowhere, script: x}\n", &[]).await;
    assert!(said.contains("chosen stage nowhere does not exist"), "{said}");
    let pipelines = world.get(&format!("/projects/{id}/pipelines")).await;
    assert_eq!(pipelines[0]["status"], "failed");
    let wrong = world.post(&format!("/projects/{id}/pipeline"), &json!({"ref": "main"}), 400).await;
    assert!(wrong["message"]["base"][0].as_str().unwrap().contains("nowhere"), "{wrong}");
    let lint = world.get(&format!("/projects/{id}/ci/lint")).await;
    assert_eq!(lint["valid"], false);
    let lint = world
        .post(&format!("/projects/{id}/ci/lint"), &json!({"content": CONFIG, "include_jobs": true}), 200)
        .await;
    assert_eq!(lint["jobs"][0]["name"], "build");
    assert!(lint["merged_yaml"].as_str().unwrap().contains("make install"));
    world.stop().await;
}

#[tokio::test]
async fn badges() {
    let world = World::new().await;
    pushed(&world).await;
    let badge = |path: &'static str| world.bare(Method::GET, path).header("PRIVATE-TOKEN", TOKEN).send();
    let drawn = badge("/root/app/badges/main/pipeline.svg?key_text=%3Cscript%3E").await.unwrap();
    assert_eq!(drawn.headers()["content-type"], "image/svg+xml");
    assert_eq!(drawn.headers()["cross-origin-resource-policy"], "cross-origin");
    let svg = drawn.text().await.unwrap();
    assert!(svg.contains(">pending</text>") && !svg.contains("<script"), "{svg}");
    let unknown = badge("/root/app/-/badges/main/coverage.svg").await.unwrap().text().await.unwrap();
    assert!(unknown.contains(">unknown</text>"));
    let hidden = world.bare(Method::GET, "/root/app/badges/main/pipeline.svg").send().await.unwrap();
    assert_eq!(hidden.status(), 404);
    world.stop().await;
}
