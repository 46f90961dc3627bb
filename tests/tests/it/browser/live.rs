//! Pages that change by themselves, and what their buttons do.

use super::site::{Site, assert_quiet};
use kit::browser::Page;

/// A condition: the card of a job on the graph says so.
fn card(job: &str, label: &str) -> String {
    format!("document.querySelector('[data-job=\"{job}\"] .face')?.title === '{job} - {label}'")
}

/// A condition: the log has a line that holds this.
fn logged(text: &str) -> String {
    format!("[...document.querySelectorAll('#log .x')].some((line) => line.textContent.includes('{text}'))")
}

const ICON: &str = "document.getElementById('favicon').href";
const PASSED: &str = "document.querySelector('#status .s-success') !== null";

/// Marks a document, to see later whether it is still the same.
async fn mark(page: &Page) {
    page.eval("window.kept = true").await;
}

async fn is_kept(page: &Page) -> bool {
    page.eval("window.kept === true").await == true
}

#[tokio::test]
async fn graph_and_log_follow_a_pipeline_without_being_loaded_again() {
    let Some(site) = Site::start().await else { return };
    let fifo = site.fifo("stop");
    let stop = fifo.stop_line();
    let config = format!(
        "build:\n  stage: build\n  script: [echo first, '{stop}', echo second, '{stop}']\n\
         check:\n  stage: test\n  script: [echo checked]\n"
    );
    site.project("app", &[(".gitlab-ci.yml", &config)]);
    let (graph, log) = (site.page().await, site.page().await);
    site.open(&graph, &format!("/root/app/-/pipelines/{}", site.pipeline("app"))).await;
    mark(&graph).await;
    graph.wait_for(&card("build", "running")).await;
    graph.wait_for(&card("check", "created")).await;
    assert_eq!(graph.eval("document.querySelector('#status').innerText.trim()").await, "Running");
    let icon = graph.eval(ICON).await;

    site.open(&log, &format!("/root/app/-/jobs/{}", site.job("app", "build"))).await;
    log.wait_for(&logged("first")).await;
    mark(&log).await;
    assert_eq!(log.eval(&logged("second")).await, false);
    fifo.release(1);
    log.wait_for(&logged("second")).await;
    fifo.release(1);
    log.wait_for(PASSED).await;
    log.wait_for(&logged("Job succeeded")).await;
    // What is not over has dots below its log.
    log.wait_for("document.querySelector('.dots') === null").await;
    let once = "document.querySelectorAll('#log [id]').length === new Set([...document.querySelectorAll('#log [id]')].map((row) => row.id)).size";
    assert_eq!(log.eval(once).await, true, "a line is there twice");
    assert!(is_kept(&log).await, "the log was loaded again");

    graph.wait_for(&card("check", "passed")).await;
    graph.wait_for(PASSED).await;
    assert!(graph.eval("document.title").await.as_str().is_some_and(|title| title.contains("Passed")));
    assert_ne!(graph.eval(ICON).await, icon, "the mark of the window is that of a running pipeline");
    assert!(is_kept(&graph).await, "the graph was loaded again");
    assert_quiet(&graph);
    assert_quiet(&log);
}

#[tokio::test]
async fn a_new_pipeline_shows_in_the_list_by_itself() {
    let Some(site) = Site::start().await else { return };
    site.project("app", &[(".gitlab-ci.yml", "job: {script: [echo a]}\n")]);
    let page = site.page().await;
    site.open(&page, "/root/app/-/pipelines").await;
    mark(&page).await;
    page.wait_for("document.querySelectorAll('.pipelines tbody .s-success').length >= 1").await;
    site.push("app", "main", "Second commit", &[]);
    page.wait_for("document.querySelectorAll('.pipelines tbody tr').length === 2").await;
    page.wait_for("document.querySelector('.pipelines tbody tr').innerText.includes('Second commit')").await;
    // The stages of a pipeline are a menu that is filled when it is opened.
    page.click(".pipelines tbody tr .mini summary").await;
    page.wait_for("document.querySelector('.mini details[open] .member .face')?.innerText.includes('job')")
        .await;
    assert!(is_kept(&page).await, "the list was loaded again");
    assert_quiet(&page);
}

#[tokio::test]
async fn buttons_play_cancel_and_retry_jobs() {
    let Some(site) = Site::start().await else { return };
    let fifo = site.fifo("stop");
    let config = format!(
        "stages: [build, deploy]\n\
         build:\n  stage: build\n  script: ['test -e \"$CI_PROJECT_DIR/../passes\" || {{ touch \"$CI_PROJECT_DIR/../passes\"; exit 3; }}']\n\
         deploy:\n  stage: deploy\n  when: manual\n  script: [echo deployed, '{}']\n",
        fifo.stop_line()
    );
    site.project("app", &[(".gitlab-ci.yml", &config)]);
    let page = site.page().await;
    let pipeline = format!("/root/app/-/pipelines/{}", site.pipeline("app"));
    site.open(&page, &pipeline).await;
    page.wait_for(&card("build", "failed - (script failure)")).await;
    page.follow("[data-job=build] form button[aria-label^=Retry]").await;
    page.wait_for(PASSED).await;

    site.open(&page, &pipeline).await;
    page.wait_for(&card("deploy", "manual play action")).await;
    page.follow("[data-job=deploy] form button[aria-label^=Run]").await;
    page.wait_for(&logged("deployed")).await;
    page.follow(".job-side form[action$='/cancel'] button").await;
    page.wait_for("document.querySelector('#status').innerText.trim() === 'Canceled'").await;
    page.follow(".job-side form[action$='/retry'] button").await;
    page.wait_for(&logged("deployed")).await;
    fifo.release(1);
    page.wait_for(PASSED).await;

    // The pipeline as a whole: retried there is nothing to be; cancelled neither, and deleted it is gone.
    site.open(&page, &pipeline).await;
    page.wait_for(PASSED).await;
    page.click("#actions .ask summary").await;
    page.follow("#actions .ask form[action$='/delete'] button").await;
    page.wait_for("location.pathname.endsWith('/-/pipelines') && !document.querySelector('.pipelines')")
        .await;
    assert_quiet(&page);
}

#[tokio::test]
async fn a_pipeline_is_cancelled_as_a_whole_and_retried() {
    let Some(site) = Site::start().await else { return };
    let fifo = site.fifo("stop");
    let stop = fifo.stop_line();
    let config = format!("one: {{script: ['{stop}']}}\ntwo: {{stage: deploy, script: [echo 2]}}\n");
    site.project("app", &[(".gitlab-ci.yml", &config)]);
    let page = site.page().await;
    site.open(&page, &format!("/root/app/-/pipelines/{}", site.pipeline("app"))).await;
    page.wait_for(&card("one", "running")).await;
    page.click("#actions .ask summary").await;
    page.follow("#actions form[action$='/cancel'] button").await;
    page.wait_for(&card("one", "canceled")).await;
    page.wait_for("document.querySelector('#status').innerText.trim() === 'Canceled'").await;
    fifo.release(1);
    page.follow("#actions form[action$='/retry'] button").await;
    page.wait_for(PASSED).await;
    assert_quiet(&page);
}
