//! As whom jobs run, and to whom their files belong.

use super::rig::{Rig, says};
use kit::payload::Payload;
use kit::runner::Section;
use serde_json::json;

const PROJECT: &str = "private/group/project";

fn rig(change: impl FnOnce(Section) -> Section) -> Option<Rig> {
    Rig::start("rig/busybox", change)
}

/// A repository with a file and a program.
fn repository(rig: &Rig) -> String {
    let project = rig.coordinator.git().create(PROJECT);
    project.commit("one", &[("a.txt", "1\n"), ("dir/b.txt", "2\n")])
}

fn as_user(payload: Payload, image: &str, user: &str) -> Payload {
    payload.set("/image", json!({ "name": image, "executor_opts": { "docker": { "user": user } } }))
}

/// Says who the job is and what it may do with its sources.
const LOOK: [&str; 4] = [
    "echo \"I am $(id -u):$(id -g)\"",
    "stat -c '%n %a %u:%g' . a.txt dir dir/b.txt .git",
    "echo more >> a.txt && touch new dir/new && rm dir/b.txt && echo writable",
    "touch \"$CI_PROJECT_DIR.tmp/x\" && echo temporary",
];

#[test]
fn sources_belong_to_the_images_user_with_the_modes_of_git() {
    let Some(rig) = rig(|section| section) else { return };
    let sha = repository(&rig);
    for (image, user) in [("rig/user", "1000:0"), ("rig/named", "1234:1234"), ("rig/busybox", "0:0")] {
        let log = rig.succeeds(&Payload::new("look", &LOOK).git(PROJECT, &sha).image(image));
        let owned = |name: &str, mode: &str| format!("{name} {mode} {user}");
        says(&log, &[&format!("I am {user}"), "writable", "temporary"]);
        for (name, mode) in
            [(".", "755"), ("a.txt", "644"), ("dir", "755"), ("dir/b.txt", "644"), (".git", "755")]
        {
            assert!(
                log.has_line(&owned(name, mode)),
                "{name} in {image}: {:#?}",
                log.all_lines_of("step_script")
            );
        }
    }
    rig.finish();
}

#[test]
fn users_take_turns_on_one_checkout() {
    let Some(rig) = rig(|section| section) else { return };
    let sha = repository(&rig);
    let script = [
        "cat a.txt",
        "if command -v git > /dev/null; then git status --short && git log -1 --format=%s; fi",
        "mkdir -p kept/deep && echo $(id -u) > kept/deep/who && chmod 700 kept/deep",
        "echo dirty >> a.txt",
        "mkdir -p stray/more && touch stray/more/x && chmod 500 stray/more stray",
    ];
    let payload = |cached: bool| {
        let payload =
            Payload::new("turn", &script).git(PROJECT, &sha).variable("GIT_CLEAN_FLAGS", "-ffdx -e kept/");
        if cached { payload.cache("turns", &["kept/"]) } else { payload }
    };
    // As root, as others, back again; with what they leave behind in between.
    for user in ["", "1000", "1234:1234", "0", "1000:1000", "65534", ""] {
        let log = rig.succeeds(&as_user(payload(false), "rig/base", user));
        assert!(log.has_line("1"), "{user:?} does not see what git has: {log:?}");
        assert!(log.has_line("one"), "git does not work for {user:?}: {log:?}");
    }
    for user in ["1000", "", "1234:1234"] {
        let log = rig.succeeds(&as_user(payload(true), "rig/busybox", user));
        assert!(log.sections.iter().any(|section| section == "archive_cache"), "{:?}", log.sections);
    }
    rig.finish();
}

#[test]
fn caches_and_artifacts_go_from_user_to_user() {
    let Some(rig) = rig(|section| section) else { return };
    let sha = repository(&rig);
    let make =
        ["mkdir -p vendor out", "echo lib > vendor/lib", "echo made > out/made", "chmod 600 vendor/lib"];
    let make = Payload::new("make", &make)
        .git(PROJECT, &sha)
        .cache("v", &["vendor/"])
        .archive(&["out"], "on_success");
    let made = rig.enqueue(&as_user(make, "rig/busybox", "1000"));
    made.wait_finished(crate::support::LONG);
    for user in ["1234:1234", "0", "1000"] {
        let look = ["cat vendor/lib", "stat -c 'owner %u' vendor/lib", "echo again >> vendor/lib"];
        let look = Payload::new("look", &look).git(PROJECT, &sha).cache("v", &["vendor/"]);
        let log = rig.succeeds(&as_user(look, "rig/busybox", user));
        says(&log, &["lib", &format!("owner {}", user.split(':').next().unwrap_or_default())]);
    }
    rig.finish();
}

#[test]
fn the_configuration_has_the_last_word_on_users() {
    let Some(rig) = rig(|section| section.docker("user", "1234")) else { return };
    let sha = repository(&rig);
    let asked = Payload::new("asked", &["id -u", "touch new && echo writable"]).git(PROJECT, &sha);
    let log = rig.succeeds(&as_user(asked, "rig/user", "1000"));
    assert!(log.has_line("1234") && log.has_line("writable"), "{log:?}");
    rig.finish();
}

#[test]
fn users_can_be_forbidden() {
    let Some(rig) = rig(|section| section.docker("allowed_users", vec!["1000", "app"])) else { return };
    let job = |user: &str| as_user(Payload::new("user", &["id -u"]), "rig/busybox", user);
    assert!(rig.succeeds(&job("1000")).has_line("1000"));
    assert!(rig.succeeds(&job("")).has_line("0"), "the image's own user is no wish of the job");
    let (log, _) = rig.fails(&job("0"));
    says(&log, &["user \"0\" is not an allowed user: [1000 app]"]);
    rig.finish();
}

#[test]
fn volumes_belong_to_nobody_and_serve_everybody() {
    let Some(rig) = rig(|section| section.docker("volumes", vec!["/cache", "/data"])) else { return };
    for user in ["1000", "1234:1234", "0"] {
        let script = ["echo x > /data/of-$(id -u)", "ls /data"];
        let log = rig.succeeds(&as_user(Payload::new("volume", &script), "rig/busybox", user));
        says(&log, &[&format!("of-{}", user.split(':').next().unwrap_or_default()), "of-1000"]);
    }
    rig.finish();
}

#[test]
fn file_variables_are_the_users_own() {
    let Some(rig) = rig(|section| section) else { return };
    for user in ["1000", "0"] {
        let script =
            ["cat \"$CERT\"", "stat -c 'owner %u' \"$CERT\"", "echo more >> \"$CERT\" && echo writable"];
        let log =
            rig.succeeds(&as_user(Payload::new("file", &script).file("CERT", "body\n"), "rig/busybox", user));
        says(&log, &["body", &format!("owner {user}"), "writable"]);
    }
    rig.finish();
}
