use super::*;
use crate::cli::{self, Command, Parsed};
use crate::commands::testing::{self, Request, Said, Server};
use crate::config::load;
use crate::environment::Environment;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Answers prepared beforehand.
#[derive(Default)]
struct Script {
    answers: VecDeque<String>,
    shown: String,
}

impl Lines for &mut Script {
    async fn next(&mut self) -> std::io::Result<Option<String>> {
        Ok(self.answers.pop_front())
    }

    fn show(&mut self, text: &str) {
        self.shown.push_str(text);
    }
}

struct Case {
    folder: tempfile::TempDir,
    server: Server,
}

struct Outcome {
    result: Result<(), CliError>,
    said: Said,
    script: Script,
}

impl Case {
    fn new(answer: impl Fn(&Request) -> (u16, String) + Send + 'static) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), server: Server::start(answer) }
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn written(&self) -> String {
        let text = std::fs::read_to_string(self.config()).unwrap();
        let text = text.replace(&self.server.url, "SERVER");
        // The time of the registration.
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for line in &mut lines {
            if line.contains("token_obtained_at = 2") {
                *line = "  token_obtained_at = NOW".to_owned();
            }
        }
        lines.join("\n") + "\n"
    }

    /// Registers with these flags, the server's address and the file put in.
    fn register(&self, flags: &[&str], answers: &[&str]) -> Outcome {
        self.register_until(flags, answers, std::future::pending())
    }

    fn register_until(
        &self,
        flags: &[&str],
        answers: &[&str],
        interrupted: impl Future<Output = ()>,
    ) -> Outcome {
        let config = self.config();
        let mut args: Vec<OsString> =
            vec!["runner".into(), "register".into(), "--config".into(), config.into()];
        args.extend(flags.iter().map(|flag| OsString::from(flag.replace("SERVER", &self.server.url))));
        let Ok(Parsed::Run(invocation)) = cli::parse(args, &Environment::default()) else {
            panic!("{flags:?}")
        };
        let Command::Register(args) = invocation.command else { panic!("not register") };
        let mut script = Script {
            answers: answers.iter().map(|answer| answer.replace("SERVER", &self.server.url)).collect(),
            ..Script::default()
        };
        let prompt = Prompt::new(&mut script, !args.non_interactive);
        let (result, said) =
            testing::run(&[], async |context| register(&args, context, prompt, interrupted).await);
        Outcome { result, said, script }
    }
}

/// A coordinator that knows `glrt-` tokens and one registration token.
fn gitlab(request: &Request) -> (u16, String) {
    let token = request.body["token"].as_str().unwrap_or("");
    match request.line.as_str() {
        "POST /api/v4/runners/verify" if token.starts_with("glrt-bad") => {
            (403, r#"{"message":"403 Forbidden"}"#.into())
        }
        "POST /api/v4/runners/verify" => {
            (200, format!(r#"{{"id":1,"token":"{token}","token_expires_at":null}}"#))
        }
        "POST /api/v4/runners" if token == "GR1348941reg" => {
            (201, r#"{"id":1,"token":"legacytoken12345678","token_expires_at":null}"#.into())
        }
        "POST /api/v4/runners" => (403, r#"{"message":"403 Forbidden - invalid token supplied"}"#.into()),
        "DELETE /api/v4/runners" | "DELETE /api/v4/runners/managers" => (204, String::new()),
        other => panic!("{other}"),
    }
}

const SHELL: &[&str] = &[
    "--non-interactive",
    "--url",
    "SERVER",
    "--token",
    "glrt-rigrigrigrigrigrigrig",
    "--executor",
    "shell",
    "--description",
    "d",
];

const DOCKER: &[&str] = &[
    "--non-interactive",
    "--executor",
    "docker",
    "--docker-privileged",
    "--docker-image",
    "docker:stable",
    "--url",
    "SERVER",
    "--registration-token",
    "GR1348941reg",
    "--description",
    "d2",
    "--tag-list",
    "a,b",
    "--run-untagged=true",
    "--locked=false",
    "--access-level=not_protected",
];

/// What gitlab-runner 19.4 wrote in the same two calls, but for times and the line that it adds to existing
/// files on its own.
fn recorded() -> String {
    include_str!("../../config/tests/recorded.toml")
        .replace("http://127.0.0.1:8080", "SERVER")
        .replace("2026-11-21T12:43:40Z", "NOW")
        .replace("connection_max_age = \"15m0s\"\n", "")
}

#[test]
fn two_registrations_write_what_gitlab_runner_writes() {
    let case = Case::new(gitlab);
    let first = case.register(SHELL, &[]);
    first.result.unwrap();
    let recorded = recorded();
    let second_section = recorded.rfind("\n[[runners]]").unwrap();
    assert_eq!(case.written(), recorded[..second_section]);
    case.register(DOCKER, &[]).result.unwrap();
    // The one thing that is ours.
    let (before, after) = recorded.rsplit_once("  [runners.docker]\n").unwrap();
    let flags = "  [runners.feature_flags]\n    FF_NETWORK_PER_BUILD = true\n";
    assert_eq!(case.written(), format!("{before}{flags}  [runners.docker]\n{after}"));

    let seen = case.server.seen();
    assert_eq!(case.server.lines(), ["POST runners/verify", "POST runners"]);
    assert_eq!(seen[0].body["info"]["executor"], "shell");
    assert!(seen[0].body["system_id"].as_str().unwrap().len() == 14);
    let sent = &seen[1].body;
    assert_eq!((&sent["description"], &sent["tag_list"]), (&"d2".into(), &"a,b".into()));
    assert_eq!((&sent["run_untagged"], &sent["locked"]), (&true.into(), &false.into()));
    assert_eq!(sent["access_level"], "not_protected");
    assert!(sent["info"].get("executor").is_none());
    assert!(sent.get("maximum_timeout").is_none() && sent.get("maintenance_note").is_none());

    let said = first.said.text().replace(&case.config().display().to_string(), "CONFIG");
    let id = said.split("system_id=").nth(1).unwrap()[..14].to_owned();
    insta::assert_snapshot!(said.replace(&id, "ID").replace("Running in system-mode.\n", ""));
}

#[test]
fn all_is_asked_for() {
    let case = Case::new(gitlab);
    let answers =
        ["SERVER", "", "GR1348941reg", "asked", "x, y", "", "kubernetes", "dcker", "docker", "alpine:3"];
    let outcome = case.register(&["--name", "given"], &answers);
    outcome.result.unwrap();
    insta::assert_snapshot!(outcome.script.shown);
    let sent = &case.server.seen()[0].body;
    assert_eq!((&sent["description"], &sent["tag_list"]), (&"asked".into(), &"x, y".into()));
    assert_eq!((&sent["run_untagged"], &sent["locked"]), (&false.into(), &true.into()));
    let loaded = load(&case.config(), &Environment::default()).unwrap();
    assert_eq!(loaded.config.runners[0].name, "asked");
    assert_eq!(loaded.config.runners[0].executor, "docker");
    assert!(case.written().contains("volumes = [\"/cache\"]"));
}

#[test]
fn a_token_made_in_gitlab_asks_only_for_name_and_executor() {
    let case = Case::new(gitlab);
    case.register(&[], &["SERVER", "glrt-fromtheprompt00000", "me", "shell"]).result.unwrap();
    let loaded = load(&case.config(), &Environment::default()).unwrap();
    assert_eq!(loaded.config.runners[0].name, "me");
    assert_eq!(loaded.config.runners[0].id, 1);
}

fn refusal(outcome: &Outcome) -> String {
    outcome.result.as_ref().unwrap_err().render()
}

#[test]
fn settings_that_live_in_gitlab_are_refused_before_any_request() {
    let case = Case::new(gitlab);
    let outcome = case.register(&[SHELL, &["--locked=false", "--tag-list", "a"]].concat(), &[]);
    insta::assert_snapshot!(refusal(&outcome));
    assert!(case.server.seen().is_empty() && !case.config().exists());

    let legacy = [
        "--non-interactive",
        "--url",
        "SERVER",
        "-r",
        "glrt-abcdefghijklmno",
        "--executor=shell",
        "--paused",
    ];
    let outcome = case.register(&legacy, &[]);
    outcome.result.unwrap();
    assert!(
        outcome.said.text().contains("legacy-compatible registration process"),
        "{}",
        outcome.said.text()
    );
}

#[test]
fn refused_tokens_leave_nothing_behind() {
    for token in [["--token", "glrt-bad0123456789012"], ["--registration-token", "wrong-secret-0123456789"]] {
        let case = Case::new(gitlab);
        let outcome = case.register(
            &[&["--non-interactive", "--url", "SERVER", "--executor=shell"], &token[..]].concat(),
            &[],
        );
        assert!(!case.config().exists());
        let text = refusal(&outcome) + &outcome.said.text();
        assert!(!text.contains("bad0123456789012") && !text.contains("wrong-secret"), "{text}");
        assert!(text.contains("forbidden") || text.contains("is not valid"), "{text}");
        assert!(case.server.lines().iter().all(|line| !line.starts_with("DELETE")));
    }
}

#[test]
fn an_answer_without_a_number_is_no_registration() {
    let case = Case::new(|_| (200, "{}".into()));
    assert!(refusal(&case.register(SHELL, &[])).starts_with("error: Failed to verify the runner."));
    assert!(!case.config().exists());
}

#[test]
fn a_token_of_old_is_only_verified() {
    for status in [200, 404] {
        let case = Case::new(move |_| (status, r#"{"id":7}"#.into()));
        let flags =
            ["--non-interactive", "--url", "SERVER", "--token", "oldtoken0123456789", "--executor", "shell"];
        case.register(&flags, &[]).result.unwrap();
        let section = &load(&case.config(), &Environment::default()).unwrap().config.runners[0];
        assert_eq!((section.id, section.token_obtained_at), (0, None));
    }
    let case = Case::new(|_| (403, "{}".into()));
    let flags =
        ["--non-interactive", "--url", "SERVER", "--token", "oldtoken0123456789", "--executor", "shell"];
    assert!(refusal(&case.register(&flags, &[])).contains("--registration-token"));
}

#[test]
fn what_cannot_be_saved_is_taken_back() {
    for (token, undone) in [
        (&["--token", "glrt-rigrigrigrig"][..], Some("DELETE runners/managers")),
        (&["--registration-token", "GR1348941reg"], Some("DELETE runners")),
        (&["--registration-token", "GR1348941reg", "--leave-runner"], None),
    ] {
        let case = Case::new(gitlab);
        // Valid TOML, which no section can be appended to.
        std::fs::write(case.config(), "runners = []\n").unwrap();
        let flags = [&["--non-interactive", "--url", "SERVER", "--executor=shell"], token].concat();
        let outcome = case.register(&flags, &[]);
        assert!(refusal(&outcome).contains("cannot be saved"), "{}", refusal(&outcome));
        let last = case.server.lines().pop().unwrap();
        assert_eq!(last.starts_with("DELETE"), undone.is_some(), "{last}");
        assert_eq!(Some(last.as_str()).filter(|line| line.starts_with("DELETE")), undone);
    }
}

#[test]
fn an_executor_that_cannot_be_used_is_taken_back_and_an_interrupt_too() {
    let case = Case::new(gitlab);
    let flags =
        ["--non-interactive", "--url", "SERVER", "--token", "glrt-rigrigrigrig", "--executor", "kubernetes"];
    insta::assert_snapshot!(refusal(&case.register(&flags, &[])));
    assert_eq!(case.server.lines(), ["POST runners/verify", "DELETE runners/managers"]);

    let case = Case::new(gitlab);
    let outcome = case.register_until(SHELL, &[], std::future::ready(()));
    assert!(refusal(&outcome).starts_with("error: RECEIVED SIGNAL: interrupt"));
    assert!(!case.config().exists());
    assert_eq!(case.server.lines(), ["POST runners/verify", "DELETE runners/managers"]);
}

#[test]
fn who_decides_on_the_network_is_obeyed() {
    let own = "FF_NETWORK_PER_BUILD = true";
    for (flags, written) in [
        (&[][..], true),
        (&["--feature-flags", "FF_TIMESTAMPS:false"], true),
        (&["--feature-flags", "FF_NETWORK_PER_BUILD:false"], false),
        (&["--docker-network-mode", "host"], false),
    ] {
        let case = Case::new(gitlab);
        case.register(&[DOCKER, flags].concat(), &[]).result.unwrap();
        assert_eq!(case.written().contains(own), written, "{flags:?}");
    }
    let case = Case::new(gitlab);
    case.register(SHELL, &[]).result.unwrap();
    assert!(!case.written().contains(own));
}

#[test]
fn docker_settings_that_cannot_be_used_are_refused_before_any_request() {
    let case = Case::new(gitlab);
    let wrong = ["--docker-memory", "lots", "--docker-volumes", "cache", "--builds-dir", "builds"];
    let outcome = case.register(&[DOCKER, &wrong].concat(), &[]);
    insta::assert_snapshot!(refusal(&outcome));
    assert!(case.server.seen().is_empty() && !case.config().exists());
    // The executor that they matter to may be known only later.
    let outcome =
        case.register(&["--docker-memory", "lots"], &["SERVER", "glrt-x", "me", "docker", "alpine"]);
    assert!(refusal(&outcome).contains("invalid size: 'lots'"));
    assert!(!case.config().exists());
    assert!(case.register(&[SHELL, &wrong[..4]].concat(), &[]).result.is_ok());
}

#[test]
fn a_template_fills_in() {
    let case = Case::new(gitlab);
    let template = case.folder.path().join("template.toml");
    std::fs::write(&template, "[[runners]]\nname='no'\ntoken='no'\nlimit=7\n[runners.docker]\nimage='i'\nprivileged=true\n[[runners.docker.services]]\nname='redis'\n").unwrap();
    let path = template.to_str().unwrap();
    let flags = [&["--template-config", path, "--executor=docker"], &SHELL[..5], &["--name=mine"]].concat();
    let outcome = case.register(&flags, &[]);
    outcome.result.unwrap();
    let text = case.written();
    for line in [
        "name = \"mine\"",
        "limit = 7",
        "image = \"i\"",
        "privileged = true",
        "[[runners.docker.services]]",
        "glrt-rig",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(outcome.said.text().contains("concurrency limit (7) is larger"), "{}", outcome.said.text());
    for broken in ["", "[[runners]]\n[[runners]]\n", "limit = [\n"] {
        std::fs::write(&template, broken).unwrap();
        assert!(refusal(&case.register(&flags, &[])).contains("merging from template"), "{broken}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let case = Case::new(gitlab);
    let mut out = String::new();
    for flags in [
        &["--non-interactive"][..],
        &["--non-interactive", "--url", "SERVER"],
        &["--non-interactive", "--url", "SERVER", "--token", "glrt-rigrigrigrig"],
        &["--non-interactive", "--url", "SERVER", "--token", "glrt-rigrigrigrig", "--executor", "docker"],
        &["--access-level", "x"],
        &["--url", "SERVER"],
    ] {
        out += &refusal(&case.register(flags, &[]));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_broken_file_is_refused_before_any_request() {
    let case = Case::new(gitlab);
    std::fs::write(case.config(), "concurrent = 0\n").unwrap();
    let text = refusal(&case.register(SHELL, &[])).replace(case.folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(text);
    assert!(case.server.seen().is_empty());
    assert!(Path::new(&case.config()).exists());
}
