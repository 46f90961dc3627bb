//! Who may fetch what jobs leave.

use super::hostile::{upload, zip};
use super::kit::World;
use super::routes::job_of;
use reqwest::Method;
use serde_json::json;

/// A public project whose job's artifacts are for some, the job's number and token.
async fn left(world: &World, name: &str, artifacts: &str, runner: &str) -> (String, i64, String) {
    let made = world.post("/projects", &json!({"name": name, "visibility": "public"}), 201).await;
    let config = format!("a: {{script: [x], artifacts: {{paths: [x], {artifacts}}}}}");
    world.push(&format!("root/{name}"), &config, &[]).await;
    let (job, token) = job_of(world, runner).await;
    assert_eq!(upload(world, (job, &token), "a.zip", &zip(&["x"])).await, 201);
    (format!("/projects/{}/jobs/{job}/artifacts", made["id"]), job, token)
}

#[tokio::test]
async fn artifacts_are_for_whom_the_configuration_says() {
    let world = World::new().await;
    let made = world.post("/user/runners?runner_type=instance_type", &json!({}), 201).await;
    let runner = made["token"].as_str().unwrap();
    let open = left(&world, "open", "access: all", runner).await;
    let own = left(&world, "own", "public: false", runner).await;
    let closed = left(&world, "closed", "access: none", runner).await;
    let status = |request: reqwest::RequestBuilder| async { request.send().await.unwrap().status().as_u16() };
    for ((path, job, token), stranger, person) in [(&open, 200, 200), (&own, 404, 200), (&closed, 404, 404)] {
        for path in [path.clone(), format!("{path}/x")] {
            let asked = world.bare(Method::GET, &format!("/api/v4{path}"));
            assert_eq!(status(asked).await, stranger, "{path}");
            assert_eq!(status(world.ask(Method::GET, &path)).await, person, "{path}");
        }
        let dotenv = world.bare(Method::GET, &format!("/api/v4{path}?file_type=dotenv"));
        assert_eq!(status(dotenv).await, 404);
        // Jobs of the project have it as a dependency in any case; of others, what is open.
        let as_job = |token: &str| {
            world.bare(Method::GET, &format!("/api/v4/jobs/{job}/artifacts")).header("job-token", token)
        };
        assert_eq!(status(as_job(token)).await, 200, "{path}");
        let other = if *job == open.1 { &own.2 } else { &open.2 };
        assert_eq!(status(as_job(other)).await, stranger, "{path}");
    }
    world.stop().await;
}
