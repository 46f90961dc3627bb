//! What commands are given.

use super::Subject;
use super::bench::{Fault, GRACE, Job, same};
use crate::{Command, Exit, Stream};
use bytes::Bytes;
use std::ffi::OsString;

const BIG: usize = 10 << 20;

/// Numbered lines, so that what is lost or swapped shows.
fn lines(size: usize, before: &str) -> String {
    let mut text = String::with_capacity(size + 64);
    let mut number = 0_u64;
    while text.len() < size {
        use std::fmt::Write;
        // Writing to a string does not fail.
        let _ = writeln!(text, "{before}{number:020}");
        number += 1;
    }
    text
}

/// A script of 10 MB, whose commands write before its last line is read.
pub(super) async fn script_of_any_size<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let script = format!("echo first\n{}echo last\nexit 5\n", lines(BIG, ": line "));
        same("exit", job.script(script).await?, Exit::Code(5))?;
        same("output", job.stdout().as_str(), "first\nlast\n")?;
        Ok(())
    })
    .await
}

/// 10 MB through a program and back, which needs both directions at once.
pub(super) async fn data_of_any_size<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let data = Bytes::from(lines(BIG, ""));
        let mut command = Command::helper("behaviour", "cat", [""; 0]);
        command.stdin = data.clone();
        same("exit", job.run(command).await?, Exit::Code(0))?;
        same("whether the data came back", job.output.bytes(Stream::Stdout) == data, true)?;
        Ok(())
    })
    .await
}

/// A program need not read what it is given.
pub(super) async fn unread_data<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let mut command = Command::helper("behaviour", "sh", ["-c", "exit 4"]);
        command.stdin = lines(BIG, "").into();
        same("exit", job.run(command).await?, Exit::Code(4))?;
        Ok(())
    })
    .await
}

/// Without data there is nothing to read, and nothing to wait for.
pub(super) async fn no_data<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        same("exit", job.run(Command::helper("behaviour", "cat", [""; 0])).await?, Exit::Code(0))?;
        same("output", job.stdout().as_str(), "")?;
        Ok(())
    })
    .await
}

/// Variables arrive as they are, replace others, and are gone afterwards.
pub(super) async fn environment<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let value = "a 'b' \"c\" $(d) `e` \\ \n ü \t end ";
        let script = "printf '%s' \"$GIVEN\"; printf '%s' \"${PLAIN-unset}\" >&2";
        let mut command = Command::script("behaviour", script);
        command.environment = vec![
            ("GIVEN".into(), "replaced".into()),
            ("PLAIN".into(), "".into()),
            ("GIVEN".into(), OsString::from(value)),
        ];
        same("exit", job.run(command).await?, Exit::Code(0))?;
        same("variable", job.stdout().as_str(), value)?;
        same("empty variable", job.stderr().as_str(), "")?;
        job.output = Default::default();
        job.script(script).await?;
        same("variable of the command before", job.stdout().as_str(), "")?;
        same("variable of the command before", job.stderr().as_str(), "unset")?;
        Ok(())
    })
    .await
}

/// The working directory is the one that was asked for.
pub(super) async fn directory<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let directory = subject.directory();
        let mut command = Command::helper("behaviour", "pwd", ["-P"]);
        command.directory = Some(directory.clone());
        same("exit", job.run(command).await?, Exit::Code(0))?;
        let mut command = Command::script("behaviour", "pwd -P");
        command.directory = Some(directory.clone());
        same("exit", job.run(command).await?, Exit::Code(0))?;
        same("directories", job.stdout(), format!("{0}\n{0}\n", directory.display()))?;
        Ok(())
    })
    .await
}

/// Arguments arrive as they are.
pub(super) async fn arguments<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let arguments = ["[%s]", "", "a b", "'", "$(x)", "-n", "\n", "*"];
        same("exit", job.run(Command::helper("behaviour", "printf", arguments)).await?, Exit::Code(0))?;
        same("output", job.stdout().as_str(), "[][a b]['][$(x)][-n][\n][*]")?;
        Ok(())
    })
    .await
}
