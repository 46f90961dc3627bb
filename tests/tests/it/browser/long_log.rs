//! A log of 100,000 lines.

use super::site::{Site, assert_quiet};

/// Milliseconds since the address was entered, as soon as what is there is on the screen.
const PAINTED: &str = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))";

#[tokio::test]
async fn a_long_log_is_there_at_once_and_scrolls() {
    let Some(site) = Site::start().await else { return };
    let config = "long: {script: [seq 100000]}\n";
    site.project("app", &[(".gitlab-ci.yml", config)]);
    let page = site.page().await;
    let job = format!("/root/app/-/jobs/{}", site.job("app", "long"));
    site.open(&page, &job).await;
    page.wait_for("document.querySelector('#status[data-finished]')").await;

    // Opened anew, it begins with its first lines; how long that took is told, and measured by the benchmark.
    site.open(&page, &job).await;
    let shown = "document.querySelector('#L20')?.checkVisibility()";
    page.wait_for(shown).await;
    let took = page.eval(PAINTED).await;
    eprintln!("a log of 100,000 lines: its first lines are painted after {:.0} ms", took.as_f64().unwrap());
    page.wait_for("document.querySelectorAll('#log .part[data-line]').length >= 100").await;
    assert_eq!(
        page.eval("document.querySelector('#L100000') === null").await,
        true,
        "not all of it is in the page"
    );
    assert_eq!(page.eval("document.querySelector('#log').offsetHeight > 1500000").await, true);

    // To the end by the button, and back by the keyboard.
    page.click("#log-bottom").await;
    page.wait_for("[...document.querySelectorAll('#log .x')].at(-1)?.textContent.includes('Job succeeded')")
        .await;
    page.wait_for("[...document.querySelectorAll('#log .x')].some((x) => x.textContent === '100000' && x.getBoundingClientRect().top < innerHeight)").await;
    page.wait_for("innerHeight + scrollY >= document.documentElement.scrollHeight - 200").await;
    page.click("#log-top").await;
    page.wait_for("scrollY < 300").await;
    // With the wheel, into what was not loaded so far.
    page.eval("scrollTo({ top: 1000000, behavior: 'instant' })").await;
    page.wheel(300).await;
    let middle = "(() => { const row = document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('.l'); return row && Number(row.id.slice(1)) > 40000 && Number(row.id.slice(1)) < 60000; })()";
    page.wait_for(middle).await;

    // A line has an address, and searching finds what is not in the page.
    site.open(&page, &format!("{job}#L70000")).await;
    page.wait_for("(() => { const box = document.querySelector('#L70000.marked')?.getBoundingClientRect(); return box && box.top > 0 && box.bottom < innerHeight; })()").await;
    page.fill("#log-q", "34567").await;
    page.press("Enter").await;
    page.wait_for("document.querySelector('.hit')?.textContent.includes('34567')").await;
    page.wait_for("document.querySelector('#log-count').textContent === '1 / 1'").await;
    assert_quiet(&page);
}
