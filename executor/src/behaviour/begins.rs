//! How commands begin, and what they begin with.

use super::Subject;
use super::bench::{Fault, GRACE, Job, Record, same};
use crate::{Command, Executor, Exit, RunError};
use std::ffi::OsString;
use std::path::PathBuf;

/// Making ready may be done again.
pub(super) async fn prepares<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        job.executor.prepare(&subject.workspace(), std::sync::Arc::new(Record::default())).await?;
        same("exit", job.script("exit 0").await?, Exit::Code(0))?;
        Ok(())
    })
    .await
}

/// Neither variables nor directory nor descriptors go from one command to the next.
pub(super) async fn many_commands_share_nothing<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        same("first exit", job.script("pwd; ls -l /proc/self/fd | wc -l").await?, Exit::Code(0))?;
        let first = job.stdout();
        for round in 0..100 {
            job.output = Default::default();
            let script =
                "pwd; ls -l /proc/self/fd | wc -l; echo ${LEFT-} >&2; export LEFT=over; cd /; exit 3";
            same("exit", job.script(script).await?, Exit::Code(3))?;
            same(&format!("output of round {round}"), job.stdout(), first.clone())?;
            same("variable of the round before", job.stderr().trim(), "")?;
        }
        Ok(())
    })
    .await
}

/// Cleaning up works without a command, twice, and without anything before it.
pub(super) async fn nothing_to_clean_up<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        job.end().await?;
        job.end().await?;
        subject.executor(GRACE).await.cleanup().await?;
        Ok(())
    })
    .await
}

/// A program that is not there is an error that names it.
pub(super) async fn missing_program<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        for program in ["no-such-program", "/no/such/program"] {
            refused(job, Command::helper("behaviour", program, ["a"]), program).await?;
        }
        Ok(())
    })
    .await
}

/// So is a working directory.
pub(super) async fn missing_directory<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let mut command = Command::script("behaviour", "exit 0");
        command.directory = Some("/no/such/directory".into());
        refused(job, command, "/no/such/directory").await?;
        Ok(())
    })
    .await
}

async fn refused<S: Subject>(job: &mut Job<'_, S>, command: Command, name: &str) -> Result<(), Fault> {
    match job.run(command).await {
        Err(error @ RunError::Start { .. }) if error.to_string().contains(name) => Ok(()),
        other => Err(Fault::new(format!("instead of an error about {name}: {other:?}"))),
    }
}

/// What no system takes is refused without being shown.
pub(super) async fn not_for_a_system<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let with = |change: &dyn Fn(&mut Command)| {
            let mut command = Command::script("behaviour", "echo ran");
            change(&mut command);
            command
        };
        let commands = [
            with(&|command| command.environment.push(("A".into(), "se\0cret".into()))),
            with(&|command| command.environment.push(("A\0".into(), "secret".into()))),
            with(&|command| command.directory = Some(PathBuf::from("/\0secret"))),
            Command::helper("behaviour", "echo", [OsString::from("se\0cret")]),
        ];
        for command in commands {
            match job.run(command).await {
                Err(error @ RunError::Unfit { .. }) if !error.to_string().contains("cret") => {}
                other => return Err(Fault::new(format!("instead of an error about a NUL byte: {other:?}"))),
            }
        }
        same("output", job.stdout().as_str(), "")?;
        Ok(())
    })
    .await
}

/// A command that nobody waits for any more ends with the job.
pub(super) async fn dropped_command<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
    let output = job.output.clone();
    tokio::select! {
        exit = job.script("echo ready; sleep 1000") => return Err(Fault::new(format!("it ended: {exit:?}"))),
        () = output.until(crate::Stream::Stdout, "ready") => {}
    }
    job.somebody_is_there().await?;
Ok(())
    })
    .await
}
