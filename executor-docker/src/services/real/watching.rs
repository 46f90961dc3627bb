//! What is told of services while the job goes on.

use super::site::{Site, plain, shell};
use std::time::Duration;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn one_that_dies_at_once_is_told_at_once_with_its_last_lines() {
    let Some(mut site) = Site::new(&["rig/dies"]) else { return };
    site.service(plain("rig/dies").variable("DIES_LINES", "70"));
    let begun = Instant::now();
    let services = site.ready().await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    let name = &services.iter().next().unwrap().name;
    let text = site.log.text();
    let block = format!(
        "\n*** WARNING: Service {name} probably didn't start properly.\n\nHealth check error:\n\
         service \"rig/dies\" (rig__dies, rig-dies, dies) ended with exit code 3\n\nService container logs:\n20"
    );
    assert!(text.contains(&block), "{text}");
    assert!(text.contains("line 70\n") && text.contains("\n\n*********\n\n"), "{text}");
    // Which of its two outputs the engine writes down first is chance.
    assert_eq!(text.matches("Z line ").count() + text.matches("Z cannot start").count(), 50, "{text}");
}

#[tokio::test]
async fn one_that_ends_later_is_told_then() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    let serve = "httpd -p 8080 -h /www; until [ -e /tmp/end ]; do sleep 0.05; done; echo bye; exit 4";
    site.service(shell("rig/web", serve));
    let services = site.ready().await;
    let service = services.iter().next().unwrap();
    assert!(!site.log.text().contains("***"), "{}", site.log.text());
    site.engine.docker(&["exec", &service.id, "touch", "/tmp/end"]);
    site.log.wait_for("*********").await;
    let text = site.log.text();
    assert!(text.contains(" ended while the job was running.\n"), "{text}");
    assert!(text.contains("ended with exit code 4\n") && text.contains("Z bye\n"), "{text}");
}

#[tokio::test]
async fn one_that_has_done_its_work_is_a_note() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.service(shell("rig/web", "echo done"));
    let _services = site.ready().await;
    site.log.wait_for("Note: service \"rig/web\" (rig__web, rig-web, web) ended with exit code 0.\n").await;
    assert!(!site.log.text().contains("***"), "{}", site.log.text());
}

#[tokio::test]
async fn lack_of_memory_is_named() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.settings.service_limits.memory = "16m".into();
    site.settings.service_limits.memory_swap = "16m".into();
    // What is read in one line is kept in memory.
    site.service(shell("rig/web", "x=$(tr '\\0' x < /dev/zero | head -c 64000000); echo ${#x}"));
    let _services = site.ready().await;
    site.log.wait_for("*********").await;
    let text = site.log.text();
    assert!(text.contains("ran out of memory (its limit is 16 MiB) and ended with exit code 137"), "{text}");
}

#[tokio::test]
async fn nothing_is_told_of_a_removal_of_our_own() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.service(plain("rig/web"));
    let services = site.ready().await;
    let before = site.log.text();
    let id = services.iter().next().unwrap().id.clone();
    let events = services.events().unwrap().clone();
    services.stop_watching().await;
    site.engine.docker(&["rm", "--force", &id]);
    timeout(Duration::from_secs(20), events.ended(&id)).await.unwrap();
    drop(services);
    assert_eq!(site.log.text(), before);
}

#[tokio::test]
async fn logs_are_followed_to_the_last_line() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.work.debug_services = true;
    let serve = "echo first; echo second >&2; until [ -e /tmp/end ]; do sleep 0.05; done; seq 500; touch /tmp/said; \
                 exec sleep 1000";
    site.service(shell("rig/web", serve).alias("w").variable("HEALTHCHECK_TCP_PORT", "1"));
    let services = site.start().await.unwrap();
    site.log.wait_for("first").await;
    let id = services.iter().next().unwrap().id.clone();
    site.engine.docker(&["exec", &id, "touch", "/tmp/end"]);
    site.engine.docker(&["exec", &id, "sh", "-c", "until [ -e /tmp/said ]; do sleep 0.05; done"]);
    services.stop_watching().await;
    let text = site.log.text();
    let lines: Vec<&str> =
        text.lines().filter(|line| line.starts_with("[service:rig__web-rig-web-w-web] 20")).collect();
    let ends = |end: &str| lines.iter().filter(|line| line.ends_with(end)).count();
    assert_eq!(
        (ends("Z first"), ends("Z second"), lines.len()),
        (1, 1, 502),
        "each line once, none lost: {text}"
    );
    assert!(lines[501].ends_with("Z 500"), "{}", lines[501]);
}
