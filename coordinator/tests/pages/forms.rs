//! Signing in, and what forms do.

use crate::client::Client;

fn done(client: &Client) -> Vec<String> {
    client.views.done.lock().unwrap().clone()
}

#[tokio::test]
async fn strangers_are_asked_to_sign_in() {
    let mut client = Client::start().await;
    client.headers.clear();
    let got = client.get("/root/hello/-/jobs/915?line=3").await;
    assert_eq!(
        (got.status, got.header("location")),
        (303, Some("/users/sign_in?return=%2Froot%2Fhello%2F-%2Fjobs%2F915%3Fline%3D3"))
    );
    // What there is not, looks like what there is.
    assert_eq!(client.get("/no/such/-/thing").await.status, 303);
    let page = client.get("/users/sign_in?return=%2Froot%2Fhello").await;
    assert!(page.body.contains("name=\"return\" value=\"/root/hello\""), "{}", page.body);
}

#[tokio::test]
async fn signing_in_goes_back_to_where_it_began_and_nowhere_else() {
    let client = Client::start().await;
    let enter = |back: &'static str| client.send("POST", "/users/sign_in", &[], back);
    let good = enter("login=root&password=demo&return=%2Froot%2Fhello").await;
    assert_eq!((good.status, good.header("location")), (303, Some("/root/hello")));
    assert!(good.header("set-cookie").unwrap().contains("HttpOnly"));
    let elsewhere = enter("login=root&password=demo&return=https%3A%2F%2Fevil.example").await;
    assert_eq!(elsewhere.header("location"), Some("/"));
    let wrong = enter("login=%3Cb%3E&password=guess").await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.body.contains("value=\"&lt;b&gt;\"") && !wrong.body.contains("guess"));
    assert_eq!(enter("login=slow&password=demo").await.status, 429);
}

#[tokio::test]
async fn forms_without_the_token_of_the_session_do_nothing() {
    let client = Client::start().await;
    let path = "/root/hello/-/jobs/915/retry";
    for body in [
        "x=1",
        "authenticity_token=",
        "authenticity_token=made-up-toker",
        "authenticity_token=made-up-token1",
    ] {
        assert_eq!(client.send("POST", path, &[], body).await.status, 403, "{body}");
    }
    let foreign = ["Sec-Fetch-Site: cross-site"];
    assert_eq!(client.send("POST", path, &foreign, "authenticity_token=made-up-token").await.status, 403);
    assert!(done(&client).is_empty());
    assert_eq!(client.get(path).await.status, 404, "a link starts nothing");
    assert_eq!(client.post(path, "").await.status, 303);
    assert_eq!(done(&client), ["Retry(JobId(915))"]);
}

#[tokio::test]
async fn buttons_act() {
    let client = Client::start().await;
    let acts = [
        ("pipelines/48/retry", "RetryPipeline(PipelineId(48))"),
        ("pipelines/48/cancel", "CancelPipeline(PipelineId(48))"),
        ("pipelines/48/delete", "DeletePipeline(PipelineId(48))"),
        ("pipelines/48/stages/a%2Fb/play", "PlayStage { pipeline: PipelineId(48), stage: \"a/b\" }"),
        ("jobs/911/cancel", "CancelJob { job: JobId(911), force: false }"),
        ("jobs/934/cancel?force=1", "CancelJob { job: JobId(934), force: true }"),
        ("jobs/933/unschedule", "Unschedule(JobId(933))"),
        ("jobs/915/erase", "Erase(JobId(915))"),
        ("jobs/901/artifacts/keep", "KeepArtifacts(JobId(901))"),
        ("jobs/901/artifacts/delete", "DeleteArtifacts(JobId(901))"),
        ("environments/1/stop", "stop environment 1"),
        ("environments/2/delete", "delete environment 2"),
    ];
    for (path, act) in acts {
        assert_eq!(client.post(&format!("/root/hello/-/{path}"), "").await.status, 303, "{path}");
        assert_eq!(done(&client).pop().as_deref(), Some(act));
    }
    let group = client.post("/root/hello/-/settings/resource_group", "key=a&process_mode=newest_first").await;
    assert_eq!(group.status, 303);
    assert_eq!(done(&client).pop().as_deref(), Some("group a NewestFirst"));
    let refused = client.post("/root/hello/-/jobs/917/retry", "").await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("the job &lt;b&gt;cannot&lt;/b&gt; be retried"));
}

#[tokio::test]
async fn a_project_is_removed_by_whoever_types_its_path() {
    let client = Client::start().await;
    let path = "/root/hello/-/settings/delete";
    for wrong in ["", "confirm=hello", "confirm=root%2Fhello2"] {
        let got = client.post(path, wrong).await;
        assert_eq!(got.status, 422, "{wrong}");
        assert!(got.body.contains("nothing was deleted"));
    }
    let gone = client.post(path, "confirm=+root%2Fhello+").await;
    assert_eq!(gone.header("location"), Some("/?done=deleted"));
}

#[tokio::test]
async fn what_was_deployed_can_be_had_again() {
    let client = Client::start().await;
    let page = client.get("/root/hello/-/environments/1").await.body;
    // The current one is deployed again, an older one rolled back to; one that failed is neither.
    assert!(page.contains("to production once more?"), "{page}");
    assert_eq!(page.matches("Roll production back to").count(), 1, "{page}");
    assert!(page.contains("action=\"/root/hello/-/jobs/921/retry\""), "{page}");
    assert!(!page.contains("/jobs/934/retry") && !page.contains("/jobs/911/retry"), "{page}");
    let stopped = client.get("/root/hello/-/environments?scope=stopped").await.body;
    assert!(stopped.contains("/environments/2/delete") && !stopped.contains("javascript:"), "{stopped}");
    assert_eq!(client.get("/root/hello/-/environments/99").await.status, 404);
}

