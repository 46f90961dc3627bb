//! When the job goes on.

use super::site::{Site, plain, shell};
use crate::services::{Direct, ProbeError, Prober, Services};
use executor::CancellationToken;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// How long ago a service wrote a line of a mark and `/proc/uptime`, which containers share with this machine.
fn since(site: &Site, services: &Services, mark: &str) -> Duration {
    let now = uptime();
    let id = &services.iter().next().unwrap().id;
    let log = site.engine.docker(&["logs", id]);
    let line =
        log.lines().find_map(|line| line.strip_prefix(mark)).unwrap_or_else(|| panic!("no {mark} in {log}"));
    let then: f64 = line.split_whitespace().next().unwrap().parse().unwrap();
    now.saturating_sub(Duration::from_secs_f64(then))
}

/// The machine's clock in steps of a hundredth of a second.
fn uptime() -> Duration {
    let text = std::fs::read_to_string("/proc/uptime").unwrap();
    Duration::from_secs_f64(text.split_whitespace().next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_port_that_opens_late() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    let serve = "sleep 1.5; echo \"open $(cat /proc/uptime)\"; exec httpd -f -p 8080 -h /www";
    site.service(shell("rig/web", serve));
    let services = site.ready().await;
    let late = since(&site, &services, "open ");
    eprintln!("noticed {late:?} after the port opened");
    assert!(late < Duration::from_millis(500), "{late:?}");
    let text = site.log.text();
    assert!(text.contains("Waiting for services to be up and running (timeout 10 seconds)...\n"), "{text}");
    assert!(!text.contains("WARNING"), "{text}");
}

#[tokio::test]
async fn a_healthcheck_counts_long_before_the_engine_runs_it() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    // The engine would run it after half a minute first.
    site.build("services-test/slow-check", "HEALTHCHECK CMD test -e /tmp/ready");
    // The port is open from the beginning: it is not what counts.
    let serve = "httpd -p 8080 -h /www; sleep 1; echo \"ready $(cat /proc/uptime)\"; touch /tmp/ready; exec sleep 1000";
    site.service(shell("services-test/slow-check", serve));
    let services = site.ready().await;
    let late = since(&site, &services, "ready ");
    eprintln!("noticed {late:?} after the test could pass");
    assert!(late < Duration::from_secs(1), "{late:?}");
    assert!(!site.log.text().contains("WARNING"), "{}", site.log.text());
}

#[tokio::test]
async fn a_healthcheck_that_cannot_be_run_gives_way_to_ports() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.build("services-test/no-check", "HEALTHCHECK CMD [\"no-such-program\"]");
    site.service(plain("services-test/no-check"));
    let begun = Instant::now();
    site.ready().await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    let text = site.log.text();
    assert!(text.contains("The HEALTHCHECK of service \"services-test/no-check\" cannot be run"), "{text}");
}

#[tokio::test]
async fn a_healthcheck_that_fails_is_shown_with_what_it_wrote() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.build("services-test/failing-check", "HEALTHCHECK CMD echo not yet; exit 3");
    site.settings.wait_for_services_timeout = 1;
    site.service(shell("services-test/failing-check", "echo up; exec sleep 1000"));
    site.ready().await;
    let text = site.log.text();
    for part in [
        "*** WARNING: Service runner-services-project-0-concurrent-0-",
        "-services-test__failing-check-0 probably didn't start properly.\n\nHealth check error:\nservice \"runner-",
        " timeout: its HEALTHCHECK did not pass within 1 seconds\n\nHealth check output:\nnot yet\n(exit code 3)\n\n",
        "Service container logs:\n20",
        "Z up\n\n*********\n\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[tokio::test]
async fn the_engines_own_verdict_counts_too() {
    let Some(mut site) = Site::new(&["rig/healthy"]) else { return };
    let asked = plain("rig/healthy").variable("HEALTHY_SECONDS", "1");
    site.service(asked);
    let services = site.start().await.unwrap();
    let id = services.iter().next().unwrap().id.clone();
    let healthy = services.events().unwrap().clone();
    tokio::time::timeout(Duration::from_secs(20), healthy.healthy(&id)).await.unwrap();
    assert_eq!(healthy.of(&id).healthy, Some(true));
}

#[tokio::test]
async fn without_ports_and_test_there_is_nothing_to_wait_for() {
    let Some(mut site) = Site::new(&["rig/busybox"]) else { return };
    site.service(shell("rig/busybox", "exec sleep 1000"));
    let services = site.start().await.unwrap();
    let begun = Instant::now();
    services.wait_ready(&Direct, &site.stop).await;
    assert!(begun.elapsed() < Duration::from_millis(200), "{:?}", begun.elapsed());
    assert!(!site.log.text().contains("Waiting"), "{}", site.log.text());
}

#[tokio::test]
async fn a_negative_limit_is_no_wait() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.settings.wait_for_services_timeout = -1;
    site.service(shell("rig/web", "exec sleep 1000"));
    site.ready().await;
    assert!(!site.log.text().contains("Waiting"), "{}", site.log.text());
}

/// Tells when it is asked, and ends only when it is stopped.
struct Deaf(tokio::sync::Notify, std::sync::Mutex<Option<SystemTime>>);

impl Prober for Deaf {
    async fn probe(&self, _: IpAddr, _: &[u16], stop: &CancellationToken) -> Result<u16, ProbeError> {
        self.0.notify_one();
        stop.cancelled().await;
        *self.1.lock().unwrap() = Some(SystemTime::now());
        Err(ProbeError::new("stopped"))
    }
}

#[tokio::test]
async fn a_stop_ends_the_wait_and_the_probe() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.service(shell("rig/web", "exec sleep 1000"));
    let services = site.start().await.unwrap();
    let deaf = Deaf(tokio::sync::Notify::new(), std::sync::Mutex::default());
    let begun = Instant::now();
    let stopped = async {
        deaf.0.notified().await;
        site.stop.cancel();
    };
    tokio::join!(services.wait_ready(&deaf, &site.stop), stopped);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(deaf.1.lock().unwrap().is_some(), "the probe was asked to end");
    assert!(!site.log.text().contains("***"), "{}", site.log.text());
}

/// Cannot tell.
struct Blind;

impl Prober for Blind {
    async fn probe(&self, _: IpAddr, _: &[u16], _: &CancellationToken) -> Result<u16, ProbeError> {
        Err(ProbeError::new("it is dark"))
    }
}

#[tokio::test]
async fn what_cannot_be_told_does_not_hold_up_the_job() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.service(plain("rig/web"));
    let services = site.start().await.unwrap();
    services.wait_ready(&Blind, &site.stop).await;
    let text = site.log.text();
    assert!(text.contains("It cannot be told whether service \"rig/web\" is ready: it is dark."), "{text}");
}
