//! Pushes whose consequences are not settled yet, on disk: a coordinator that is killed between git's change of a ref
//! and the kernel's pipeline would forget the push, and the pusher's next attempt would find nothing to push.

use super::super::receive::{Command, Head};
use super::super::{Entry, Who};
use super::GitHttp;
use super::push::Push;
use super::settle::Settle;
use crate::model::{Project, ProjectId, UserId};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Below a repository.
const FOLDER: &str = "coordinator-pushes";
/// The most that is read of one: far more than a push may say of itself.
const MOST: u64 = 256 << 20;

/// What is kept of a push.
#[derive(Serialize, Deserialize)]
struct Kept {
    project: Project,
    user: UserId,
    commands: Vec<Command>,
    options: Vec<String>,
}

/// A push that is kept on disk until it is settled.
#[derive(Debug)]
pub(super) struct Unsettled(PathBuf);

impl Unsettled {
    /// Keeps a push. It survives the process, which is what matters here; the power may take ref and note alike.
    pub(super) fn keep(repository: &Path, push: &Push) -> io::Result<Option<Self>> {
        let Who::User(user) = push.entry.who else { return Ok(None) };
        let (project, commands) = (push.entry.project.clone(), push.head.commands.clone());
        let kept = Kept { project, user, commands, options: push.head.options.clone() };
        let folder = repository.join(FOLDER);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let (file, path) = tempfile::Builder::new().prefix("push-").tempfile_in(&folder)?.keep()?;
        let mut file = io::BufWriter::new(file);
        let this = Self(path);
        let written =
            serde_json::to_writer(&mut file, &kept).map_err(io::Error::from).and_then(|()| file.flush());
        match written {
            Ok(()) => Ok(Some(this)),
            Err(error) => {
                this.settled();
                Err(error)
            }
        }
    }

    /// Forgets it.
    pub(super) fn settled(self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(%error, "the note of a push cannot be removed");
        }
    }
}

impl GitHttp {
    /// Tells of pushes that a killed coordinator did not come to tell of. To be called once, at the start, before
    /// clients are served. How many there were. A git that it had started may still be at work: what it does within
    /// `linger` is told of, too.
    pub async fn recover(&self, linger: Duration) -> usize {
        let git = self.git.clone();
        let all =
            tokio::task::spawn_blocking(move || read_all(&git.repositories())).await.unwrap_or_default();
        let count = all.len();
        let mut known = Vec::new();
        for (unsettled, kept) in all {
            match kept {
                Some(kept) => {
                    let entry = Entry { project: kept.project, who: Who::User(kept.user) };
                    let head = Head { commands: kept.commands, options: kept.options, ..Head::default() };
                    known.push((unsettled, Push::new(entry, head)));
                }
                // It was killed while it wrote this: git was not asked yet.
                None => unsettled.settled(),
            }
        }
        self.tell_again(&known).await;
        let http = self.clone();
        let late = async move {
            if !linger.is_zero() {
                tokio::time::sleep(linger).await;
                http.tell_again(&known).await;
            }
            known.into_iter().for_each(|(unsettled, _)| unsettled.settled());
        };
        if linger.is_zero() {
            late.await;
        } else if count > 0 {
            tokio::spawn(late);
        }
        count
    }

    async fn tell_again(&self, known: &[(Unsettled, Push)]) {
        for (_, push) in known {
            Settle { git: &self.git, pushed: &*self.pushed, push, again: true }.run(None).await;
        }
    }
}

fn read_all(repositories: &[(ProjectId, PathBuf)]) -> Vec<(Unsettled, Option<Kept>)> {
    let mut all = Vec::new();
    for (id, repository) in repositories {
        let Ok(entries) = fs::read_dir(repository.join(FOLDER)) else { continue };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).ok());
        for path in paths {
            let kept = read(&path).ok().filter(|kept| kept.project.id == *id);
            all.push((Unsettled(path), kept));
        }
    }
    all
}

fn read(path: &Path) -> io::Result<Kept> {
    let mut text = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}
