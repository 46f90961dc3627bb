//! Signing in, and why a job waits.

use super::site::{Site, assert_quiet};

#[tokio::test]
async fn people_sign_in_and_out() {
    let Some(site) = Site::start().await else { return };
    site.project("app", &[(".gitlab-ci.yml", "job: {script: [echo a]}\n")]);
    let page = site.browser.page().await;
    site.open(&page, "/root/app/-/pipelines").await;
    assert!(page.eval("location.pathname").await == "/users/sign_in", "who is a stranger signs in first");
    page.fill("#login", "root").await;
    page.fill("#secret", "not the password").await;
    page.follow("form button").await;
    page.wait_for("document.querySelector('.alert.danger')").await;
    // The browser notes that the answer was a refusal.
    assert!(page.forgive().iter().all(|line| line.contains("401") || line.contains("422")), "only that");
    site.open(&page, "/root/app/-/pipelines").await;
    site.sign_in(&page).await;
    site.open(&page, "/root/app/-/pipelines").await;
    page.wait_for("document.querySelector('h1').innerText === 'Pipelines'").await;
    page.click("header .menu summary").await;
    page.follow("header .menu form button").await;
    page.wait_for("location.pathname === '/users/sign_in'").await;
    site.open(&page, "/root/app").await;
    assert!(page.eval("location.pathname").await == "/users/sign_in", "nobody is signed in any more");
    assert_quiet(&page);
}

#[tokio::test]
async fn a_job_that_waits_says_why() {
    let Some(site) = Site::start().await else { return };
    let config = "train: {tags: [gpu, linux], script: [echo a]}\n";
    site.project("app", &[(".gitlab-ci.yml", config)]);
    let page = site.page().await;
    let job = format!("/root/app/-/jobs/{}", site.job("app", "train"));
    site.open(&page, &job).await;
    let stuck = "document.querySelector('#alerts').innerText.includes('This job is stuck')";
    page.wait_for(stuck).await;
    // A runner that turns up after the page did shows on it.
    page.wait_for("document.querySelectorAll('.opinions li').length === 1").await;
    let said =
        page.eval("[...document.querySelectorAll('.opinions li')].map((line) => line.innerText)").await;
    let said = said.as_array().unwrap();
    assert!(said.len() == 1 && said[0].as_str().unwrap().contains("lacks the tags gpu, linux"), "{said:?}");
    // The runner gets the tags on its page; the job's page shows by itself that it runs, and its log.
    let runner = site.page().await;
    site.open(&runner, "/admin/runners").await;
    runner.follow("main a[href$='/edit']").await;
    runner.fill("input[name=tags], input[name=tag_list]", "gpu, linux").await;
    runner.follow("main form button.confirm").await;
    page.wait_for("document.querySelector('#status .s-success')").await;
    page.wait_for("document.querySelector('#log')?.textContent.includes('Job succeeded')").await;
    assert_quiet(&runner);
    assert_quiet(&page);
}