#[tokio::test]
async fn addresses_of_the_latest_artifacts_lead_to_a_job() {
    let client = Client::start().await;
    let at = |rest: &str| format!("/root/hello/-/jobs/artifacts/{rest}");
    let to = client.get(&at("feature/raw/x/file/a%20b/raw?job=compile")).await;
    assert_eq!(
        (to.status, to.header("location")),
        (303, Some("/root/hello/-/jobs/901/artifacts/file/a%20b/raw"))
    );
    for nowhere in
        ["main/download?job=compile", "feature/raw/x/download?job=none", "feature/raw/x/download", "raw"]
    {
        assert_eq!(client.get(&at(nowhere)).await.status, 404, "{nowhere}");
    }
}

#[tokio::test]
async fn a_manual_job_takes_variables() {
    let client = Client::start().await;
    let rows = "variable_type=env_var&variable_key=A&variable_value=1%0D%0A2&variable_type=file&variable_key=&variable_value=x";
    assert_eq!(client.post("/root/hello/-/jobs/931/play", rows).await.status, 303);
    let act = done(&client).pop().unwrap();
    assert!(act.contains("key: \"A\"") && act.matches("PipelineVariable").count() == 1, "{act}");
}

#[tokio::test]
async fn a_pipeline_is_run_from_a_form_that_keeps_what_was_typed() {
    let client = Client::start().await;
    let form = "variable_type=env_var&variable_key=TARGET&variable_value=production&inputs%5Blevel%5D=5";
    let good = client.post("/root/hello/-/pipelines/new", &format!("ref=main&{form}")).await;
    assert_eq!(good.header("location"), Some("/root/hello/-/pipelines/48"));
    assert_eq!(done(&client), ["run main TARGET=production {\"level\": \"5\"}"]);
    let none = client.post("/root/hello/-/pipelines/new", &format!("ref=feature/x&{form}")).await;
    assert_eq!(none.status, 422);
    assert!(none.body.contains("The rules let no job through."));
    assert!(none.body.contains("<option value=\"production\" selected>"), "{}", none.body);
    let filled = client.get("/root/hello/-/pipelines/new?ref=v1.2.0&var[X]=%3Cy%3E&file_var[F]=z").await.body;
    assert!(
        filled.contains("value=\"X\"")
            && filled.contains("&lt;y&gt;")
            && filled.contains("<option value=\"v1.2.0\" selected>")
    );
}

#[tokio::test]
async fn a_token_of_a_runner_is_shown_once() {
    let client = Client::start().await;
    let made =
        client.post("/admin/runners/new", "description=box&tag_list=a%2C+b%2C%2C&run_untagged=1").await;
    assert!(made.body.contains("glrt-MadeUpTokenOfADemo"));
    assert_eq!(done(&client), ["runner box [\"a\", \"b\"]"]);
    assert!(!client.get("/admin/runners/6").await.body.contains("glrt-"));
    let wrong = client.post("/admin/runners/new", "maximum_timeout=5").await;
    assert_eq!(wrong.status, 422);
    assert_eq!(client.post("/admin/runners/4/resume", "").await.status, 303);
    assert_eq!(done(&client).pop().as_deref(), Some("runner 4 paused Some(false)"));
}

#[tokio::test]
async fn hidden_values_never_come_to_the_browser_and_survive_a_change() {
    let client = Client::start().await;
    for path in ["/root/hello/-/variables", "/root/hello/-/variables?key=DEPLOY_KEY&scope=*"] {
        assert!(!client.get(path).await.body.contains("never-shown-value"));
    }
    let form = "key=DEPLOY_KEY&old_key=DEPLOY_KEY&old_scope=*&environment_scope=*&visibility=visible&value=";
    assert_eq!(client.post("/root/hello/-/variables", form).await.status, 303);
    assert_eq!(done(&client), ["set DEPLOY_KEY Some((\"DEPLOY_KEY\", \"*\")) never-shown-value"]);
    let short = client.post("/root/hello/-/variables", "key=A&value=x&visibility=masked").await;
    assert!(short.status == 422 && short.body.contains("too short"));
}

#[tokio::test]
async fn the_editor_tells_errors_with_places_and_jobs() {
    let client = Client::start().await;
    let good = client
        .post("/root/hello/-/ci/editor", "ref=main&content=a%3A%0D%0A++script%3A+make%0D%0A")
        .await
        .body;
    assert!(good.contains("The configuration is valid.") && good.contains("<strong>a</strong>"), "{good}");
    let bad = client
        .post("/root/hello/-/ci/editor", "ref=main&content=%3Cimg%3E%3A%0D%0A++scrpt%3A+make%0D%0A")
        .await
        .body;
    assert!(bad.contains("is not valid") && bad.contains("data-line=\"1\""), "{bad}");
    assert!(!bad.contains("<img"));
}

#[tokio::test]
async fn preferences_are_remembered() {
    let client = Client::start().await;
    let got = client.get("/-/preferences?lang=zh&theme=dark&return=%2Froot%2Fhello").await;
    assert_eq!(got.header("location"), Some("/root/hello"));
    assert!(got.head.contains("lang=zh;") && got.head.contains("theme=dark;"));
    let evil = client.get("/-/preferences?lang=%0d%0aX&return=//evil").await;
    assert_eq!((evil.header("location"), evil.header("set-cookie")), (Some("/"), None));
}
