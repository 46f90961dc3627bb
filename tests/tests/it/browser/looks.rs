//! Every page, light and dark, wide and narrow, in both languages, by keyboard and read aloud.

use super::site::{Site, assert_quiet};
use kit::browser::Page;
use std::path::PathBuf;

const CONFIG: &str = r#"
stages: [build, test, deploy]
variables:
  TARGET: {value: staging, options: [staging, production], description: Where it goes}
compile:
  stage: build
  script: [mkdir -p out/deep, echo made > out/deep/file, echo "<b>x</b>" > out/page.html]
  artifacts: {paths: [out]}
unit:
  stage: test
  parallel: 3
  needs: [compile]
  script: [echo "tests"]
report:
  stage: test
  script:
    - echo '<testsuite name="s"><testcase name="good" time="0.5"/><testcase name="bad"><failure message="no">trace of it</failure></testcase></testsuite>' > r.xml
    - 'echo "Coverage: 81.5%"'
    - exit 1
  coverage: '/Coverage: (\d+\.\d+)%/'
  allow_failure: true
  artifacts: {reports: {junit: r.xml}, when: always}
"a job whose name is as long as names of jobs are when people put all that they know of it into them":
  stage: test
  script: [exit 1]
  allow_failure: {exit_codes: [1]}
ask someone:
  stage: deploy
  when: manual
  environment: {name: production, url: "https://example.com/production"}
  script: [echo deployed]
later: {stage: deploy, when: delayed, start_in: 1 week, script: [echo later]}
nobody: {stage: deploy, tags: [none-has-it], script: [echo]}
"#;

/// Names a folder in which pictures of all pages are put, for somebody who wants to look at them.
const PICTURES: &str = "RUNNER_TESTS_PICTURES";

/// No more than the window, and no column that takes the room of the log.
const FITS: &str = "document.documentElement.scrollWidth <= document.documentElement.clientWidth && (document.querySelector('.job-main')?.offsetWidth ?? innerWidth) > innerWidth / 2";
const OUTLINE: &str = "[document.documentElement.lang, document.querySelectorAll('main').length, document.querySelectorAll('h1').length]";
const CHINESE: &str = "document.documentElement.lang.startsWith('zh') && /[\\u4e00-\\u9fff]/.test(document.querySelector('main').innerText)";
/// What is too broad, to be told.
const TOO_BROAD: &str = "[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility()).slice(0, 5).map((e) => e.outerHTML.slice(0, 120))";

/// All pages of a site with a project in it: a name for pictures, and the path.
fn pages(site: &Site) -> Vec<(&'static str, String)> {
    let pipeline = format!("/root/app/-/pipelines/{}", site.pipeline("app"));
    let job = |name: &str| format!("/root/app/-/jobs/{}", site.job("app", name));
    let compile = job("compile");
    let of = |path: &str| format!("/root/app{path}");
    vec![
        ("projects", "/".into()),
        ("new-project", "/projects/new".into()),
        ("admin-runners", "/admin/runners".into()),
        ("admin-runner-new", "/admin/runners/new".into()),
        ("admin-runner", "/admin/runners/1".into()),
        ("admin-runner-edit", "/admin/runners/1/edit".into()),
        ("admin-variables", "/admin/variables".into()),
        ("admin-audit", "/admin/audit".into()),
        ("account-tokens", "/-/user_settings/personal_access_tokens".into()),
        ("account-password", "/-/user_settings/password/edit".into()),
        ("account-sessions", "/-/user_settings/active_sessions".into()),
        ("admin-registration", "/admin/runners/registration".into()),
        ("project", of("")),
        ("pipelines", of("/-/pipelines")),
        ("run-pipeline", of("/-/pipelines/new")),
        ("pipeline", pipeline.clone()),
        ("pipeline-needs", format!("{pipeline}?group=needs")),
        ("pipeline-jobs", format!("{pipeline}/builds")),
        ("pipeline-failures", format!("{pipeline}/failures")),
        ("pipeline-tests", format!("{pipeline}/test_report")),
        ("pipeline-suite", format!("{pipeline}/test_report?suite=report")),
        ("pipeline-variables", format!("{pipeline}/manual_variables")),
        ("jobs", of("/-/jobs")),
        ("job", compile.clone()),
        ("job-failed", job("report")),
        ("job-manual", job("ask someone")),
        ("job-delayed", job("later")),
        ("job-stuck", job("nobody")),
        ("artifacts", format!("{compile}/artifacts/browse")),
        ("artifacts-folder", format!("{compile}/artifacts/browse/out/deep")),
        ("artifact", format!("{compile}/artifacts/file/out/page.html")),
        ("editor", of("/-/ci/editor")),
        ("environments", of("/-/environments")),
        ("environment", of("/-/environments/1")),
        ("project-runners", of("/-/runners")),
        ("variables", of("/-/variables")),
        ("settings", of("/-/settings")),
        ("audit", of("/-/audit")),
    ]
}

/// A site whose pipeline has come as far as it comes, in all its colours.
async fn colourful() -> Option<(Site, Page)> {
    let site = Site::start().await?;
    site.project("app", &[(".gitlab-ci.yml", CONFIG)]);
    let page = site.page().await;
    site.open(&page, &format!("/root/app/-/pipelines/{}", site.pipeline("app"))).await;
    page.wait_for("document.querySelector('[data-job=nobody] .face')?.title.endsWith('pending')").await;
    Some((site, page))
}

