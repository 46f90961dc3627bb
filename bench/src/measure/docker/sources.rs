//! A project that jobs fetch, and the payloads of jobs that do little or all that a runner does.

use crate::docker::Containers;
use crate::rig::Rig;
use kit::git::Repository;
use kit::payload::Payload;

const PROJECT: &str = "private/group/project";
const FILES: usize = 200;
/// Bytes of each file.
const SMALL: usize = 2000;

/// A job with the script `true` and nothing else.
pub(super) fn nothing(containers: &Containers) -> Payload {
    Payload::new("nothing", &["true"]).image(containers.image())
}

/// A project with 200 small files, a new commit each time it is asked for one.
pub(super) struct Project<'a> {
    containers: &'a Containers,
    repository: Repository,
    number: usize,
}

impl<'a> Project<'a> {
    /// Makes one that a rig's coordinator serves.
    pub(super) fn new(rig: &Rig, containers: &'a Containers) -> Self {
        let repository = rig.coordinator().git().create(PROJECT);
        let text = "a line of a small file\n".repeat(SMALL / 23);
        let names: Vec<String> = (0..FILES).map(|n| format!("out/part{}/file{n}.txt", n % 10)).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), text.as_str())).collect();
        repository.commit("all files", &files);
        Self { containers, repository, number: 0 }
    }

    /// A job with the script `true` that fetches a commit that is new.
    pub(super) fn fetch(&mut self) -> Payload {
        self.payload("true")
    }

    /// The same with an `after_script`, a cache of 20 files and artifacts of 200.
    pub(super) fn everything(&mut self) -> Payload {
        // The cache is filled by the first job, and found unchanged by all others.
        let fill = "[ -d cached ] || { mkdir cached; for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do \
                    cp out/part1/file1.txt cached/$n; done; }";
        self.payload(fill)
            .after_script(&["true"])
            .cache("bench", &["cached/"])
            .archive(&["out/"], "on_success")
    }

    fn payload(&mut self, script: &str) -> Payload {
        self.number += 1;
        let text = format!("changed in round {}\n", self.number);
        let commit = self.repository.commit("work", &[("changed.txt", &text)]);
        Payload::new("with sources", &[script]).image(self.containers.image()).git(PROJECT, &commit)
    }
}
