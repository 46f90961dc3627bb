//! Which programs the helper image takes from the runner's machine.

/// Programs without which there is no helper image.
pub(super) const REQUIRED: [&str; 2] = ["git", "sh"];

/// Programs that scripts and hooks expect at these very places.
pub(super) const PLACES: [&str; 3] = ["/bin/sh", "/bin/bash", "/usr/bin/env"];

/// Programs whose absence users may want to know of.
pub(super) const NOTABLE: [&str; 2] = ["git-lfs", "ssh"];

/// What hooks, filters and `pre_get_sources_script` use, as far as the machine has it.
pub(super) const USUAL: &[&str] = &[
    "[",
    "awk",
    "base64",
    "basename",
    "bash",
    "cat",
    "chmod",
    "chown",
    "cmp",
    "comm",
    "cp",
    "curl",
    "cut",
    "date",
    "dd",
    "df",
    "diff",
    "dirname",
    "du",
    "echo",
    "egrep",
    "env",
    "expr",
    "false",
    "fgrep",
    "find",
    "getent",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "hostname",
    "id",
    "install",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "nohup",
    "nproc",
    "od",
    "paste",
    "printf",
    "pwd",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "sha1sum",
    "sha256sum",
    "sleep",
    "sort",
    "ssh-add",
    "ssh-agent",
    "ssh-keygen",
    "ssh-keyscan",
    "stat",
    "tail",
    "tar",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "true",
    "uname",
    "uniq",
    "wc",
    "wget",
    "which",
    "whoami",
    "xargs",
    "zcat",
];

/// Programs of git's own directory that serve others or send mail: not for jobs, and large.
pub(super) const NOT_OF_GIT: [&str; 8] = [
    "git-daemon",
    "git-http-backend",
    "git-http-push",
    "git-imap-send",
    "git-instaweb",
    "git-shell",
    "mergetools",
    "scalar",
];

/// Where distributions keep the bundle of certificates.
pub(super) const CERTIFICATES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Beginnings of the names of what converts texts, for git's `working-tree-encoding`.
pub(super) const CONVERTERS: [&str; 4] = ["gconv-modules", "UTF-", "ISO8859-", "CP125"];

/// Files of ours: path and content.
pub(super) const TEXTS: [(&str, &str); 5] = [
    (
        "etc/passwd",
        "root:x:0:0:root:/home/runner:/bin/sh\nnobody:x:65534:65534:nobody:/home/runner:/bin/sh\n",
    ),
    ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
    ("etc/os-release", "ID=runner-helper\nNAME=\"The runner's helper\"\n"),
    ("etc/services", "ssh 22/tcp\nhttp 80/tcp\nhttps 443/tcp\ngit 9418/tcp\n"),
];

/// Directories of ours, with their permissions.
pub(super) const DIRECTORIES: [(&str, u32); 12] = [
    ("dev", 0o755),
    ("etc", 0o755),
    ("home", 0o755),
    ("home/runner", 0o1777),
    ("opt", 0o755),
    ("proc", 0o555),
    ("run", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("usr/local", 0o755),
    ("usr/local/bin", 0o755),
    ("var/tmp", 0o1777),
];
