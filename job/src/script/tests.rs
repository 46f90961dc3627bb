//! Scripts, run by real shells.

mod environment;
mod shell;

use super::*;
use crate::variables::testing::{Resolved, order};
use protocol::Step;
use shell::{Ran, SHELLS, run};

fn step(commands: &[&str]) -> Step {
    Step {
        name: "script".to_owned(),
        script: commands.iter().map(|&c| c.to_owned()).collect(),
        ..Step::default()
    }
}

/// Runs commands as a step's script in each shell there is; the results have to be those of `check`.
fn each_shell(commands: &[&str], flags: &[(&str, &str)], check: impl Fn(&str, Ran)) {
    for &shell in SHELLS {
        let root = tempfile::tempdir().unwrap();
        let mut order = order(flags);
        order.settings.shell = if shell == "bash" { "bash" } else { "sh" }.to_owned();
        let resolved = Resolved::new(order, root.path());
        std::fs::create_dir_all(&resolved.workspace.project_dir).unwrap();
        crate::variables::prepare_stage(&resolved.variables, &resolved.workspace).unwrap();
        let script = user_step(resolved.view(), &step(commands)).unwrap();
        if let Some(ran) = run(shell, &script) {
            check(shell, ran);
        }
    }
}

#[test]
fn commands_are_echoed_and_share_one_shell() {
    each_shell(
        &[
            "if true; then\n  echo inner\nfi\n",
            "  ",
            "cd /; X='a  \\n b'",
            "echo \"$X\" | cat; pwd",
            "# remark",
        ],
        &[],
        |shell, ran| {
            let plain = ran.stdout.replace("\x1b[32;1m", "<").replace("\x1b[0;m", ">");
            let inner = if shell == "bash" { "a  \\n b" } else { "a  \n b" };
            assert_eq!(
                plain,
                format!(
                    "<$ if true; then # collapsed multi-line command>\ninner\n\n<$ cd /; X='a  \\n b'>\n\
                     <$ echo \"$X\" | cat; pwd>\n{inner}\n/\n<$ # remark>\n"
                ),
                "{shell}"
            );
            assert_eq!((ran.stderr.as_str(), ran.code), ("", Some(0)), "{shell}");
        },
    );
}

#[test]
fn exits() {
    for (commands, code, stdout_end) in [
        (&["echo one", "exit 0", "echo two"][..], 0, "exit 0\x1b[0;m\n"),
        (&["set +e", "false", "echo survived", "true"], 0, "true\x1b[0;m\n"),
        (&["exit 255"], 255, "exit 255\x1b[0;m\n"),
        (&["exec echo replaced", "echo no"], 0, "replaced\n"),
        (&["trap 'echo trapped' EXIT", "echo body"], 0, "body\ntrapped\n"),
        (&["echo a", "if true; then echo a"], 2, "if true; then echo a\x1b[0;m\n"),
        (&["(exit 4)", "echo no"], 4, "(exit 4)\x1b[0;m\n"),
        (&["false || echo or", "! false", "test -z x || true"], 0, "true\x1b[0;m\n"),
        (&["f() { echo in-f; return 3; }", "f", "echo no"], 3, "in-f\n"),
        (&["kill -TERM $$", "echo no"], 1, "no\n"),
        (&["cat", "read x || echo eof", "echo after-read"], 0, "after-read\n"),
    ] {
        each_shell(commands, &[], |shell, ran| {
            assert_eq!(ran.code, Some(code), "{shell} {commands:?} {}", ran.stderr);
            assert!(ran.stdout.ends_with(stdout_end), "{shell} {commands:?}: {:?}", ran.stdout);
        });
    }
}

#[test]
fn bash_fails_a_pipeline_and_a_killed_shell_reports_the_signal() {
    each_shell(&["false | true", "echo no"], &[], |shell, ran| {
        if shell == "bash" {
            assert_eq!(ran.code, Some(1));
        }
    });
    each_shell(&["set -u", "echo $NOPE", "echo no"], &[], |_, ran| assert_ne!(ran.code, Some(0)));
    each_shell(&["kill -9 $$"], &[], |shell, ran| {
        assert_eq!((ran.code, ran.signal), (None, Some(9)), "{shell}");
    });
}

#[test]
fn echoes_tell_where_a_script_ended() {
    each_shell(
        &["echo a", "\n", "printf x", "if false; then\n:\nfi", "exit 7", "echo z"],
        &[],
        |shell, ran| {
            let seen: Vec<(&str, usize)> =
                ran.seen().iter().map(|e| (e.command.as_str(), e.number)).collect();
            assert_eq!(
                seen,
                [
                    ("echo a", 1),
                    ("printf x", 3),
                    ("if false; then # collapsed multi-line command", 4),
                    ("exit 7", 5)
                ],
                "{shell}"
            );
            assert!(ran.seen().iter().all(|e| e.of == 6 && e.origin.is_none()));
        },
    );
}

