//! Services as jobs find them.

use super::rig::{Rig, says, shown};
use kit::payload::Payload;
use kit::runner::Section;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn rig(change: impl FnOnce(Section) -> Section) -> Option<Rig> {
    Rig::start("rig/busybox", change)
}

fn asking(script: &[&str], services: &[Value]) -> Payload {
    services.iter().cloned().fold(Payload::new("asks", script), Payload::service)
}

const NETWORK: &str = "FF_NETWORK_PER_BUILD";

#[test]
fn a_service_has_its_names_in_every_network() {
    let Some(rig) = rig(|section| section) else { return };
    let script =
        ["for h in rig__web rig-web web one two; do wget -q -O- http://$h:8080/ || echo no $h; done"];
    let web = json!({ "name": "rig/web:latest", "alias": "one,two" });
    for network in ["false", "true"] {
        let log = rig.succeeds(&asking(&script, std::slice::from_ref(&web)).variable(NETWORK, network));
        assert_eq!(shown(&log).matches("web-ok").count(), 5, "{network}: {}", shown(&log));
    }
    rig.finish();
}

#[test]
fn services_reach_each_other_and_the_job_in_the_jobs_network() {
    let Some(rig) = rig(|section| section) else { return };
    let relay = "until wget -q -O /tmp/x http://web:8080/; do sleep 0.1; done; mkdir /www; cp /tmp/x /www/index.html; \
                 exec httpd -f -p 9000 -h /www";
    let services = [
        json!({ "name": "rig/web" }),
        json!({ "name": "rig/busybox", "alias": "relay", "entrypoint": ["sh", "-c"], "command": [relay],
            "variables": [{ "key": "HEALTHCHECK_TCP_PORT", "value": "9000", "public": true }] }),
    ];
    let payload =
        asking(&["wget -q -O- http://relay:9000/", "echo network $CI_BUILD_NETWORK_NAME"], &services);
    let log = rig.succeeds(&payload.variable(NETWORK, "true"));
    says(&log, &["web-ok", "network runner-"]);
    rig.finish();
}

#[test]
fn a_services_variables_are_the_public_ones_and_its_own() {
    let Some(rig) = rig(|section| section) else { return };
    let serve = "mkdir /www; env > /www/index.html; exec httpd -f -p 8080 -h /www";
    let own = json!([{ "key": "OWN", "value": "own-$SECRET", "public": true }]);
    let service =
        json!({ "name": "rig/web", "entrypoint": ["sh", "-c"], "command": [serve], "variables": own });
    let payload = asking(
        &["wget -q -O- http://web:8080/ | grep -E '^(OPEN|SECRET|OWN|CI_JOB_TOKEN)=' | sort; echo end"],
        &[service],
    )
    .variable("OPEN", "open")
    .masked("SECRET", "confidential");
    let log = rig.succeeds(&payload);
    let lines: Vec<String> = log.lines_of("step_script", false);
    assert!(lines.iter().any(|line| line == "OPEN=open"), "{lines:?}");
    assert!(lines.iter().any(|line| line == "OWN=own-[MASKED]"), "{lines:?}");
    assert!(
        !lines.iter().any(|line| line.starts_with("SECRET=") || line.starts_with("CI_JOB_TOKEN=")),
        "{lines:?}"
    );
    rig.finish();
}

#[test]
fn a_job_begins_when_its_services_are_ready() {
    let Some(rig) = rig(|section| section) else { return };
    let late = json!({ "name": "rig/late", "variables": [{ "key": "LATE_SECONDS", "value": "1.5", "public": true }] });
    let log = rig.succeeds(&asking(&["wget -q -O- http://late:8080/"], &[late]));
    says(&log, &["late-ok"]);
    // Its health check says when, not a port.
    let healthy = json!({ "name": "rig/healthy", "variables": [{ "key": "HEALTHY_SECONDS", "value": "1", "public": true }] });
    let log = rig.succeeds(&asking(&["echo ran"], &[healthy]));
    assert!(!shown(&log).contains("WARNING"), "{}", shown(&log));
    // Nothing to wait for, nothing to warn of.
    let plain = json!({ "name": "rig/busybox", "alias": "plain", "command": ["sleep", "1000"] });
    let begun = Instant::now();
    let log = rig.succeeds(&asking(&["echo ran"], &[plain]));
    assert!(begun.elapsed() < Duration::from_secs(9), "waited {:?}", begun.elapsed());
    assert!(!shown(&log).contains("WARNING"), "{}", shown(&log));
    rig.finish();
}

