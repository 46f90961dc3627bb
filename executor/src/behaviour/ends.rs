//! How commands end.

use super::Subject;
use super::bench::{Fault, GRACE, Job, same};
use crate::{Command, Exit};

/// Status 0.
pub(super) async fn success<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        same("exit", job.script("echo hello").await?, Exit::Code(0))?;
        same("output", job.stdout().as_str(), "hello\n")?;
        Ok(())
    })
    .await
}

/// The status of the last command of a script.
pub(super) async fn failure<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        same("exit", job.script("echo oh >&2; false").await?, Exit::Code(1))?;
        same("error output", job.stderr().as_str(), "oh\n")?;
        same(
            "exit of a program",
            job.run(Command::helper("behaviour", "false", [""; 0])).await?,
            Exit::Code(1),
        )?;
        Ok(())
    })
    .await
}

/// All statuses come through.
pub(super) async fn every_kind_of_exit_code<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        for code in [0, 1, 2, 42, 126, 127, 128, 130, 254, 255] {
            same("exit", job.script(format!("exit {code}")).await?, Exit::Code(code))?;
        }
        Ok(())
    })
    .await
}

/// A signal is told as such, or the way a container's first process tells it.
pub(super) async fn death_by_signal<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        for number in [9, 15] {
            let exit = job.script(format!("kill -{number} $$; sleep 1000")).await?;
            same("exit", exit == Exit::Signal(number) || exit == Exit::Code(128 + number), true)?;
        }
        Ok(())
    })
    .await
}
