//! `replay --repo`: another repository in place of the payload's own.

use crate::error::CliError;
use protocol::Job;
use std::path::Path;
use std::process::{Command, Stdio};

/// Lets the job check out `repository` (a folder or an address) at its `HEAD`.
///
/// # Errors
/// Git cannot read the repository, or it has no commit.
pub(super) fn replace(payload: &mut Job, repository: &str) -> Result<(), CliError> {
    let address = address(repository)?;
    let (sha, branch) = head(&address, repository)?;
    let git = &mut payload.git_info;
    if let Some(branch) = branch {
        git.reference = branch;
    }
    git.repo_url = address.into();
    git.sha = sha;
    // The commit alone: whatever it is called, it is what `HEAD` of that repository names.
    git.refspecs = vec!["+HEAD:refs/remotes/origin/HEAD".to_owned()];
    Ok(())
}

/// A folder as an address, since git takes no depth for a path.
fn address(repository: &str) -> Result<String, CliError> {
    let path = Path::new(repository);
    if !path.exists() {
        return Ok(repository.to_owned());
    }
    let whole = path.canonicalize();
    let whole =
        whole.map_err(|error| CliError::usage(format!("cannot use {repository}")).caused_by(&error))?;
    Ok(format!("file://{}", whole.display()))
}

/// The commit and the branch of `HEAD`.
fn head(address: &str, shown: &str) -> Result<(String, Option<String>), CliError> {
    let output = Command::new("git")
        .args(["ls-remote", "--symref", "--", address, "HEAD"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| CliError::operation("cannot run git").caused_by(&error))?;
    read_head(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| {
        CliError::usage(format!("{shown} is not a repository with a commit"))
            .hint("--repo takes the folder or the address of a git repository")
    })
}

/// Reads what `git ls-remote --symref` says of `HEAD`.
fn read_head(listing: &str) -> Option<(String, Option<String>)> {
    let lines = || listing.lines().filter_map(|line| line.strip_suffix("\tHEAD"));
    let branch = lines().find_map(|line| line.strip_prefix("ref: refs/heads/"));
    let sha = lines().find(|line| line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    Some((sha.to_owned(), branch.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_is_read() {
        let sha = "3abc197d3abc197d3abc197d3abc197d3abc197d";
        let listing = format!("ref: refs/heads/main\tHEAD\n{sha}\tHEAD\n");
        assert_eq!(read_head(&listing), Some((sha.to_owned(), Some("main".to_owned()))));
        assert_eq!(read_head(&format!("{sha}\tHEAD\n")), Some((sha.to_owned(), None)));
        assert_eq!(read_head(""), None);
    }

    #[test]
    fn a_folder_without_a_repository_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error =
            replace(&mut Job::default(), &folder.path().display().to_string()).unwrap_err().one_line();
        assert!(error.contains("is not a repository with a commit"), "{error}");
    }
}
