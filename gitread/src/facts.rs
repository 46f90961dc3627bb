//! The head commit, tags, and the few settings that matter.

use super::{GitError, Repository, remote};

/// The most that a commit and its message may take.
const COMMIT: u64 = 16 * 1024 * 1024;
/// The most that settings may take.
const SETTINGS: u64 = 4 * 1024 * 1024;
/// What they are called in messages.
const SETTINGS_OF: &str = "the repository's settings";

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its id.
    pub sha: String,
    /// Its first parent, if it has one.
    pub parent: Option<String>,
    /// `Name <mail>`.
    pub author: String,
    /// The author's name.
    pub author_name: String,
    /// The author's mail address.
    pub author_email: String,
    /// When it was committed, RFC 3339.
    pub timestamp: String,
    /// Tags that point at it, if they were asked for.
    pub tags: Vec<String>,
    /// Its whole message.
    pub message: String,
}

/// What the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where `origin` is.
    pub origin: Option<remote::Origin>,
    /// Branch, remote and branch there.
    upstreams: Vec<(String, Option<String>, Option<String>)>,
    /// Names of filters that the repository itself defines, which are programs of its choice.
    pub(crate) own_filters: Vec<String>,
}

impl Repository {
    /// A commit; nothing where the branch has none yet. `tags`: also the tags that point at it.
    pub fn commit(&self, revision: &str, tags: bool) -> Result<Option<CommitFacts>, GitError> {
        let names = if tags { "%D" } else { "" };
        let format = format!("--format=%H%x00%P%x00%an%x00%ae%x00%cI%x00{names}%x00%B");
        let what = "the last commit";
        let arguments = [
            "log",
            "-1",
            "--no-color",
            "--no-show-signature",
            "--no-notes",
            "--no-mailmap",
            "--encoding=UTF-8",
            "--decorate=full",
            &format,
            revision,
            "--",
        ];
        let answer = self.call(what, arguments).run(COMMIT)?;
        if answer.status != Some(0) {
            let complaints = &answer.complaints;
            let none = ["does not have any commits yet", "bad default revision", "bad revision"];
            return if none.iter().any(|words| complaints.contains(words)) {
                Ok(None)
            } else {
                Err(answer.failure(what))
            };
        }
        Ok(parsed(&String::from_utf8_lossy(&answer.out)))
    }

    /// What an annotated tag says; empty for others.
    pub fn tag_message(&self, tag: &str) -> Result<String, GitError> {
        let name = format!("refs/tags/{tag}");
        if !super::is_ref_name(&name) || name.starts_with('-') {
            return Ok(String::new());
        }
        let format = "--format=%(objecttype) %(contents:subject)%0a%0a%(contents:body)";
        let out = self.call("the tag", ["for-each-ref", format, &name]).output(COMMIT)?;
        let text = String::from_utf8_lossy(&out).into_owned();
        Ok(text.strip_prefix("tag ").map(|message| message.trim_end().to_owned()).unwrap_or_default())
    }

