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

/// What runs a program when git is used in a checkout, as a job may leave it. `$EVIL` is that program.
const TRAPS: [(&str, &str); 6] = [
    (
        "hooks",
        "mkdir -p .git/hooks; for hook in post-checkout post-index-change reference-transaction pre-auto-gc post-merge \
         fsmonitor-watchman; do cp $EVIL .git/hooks/$hook; done",
    ),
    (
        "hooks elsewhere",
        "mkdir .git/other; cp $EVIL .git/other/post-checkout; cp $EVIL .git/other/reference-transaction; \
         git config core.hooksPath $PWD/.git/other",
    ),
    (
        "settings",
        "for key in core.fsmonitor core.sshCommand core.gitProxy core.askPass core.editor core.pager credential.helper \
         uploadpack.packObjectsHook remote.origin.uploadpack alias.fetch alias.clean alias.checkout gpg.program \
         core.alternateRefsCommand diff.external submodule.x.update; do git config $key $EVIL; done",
    ),
    (
        "filters",
        "for filter in evil lfs; do for key in smudge clean process; do git config filter.$filter.$key $EVIL; done; done; \
         git config filter.evil.required true; mkdir -p .git/info; echo '* filter=evil' > .git/info/attributes",
    ),
    (
        "an included file",
        "git config include.path evil.config; printf '[core]\\n fsmonitor = %s\\n' $EVIL > .git/evil.config",
    ),
    (
        "settings of a work tree",
        "git config extensions.worktreeConfig true; printf '[core]\\n fsmonitor = %s\\n' $EVIL > .git/config.worktree",
    ),
];

#[test]
fn what_a_job_leaves_in_its_checkout_does_not_run_in_the_next_jobs_stages() {
    let Some(rig) = rig() else { return };
    let project = rig.coordinator.git().create(PROJECT);
    let attributes = (".gitattributes", "*.bin filter=evil diff=evil merge=evil\n");
    let first = project.commit("one", &[("a.txt", "1\n"), ("sub/b.bin", "2\n"), attributes]);
    let second = project.commit("two", &[("a.txt", "2\n"), ("sub/b.bin", "3\n")]);
    for (name, trap) in TRAPS {
        let script = [
            // The checkout is a volume that both containers have.
            "EVIL=$PWD.evil; printf '#!/bin/sh\\necho ran >> /proof/ran\\nexit 1\\n' > $EVIL; chmod +x $EVIL",
            trap,
            // The job's own git falls for it; what that wrote is taken away again.
            "touch sub/b.bin; (git status; git checkout -q HEAD~0; git add .) < /dev/null > /dev/null 2>&1 || true",
            "(git -c core.fsmonitor= fetch; git log -p) < /dev/null > /dev/null 2>&1 || true",
            "test -e /proof/ran && echo armed; rm -f /proof/ran",
        ];
        let log = rig.succeeds(&Payload::new("plant", &script).git(PROJECT, &first));
        assert!(log.has_line("armed"), "{name}: {log:?}");
        let next =
            Payload::new("next", &["cat a.txt sub/b.bin"]).git(PROJECT, &second).cache("c", &["a.txt"]);
        let log = rig.succeeds(&next.archive(&["sub"], "always"));
        assert!(log.has_line("2") && log.has_line("3"), "{name}: {log:?}");
        assert_no_proof(&rig, name);
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