#[tokio::test]
async fn every_page_fits_everywhere_and_can_be_read_aloud() {
    let Some((site, page)) = colourful().await else { return };
    let mut wrong = Vec::new();
    for (name, path) in pages(&site) {
        site.open(&page, &path).await;
        for (look, width, dark) in [("light", 1280, false), ("dark", 1280, true), ("narrow", 375, false)] {
            page.size(width, 800).await;
            page.dark(dark).await;
            picture(&page, name, look).await;
            wrong.extend(broad(&page, name).await);
            if !dark {
                wrong.extend(nameless(&page, name).await);
            }
        }
        let outline = page.eval(OUTLINE).await;
        if outline != serde_json::json!(["en", 1, 1]) {
            wrong.push(format!("{name}: language, main and h1 are {outline}"));
        }
        wrong.extend(page.forgive().iter().map(|complaint| format!("{name}: {complaint}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_page_is_there_in_chinese() {
    let Some((site, page)) = colourful().await else { return };
    site.open(&page, "/").await;
    page.follow("footer a[lang^=zh]").await;
    page.size(375, 800).await;
    let mut wrong = Vec::new();
    for (name, path) in pages(&site) {
        site.open(&page, &path).await;
        picture(&page, name, "zh").await;
        wrong.extend(broad(&page, name).await);
        wrong.extend(nameless(&page, name).await);
        if page.eval(CHINESE).await != true {
            wrong.push(format!("{name} is not in Chinese"));
        }
        wrong.extend(page.forgive().iter().map(|complaint| format!("{name}: {complaint}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is broader than the window.
async fn broad(page: &Page, name: &str) -> Option<String> {
    let fits = page.eval(FITS).await == true;
    if fits { None } else { Some(format!("{name} is too broad: {}", page.eval(TOO_BROAD).await)) }
}

/// What can be used and has no name.
async fn nameless(page: &Page, name: &str) -> Option<String> {
    let controls = page.controls().await;
    assert!(controls.len() > 5, "{name}: {controls:?}");
    let nameless: Vec<_> = controls.iter().filter(|control| control.name.is_empty()).collect();
    (!nameless.is_empty()).then(|| format!("{name} has {nameless:?} without names"))
}

async fn picture(page: &Page, name: &str, look: &str) {
    if let Some(folder) = std::env::var_os(PICTURES) {
        page.screenshot(&PathBuf::from(folder).join(format!("{name}-{look}.png"))).await;
    }
}

#[tokio::test]
async fn everything_is_reached_by_keyboard_and_seen() {
    let Some((site, page)) = colourful().await else { return };
    let mut wrong = Vec::new();
    for (name, path) in pages(&site) {
        site.open(&page, &path).await;
        let missed = by_keyboard(&page).await;
        wrong.extend(missed.as_array().expect("a list").iter().map(|missed| format!("{name}: {missed}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The first of all skips what is on every page.
    site.open(&page, "/root/app/-/pipelines").await;
    page.press("Tab").await;
    page.wait_for(
        "document.activeElement.matches('.skip') && document.activeElement.getBoundingClientRect().top >= 0",
    )
    .await;
    page.press("Enter").await;
    page.wait_for("document.activeElement.matches('main')").await;
    // Menus open, and close with Escape.
    page.eval("document.querySelector('header .menu summary').focus()").await;
    page.press("Enter").await;
    page.wait_for("document.querySelector('header .menu').open").await;
    page.press("Escape").await;
    page.wait_for("!document.querySelector('header .menu').open && document.activeElement.matches('header .menu summary')").await;
    assert_quiet(&page);
}

/// Goes through a page with Tab; what cannot be reached, and what has focus and does not show it.
async fn by_keyboard(page: &Page) -> serde_json::Value {
    let all = "(() => {
      const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')];
      window.wanted = new Set(all.filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !(e.type === 'radio' && !e.checked)));
      window.unseen = [];
      window.note = () => {
        const now = document.activeElement;
        window.wanted.delete(now);
        // What a live page has put something else in the place of cannot be reached any more.
        for (const node of window.wanted) if (!node.isConnected) window.wanted.delete(node);
        const style = getComputedStyle(now), box = now.getBoundingClientRect();
        const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1 && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
        if (now !== document.body && !shown && !now.matches('main')) window.unseen.push(now.outerHTML.slice(0, 200));
        return now.matches('[data-editor]') ? -1 : window.wanted.size;
      };
      return all.length;
    })()";
    let count = page.eval(all).await.as_u64().expect("a number");
    for _ in 0..count + 20 {
        page.press("Tab").await;
        match page.eval("window.note()").await.as_i64() {
            Some(0) => break,
            // The editor keeps Tab for itself until Escape.
            Some(-1) => page.press("Escape").await,
            _ => {}
        }
    }
    page.eval("[...[...window.wanted].map((e) => 'never reached: ' + e.outerHTML.slice(0, 200)), ...window.unseen.map((e) => 'not seen: ' + e)]").await
}
