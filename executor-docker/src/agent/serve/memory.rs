//! What the kernel says of the container's memory.

use std::fs;
use std::path::{Path, PathBuf};

/// Limits at least as large are none: version 1 writes the largest multiple of a page.
const NO_LIMIT: u64 = 1 << 60;

/// Watches how many processes of the container the kernel has killed for lack of memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    files: Option<Files>,
    kills: u64,
}

/// Where a control group says it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Files {
    kills: PathBuf,
    limit: PathBuf,
}

impl Files {
    /// The files of a group if it counts there.
    fn find(root: &Path, own: &str) -> Option<Self> {
        let places = own.lines().filter_map(|line| {
            // `<number>:<controllers>:<path>`
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, path) = (fields.next()?, fields.next()?.trim_start_matches('/'));
            match controllers {
                "" => Some((root.to_owned(), path)),
                _ => controllers.split(',').any(|name| name == "memory").then(|| (root.join("memory"), path)),
            }
        });
        // The container's own group is at the top of what it sees, unless it sees the machine's.
        let mut candidates = places.flat_map(|(mount, path)| {
            let shown = if path.split('/').any(|part| part == "..") { None } else { Some(mount.join(path)) };
            shown.into_iter().chain([mount])
        });
        candidates.find_map(|group| Self::in_group(&group))
    }

    fn in_group(group: &Path) -> Option<Self> {
        let choices = [("memory.events", "memory.max"), ("memory.oom_control", "memory.limit_in_bytes")];
        choices.into_iter().find_map(|(kills, limit)| {
            let files = Self { kills: group.join(kills), limit: group.join(limit) };
            files.kills().map(|_| files)
        })
    }

    fn kills(&self) -> Option<u64> {
        let text = fs::read_to_string(&self.kills).ok()?;
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
    }

    fn limit(&self) -> Option<u64> {
        let text = fs::read_to_string(&self.limit).ok()?;
        text.trim().parse().ok().filter(|limit| *limit < NO_LIMIT)
    }
}

impl Memory {
    /// Begins to watch; without counters to be read it never sees anything.
    pub(super) fn watch() -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let files = Files::find(Path::new("/sys/fs/cgroup"), &own);
        let kills = files.as_ref().and_then(Files::kills).unwrap_or(0);
        Self { files, kills }
    }

    /// How many processes were killed since this was asked last, and the limit in bytes; nothing if none was.
    pub(super) fn news(&mut self) -> Option<(u64, Option<u64>)> {
        let files = self.files.as_ref()?;
        let now = files.kills()?;
        let more = now.checked_sub(std::mem::replace(&mut self.kills, now))?;
        (more > 0).then(|| (more, files.limit()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, Memory};
    use std::fs;
    use std::path::Path;

    fn group(root: &Path, path: &str, files: &[(&str, &str)]) {
        let directory = root.join(path);
        fs::create_dir_all(&directory).unwrap();
        for (name, text) in files {
            fs::write(directory.join(name), text).unwrap();
        }
    }

    #[test]
    fn version_2_counts() {
        let root = tempfile::tempdir().unwrap();
        let events = "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n";
        group(root.path(), "", &[("memory.events", events), ("memory.max", "67108864\n")]);
        let files = Files::find(root.path(), "0::/\n").unwrap();
        let mut memory = Memory { files: Some(files), kills: 1 };
        assert_eq!(memory.news(), None);
        fs::write(root.path().join("memory.events"), events.replace("oom_kill 1", "oom_kill 3")).unwrap();
        assert_eq!(memory.news(), Some((2, Some(67_108_864))));
        assert_eq!(memory.news(), None);
        fs::write(root.path().join("memory.events"), events.replace("oom_kill 1", "oom_kill 4")).unwrap();
        fs::write(root.path().join("memory.max"), "max\n").unwrap();
        assert_eq!(memory.news(), Some((1, None)));
    }

    #[test]
    fn version_1_counts() {
        let root = tempfile::tempdir().unwrap();
        let control = "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n";
        let unlimited = "9223372036854771712\n";
        let files = [("memory.oom_control", control), ("memory.limit_in_bytes", unlimited)];
        group(root.path(), "memory", &files);
        // The path is the machine's, and not to be seen from inside.
        let own = "5:cpu,cpuacct:/docker/0f\n4:memory:/docker/0f\n0::/\n";
        let mut memory = Memory { files: Files::find(root.path(), own), kills: 3 };
        assert_eq!(memory.news(), Some((2, None)));
    }

    /// A container that sees the groups of the whole machine.
    #[test]
    fn the_own_group_goes_before_the_top() {
        let root = tempfile::tempdir().unwrap();
        for path in ["", "docker/0f"] {
            group(root.path(), path, &[("memory.events", "oom_kill 0\n"), ("memory.max", "max\n")]);
        }
        let files = Files::find(root.path(), "0::/docker/0f\n").unwrap();
        assert_eq!(files.kills, root.path().join("docker/0f/memory.events"));
        let files = Files::find(root.path(), "0::/../elsewhere\n").unwrap();
        assert_eq!(files.kills, root.path().join("memory.events"));
    }

    #[test]
    fn without_counters_nothing_is_seen() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Files::find(root.path(), "0::/\n4:memory:/x\n"), None);
        assert_eq!(Files::find(root.path(), "nonsense"), None);
        assert_eq!(Memory::default().news(), None);
    }
}