#[test]
fn exit_codes_are_checked_where_the_flag_asks_for_it() {
    let flags = [("FF_ENABLE_BASH_EXIT_CODE_CHECK", "true")];
    each_shell(&["set +e", "(exit 9)", "echo no"], &flags, |shell, ran| {
        assert_eq!(ran.code, Some(9), "{shell}");
    });
}

#[test]
fn sections_fold_multi_line_commands() {
    for &shell in SHELLS {
        let root = tempfile::tempdir().unwrap();
        let mut order = order(&[("FF_SCRIPT_SECTIONS", "true")]);
        order.settings.shell = if shell == "bash" { "bash" } else { "sh" }.to_owned();
        order.payload.features.trace_sections = true;
        let resolved = Resolved::new(order, root.path());
        std::fs::create_dir_all(&resolved.workspace.project_dir).unwrap();
        crate::variables::prepare_stage(&resolved.variables, &resolved.workspace).unwrap();
        let script = user_step(resolved.view(), &step(&["true", "echo a\\\\n\necho b"])).unwrap();
        let Some(ran) = run(shell, &script) else { continue };
        assert_eq!(ran.seen().len(), 2);
        let stamped: Vec<&str> = ran.stdout.lines().collect();
        assert!(stamped[1].starts_with("section_start:1"), "{stamped:?}");
        let rest = stamped[1].split_once(":section_").unwrap().1;
        assert_eq!(rest, "script_step_1[hide_duration=true,collapsed=true]\r\x1b[0K\x1b[32;1m$ echo a\\\\n");
        assert_eq!(stamped[2], "echo b\x1b[0;m");
        assert!(stamped[3].ends_with(":section_script_step_1\r\x1b[0K"));
        let a: &[&str] = if shell == "bash" { &["a\\n"] } else { &["a", ""] };
        assert_eq!(stamped[4..], [a, &["b"]].concat(), "{shell}");
    }
}

#[test]
fn hooks_stand_around_the_step_and_not_around_after_script() {
    let root = tempfile::tempdir().unwrap();
    let mut order = order(&[]);
    order.settings.pre_build_script = "export X=1; echo pre-build".to_owned();
    order.settings.post_build_script = "echo post-build".to_owned();
    let resolved = Resolved::new(order, root.path());
    std::fs::create_dir_all(&resolved.workspace.project_dir).unwrap();
    crate::variables::prepare_stage(&resolved.variables, &resolved.workspace).unwrap();

    let script = user_step(resolved.view(), &step(&["echo body x=$X"])).unwrap();
    let ran = run("bash", &script).unwrap();
    assert_eq!(ran.output(), ["pre-build", "body x=1", "post-build"]);
    assert_eq!(
        ran.seen().iter().map(|e| e.origin.as_deref()).collect::<Vec<_>>(),
        [Some("pre_build_script"), None, Some("post_build_script")]
    );

    let ran = run("bash", &user_step(resolved.view(), &step(&["false"])).unwrap()).unwrap();
    assert_eq!((ran.output(), ran.code), (vec!["pre-build"], Some(1)));

    let ran = run("bash", &after_script(resolved.view(), &step(&["echo after"])).unwrap()).unwrap();
    assert_eq!(
        ran.stdout,
        "\x1b[32;1mRunning after script...\x1b[0;m\n\x1b[32;1m$ echo after\x1b[0;m\nafter\n"
    );
}

#[test]
fn commands_of_a_release_are_expanded_first() {
    let root = tempfile::tempdir().unwrap();
    let resolved = Resolved::new(order(&[("TAG", "v1")]), root.path());
    let release =
        Step { name: "release".to_owned(), script: vec!["echo '$TAG'".to_owned()], ..Step::default() };
    let script = user_step(resolved.view(), &release).unwrap();
    assert_eq!(script.echoes[0].command, "echo 'v1'");
}

#[test]
fn debug_trace_shows_commands() {
    each_shell(&["echo shown"], &[("CI_DEBUG_TRACE", "true")], |shell, ran| {
        assert!(ran.stderr.contains("+ echo shown\n"), "{shell}: {}", ran.stderr);
    });
}

#[test]
fn other_shells_are_refused_by_name() {
    let error = Dialect::for_shell("pwsh").unwrap_err();
    assert!(error.to_string().contains("shell \"pwsh\" is not supported"), "{error}");
}
