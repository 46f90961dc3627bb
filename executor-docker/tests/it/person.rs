//! Files that are brought to a job, and a person who looks into it.

#![allow(clippy::unwrap_used, reason = "the kit of a test: what fails here fails it")]

use crate::suite::Containers;
use executor::behaviour::Subject as _;
use executor::{
    CancellationToken, Command, Executor as _, Exit, Output, Parcel, ParcelFile, Session, Stream, Terminal,
};
use executor_docker::DockerExecutor;
use nix::pty::{Winsize, openpty};
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Default)]
struct Kept(Mutex<Vec<u8>>);

impl Output for Kept {
    fn write(&self, _: Stream, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }
}

/// What a command writes, which must succeed.
async fn said(executor: &mut DockerExecutor, command: Command) -> String {
    let kept = Arc::new(Kept::default());
    let exit = executor.run(command, kept.clone(), &CancellationToken::new()).await.unwrap();
    let text = String::from_utf8_lossy(&kept.0.lock().unwrap()).into_owned();
    assert_eq!(exit, Exit::Code(0), "{text}");
    text
}

fn file(content: &[u8]) -> Arc<File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    Arc::new(file)
}

/// A tar archive with one file of root's.
fn tree() -> Arc<File> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("README"), "hello\n").unwrap();
    let mut archive = tempfile::tempfile().unwrap();
    let tar = std::process::Command::new("tar")
        .args(["-c", "--owner=0", "--group=0", "-C"])
        .arg(folder.path())
        .arg("README")
        .stdout(archive.try_clone().unwrap())
        .status();
    assert!(tar.unwrap().success());
    archive.seek(std::io::SeekFrom::End(0)).unwrap();
    Arc::new(archive)
}

fn on_runtime(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

/// Prepares, shows something, cleans up.
fn with_job(containers: &Containers, show: impl AsyncFnOnce(&mut DockerExecutor)) {
    on_runtime(async {
        let mut executor = containers.executor(Duration::from_secs(1)).await;
        let kept = Arc::new(Kept::default());
        executor.prepare(&containers.workspace(), kept).await.unwrap();
        if let Some(rest) = executor.rest_of_preparing() {
            rest.await.unwrap();
        }
        show(&mut executor).await;
        executor.cleanup().await.unwrap();
    });
}

#[test]
fn what_is_brought_is_the_jobs() {
    let Some(mut containers) = Containers::of("rig/debian", "1234:1234") else { return };
    containers.needs_helper = true;
    with_job(&containers, async |executor| {
        let stop = CancellationToken::new();
        let long = vec![b'x'; 3_000_001];
        let files = vec![
            ParcelFile { path: "7/archive/a.zip".into(), content: file(&long) },
            ParcelFile { path: "7/b".into(), content: file(b"b") },
        ];
        executor.bring(Parcel::Files(files), Path::new("/var/lib/brought"), &stop).await.unwrap();
        executor.bring(Parcel::Tree(tree()), Path::new("/builds/project.brought"), &stop).await.unwrap();
        let look = "cd /var/lib/brought && wc -c < 7/archive/a.zip && stat -c '%a %u' 7 7/b && \
                    mv /builds/project.brought /builds/project";
        let seen = said(executor, Command::helper("look", "sh", ["-c", look])).await;
        assert_eq!(seen, "3000001\n777 0\n644 0\n");
        let script = "cd /builds/project && cat README && stat -c %u README && echo more >> README && id -u";
        assert_eq!(said(executor, Command::script("script", script)).await, "hello\n1234\n1234\n");
        let gone = CancellationToken::new();
        gone.cancel();
        let stopped = executor.bring(Parcel::Files(Vec::new()), Path::new("/var/lib/brought"), &gone).await;
        assert!(stopped.is_err());
    });
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
fn a_person_works_in_the_build_container() {
    let Some(containers) = Containers::of("rig/debian", "") else { return };
    let size = Winsize { ws_row: 33, ws_col: 99, ws_xpixel: 0, ws_ypixel: 0 };
    let pair = openpty(&size, None).unwrap();
    let before = nix::sys::termios::tcgetattr(&pair.slave).unwrap();
    let terminal = Terminal::of(&pair.slave, &pair.slave, "dumb").unwrap();
    let person = std::thread::spawn(move || {
        let mut terminal = File::from(pair.master);
        until(&mut terminal, "# ");
        terminal.write_all(b"echo at=$PWD var=$OF_JOB kind=$TERM. $(cat /tmp/left)\r").unwrap();
        until(&mut terminal, "at=/usr var=hidden words kind=dumb. by the script");
        // The size may come a moment after the shell.
        terminal.write_all(b"until stty size | grep '33 99'; do :; done; exit 5\r").unwrap();
        until(&mut terminal, "\n33 99");
        terminal
    });
    with_job(&containers, async |executor| {
        said(executor, Command::script("script", "echo by the script > /tmp/left")).await;
        let environment = vec![("OF_JOB".into(), "hidden words".into())];
        let session = Session { environment, directory: "/usr".into(), terminal };
        assert_eq!(executor.converse(session).await.unwrap(), Exit::Code(5));
    });
    let _open = person.join().unwrap();
    let after = nix::sys::termios::tcgetattr(&pair.slave).unwrap();
    assert_eq!(after.local_flags, before.local_flags, "the terminal is as it was");
}
