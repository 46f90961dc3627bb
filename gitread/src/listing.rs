//! Lists for people: branches, tags, commits, folders.

use super::{GitError, PATHS, Repository};

/// The most that a page of a log may take.
const LOG: u64 = 16 * 1024 * 1024;
/// The most commits that one question gives.
const COMMITS: usize = 1000;

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its short name.
    pub name: String,
    /// Its head.
    pub sha: String,
    /// When that was committed, RFC 3339.
    pub committed_at: String,
    /// The first line of its message.
    pub title: String,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagFacts {
    /// Its short name.
    pub name: String,
    /// The commit it stands for.
    pub sha: String,
    /// When it, or its commit, was made, RFC 3339.
    pub created_at: String,
    /// The first line of what an annotated tag says; empty for others.
    pub title: String,
}

/// A commit in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its id.
    pub sha: String,
    /// Its parents.
    pub parents: Vec<String>,
    /// The author's name.
    pub author_name: String,
    /// The author's mail address.
    pub author_email: String,
    /// When it was written, RFC 3339.
    pub authored_at: String,
    /// Who committed it.
    pub committer_name: String,
    /// Their mail address.
    pub committer_email: String,
    /// When it was committed, RFC 3339.
    pub committed_at: String,
    /// Its whole message.
    pub message: String,
}

impl LogEntry {
    /// The first line of its message.
    pub fn title(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its mode, in octal.
    pub mode: String,
    /// The id of its object.
    pub id: String,
    /// How many bytes a file has.
    pub size: Option<u64>,
}

impl Repository {
    /// All branches, sorted by name.
    ///
    /// # Errors
    /// Where git fails.
    pub fn branches(&self) -> Result<Vec<Branch>, GitError> {
        let format = "--format=%(refname:strip=2)%00%(objectname)%00%(committerdate:iso8601-strict)%00%(contents:subject)";
        let out = self.call("the branches", ["for-each-ref", format, "refs/heads"]).output(PATHS)?;
        let branch = |line: &str| {
            let mut parts = line.splitn(4, '\0').map(str::to_owned);
            let (name, sha, committed_at) = (parts.next()?, parts.next()?, parts.next()?);
            Some(Branch { name, sha, committed_at, title: parts.next()? })
        };
        Ok(String::from_utf8_lossy(&out).lines().filter_map(branch).collect())
    }

    /// All tags of commits, the newest first.
    ///
    /// # Errors
    /// Where git fails.
    pub fn newest_tags(&self) -> Result<Vec<TagFacts>, GitError> {
        let format = "--format=%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00\
                      %(*objectname)%00%(creatordate:iso8601-strict)%00%(contents:subject)";
        let arguments = ["for-each-ref", "--sort=-creatordate", format, "refs/tags"];
        let out = self.call("the tags", arguments).output(PATHS)?;
        let tag = |line: &str| {
            let mut parts = line.splitn(7, '\0');
            let mut part = || parts.next();
            let (name, kind, id, target, target_id) = (part()?, part()?, part()?, part()?, part()?);
            let (created_at, title) = (part()?, part()?);
            let (sha, title) = match (kind, target) {
                ("commit", _) => (id, ""),
                ("tag", "commit") => (target_id, title),
                _ => return None,
            };
            let [name, sha, created_at, title] = [name, sha, created_at, title].map(str::to_owned);
            Some(TagFacts { name, sha, created_at, title })
        };
        Ok(String::from_utf8_lossy(&out).lines().filter_map(tag).collect())
    }

    /// Commits up to a branch, tag or commit, the newest first; of a path only if one is given. Empty where there is
    /// no such revision. At most 1,000 are given at once.
    ///
    /// # Errors
    /// Where git fails.
    pub fn log(
        &self,
        revision: &str,
        path: Option<&str>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<LogEntry>, GitError> {
        let Some(id) = self.resolve(revision)? else { return Ok(Vec::new()) };
        let count = format!("--max-count={}", limit.min(COMMITS));
        let skip = format!("--skip={skip}");
        let format = "--format=%H%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B";
        let mut arguments = vec![
            "--literal-pathspecs",
            "log",
            "-z",
            "--no-color",
            "--no-show-signature",
            "--no-notes",
            "--no-mailmap",
            "--no-decorate",
            "--encoding=UTF-8",
            &count,
            &skip,
            format,
            &id,
            "--",
        ];
        match path.map(|path| path.trim_matches('/')) {
            Some(path) if !super::objects::is_plain(path) => return Ok(Vec::new()),
            Some(path) => arguments.push(path),
            None => {}
        }
        let out = super::Call::new(&self.home, "the commits", arguments).output(LOG)?;
        Ok(log_entries(&String::from_utf8_lossy(&out)))
    }

    /// How many commits lead to a branch, tag or commit; none where there is no such revision.
    ///
    /// # Errors
    /// Where git fails.
    pub fn count_commits(&self, revision: &str) -> Result<u64, GitError> {
        let Some(id) = self.resolve(revision)? else { return Ok(0) };
        let out = self.call("the number of commits", ["rev-list", "--count", &id, "--"]).output(LOG)?;
        Ok(String::from_utf8_lossy(&out).trim().parse().unwrap_or_default())
    }

    /// What a folder of a commit has, folders first; an empty path is the root. Nothing where there is no such folder.
    /// Names that are not UTF-8 are left out.
    ///
    /// # Errors
    /// Where git fails.
    pub fn folder(&self, commit: &str, path: &str) -> Result<Option<Vec<Entry>>, GitError> {
        let path = path.trim_matches('/');
        if !path.is_empty() && !super::objects::is_plain(path) {
            return Ok(None);
        }
        let Some(tree) = self.objects.tree(commit, path)? else { return Ok(None) };
        let out = self.call("a folder", ["ls-tree", "-z", "--long", "--full-tree", &tree]).output(PATHS)?;
        let mut entries: Vec<Entry> = super::paths(&out).filter_map(entry).collect();
        entries.sort_by(|one, other| {
            let folder = |entry: &Entry| entry.kind != EntryKind::Folder;
            folder(one).cmp(&folder(other)).then_with(|| one.name.cmp(&other.name))
        });
        Ok(Some(entries))
    }
}

/// Records end with a zero byte, as do all parts of them but the last.
fn log_entries(text: &str) -> Vec<LogEntry> {
    let mut parts = text.split('\0').map(str::to_owned);
    let mut entries = Vec::new();
    let mut next = || -> Option<LogEntry> {
        let sha = parts.next().filter(|sha| !sha.is_empty())?;
        Some(LogEntry {
            sha,
            parents: parts.next()?.split_whitespace().map(str::to_owned).collect(),
            author_name: parts.next()?,
            author_email: parts.next()?,
            authored_at: parts.next()?,
            committer_name: parts.next()?,
            committer_email: parts.next()?,
            committed_at: parts.next()?,
            message: parts.next()?,
        })
    };
    while let Some(entry) = next() {
        entries.push(entry);
    }
    entries
}

fn entry(line: &str) -> Option<Entry> {
    let (facts, name) = line.split_once('\t')?;
    let mut words = facts.split_whitespace();
    let (mode, kind, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let kind = match (mode, kind) {
        ("120000", _) => EntryKind::Link,
        (_, "blob") => EntryKind::File,
        (_, "tree") => EntryKind::Folder,
        (_, "commit") => EntryKind::Submodule,
        _ => return None,
    };
    let [name, mode, id] = [name, mode, id].map(str::to_owned);
    Some(Entry { name, kind, mode, id, size: size.parse().ok() })
}
