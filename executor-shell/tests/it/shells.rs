//! Shells as users know them from gitlab-runner.

use crate::kit::{Shells, block_on, environment, settings, turn, with_job, workspace};
use executor::behaviour::Record;
use executor::{Executor, Exit, Stream};
use executor_shell::{CgroupChoice, Cgroups, Settings, Shell, ShellExecutor};
use std::time::{Duration, Instant};

fn shells(change: fn(&mut Settings)) -> Shells {
    let mut shells = Shells::with(CgroupChoice::Auto).unwrap();
    shells.change = change;
    shells
}

fn prepare(change: impl FnOnce(&mut Settings)) -> Result<String, String> {
    let mut settings = settings(&Cgroups::default());
    change(&mut settings);
    let record = std::sync::Arc::new(Record::default());
    let output = std::sync::Arc::clone(&record);
    let result = block_on(async { ShellExecutor::new(settings).prepare(&workspace(), output).await });
    result.map(|()| record.text(Stream::Stdout)).map_err(|error| error.to_string())
}

#[test]
fn prepare_names_the_shell() {
    assert_eq!(prepare(|_| ()).unwrap(), "\x1b[0KUsing Shell (bash) executor...\x1b[0;m\n");
    assert_eq!(
        prepare(|settings| settings.shell = Shell::named("sh")).unwrap(),
        "\x1b[0KUsing Shell (sh) executor...\x1b[0;m\n"
    );
}

#[test]
fn other_shells_are_refused() {
    for name in ["pwsh", "powershell", "cmd", "zsh", "/bin/bash"] {
        let refusal = prepare(|settings| settings.shell = Shell::named(name)).unwrap_err();
        assert_eq!(refusal, format!("shell {name} is not supported: use bash or sh"));
    }
}

#[test]
fn a_missing_shell_is_named() {
    let refusal = prepare(|settings| settings.environment = vec![("PATH".into(), "/nonexistent".into())]);
    assert_eq!(refusal.unwrap_err(), "shell bash not found in PATH: supported are bash and sh");
}

#[test]
fn only_a_login_shell_reads_the_profile() {
    let _turn = turn();
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".profile"), "echo profile read\n").unwrap();
    for (shell, login) in [(Shell::Bash, true), (Shell::Bash, false), (Shell::Sh, true), (Shell::Sh, false)] {
        let mut settings = settings(&Cgroups::default());
        (settings.shell, settings.login) = (shell.clone(), login);
        settings.environment.push(("HOME".into(), home.path().into()));
        let record = std::sync::Arc::new(Record::default());
        let command = executor::Command::script("behaviour", "echo $0 $INHERITED");
        block_on(async {
            let mut executor = ShellExecutor::new(settings);
            executor.run(command, record.clone(), &executor::CancellationToken::new()).await.unwrap();
            executor.cleanup().await.unwrap();
        });
        let profile = if login { "profile read\n" } else { "" };
        assert_eq!(record.text(Stream::Stdout), format!("{profile}{shell} yes\n"));
    }
}

#[test]
fn errors_carry_the_name_of_the_shell() {
    let _turn = turn();
    with_job(&shells(|_| ()), async |job| {
        assert_eq!(job.script("no-such-command").await?, Exit::Code(127));
        assert_eq!(job.stderr(), "bash: line 1: no-such-command: command not found\n");
        Ok(())
    });
}

/// The line that ends the log of many a cancelled job.
#[test]
fn bash_tells_that_its_child_was_terminated() {
    let _turn = turn();
    with_job(&shells(|_| ()), async |job| {
        let exit =
            job.stop_at("ready", "trap 'exit 1' TERM; (trap - TERM; echo ready; exec sleep 1000)").await?;
        assert_eq!(exit, Exit::Code(1));
        assert!(job.stderr().contains("Terminated"), "{:?}", job.stderr());
        Ok(())
    });
}

/// What the shell hands to a process substitution arrives, though the shell does not wait for it.
#[test]
fn a_substituted_tee_has_its_last_words() {
    let _turn = turn();
    let mut shells = shells(|_| ());
    shells.change = |settings| settings.linger = Duration::from_secs(60);
    with_job(&shells, async |job| {
        let start = Instant::now();
        for _ in 0..20 {
            job.output = std::sync::Arc::default();
            assert_eq!(job.script("exec > >(cat); echo one; echo two").await?, Exit::Code(0));
            assert_eq!(job.stdout(), "one\ntwo\n");
        }
        assert!(start.elapsed() < Duration::from_secs(60), "the end of output ends the wait");
        Ok(())
    });
}

#[test]
fn orphans_that_end_do_not_stay_as_zombies() {
    let _turn = turn();
    for choice in [CgroupChoice::Auto, CgroupChoice::Never] {
        with_job(&Shells::with(choice).unwrap(), async |job| {
            // Orphans that ended while the script still runs; it waits until they are gone.
            let script = format!(
                "for i in 1 2 3 4 5 6 7 8; do (setsid sleep 0.01 &); done
                while grep -lsE '^State:.*zombie' $(sed 's@[^ ]*@/proc/&/status@g' /proc/{0}/task/*/children) >&2
                    || [ $(cat /proc/{0}/task/*/children | wc -w) -gt 1 ]
                do sleep 0.01; done",
                std::process::id()
            );
            let script = script.replace("\n                    ||", " ||");
            assert_eq!(job.script(script).await?, Exit::Code(0));
            Ok(())
        });
    }
}

#[test]
fn commands_leave_no_descriptors_behind() {
    let _turn = turn();
    let count = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    with_job(&shells(|_| ()), async |job| {
        job.script("exit 0").await?;
        let before = count();
        for _ in 0..20 {
            job.script("exit 0").await?;
        }
        assert_eq!(count(), before);
        Ok(())
    });
}

#[test]
fn helpers_are_said_to_have_what_is_inherited() {
    let executor = ShellExecutor::new(settings(&Cgroups::default()));
    assert_eq!(executor.helper_environment(), environment());
}