    /// The commit that a branch, tag or commit and another one have in common.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        let Some(one) = self.resolve(one)? else { return Ok(None) };
        let what = "what two commits have in common";
        let answer = self.call(what, ["merge-base", &one, other]).run(COMMIT)?;
        match answer.status {
            Some(0) => Ok(Some(String::from_utf8_lossy(&answer.out).trim().to_owned())),
            Some(1) => Ok(None),
            _ => Err(answer.failure(what)),
        }
    }

    /// All tags, each with the commit it stands for.
    pub fn tags(&self) -> Result<Vec<(String, String)>, GitError> {
        let format = "--format=%(refname:strip=2)%00%(objecttype) %(objectname)%00%(*objectname)";
        let out = self.call("the tags", ["for-each-ref", format, "refs/tags"]).output(super::PATHS)?;
        let text = String::from_utf8_lossy(&out);
        let tag = |line: &str| {
            let mut parts = line.split('\0');
            let (name, object, target) = (parts.next()?, parts.next()?, parts.next()?);
            let id = if target.is_empty() { object.strip_prefix("commit ")? } else { target };
            Some((name.to_owned(), id.to_owned()))
        };
        Ok(text.lines().filter_map(tag).collect())
    }

    /// The settings that matter, asked for once.
    pub fn settings(&self) -> Result<&Settings, GitError> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        self.ask_for_settings()?;
        let Some(asked) = self.asked.take() else {
            return Err(GitError::Failed { what: SETTINGS_OF, reason: "nobody asked".into() });
        };
        let answer = asked.finish(SETTINGS)?;
        let settings = match answer.status {
            Some(0) => settings(&String::from_utf8_lossy(&answer.out)),
            // None of them is set.
            Some(1) => Settings::default(),
            _ => return Err(answer.failure(SETTINGS_OF)),
        };
        Ok(self.settings.get_or_init(|| settings))
    }

    /// Begins to ask for the settings, so that other questions can be asked meanwhile.
    pub fn ask_for_settings(&self) -> Result<(), GitError> {
        if self.settings.get().is_some() {
            return Ok(());
        }
        let mut asked = self.asked.borrow_mut();
        if asked.is_none() {
            let names =
                r"^(remote\.origin\.url|branch\..*\.(remote|merge)|filter\..*\.(clean|process|smudge))$";
            let arguments = ["config", "--null", "--show-scope", "--get-regexp", names];
            *asked = Some(self.call(SETTINGS_OF, arguments).start()?);
        }
        Ok(())
    }
}

impl Settings {
    /// The full name of the ref that a branch follows, if it follows one.
    pub fn upstream(&self, branch: &str) -> Option<String> {
        let (_, remote, merge) = self.upstreams.iter().find(|(name, ..)| name == branch)?;
        let (remote, merge) = (remote.as_deref()?, merge.as_deref()?);
        match remote {
            "." => Some(merge.to_owned()),
            _ => Some(format!("refs/remotes/{remote}/{}", merge.strip_prefix("refs/heads/")?)),
        }
    }

    fn of_branch(&mut self, name: &str) -> &mut (String, Option<String>, Option<String>) {
        let index = self.upstreams.iter().position(|(known, ..)| known == name).unwrap_or_else(|| {
            self.upstreams.push((name.to_owned(), None, None));
            self.upstreams.len() - 1
        });
        &mut self.upstreams[index]
    }
}

fn parsed(text: &str) -> Option<CommitFacts> {
    let mut parts = text.splitn(7, '\0');
    let mut part = || parts.next();
    let (sha, parents, name, mail, timestamp) = (part()?, part()?, part()?, part()?, part()?);
    let (names, message) = (part()?, part()?);
    let tags = names.split(", ").filter_map(|name| name.strip_prefix("tag: refs/tags/")).map(str::to_owned);
    Some(CommitFacts {
        sha: sha.to_owned(),
        parent: parents.split(' ').next().filter(|id| !id.is_empty()).map(str::to_owned),
        author: format!("{name} <{mail}>"),
        author_name: name.to_owned(),
        author_email: mail.to_owned(),
        timestamp: timestamp.to_owned(),
        tags: tags.collect(),
        // One line feed is git log's own.
        message: message.strip_suffix('\n').unwrap_or(message).to_owned(),
    })
}

fn settings(text: &str) -> Settings {
    let mut found = Settings::default();
    let mut items = text.split('\0');
    while let (Some(scope), Some(item)) = (items.next(), items.next()) {
        let (key, value) = item.split_once('\n').unwrap_or((item, ""));
        if key == "remote.origin.url" {
            // The first is where it is fetched from.
            found.origin = found.origin.or_else(|| remote::parse(value));
        } else if let Some((branch, variable)) =
            key.strip_prefix("branch.").and_then(|rest| rest.rsplit_once('.'))
        {
            let entry = found.of_branch(branch);
            match variable {
                "remote" => entry.1 = Some(value.to_owned()),
                _ => entry.2 = Some(value.to_owned()),
            }
        } else if let Some((filter, _)) = key.strip_prefix("filter.").and_then(|rest| rest.rsplit_once('.'))
            && matches!(scope, "local" | "worktree")
            && !found.own_filters.iter().any(|known| known == filter)
        {
            found.own_filters.push(filter.to_owned());
        }
    }
    found
}
