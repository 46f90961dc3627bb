//! What people, jobs and repositories wrote is shown as text, whatever it wants to be.

use super::site::{Site, assert_quiet};

/// Would set a flag, however it were taken.
const EVIL: &str = "<script>window.evil=1</script><img src=x onerror=window.evil=1>";

const CONFIG: &str = r#"
"<script>window.evil=1</script><img src=x onerror=window.evil=1>":
  stage: test
  script:
    - printf '%s\n' '<script>window.evil=1</script><img src=x onerror=window.evil=1>'
    - printf '\033]0;<script>window.evil=1</script>\007osc-title\n'
    - printf '\033]8;;javascript:window.evil=1\033\\a-link\033]8;;\033\\\n'
    - printf '\033[31m<b onclick=window.evil=1>bold</b>\033[0m \033[1"onmouseover=window.evil=1\n'
    - printf 'section_start:1:x"onmouseover="window.evil=1\r\033[0K<i>head</i>\nsection_end:2:x\r\033[0K\n'
    - printf 'http://x/"onmouseover="window.evil=1 javascript:window.evil=1\n'
    - mkdir out && printf '%s' '<script>window.evil=1</script>' > out/page.html
    - printf '%s' '<svg xmlns="http://www.w3.org/2000/svg" onload="window.evil=1"/>' > out/picture.svg
    - printf '%s' '<testsuite name="<"><testcase name="x"/></testsuite>' > out/broken.xml
    - printf '%s' '<testsuite name="s"><testcase name="&lt;script&gt;window.evil=1&lt;/script&gt;" classname="&lt;img src=x onerror=window.evil=1&gt;"><failure>&lt;script&gt;window.evil=1&lt;/script&gt;</failure></testcase></testsuite>' > out/junit.xml
  environment: {name: prod, url: 'javascript:window.evil=1'}
  artifacts:
    paths: [out]
    reports: {junit: [out/junit.xml, out/broken.xml]}
    when: always
"#;

#[tokio::test]
async fn nothing_that_wants_to_be_a_script_runs() {
    let Some(site) = Site::start().await else { return };
    site.project("app", &[("README", "x")]);
    let branch = "a<img/src=x/onerror=window.evil=1>";
    site.push("app", branch, EVIL, &[(".gitlab-ci.yml", CONFIG)]);
    let page = site.page().await;
    let pipeline = format!("/root/app/-/pipelines/{}", site.pipeline("app"));
    let job = format!("/root/app/-/jobs/{}", site.job("app", EVIL));
    site.open(&page, &job).await;
    page.wait_for("document.querySelector('#status[data-finished]') && document.querySelector('#log')?.textContent.includes('Job succeeded')").await;
    let log = page.eval("document.querySelector('#log').innerText").await;
    for text in [EVIL, "osc-title", "a-link", "<b onclick=window.evil=1>bold</b>", "<i>head</i>"] {
        assert!(log.as_str().unwrap().contains(text), "{text} is missing in {log}");
    }
    let links = "[...document.querySelectorAll('a')].filter((a) => !/^https?:$/.test(a.protocol)).length";
    let tails =
        ["", "/builds", "/failures", "/test_report", "/test_report?suite=%3Cscript%3E", "?group=needs"];
    let mut paths: Vec<String> = tails.iter().map(|tail| format!("{pipeline}{tail}")).collect();
    for path in
        ["", "/-/pipelines", "/-/jobs", "/-/pipelines/new", "/-/ci/editor", "/-/environments", "/-/audit"]
    {
        paths.push(format!("/root/app{path}"));
    }
    paths.extend(
        ["", "/artifacts/browse", "/artifacts/browse/out", "/artifacts/file/out/page.html"]
            .map(|tail| format!("{job}{tail}")),
    );
    paths.push(format!("{job}?q=%3Cscript%3Ewindow.evil%3D1%3C%2Fscript%3E"));
    paths.push("/?search=%22%3E%3Cscript%3Ewindow.evil%3D1%3C/script%3E".to_owned());
    for path in &paths {
        site.open(&page, path).await;
        // Menus are filled from elsewhere.
        page.eval("for (const menu of document.querySelectorAll('details')) menu.open = true").await;
        page.eval("Promise.all(document.getAnimations().map((a) => a.finished)).then(() => fetch(location.href)).then((a) => a.text())").await;
        assert_eq!(page.eval("window.evil ?? null").await, serde_json::Value::Null, "{path}");
        assert_eq!(page.eval(links).await, 0, "{path}");
        let strange = page.eval("document.querySelectorAll('main script, main img, main b, main [onerror], main [onclick], main [onmouseover], iframe, object').length").await;
        assert_eq!(strange, 0, "{path}");
    }
    assert_quiet(&page);
}

#[tokio::test]
async fn what_jobs_leave_is_never_a_page() {
    let Some(site) = Site::start().await else { return };
    site.project("app", &[(".gitlab-ci.yml", CONFIG)]);
    let page = site.page().await;
    let id = site.job("app", EVIL);
    let job = format!("/root/app/-/jobs/{id}");
    site.open(&page, &job).await;
    page.wait_for("document.querySelector('#status[data-finished]')").await;
    let api = format!("/api/v4/projects/root%2Fapp/jobs/{id}");
    let branch = "/api/v4/projects/root%2Fapp/jobs/artifacts/main";
    let name =
        "job=%3Cscript%3Ewindow.evil%3D1%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dwindow.evil%3D1%3E";
    let addresses = [
        format!("{job}/artifacts/raw/out/page.html"),
        format!("{job}/artifacts/raw/out/picture.svg"),
        format!("{job}/artifacts/download"),
        format!("{job}/raw"),
        format!("{job}/raw?download=1"),
        format!("{api}/artifacts/out/page.html"),
        format!("{api}/artifacts/out/picture.svg"),
        format!("{api}/trace"),
        format!("{branch}/raw/out/page.html?{name}"),
    ];
    for address in addresses {
        let script = format!(
            "fetch('{address}').then((a) => ({{ status: a.status, kind: a.headers.get('content-type') ?? '', \
             sniff: a.headers.get('x-content-type-options'), policy: a.headers.get('content-security-policy') ?? '', \
             way: a.headers.get('content-disposition') ?? '' }}))"
        );
        let answer = page.eval(&script).await;
        let kind = answer["kind"].as_str().unwrap();
        let harmless = kind.starts_with("text/plain")
            || kind.starts_with("application/octet-stream")
            || kind.starts_with("application/zip");
        // The interface for programs may ask for a token of its own; it says no in JSON then.
        let harmless = harmless || (answer["status"] != 200 && kind.starts_with("application/json"));
        assert!(harmless && answer["sniff"] == "nosniff", "{address}: {answer}");
        if address.contains("/artifacts/raw/") {
            assert!(answer["way"].as_str().unwrap().starts_with("attachment"), "{address}: {answer}");
        }
    }
    page.forgive();
    // Framed by a page of its own it shows nothing, either.
    assert_eq!(page.eval("window.evil ?? null").await, serde_json::Value::Null);
}
