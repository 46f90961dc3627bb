//! Objects by their names, all asked of one process that stays.

use super::GitError;
use super::program::{Call, Home, Watch};
use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout};

/// The most that is read of an object that only its id is wanted of.
const COMMIT: u64 = 16 * 1024 * 1024;

/// The objects of a repository.
#[derive(Debug)]
pub struct Objects {
    home: Home,
    talk: RefCell<Option<Talk>>,
}

/// A file at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blob {
    /// There is none.
    Missing,
    /// It has so many bytes, more than are read.
    TooBig,
    /// Its content.
    Content(Vec<u8>),
}

#[derive(Debug)]
struct Talk {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

enum Object {
    Missing,
    TooBig { id: String, kind: String },
    Found { id: String, kind: String, content: Vec<u8> },
}

impl Objects {
    pub(crate) fn of(home: Home) -> Self {
        Self { home, talk: RefCell::new(None) }
    }

    /// The id of the commit that a name stands for.
    pub fn commit(&self, name: &str) -> Result<Option<String>, GitError> {
        match self.ask(&format!("{name}^{{commit}}"), COMMIT)? {
            Object::Found { id, kind, .. } if kind == "commit" => Ok(Some(id)),
            _ => Ok(None),
        }
    }

    /// A file of a commit.
    pub fn blob(&self, commit: &str, path: &str, limit: u64) -> Result<Blob, GitError> {
        if !is_plain(path) {
            return Ok(Blob::Missing);
        }
        Ok(match self.ask(&format!("{commit}:{path}"), limit)? {
            Object::Found { kind, content, .. } if kind == "blob" => Blob::Content(content),
            Object::TooBig { .. } => Blob::TooBig,
            _ => Blob::Missing,
        })
    }

    /// The id of a file of a commit; nothing where there is no such file.
    pub fn blob_id(&self, commit: &str, path: &str) -> Result<Option<String>, GitError> {
        if !is_plain(path) {
            return Ok(None);
        }
        Ok(match self.ask(&format!("{commit}:{path}"), COMMIT)? {
            Object::Found { id, kind, .. } | Object::TooBig { id, kind } if kind == "blob" => Some(id),
            _ => None,
        })
    }

    /// The id of what a name stands for, whatever it is.
    pub(crate) fn id(&self, name: &str) -> Result<Option<String>, GitError> {
        Ok(match self.ask(name, COMMIT)? {
            Object::Found { id, .. } | Object::TooBig { id, .. } => Some(id),
            Object::Missing => None,
        })
    }

    /// The id of a folder of a commit; an empty path is the root.
    pub(crate) fn tree(&self, commit: &str, path: &str) -> Result<Option<String>, GitError> {
        Ok(match self.ask(&format!("{commit}^{{commit}}:{path}"), COMMIT)? {
            Object::Found { id, kind, .. } | Object::TooBig { id, kind } if kind == "tree" => Some(id),
            _ => None,
        })
    }

    /// Asks for one object. A line break would end the question.
    fn ask(&self, name: &str, limit: u64) -> Result<Object, GitError> {
        if name.contains(['\n', '\0']) {
            return Ok(Object::Missing);
        }
        let mut slot = self.talk.borrow_mut();
        let talk = match slot.as_mut() {
            Some(talk) => talk,
            None => slot.insert(Talk::start(&self.home)?),
        };
        let watch = Watch::over(&talk.child);
        let answer = talk.ask(name, limit);
        drop(watch);
        match answer {
            Ok(object @ Object::TooBig { .. }) => {
                // The rest of it is still to come.
                *slot = None;
                Ok(object)
            }
            Ok(object) => Ok(object),
            Err(error) => {
                *slot = None;
                // What it has to say about itself, it says when it is called for something simple.
                let call = Call::new(&self.home, "what is in the repository", ["rev-parse", "--git-dir"]);
                call.output(COMMIT)?;
                Err(GitError::Failed { what: "what is in the repository", reason: error.to_string() })
            }
        }
    }
}

/// Whether a path has one spelling only. With a dot in front, git takes it as relative to the folder it is in.
pub(crate) fn is_plain(path: &str) -> bool {
    !path.split('/').any(|part| matches!(part, "" | "." | ".."))
}

impl Talk {
    fn start(home: &Home) -> Result<Self, GitError> {
        let what = "what is in the repository";
        let mut child = Call::new(home, what, ["cat-file", "--batch"]).converse()?;
        let none = || GitError::Failed { what, reason: "it has no pipes".into() };
        let to = child.stdin.take().ok_or_else(none)?;
        let from = BufReader::new(child.stdout.take().ok_or_else(none)?);
        Ok(Self { child, to, from })
    }

    fn ask(&mut self, name: &str, limit: u64) -> std::io::Result<Object> {
        self.to.write_all(format!("{name}\n").as_bytes())?;
        self.to.flush()?;
        let mut line = Vec::new();
        (&mut self.from).take(name.len() as u64 + 1024).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&line);
        let mut words = line.trim_end().rsplitn(3, ' ');
        let (size, kind, id) = (words.next(), words.next(), words.next());
        let size = size.and_then(|size| size.parse::<u64>().ok());
        let (Some(size), Some(kind), Some(id)) = (size, kind, id) else { return Ok(Object::Missing) };
        if size > limit {
            return Ok(Object::TooBig { id: id.to_owned(), kind: kind.to_owned() });
        }
        let mut content = Vec::new();
        (&mut self.from).take(size + 1).read_to_end(&mut content)?;
        if content.pop() != Some(b'\n') || content.len() as u64 != size {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Object::Found { id: id.to_owned(), kind: kind.to_owned(), content })
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
