//! What the runner keeps in the temporary directory for a job's scripts.
//!
//! File variables are written before every stage that exports variables, so that a stage finds them whole
//! whatever the one before did to them. Only the directory's owner may enter it; the files in it get the mode
//! that the umask leaves, which is what scripts see under gitlab-runner.

use super::Variables;
use super::export::{GIT_CONFIG_GLOBAL_FILE, GITLAB_ENV_FILE, is_shell_name};
use super::private_dir::PrivateDir;
use executor::Workspace;
use nix::sys::stat::Mode;
use std::io;

/// Name of git's configuration with the job's credentials.
pub(crate) const EXT_CONFIG_FILE: &str = ".gitlab-runner.ext.conf";
/// Where gitlab-runner keeps values that scripts asked to mask.
const MASKING_FILE: &str = "masking.db";

/// Makes the temporary directory ready for a stage: file variables are written, `GITLAB_ENV` exists.
///
/// # Errors
/// The directory cannot be made or written to.
pub fn prepare_stage(variables: &Variables, workspace: &Workspace) -> io::Result<()> {
    let dir = PrivateDir::open(&workspace.temp_dir)?;
    for variable in variables.iter().filter(|v| v.file && is_shell_name(&v.key)) {
        dir.write(&variable.key, variable.value.as_bytes(), Mode::from_bits_truncate(0o666))?;
    }
    dir.touch(GITLAB_ENV_FILE)
}

/// Removes what an earlier job may have left for scripts to find: at the start of a job.
///
/// # Errors
/// A file is there and cannot be removed.
pub fn forget_earlier_job(workspace: &Workspace) -> io::Result<()> {
    let Some(dir) = PrivateDir::open_existing(&workspace.temp_dir)? else { return Ok(()) };
    dir.remove(GITLAB_ENV_FILE)?;
    dir.remove(MASKING_FILE)
}

/// Removes every secret from the temporary directory: at the end of a job. All are tried.
///
/// # Errors
/// The first file that is there and cannot be removed.
pub fn remove_secrets(variables: &Variables, workspace: &Workspace) -> io::Result<()> {
    let Some(dir) = PrivateDir::open_existing(&workspace.temp_dir)? else { return Ok(()) };
    let own = [GITLAB_ENV_FILE, MASKING_FILE, EXT_CONFIG_FILE, GIT_CONFIG_GLOBAL_FILE];
    let files = variables.iter().filter(|v| v.file && is_shell_name(&v.key)).map(|v| v.key.as_str());
    let mut result = Ok(());
    for name in own.into_iter().chain(files) {
        let removed = dir.remove(name);
        result = result.and(removed);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::Flags;
    use crate::variables::testing::{order, workspace};
    use protocol::Variable;

    #[test]
    fn files_are_exact_and_gone_in_the_end() {
        let root = tempfile::tempdir().unwrap();
        let workspace = workspace(root.path());
        let mut order = order(&[]);
        order.payload.variables.push(Variable {
            file: true,
            ..Variable::public("CERT", "-----BEGIN-----\nx\0 $UNSET'\n-----END-----")
        });
        order.payload.variables.push(Variable { file: true, ..Variable::public("../escape", "x") });
        let list = Variables::build(&order, &Flags::resolve(&order), Some(&workspace));

        prepare_stage(&list, &workspace).unwrap();
        let cert = workspace.temp_dir.join("CERT");
        assert_eq!(std::fs::read_to_string(&cert).unwrap(), "-----BEGIN-----\nx\0 '\n-----END-----");
        assert_eq!(std::fs::read(workspace.temp_dir.join("gitlab_runner_env")).unwrap(), b"");
        assert!(!root.path().join("builds/escape").exists());

        std::fs::write(workspace.temp_dir.join("gitlab_runner_env"), "A=b\n").unwrap();
        std::fs::write(&cert, "changed by the job").unwrap();
        prepare_stage(&list, &workspace).unwrap();
        assert!(std::fs::read_to_string(&cert).unwrap().starts_with("-----BEGIN"));
        assert_eq!(std::fs::read(workspace.temp_dir.join("gitlab_runner_env")).unwrap(), b"A=b\n");

        forget_earlier_job(&workspace).unwrap();
        assert!(!workspace.temp_dir.join("gitlab_runner_env").exists());
        remove_secrets(&list, &workspace).unwrap();
        assert_eq!(std::fs::read_dir(&workspace.temp_dir).unwrap().count(), 0);
    }

    #[test]
    fn nothing_to_remove_is_fine() {
        let root = tempfile::tempdir().unwrap();
        let workspace = workspace(root.path());
        let order = order(&[]);
        let list = Variables::build(&order, &Flags::resolve(&order), Some(&workspace));
        forget_earlier_job(&workspace).unwrap();
        remove_secrets(&list, &workspace).unwrap();
    }
}
