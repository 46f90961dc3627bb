//! What is in a variable, or shown of a command, is never run by the shell, and arrives byte for byte.
//!
//! The first byte chooses shell and quoting; the rest is the text.

#![no_main]

use executor::Workspace;
use job::variables::{Flags, JobView, Options, Variables, prepare_stage};
use job::{Order, Settings, TlsFiles};
use libfuzzer_sys::fuzz_target;
use protocol::{Info, Job, Step, Variable};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fuzz_target!(|input: &[u8]| {
    let Some((&choice, text)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let root = tempfile::tempdir().expect("a temporary directory");
    let workspace = Workspace {
        builds_dir: root.path().to_owned(),
        project_dir: root.path().join("p"),
        temp_dir: root.path().join("p.tmp"),
        cache_dir: root.path().join("cache"),
    };
    std::fs::create_dir(&workspace.project_dir).expect("a directory");
    let shell = if choice & 1 == 0 { "bash" } else { "sh" };
    let order = order(text, shell, choice & 2 != 0);
    let flags = Flags::resolve(&order);
    let variables = Variables::build(&order, &flags, Some(&workspace));
    let options = Options::read(&order, &variables);
    prepare_stage(&variables, &workspace).expect("a directory");
    let file = std::fs::read(variables.get("FILE").as_ref()).expect("the file of a variable");
    assert_eq!(file, text.as_bytes());

    let view = JobView {
        order: &order,
        flags: &flags,
        options: &options,
        variables: &variables,
        workspace: &workspace,
    };
    // A comment: shown, and nothing to run. It ends with its line.
    let comment = format!("# {}", text.replace(['\n', '\0'], " "));
    let step = Step {
        name: "script".to_owned(),
        script: vec![comment.clone(), r#"printf '[%s]' "${VALUE-none}""#.to_owned()],
        ..Step::default()
    };
    let script = job::script::user_step(view, &step).expect("a shell we know");
    let out = run(shell, &script.bytes, root.path());
    let value = if text.contains('\0') { "none" } else { text };
    let shown = |command: &str| format!("\x1b[32;1m$ {command}\x1b[0;m\n");
    let expected = [&shown(comment.trim()), &shown(&step.script[1]), "[", value, "]"].concat();
    assert_eq!(String::from_utf8_lossy(&out), expected);
});

fn order(text: &str, shell: &str, posix_quotes: bool) -> Order {
    let variable = |key: &str, file| Variable {
        key: key.to_owned(),
        value: text.to_owned(),
        raw: true,
        file,
        ..Variable::default()
    };
    let flag = Variable::public("FF_POSIXLY_CORRECT_ESCAPES", posix_quotes.to_string());
    let payload = Job {
        id: 1,
        token: "token".into(),
        variables: vec![variable("VALUE", false), variable("FILE", true), flag],
        ..Job::default()
    };
    Order {
        payload,
        url: "https://gitlab.example".to_owned(),
        runner_name: String::new(),
        short_token: String::new(),
        system_id: String::new(),
        info: Info::default(),
        concurrent_id: 0,
        concurrent_project_id: 0,
        correlation_id: String::new(),
        tls: TlsFiles::default(),
        settings: Settings { shell: shell.to_owned(), ..Settings::default() },
        sources: job::Sources::Repository,
    }
}

/// Runs a script without any program within its reach.
fn run(shell: &str, script: &[u8], directory: &Path) -> Vec<u8> {
    let mut command = Command::new(format!("/bin/{shell}"));
    command.env_clear().env("PATH", "/nonexistent").current_dir(directory);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a shell");
    child.stdin.take().expect("a pipe").write_all(script).expect("a shell that reads");
    let output = child.wait_with_output().expect("a shell");
    assert!(output.status.success());
    output.stdout
}
