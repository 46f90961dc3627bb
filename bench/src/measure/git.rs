//! What getting the sources adds to a job whose project is already there.

use crate::Result;
use crate::context::Context;
use crate::rig::{Rig, Settings};
use crate::row::{Figure, Row, Target};
use crate::samples::Samples;
use crate::timing::{bare, program};
use kit::git::Repository;
use kit::payload::Payload;
use std::path::PathBuf;
use std::time::Duration;

const PROJECT: &str = "private/group/project";
const BRANCH: &str = "+refs/heads/main:refs/remotes/origin/main";
const FILES: usize = 300;

/// Times of a job with git, one without, and the bare commands.
struct Times([Samples; 3]);

impl Times {
    fn added(&self) -> Figure {
        let [with, without, _] = &self.0;
        Figure::ms(with.median()).minus(Figure::ms(without.median()))
    }

    fn row(&self, what: &str) -> Row {
        let [with, _, bare] = &self.0;
        let bare = Figure::ms(bare.median());
        let mut row = Row::added(what, self.added(), "git fetch, checkout", bare);
        row.result = row.measured;
        row.target(Target::AtMost(1.3 * bare.number + 10.0), "1.3 × + 10 ms").note(with.spread())
    }
}

/// A fetch of a new commit, and one that finds nothing new, against the bare commands in a clone of their own.
pub(super) fn warm_fetch(context: &Context) -> Result<Vec<Row>> {
    let rounds = context.amount(20, 5);
    let ours = Settings::ours(context);
    let cases = [("git: what a warm fetch adds", true), ("git: the same without a new commit", false)];
    let mut rows = Vec::new();
    for (what, is_new) in cases {
        let times = measure(&ours, rounds, is_new)?;
        rows.push(times.row(what));
        if let Some(peer) = Settings::peer(context) {
            let theirs = measure(&peer, context.amount(8, 3), is_new)?;
            rows.push(Row::peer(theirs.added(), times.added()));
        }
    }
    Ok(rows)
}

/// One project with history, a clone beside the service's, and what both are at.
struct Setting<'a> {
    rig: &'a Rig,
    clone: Clone,
    repository: Repository,
    commit: String,
    number: usize,
}

impl<'a> Setting<'a> {
    fn new(rig: &'a Rig) -> Result<Self> {
        let repository = rig.coordinator().git().create(PROJECT);
        let text = "a line of a source file, of some length\n".repeat(100);
        let names: Vec<String> = (0..FILES).map(|n| format!("src/part{}/file{n}.txt", n % 20)).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), text.as_str())).collect();
        let mut commit = repository.commit("all files", &files);
        for number in 0..30 {
            commit = repository.commit("history", &[(&names[number * 7], &format!("{text}{number}"))]);
        }
        let clone = Clone::new(rig)?;
        Ok(Self { rig, clone, repository, commit, number: 0 })
    }

    /// Adds a commit that changes three files.
    fn push(&mut self) {
        self.number += 1;
        let text = format!("changed in round {}\n", self.number).repeat(50);
        let names = [1, 2, 3].map(|n| format!("src/part{n}/file{n}.txt"));
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), text.as_str())).collect();
        self.commit = self.repository.commit("work", &files);
    }

    fn job(&self) -> Result<Duration> {
        let payload = Payload::new("with git", &["test -f src/part1/file1.txt"]);
        self.rig.time(&payload.git(PROJECT, &self.commit))
    }

    fn bare(&self) -> Result<Duration> {
        self.clone.fetch(&self.commit)
    }
}

fn measure(settings: &Settings, rounds: usize, is_new: bool) -> Result<Times> {
    let rig = Rig::start(settings)?;
    let mut setting = Setting::new(&rig)?;
    let nothing = Payload::new("nothing", &["true"]);
    let (mut with, mut without, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    // The first round is not counted: both get their clones.
    for round in 0..=rounds {
        if is_new {
            setting.push();
        }
        // Who comes first finds the server's files cold, so they take turns in that too.
        let before = if round % 2 == 1 { Some(setting.bare()?) } else { None };
        let job = setting.job()?;
        let bare_time = before.map_or_else(|| setting.bare(), Ok)?;
        let nothing = rig.time(&nothing)?;
        if round > 0 {
            with.push(job);
            without.push(nothing);
            bare.push(bare_time);
        }
    }
    Ok(Times([Samples::new(with)?, Samples::new(without)?, Samples::new(bare)?]))
}

/// A clone that git commands of ours work on.
struct Clone {
    folder: PathBuf,
    home: PathBuf,
}

impl Clone {
    fn new(rig: &Rig) -> Result<Self> {
        let (folder, home) = (rig.place().shared("clone"), rig.place().home());
        let clone = Self { folder, home };
        std::fs::create_dir(&clone.folder)?;
        let url = format!(
            "http://gitlab-ci-token:{}@{}/git/{PROJECT}.git",
            rig.git_password()?,
            rig.coordinator().host()
        );
        clone.git(&["init", "--quiet"])?;
        clone.git(&["remote", "add", "origin", &url])?;
        Ok(clone)
    }

    fn fetch(&self, commit: &str) -> Result<Duration> {
        let fetch = self.git(&["fetch", "--quiet", "--prune", "--depth", "20", "origin", BRANCH])?;
        Ok(fetch + self.git(&["checkout", "--quiet", "--force", commit])?)
    }

    fn git(&self, arguments: &[&str]) -> Result<Duration> {
        let mut command = bare("git", &self.home);
        program(command.args(arguments).current_dir(&self.folder))
    }
}
