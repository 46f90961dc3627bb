//! A shell for a person, on a terminal.

use crate::kit::{Shells, block_on, settings, turn, workspace};
use executor::{Executor as _, Exit, Output, Session, Stream, Terminal};
use executor_shell::{CgroupChoice, ShellExecutor};
use nix::pty::openpty;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

struct Nowhere;

impl Output for Nowhere {
    fn write(&self, _: Stream, _: &[u8]) {}
}

fn executor() -> ShellExecutor {
    let shells = Shells::with(CgroupChoice::Never).unwrap();
    let mut settings = settings(&shells.cgroups);
    settings.alone = false;
    settings.environment.push(("PS1".into(), "> ".into()));
    settings.environment.push(("SHELL".into(), "/bin/sh".into()));
    ShellExecutor::new(settings)
}

fn session(terminal: Terminal) -> Session {
    let environment = vec![("OF_JOB".into(), "hidden words".into())];
    Session { environment, directory: "/usr".into(), terminal }
}

/// Reads until a text has come.
fn until(terminal: &mut File, text: &str) -> String {
    let (mut seen, mut piece) = (Vec::new(), [0; 512]);
    while !String::from_utf8_lossy(&seen).contains(text) {
        let read = terminal.read(&mut piece).unwrap();
        seen.extend_from_slice(&piece[..read]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
fn a_person_finds_the_jobs_place_and_variables() {
    let _turn = turn();
    let pair = openpty(None, None).unwrap();
    let terminal = Terminal::of(&pair.slave, &pair.slave, "dumb").unwrap();
    let person = std::thread::spawn(move || {
        let mut terminal = File::from(pair.master);
        until(&mut terminal, "> ");
        terminal.write_all(b"echo at=$PWD var=$OF_JOB kind=$TERM.; exit 7\n").unwrap();
        until(&mut terminal, "at=/usr var=hidden words kind=dumb.")
    });
    let exit = block_on(async {
        let mut executor = executor();
        executor.prepare(&workspace(), Arc::new(Nowhere)).await.unwrap();
        let exit = executor.converse(session(terminal)).await.unwrap();
        executor.cleanup().await.unwrap();
        exit
    });
    assert_eq!(exit, Exit::Code(7));
    person.join().unwrap();
}

#[test]
fn a_shell_that_is_given_up_is_gone_after_the_job() {
    let _turn = turn();
    let pair = openpty(None, None).unwrap();
    let terminal = Terminal::of(&pair.slave, &pair.slave, "dumb").unwrap();
    block_on(async {
        let mut executor = executor();
        executor.prepare(&workspace(), Arc::new(Nowhere)).await.unwrap();
        let mut master = File::from(pair.master);
        let prompt = tokio::task::spawn_blocking(move || {
            until(&mut master, "> ");
            master
        });
        let master = tokio::select! {
            _ = executor.converse(session(terminal)) => panic!("nobody has ended it"),
            master = prompt => master.unwrap(),
        };
        tokio::time::timeout(Duration::from_secs(20), executor.cleanup()).await.unwrap().unwrap();
        drop(master);
    });
}

/// Says that this test runs on a terminal of its own.
const ON_TERMINAL: &str = "CONVERSE_ON_TERMINAL";

/// Runs itself once more, as the foreground of a terminal, and by a parent that ignores keys, as one in the background
/// does.
#[test]
fn keys_are_for_the_shell_and_the_terminal_is_given_back() {
    if std::env::var_os(ON_TERMINAL).is_some() {
        return on_terminal();
    }
    let _turn = turn();
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no program `script` here");
        return;
    }
    let own = std::env::current_exe().unwrap();
    let name = "converse::keys_are_for_the_shell_and_the_terminal_is_given_back";
    let command = format!("{} --exact {name} --nocapture", own.display());
    let mut script = Command::new("sh")
        .args(["-c", "trap '' INT QUIT TSTP; exec script -qec \"$0\" /dev/null", &command])
        .env(ON_TERMINAL, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut keys, mut seen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let (mut text, mut piece) = (String::new(), [0; 512]);
    // What is waited for is what the command writes, not how its line is echoed: only then is it in the foreground.
    let long = "sh -c 'echo begun-$((1 + 1)); exec sleep 1000'\r";
    let mut steps = [("> ", long), ("begun-2", "\x03"), ("> ", "exit 4\r")].into_iter();
    let mut next = steps.next();
    let mut from = 0;
    loop {
        let read = seen.read(&mut piece).unwrap();
        if read == 0 {
            break;
        }
        text.push_str(&String::from_utf8_lossy(&piece[..read]));
        while let Some((wanted, answer)) = next
            && let Some(at) = text[from..].find(wanted)
        {
            from += at + wanted.len();
            keys.write_all(answer.as_bytes()).unwrap();
            next = steps.next();
        }
    }
    assert!(script.wait().unwrap().success(), "{text}");
    assert!(text.contains("ended Code(4), foreground again: true"), "{text}");
}

fn on_terminal() {
    let terminal = Terminal::of(&std::io::stdin(), &std::io::stdout(), "dumb").unwrap();
    let exit = block_on(async {
        let mut executor = executor();
        executor.prepare(&workspace(), Arc::new(Nowhere)).await.unwrap();
        let exit = executor.converse(session(terminal)).await.unwrap();
        executor.cleanup().await.unwrap();
        exit
    });
    let group = nix::unistd::tcgetpgrp(std::io::stdin()).unwrap();
    println!("ended {exit:?}, foreground again: {}", group == nix::unistd::getpgrp());
}
