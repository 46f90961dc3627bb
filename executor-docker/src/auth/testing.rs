//! What tests of this module share.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program. Another process does it: a file that this one has open for writing could be open in a
/// child that a test beside starts just now, and cannot be run then.
pub(super) fn install(path: &Path, script: &str) {
    let mut writer = Command::new("/bin/sh");
    writer.args(["-c", r#"cat >"$0" && chmod 755 "$0""#]).arg(path).stdin(Stdio::piped());
    let mut writer = writer.spawn().unwrap();
    write!(writer.stdin.take().unwrap(), "#!/bin/sh\n{script}\n").unwrap();
    assert!(writer.wait().unwrap().success());
}
