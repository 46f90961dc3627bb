//! Repositories and jobs that try to have the runner's own git or tools run something, or reach out of their place.

use super::rig::{Rig, says};
use crate::support::LONG;
use kit::coordinator::Verdict;
use kit::payload::Payload;

const PROJECT: &str = "private/group/project";

/// What a program left in a checkout would write to, were it run: a volume that all jobs share.
const PROOF: &str = "/proof";

fn rig() -> Option<Rig> {
    Rig::start("rig/base", |section| section.docker("volumes", vec!["/cache", PROOF]))
}

/// Checks that nothing planted by earlier jobs has run, from inside a job, where the volume is.
fn assert_no_proof(rig: &Rig, after: &str) {
    let log =
        rig.succeeds(&Payload::new("look", &["ls -A /proof", "test -z \"$(ls -A /proof)\" && echo none"]));
    assert!(log.has_line("none"), "{after}: {:#?}", log.all_lines_of("step_script"));
}

#[test]
fn what_a_job_plants_in_git_does_not_run_in_the_next_jobs_fetch() {
    let Some(rig) = rig() else { return };
    let project = rig.coordinator.git().create(PROJECT);
    let first = project.commit(
        "one",
        &[
            ("a.txt", "1\n"),
            ("sub/b.bin", "2\n"),
            (".gitattributes", "*.bin filter=evil diff=evil merge=evil\n"),
        ],
    );
    let second = project.commit("two", &[("a.txt", "2\n"), ("sub/b.bin", "3\n")]);
    let hook = |name: &str| {
        format!(
            "printf '#!/bin/sh\\necho {name} >> /proof/{name}\\n' > .git/hooks/{name}; chmod +x .git/hooks/{name}"
        )
    };
    let hooks = [
        "post-checkout",
        "pre-auto-gc",
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
        "post-merge",
        "post-rewrite",
    ];
    let setting = |key: &str, value: &str| format!("git config --local {key} '{value}'");
    let evil = "sh -c \"echo x >> /proof/config; cat\"";
    let mut script = vec!["mkdir -p .git/hooks".to_owned()];
    script.extend(hooks.iter().map(|name| hook(name)));
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.gitProxy",
        "core.askPass",
        "core.editor",
        "core.pager",
        "credential.helper",
        "filter.evil.smudge",
        "filter.evil.clean",
        "filter.evil.process",
        "filter.lfs.smudge",
        "filter.lfs.process",
        "diff.evil.textconv",
        "diff.evil.command",
        "merge.evil.driver",
        "uploadpack.packObjectsHook",
        "remote.origin.uploadpack",
        "submodule.x.update",
        "alias.fetch",
        "alias.clean",
        "gpg.program",
        "core.alternateRefsCommand",
        "diff.external",
        "interactive.diffFilter",
        "http.proxy",
        "protocol.ext.allow",
        "url.ext::sh.insteadOf",
    ] {
        script.push(setting(key, evil));
    }
    script.push("cp -r .git/hooks /tmp/hooks; git config core.hooksPath /tmp/hooks; git config filter.evil.required true".to_owned());
    script.push("git config include.path ../evil.config; printf '[core]\\n fsmonitor = \"touch /proof/include\"\\n' > evil.config".to_owned());
    script.push(
        "echo 'core.fsmonitor=1' > .git/config.worktree; git config extensions.worktreeConfig true"
            .to_owned(),
    );
    script.push("mkdir -p .git/info; echo '* filter=evil' > .git/info/attributes; echo done".to_owned());
    let script: Vec<&str> = script.iter().map(String::as_str).collect();
    rig.succeeds(&Payload::new("plant", &script).git(PROJECT, &first));
    for strategy in ["fetch", "clone"] {
        let payload = Payload::new("next", &["cat a.txt sub/b.bin"])
            .git(PROJECT, &second)
            .variable("GIT_STRATEGY", strategy);
        let log = rig.succeeds(&payload);
        assert!(log.has_line("2") && log.has_line("3"), "{strategy}: {log:?}");
        assert_no_proof(&rig, strategy);
    }
    rig.finish();
}

