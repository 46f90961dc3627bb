//! Everything that can be measured.

mod archives;
mod artifact;
mod cache;
mod ci;
mod coordinator;
mod docker;
mod git;
mod local;
mod log;
mod memory;
mod overhead;
mod program_itself;

use crate::Result;
use crate::context::Context;
use crate::row::Row;

/// One measurement: a name to choose it by, and what it does.
#[derive(Debug)]
pub(crate) struct Measure {
    /// What it is chosen by.
    pub(crate) name: &'static str,
    /// One line about it.
    pub(crate) about: &'static str,
    take: fn(&Context) -> Result<Vec<Row>>,
}

/// All of them, in the order in which they are shown.
pub(crate) const ALL: &[Measure] = &[
    Measure { name: "overhead", about: "a job that does nothing, against a bare bash", take: overhead::job },
    Measure { name: "login", about: "what a login shell adds to a job", take: overhead::login },
    Measure { name: "git", about: "a warm fetch, against bare git commands", take: git::warm_fetch },
    Measure { name: "cache", about: "a small cache, restored and found unchanged", take: cache::unchanged },
    Measure { name: "artifact", about: "200 files of 50 kB as an artifact", take: artifact::many_files },
    Measure {
        name: "docker-job",
        about: "jobs in containers, against a bare docker run",
        take: docker::whole,
    },
    Measure {
        name: "docker-second",
        about: "a job in a container right after another",
        take: docker::after_another,
    },
    Measure { name: "docker-log", about: "3,000,000 lines of a container", take: docker::short_lines },
    Measure { name: "docker-service", about: "what a service adds to a job", take: docker::late },
    Measure {
        name: "docker-many",
        about: "8 jobs at once, against loops of docker run",
        take: docker::at_once,
    },
    Measure {
        name: "docker-requests",
        about: "what a job asks of the engine; --timeline shows when",
        take: docker::count,
    },
    Measure { name: "idle-memory", about: "the waiting service's memory", take: memory::idle },
    Measure { name: "job-memory", about: "a job's memory while it prints 100 MB", take: memory::job },
    Measure {
        name: "log",
        about: "log text through a whole job, masked and stamped",
        take: log::through_a_job,
    },
    Measure { name: "masker", about: "the masker alone", take: log::masker },
    Measure { name: "small-files", about: "10,000 files archived, against zip", take: archives::small_files },
    Measure { name: "big-file", about: "250 MB of text archived, against zip", take: archives::big_file },
    Measure { name: "ci-plan", about: "runner ci plan, against gitlab-ci-local --list", take: ci::plan },
    Measure { name: "ci-library", about: "1,000 jobs evaluated without a process", take: ci::library },
    Measure {
        name: "ci-hostile",
        about: "files that want all memory or time are refused",
        take: ci::hostile,
    },
    Measure { name: "run-first", about: "ci run: until the first line of a job", take: local::first_line },
    Measure { name: "run-next", about: "ci run: from one job to the next", take: local::next_job },
    Measure { name: "run-jobs", about: "ci run: pipelines, against gitlab-ci-local", take: local::peer },
    Measure {
        name: "run-overhead",
        about: "ci run: one more job, against a bare bash",
        take: local::overhead,
    },
    Measure { name: "run-snapshot", about: "ci run: a snapshot of 50,000 files", take: local::snapshot },
    Measure { name: "run-cache", about: "ci run: a gigabyte of cache, restored", take: local::restore },
    Measure {
        name: "coordinator-idle",
        about: "coordinator with its runner: start, memory, processor, size",
        take: coordinator::idle,
    },
    Measure {
        name: "coordinator-handout",
        about: "1,000 waiting runners and 20,000 queued jobs",
        take: coordinator::handout,
    },
    Measure {
        name: "coordinator-trace",
        about: "50 jobs that send their traces at once",
        take: coordinator::trace,
    },
    Measure {
        name: "coordinator-push",
        about: "from git push to the first line of a script",
        take: coordinator::push,
    },
    Measure {
        name: "coordinator-page",
        about: "the page of a pipeline of 200 jobs",
        take: coordinator::page,
    },
    Measure { name: "coordinator-log", about: "a log of 100,000 lines in Chromium", take: coordinator::log },
    Measure {
        name: "program",
        about: "the executable's size and start",
        take: program_itself::size_and_start,
    },
];

impl Measure {
    /// Takes it. The kit panics where something does not come about; that ends this measurement only.
    pub(crate) fn run(&self, context: &Context) -> Result<Vec<Row>> {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| (self.take)(context));
            thread.join().unwrap_or_else(|_| Err("gave up, see the message above".into()))
        })
    }
}
