//! Shells other than a login bash, and what they and their helpers inherit.

use crate::support::{LONG, TOKEN, coordinator, finish, section};
use kit::coordinator::Verdict;
use kit::payload::Payload;
use kit::runner::{Config, Service};

/// Under gitlab-runner every job fails where `sh` is dash.
#[test]
fn sh_runs_jobs_whatever_shell_it_is() {
    let coordinator = coordinator();
    let mut service = Service::start(&Config::with_section(section(&coordinator).key("shell", "sh")));
    let script = [
        "printf 'value=%s|\\n' \"$ODD\"",
        "cat \"$CERT\"; echo",
        "[ -z \"$BASH_VERSION\" ] || echo 'sh is bash here'",
        "false || echo alternative",
        "exit 7",
    ];
    let payload = Payload::new("sh", &script)
        .raw("ODD", "it's \"odd\" $(x) `y` \\ é;\ttab")
        .raw("BAD-NAME", "left out")
        .file("CERT", "first\nsecond")
        .after_script(&["echo after=$CI_JOB_STATUS"]);
    let job = coordinator.enqueue(TOKEN, &payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    let text = job.text();
    for line in ["value=it's \"odd\" $(x) `y` \\ é;\ttab|", "first", "second", "alternative", "after=failed"]
    {
        assert!(text.has_line(line), "no {line:?} in {text:?}");
    }
    assert!(text.has_line("Failed at command 5 of 5 (exit status 7): $ exit 7"), "{text:?}");
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(last.exit_code, Some(7));
    finish(&coordinator, &mut service);
}

/// Names of artifacts are expanded with what the service itself inherited, too.
#[test]
fn names_are_expanded_with_the_inherited_environment() {
    let coordinator = coordinator();
    let mut service = Service::start(&Config::with_section(section(&coordinator)));
    let home = service.place().home();
    let payload = Payload::new("names", &["echo x > x"])
        .archive(&["x"], "always")
        .set("/artifacts/0/name", "at-${HOME##*/}-$CI_JOB_NAME".into());
    let job = coordinator.enqueue(TOKEN, &payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    let home = home.file_name().and_then(std::ffi::OsStr::to_str).expect("a name");
    assert_eq!(job.inspect(|job| job.artifacts[0].filename.clone()), format!("at-{home}-names.zip"));
    finish(&coordinator, &mut service);
}

#[test]
fn without_a_login_shell_profiles_are_not_read() {
    let coordinator = coordinator();
    let config = Config::with_section(section(&coordinator).key("login_shell", false));
    let mut service = Service::start(&config);
    let job = coordinator
        .enqueue(TOKEN, &Payload::new("plain", &["shopt -q login_shell && echo login || echo plain"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    assert!(job.text().has_line("plain"));
    finish(&coordinator, &mut service);
}
