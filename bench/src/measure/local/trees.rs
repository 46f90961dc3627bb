//! Checkouts, and how long it takes to copy one.

use super::ci_run;
use crate::Result;
use crate::context::Context;
use crate::row::{Figure, Row, Target};
use crate::samples::by_turns;
use crate::timing::program;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Files of the large work tree.
const MANY: usize = 50_000;
/// Most milliseconds for its snapshot.
const SNAPSHOT: f64 = 1_000.0;
/// Files of one folder.
const FOLDER: usize = 50;

/// A git repository with files, and a home for who works in it.
#[derive(Debug)]
pub(super) struct Checkout {
    folder: TempDir,
    home: PathBuf,
}

impl Checkout {
    /// So many small files, not committed yet.
    pub(super) fn new(files: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let home = folder.path().join("home");
        let this = Self { folder, home };
        std::fs::create_dir(this.home())?;
        for number in 0..files {
            let path = this.path().join(format!("src/d{}", number / FOLDER));
            if number % FOLDER == 0 {
                std::fs::create_dir_all(&path)?;
            }
            std::fs::write(path.join(format!("f{number}.txt")), format!("file {number}\n").repeat(40))?;
        }
        std::fs::create_dir_all(this.path())?;
        this.git(&["init", "-q", "-b", "main"])?;
        this.git(&["remote", "add", "origin", "https://gitlab.example.com/group/project.git"])?;
        Ok(this)
    }

    /// Commits all that there is.
    pub(super) fn commit(&self) -> Result<()> {
        self.git(&["add", "-A"])?;
        self.git(&["commit", "-q", "-m", "all"])
    }

    /// The work tree.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }

    /// The home of who runs it.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        let who =
            ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false"];
        let mut command = Command::new("git");
        let status = command.arg("-C").arg(self.path()).args(who).args(arguments).status()?;
        if status.success() { Ok(()) } else { Err(format!("git {arguments:?} ended with {status}").into()) }
    }
}

/// What a run that finds nothing of an earlier one takes longer than one that finds the snapshot of the same tree.
pub(super) fn snapshot(context: &Context) -> Result<Vec<Row>> {
    let files = context.amount(MANY, MANY / 10);
    let checkout = super::configured(files, "job:\n  script: [echo]\n")?;
    // Homes of their own, all removed at the end only: ext4 does not use inodes again that were freed less than some
    // minutes ago, and steps over each of them for every new file near them. A first run has no such neighbours.
    let homes = tempfile::tempdir()?;
    let mut rounds = 0;
    let mut cold = || {
        rounds += 1;
        let home = homes.path().join(rounds.to_string());
        std::fs::create_dir(&home)?;
        let mut command = ci_run(context, &checkout);
        program(command.env("HOME", &home))
    };
    let mut warm = || program(&mut ci_run(context, &checkout));
    let [cold, warm] = by_turns(context.amount(5, 2), [&mut cold, &mut warm])?;
    let (first, again) = (Figure::ms(cold.median()), Figure::ms(warm.median()));
    let row =
        Row::added(format!("ci run: snapshot of {files} files"), first, "with that of the last run", again)
            .target(Target::AtMost(SNAPSHOT), "")
            .note(format!("first run: {}", cold.spread()))
            .note(format!("later: {}", warm.spread()));
    Ok(vec![row])
}
