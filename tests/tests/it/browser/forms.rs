//! Forms: a pipeline with variables, a job with variables, the editor.

use super::site::{Site, assert_quiet};

const ASKING: &str = "\
variables:
  TARGET:
    value: staging
    options: [staging, production]
    description: Where it goes
  GREETING:
    value: hello
    description: What it says
show:
  script: ['echo \"$TARGET:$GREETING:$OWN\"']
";

#[tokio::test]
async fn a_pipeline_is_run_with_variables_that_the_file_asks_for() {
    let Some(site) = Site::start().await else { return };
    site.project("app", &[(".gitlab-ci.yml", ASKING)]);
    site.push("app", "other", "Elsewhere", &[(".gitlab-ci.yml", "show: {script: [echo other]}\n")]);
    let page = site.page().await;
    site.open(&page, "/root/app/-/pipelines").await;
    page.follow("a[href$='/pipelines/new']").await;
    let asked =
        page.eval("[...document.querySelectorAll('.variable label')].map((l) => l.innerText.trim())").await;
    assert_eq!(asked, serde_json::json!(["TARGET", "GREETING"]));
    let options = page.eval("[...document.querySelector('#asked-0').options].map((o) => o.value)").await;
    assert_eq!(options, serde_json::json!(["staging", "production"]));
    assert_eq!(page.eval("document.querySelector('#asked-1').value").await, "hello");
    let hint = page.eval("document.querySelector('#asked-1-hint').innerText").await;
    assert_eq!(hint, "What it says");

    page.fill("#asked-0", "production").await;
    page.fill("#asked-1", "good day").await;
    // A row appears below the last one that is written in.
    let rows = page.eval("document.querySelectorAll('[data-row]').length").await.as_u64().unwrap();
    page.fill("[data-row]:last-of-type input", "OWN").await;
    page.fill(&format!("[data-row]:nth-of-type({}) textarea", rows + 2), "mine").await;
    page.wait_for(&format!("document.querySelectorAll('[data-row]').length > {rows}")).await;
    page.follow("form[method=post].wide button.confirm").await;
    page.wait_for("/pipelines\\/\\d+$/.test(location.pathname)").await;
    page.wait_for("document.querySelector('#status .s-success')").await;
    page.follow("[data-job=show] .face").await;
    page.wait_for("document.querySelector('#log').textContent.includes('production:good day:mine')").await;

    // Another branch asks for other variables, and choosing it asks at once.
    site.open(&page, "/root/app/-/pipelines/new").await;
    page.fill("#ref", "other").await;
    page.wait_for("location.search.includes('ref=other') && !document.querySelector('#asked-0')").await;
    assert_quiet(&page);
}

#[tokio::test]
async fn a_manual_job_is_given_variables() {
    let Some(site) = Site::start().await else { return };
    let fifo = site.fifo("stop");
    let config = format!(
        "go: {{when: manual, script: ['echo \"got $WHAT\"']}}\nother: {{script: ['{}']}}\n",
        fifo.stop_line()
    );
    site.project("app", &[(".gitlab-ci.yml", &config)]);
    let page = site.page().await;
    site.open(&page, &format!("/root/app/-/jobs/{}", site.job("app", "go"))).await;
    page.fill("[data-row] input", "WHAT").await;
    page.fill("[data-row] textarea", "a value").await;
    // The page changes beside the form, whose rows stay: those that were written in and those that were added.
    page.fill("[data-row]:last-of-type input", "MORE").await;
    page.wait_for("document.querySelectorAll('[data-row]').length === 4").await;
    fifo.release(1);
    page.wait_for("document.querySelector('.job-side .s-success')").await;
    let rows = page.eval("[...document.querySelectorAll('[data-row] input')].map((row) => row.value)").await;
    assert_eq!(rows, serde_json::json!(["WHAT", "", "MORE", ""]));
    page.follow(".play-form button.confirm").await;
    page.wait_for("document.querySelector('#log')?.textContent.includes('got a value')").await;
    page.wait_for("document.querySelector('#status .s-success')").await;
    assert_quiet(&page);
}

#[tokio::test]
async fn the_editor_says_what_is_wrong_and_what_would_run() {
    let Some(site) = Site::start().await else { return };
    site.project("app", &[(".gitlab-ci.yml", ASKING)]);
    let page = site.page().await;
    site.open(&page, "/root/app/-/ci/editor").await;
    assert_eq!(page.eval("document.querySelector('#text').value").await, ASKING);
    page.fill("#text", "job:\n  script: [echo]\n  stage: missing\n").await;
    page.follow(".editor button.confirm").await;
    page.wait_for("document.querySelector('#verdict.danger')").await;
    let remarks = page.eval("document.querySelector('.remarks').innerText").await;
    assert!(remarks.as_str().unwrap().contains("missing"), "{remarks}");
    // The place of an error is a way into the text.
    if page.eval("document.querySelector('[data-line]') !== null").await == true {
        page.click("[data-line]").await;
        page.wait_for("document.activeElement.id === 'text' && document.activeElement.selectionEnd > document.activeElement.selectionStart").await;
    }
    page.fill(
        "#text",
        "one: {script: [echo 1]}\ntwo: {stage: deploy, needs: [one], when: manual, script: [echo 2]}\n",
    )
    .await;
    page.follow(".editor button.confirm").await;
    page.wait_for("document.querySelector('#verdict.success')").await;
    let jobs = page
        .eval("[...document.querySelectorAll('.plan tbody tr strong')].map((job) => job.innerText)")
        .await;
    assert_eq!(jobs, serde_json::json!(["one", "two"]));
    // Tab writes; after Escape it leaves.
    page.click("#text").await;
    page.press("Control+End").await;
    page.press("Tab").await;
    page.wait_for("document.querySelector('#text').value.endsWith('  ')").await;
    page.press("Escape").await;
    page.press("Tab").await;
    page.wait_for("document.activeElement.matches('.editor button.confirm')").await;
    assert_quiet(&page);
}