#[test]
fn a_service_that_ends_is_reported_at_once_with_its_last_lines() {
    let Some(rig) = rig(|section| section) else { return };
    let dies =
        json!({ "name": "rig/dies", "variables": [{ "key": "DIES_LINES", "value": "70", "public": true }] });
    let begun = Instant::now();
    let log = rig.succeeds(&asking(&["echo ran"], &[dies]));
    assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());
    says(&log, &["probably didn't start properly", "line 70", "ran"]);
    let text = shown(&log);
    assert!(text.contains("exit") && text.contains('3'), "the exit code is not named: {text}");
    assert!(!text.contains("line 20\n"), "more than the last 50 lines: {text}");
    rig.finish();
}

#[test]
fn a_service_that_never_listens_costs_the_time_limit_and_no_more() {
    let Some(rig) = rig(|section| section.docker("wait_for_services_timeout", 2)) else { return };
    let deaf = json!({ "name": "rig/web", "entrypoint": ["sh", "-c"], "command": ["echo deaf; sleep 1000"] });
    let begun = Instant::now();
    let log = rig.succeeds(&asking(&["echo ran"], &[deaf]));
    assert!(begun.elapsed() < Duration::from_secs(9), "took {:?}", begun.elapsed());
    says(&log, &["probably didn't start properly", "deaf", "ran"]);
    rig.finish();
}

#[test]
fn logs_of_services_are_in_the_jobs_when_asked_for() {
    let Some(rig) = rig(|section| section) else { return };
    let talker = json!({ "name": "rig/busybox", "alias": "talker", "entrypoint": ["sh", "-c"],
        "command": ["echo talking; sleep 1000"] });
    let payload = asking(&["sleep 1"], &[talker]);
    let log = rig.succeeds(&payload.clone().variable("CI_DEBUG_SERVICES", "true"));
    says(&log, &["[service:", "talking"]);
    let log = rig.succeeds(&payload);
    assert!(!shown(&log).contains("talking"), "{}", shown(&log));
    rig.finish();
}

#[test]
fn services_of_the_configuration_come_first_and_all_are_counted() {
    let services = "[[runners.docker.services]]\nname = \"rig/web\"\nalias = \"first\"\n";
    let Some(rig) = rig(|section| section.docker("services_limit", 2).tables(services)) else { return };
    let web = || json!({ "name": "rig/late", "alias": "second" });
    let log =
        rig.succeeds(&asking(&["wget -q -O- http://first:8080/; wget -q -O- http://second:8080/"], &[web()]));
    says(&log, &["web-ok", "late-ok"]);
    let (log, _) = rig.fails(&asking(&["true"], &[web(), json!({ "name": "rig/healthy" })]));
    says(&log, &["too many services requested: 3, only 2 allowed"]);
    rig.finish();
}

#[test]
fn services_and_images_can_be_forbidden() {
    let limited = |section: Section| {
        section.docker("allowed_images", vec!["rig/*"]).docker("allowed_services", vec!["rig/w*"])
    };
    let Some(rig) = rig(limited) else { return };
    rig.succeeds(&asking(&["true"], &[json!({ "name": "rig/web" })]));
    let begun = Instant::now();
    let (log, _) = rig.fails(&asking(&["true"], &[json!({ "name": "rig/late" })]));
    says(
        &log,
        &[
            "The \"rig/late\" image is not present on list of allowed services:",
            "- rig/w*",
            "disallowed image",
        ],
    );
    let (log, _) = rig.fails(&Payload::new("image", &["true"]).image("docker:cli"));
    says(
        &log,
        &[
            "The \"docker:cli\" image is not present on list of allowed images:",
            "- rig/*",
            "disallowed image",
        ],
    );
    assert!(begun.elapsed() < Duration::from_secs(10), "a refusal is final, it took {:?}", begun.elapsed());
    rig.finish();
}

#[test]
fn names_that_clash_are_told() {
    let Some(rig) = rig(|section| section) else { return };
    let services = [json!({ "name": "rig/web" }), json!({ "name": "rig/web", "alias": "other" })];
    let log =
        rig.succeeds(&asking(&["wget -q -O- http://web:8080/; wget -q -O- http://other:8080/"], &services));
    says(&log, &["Skipping alias \"rig-web\" for service \"rig/web\" (services[1])"]);
    assert_eq!(log.all_lines_of("step_script").iter().filter(|line| *line == "web-ok").count(), 2);
    rig.finish();
}