#[test]
fn what_a_repository_says_of_submodules_runs_nothing() {
    let Some(rig) = rig() else { return };
    let project = rig.coordinator.git().create(PROJECT);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    for (name, url) in [
        ("ext", "ext::sh -c 'touch /proof/ext'"),
        ("upload", "-u./evil"),
        ("file", "file:///opt/runner-agent"),
        ("ssh", "ssh://-oProxyCommand=touch%20/proof/ssh/x"),
    ] {
        let sha = project.submodule(&format!("sub-{name}"), url, commit);
        let payload = Payload::new(name, &["true"])
            .git(PROJECT, &sha)
            .variable("GIT_SUBMODULE_STRATEGY", "recursive")
            .variable("GIT_STRATEGY", "clone");
        rig.enqueue(&payload).wait_finished(LONG);
        assert_no_proof(&rig, name);
    }
    rig.finish();
}

#[test]
fn attributes_and_links_of_a_repository_reach_nothing() {
    let Some(rig) = rig() else { return };
    let project = rig.coordinator.git().create(PROJECT);
    project.commit(
        "attributes",
        &[(".gitattributes", "* filter=lfs diff=lfs merge=lfs -text ident\n"), ("x.bin", "x\n")],
    );
    std::os::unix::fs::symlink("/opt/runner-agent", project.work().join("agent")).unwrap();
    std::os::unix::fs::symlink("/etc", project.work().join("cached")).unwrap();
    let sha = project.commit("links", &[(".lfsconfig", "[lfs]\n\turl = ext::touch /proof/lfs\n")]);
    let script =
        ["readlink cached", "touch agent/x && echo could write || echo could not", "ls -A /proof | wc -l"];
    let payload = Payload::new("links", &script).git(PROJECT, &sha).cache("c", &["cached/", "agent/"]);
    let log = rig.succeeds(&payload.archive(&["cached/passwd", "agent/runner"], "always"));
    says(&log, &["/etc", "could not", "0"]);
    rig.finish();
}

#[test]
fn a_job_cannot_harm_the_agent_or_the_next_job() {
    let Some(rig) = rig() else { return };
    let script = [
        "touch /opt/runner-agent/x && echo could write || echo could not",
        "rm -rf /opt/runner-agent/* 2>/dev/null || echo could not remove",
        "umount /opt/runner-agent 2>/dev/null && echo unmounted || echo still there",
    ];
    let log = rig.succeeds(&Payload::new("agent", &script));
    says(&log, &["could not", "still there"]);
    // It is the first process of its container, which nobody in it can kill.
    let log = rig.succeeds(&Payload::new("kill", &["kill -9 1; kill -STOP 1; kill -9 $PPID; echo alive"]));
    assert!(log.has_line("alive"), "{log:?}");
    assert!(rig.succeeds(&Payload::new("after", &["echo fine"])).has_line("fine"));
    rig.finish();
}

#[test]
fn a_job_that_ignores_everything_ends() {
    let Some(rig) = rig() else { return };
    let script = [
        "trap '' TERM INT HUP QUIT",
        "(trap '' TERM; sleep 1000) & (setsid sleep 1000 &)",
        "echo start",
        "while :; do sleep 1000; done",
    ];
    let job = rig.enqueue(&Payload::new("deaf", &script));
    job.wait_line("start", LONG);
    job.cancel(kit::coordinator::Cancel::Canceled);
    assert_eq!(job.wait_finished(LONG), Verdict::Canceled);
    rig.finish();
}

#[test]
fn a_job_that_forks_without_end_is_stopped() {
    let Some(rig) = Rig::start("rig/busybox", |section| {
        section
            .docker("ulimit", serde_json::json!({ "nproc": "200" }))
            .docker("user", "1000")
            .docker("memory", "256m")
    }) else {
        return;
    };
    let script = [
        "echo start",
        "f() { sleep 1000 & f 2>/dev/null | f 2>/dev/null & }; f; while :; do sleep 1000; done",
    ];
    let job = rig.enqueue(&Payload::new("forks", &script).timeout(6));
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    assert!(rig.succeeds(&Payload::new("after", &["echo fine"])).has_line("fine"));
    rig.finish();
}

#[test]
fn a_full_disk_is_an_ordinary_failure() {
    let tmpfs = serde_json::json!({ "/full": "rw,size=1m" });
    let Some(rig) = Rig::start("rig/busybox", |section| section.docker("tmpfs", tmpfs)) else { return };
    let (log, last) = rig.fails(&Payload::new("fill", &["dd if=/dev/zero of=/full/x bs=64k count=100"]));
    says(&log, &["No space left on device"]);
    assert_eq!((last.failure_reason.as_deref(), last.exit_code), (Some("script_failure"), Some(1)));
    rig.finish();
}
