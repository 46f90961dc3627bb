//! People at a terminal.

use super::Checkout;
use nix::pty::{Winsize, openpty};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

/// A run on a terminal of its own.
struct Screen {
    child: Child,
    terminal: File,
    /// What was written on it.
    seen: String,
}

impl Screen {
    fn begin(checkout: &Checkout, columns: u16, arguments: &[&str]) -> Self {
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None).expect("a terminal");
        let side = || Stdio::from(pair.slave.try_clone().expect("the other side"));
        // It makes the terminal that of a new session.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(kit::runner::binary()).args(["ci", "run"]).args(arguments);
        command.current_dir(checkout.root()).env_clear().env("TERM", "xterm").env("HOME", checkout.home());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().expect("setsid runs");
        Self { child, terminal: File::from(pair.master), seen: String::new() }
    }

    /// Reads until it shows this.
    #[track_caller]
    fn wait(&mut self, text: &str) {
        let mut piece = [0; 4096];
        while !self.seen.contains(text) {
            match self.terminal.read(&mut piece) {
                Ok(length) if length > 0 => self.seen.push_str(&String::from_utf8_lossy(&piece[..length])),
                _ => panic!("no {text}: {}", self.seen),
            }
        }
    }

    fn keys(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).expect("keys are taken");
    }

    /// Reads to the end; the status.
    fn end(mut self) -> (Option<i32>, String) {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = self.terminal.read(&mut piece) {
            self.seen.push_str(&String::from_utf8_lossy(&piece[..length]));
        }
        (self.child.wait().expect("its end").code(), self.seen)
    }
}

const FAILS: &str = "bad: {variables: {MINE: my-value}, script: [echo x > made.txt, exit 3], after_script: [touch after.txt]}\n";

/// What a shell that was opened in a failed job shows.
fn looked_into(arguments: &[&str]) {
    let checkout = Checkout::with(FAILS);
    let mut screen = Screen::begin(&checkout, 100, arguments);
    screen.wait("`exit` goes on");
    screen.keys("echo \"[$MINE $CI_JOB_NAME $(ls) $(tty > /dev/null && echo terminal)]\"\n");
    screen.wait("[my-value bad after.txt");
    screen.wait("made.txt terminal]");
    screen.keys("exit\n");
    let (code, seen) = screen.end();
    assert!(code == Some(1) && seen.contains("exit code 3"), "{seen}");
    assert_eq!(super::kills::left_of(&checkout), Vec::<String>::new());
}

#[test]
fn a_failed_job_can_be_looked_into() {
    looked_into(&["--executor", "shell", "--on-failure", "shell"]);
}

#[test]
fn a_failed_container_can_be_looked_into() {
    let Some(engine) = kit::docker::Engine::require() else { return };
    let host = engine.host().to_owned();
    let docker = ["--executor", "docker", "--docker-image", "rig/debian", "--pull-policy", "never"];
    looked_into(&[&docker[..], &["--on-failure", "shell", "--docker-host", &host]].concat());
}

#[test]
fn the_keyboard_ends_a_run_in_two_steps() {
    let checkout = Checkout::with("long: {script: [sleep 1000], after_script: [echo behind, sleep 1000]}\n");
    let mut screen = Screen::begin(&checkout, 100, &["--executor", "shell"]);
    screen.wait("$ sleep 1000");
    screen.keys("\u{3}");
    screen.wait("once more ends it at once");
    screen.wait("after_script");
    screen.keys("\u{3}");
    let (code, seen) = screen.end();
    assert_eq!(code, Some(130), "{seen}");
    assert!(seen.contains("canceled"), "{seen}");
    assert_eq!(super::kills::left_of(&checkout), Vec::<String>::new());
}

#[test]
fn no_line_of_the_live_view_is_wider_than_the_screen() {
    let checkout = Checkout::with(
        "a-job-with-a-rather-long-name: {script: ['echo \"a line that is longer than any of these screens is wide, with 🚀\"', sleep 0.3]}\n\
         émoji 🚀 日本語: {script: [sleep 0.3]}\n",
    );
    for columns in [24, 60, 200] {
        let screen = Screen::begin(&checkout, columns, &["--executor", "shell"]);
        let (code, seen) = screen.end();
        assert_eq!(code, Some(0), "{seen}");
        // What is drawn in place stands between these marks; what stays may be wrapped by the terminal.
        let frames =
            seen.split("\u{1b}[?2026h").skip(1).filter_map(|rest| rest.split("\u{1b}[?2026l").next());
        let lines = frames.flat_map(|frame| frame.split(['\n', '\r']));
        let widest = lines.filter(|line| line.contains('◐')).map(width).max().unwrap_or(0);
        assert!(widest > 0 && widest <= usize::from(columns), "{columns}: {widest}: {seen}");
    }
}

/// Columns of a line without its control sequences; marks beyond Latin and signs count twice.
fn width(line: &str) -> usize {
    let mut columns = 0;
    let mut rest = line.chars();
    while let Some(mark) = rest.next() {
        match mark {
            '\u{1b}' => drop(rest.find(char::is_ascii_alphabetic)),
            '\u{1100}'.. if !('\u{2000}'..'\u{2e80}').contains(&mark) => columns += 2,
            _ => columns += usize::from(!mark.is_control()),
        }
    }
    columns
}
