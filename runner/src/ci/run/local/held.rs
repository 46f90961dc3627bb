//! A failed job that is looked into before it is cleaned up.

use super::settings::OnFailureDo;
use crate::ci::run::news::{JobName, News};
use executor::Terminal;
use job::{Control, Failed, go_duration};
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio::sync::Mutex;

/// Lets people look into failed jobs: one at a time at a shell, the others wait.
pub(super) struct Holder {
    wanted: OnFailureDo,
    /// `TERM`.
    terminal: Option<OsString>,
    turn: Mutex<()>,
    /// Clears the screen for a shell, and takes it back.
    pause: Box<dyn Fn(bool)>,
}

/// What a failed job is told about.
pub(super) struct Site<'a> {
    /// Which job.
    pub(super) job: &'a JobName,
    /// What its containers are found by.
    pub(super) trail: &'a str,
    /// Ends the holding.
    pub(super) control: &'a Control,
    /// Who is told.
    pub(super) tell: &'a dyn Fn(News),
}

/// The screen as it is meant to be, also when a shell is given up.
struct Curtain<'a>(&'a dyn Fn(bool));

impl Drop for Curtain<'_> {
    fn drop(&mut self) {
        (self.0)(false);
    }
}

impl Holder {
    pub(super) fn new(wanted: OnFailureDo, environment: &crate::environment::Environment) -> Self {
        let at_hand = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        let terminal = environment.get_os("TERM").map(OsString::from).or(Some("xterm".into()));
        Self { wanted, terminal: terminal.filter(|_| at_hand), turn: Mutex::new(()), pause: Box::new(|_| ()) }
    }

    /// Who clears the screen.
    pub(super) fn pausing_with(&mut self, pause: Box<dyn Fn(bool)>) {
        self.pause = pause;
    }

    /// Whether anything is done at all.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted != OnFailureDo::default()
    }

    /// Opens a shell, or holds the job.
    pub(super) async fn hold(&self, site: &Site<'_>, failed: &mut Failed<'_>) {
        let canceled = site.control.canceled();
        let work = async {
            match self.terminal.as_ref().filter(|_| self.wanted.shell) {
                Some(kind) => {
                    let _turn = self.turn.lock().await;
                    self.shell(site, failed, kind).await;
                }
                None => self.wait(site, failed).await,
            }
        };
        // Who cancels the run does not want to wait for this.
        let _ = canceled.run_until_cancelled(work).await;
    }

    async fn shell(&self, site: &Site<'_>, failed: &mut Failed<'_>, kind: &OsString) {
        let name = &site.job.name;
        let terminal = match Terminal::of(&std::io::stdin(), &std::io::stdout(), kind) {
            Ok(terminal) => terminal,
            Err(error) => {
                (site.tell)(News::Warning(format!("there is no shell for job `{name}`: {error}")));
                return;
            }
        };
        let limit = self.wanted.hold.map(|hold| format!(", for {} at most", go_duration::format(hold)));
        let limit = limit.unwrap_or_default();
        (site.tell)(News::Note(format!(
            "job `{name}` has failed: a shell where it ran{limit}; `exit` goes on"
        )));
        (self.pause)(true);
        let curtain = Curtain(&*self.pause);
        let shell = failed.shell(terminal);
        let ended = match self.wanted.hold {
            Some(hold) => tokio::time::timeout(hold, shell).await.ok(),
            None => Some(shell.await),
        };
        drop(curtain);
        match ended {
            Some(Ok(_)) => {}
            Some(Err(error)) => (site.tell)(News::Warning(format!("the shell of job `{name}`: {error}"))),
            None => (site.tell)(News::Note(format!("the time of the shell of job `{name}` is over"))),
        }
    }

    /// Without a terminal, or without a wish for a shell.
    async fn wait(&self, site: &Site<'_>, failed: &Failed<'_>) {
        let name = &site.job.name;
        let Some(hold) = self.wanted.hold else {
            let text = format!(
                "job `{name}` has failed, and there is no terminal for a shell; --hold 15m keeps its files"
            );
            (site.tell)(News::Note(text));
            return;
        };
        (site.tell)(News::Note(held(name, failed, site.trail, hold)));
        tokio::time::sleep(hold).await;
    }
}

/// Where a held job is found.
fn held(name: &str, failed: &Failed<'_>, trail: &str, hold: Duration) -> String {
    let folder = failed.project_dir().display();
    let place = match failed.executor() {
        "docker" => format!(
            "docker exec -it -w {folder} $(docker ps -q --filter label=com.gitlab.gitlab-runner.trail={trail} \
             --filter label=com.gitlab.gitlab-runner.type=build) sh"
        ),
        _ => format!("its files are in {folder}"),
    };
    format!("job `{name}` has failed and is held for {}: {place}", go_duration::format(hold))
}
