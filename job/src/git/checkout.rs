//! From a repository with the job's commit in it to a work tree of that commit.

use super::credentials::Remotes;
use super::fetch::proactive_auth;
use super::lfs;
use super::run::Git;
use crate::variables::JobView;
use crate::{StageError, notice};
use executor::Executor;

/// Checks the commit out, removes what does not belong to it, and gets its large files.
pub(super) async fn checkout<E: Executor>(
    view: JobView<'_>,
    git: &mut Git<'_, '_, E>,
    remotes: &Remotes,
) -> Result<(), StageError> {
    let options = &view.options.git;
    if !options.checkout {
        notice::notice(git.output(), "Skipping Git checkout");
        return Ok(());
    }
    let info = &view.order.payload.git_info;
    let short: String = info.sha.chars().take(8).collect();
    let text = format!("Checking out {short} as detached HEAD (ref is {})...", info.reference);
    notice::notice(git.output(), &text);
    let mut args = vec!["-c".to_owned(), "submodule.recurse=false".to_owned()];
    args.extend(proactive_auth(view, remotes));
    args.extend(["checkout", "-f", "-q", &info.sha].map(str::to_owned));
    git.must(&args).await?;
    if !options.clean_flags.is_empty() {
        let mut args = vec!["clean".to_owned()];
        args.extend(options.clean_flags.iter().cloned());
        git.must(&args).await?;
    }
    if lfs::is_wanted(view, git) {
        if lfs::may_be_used(view) {
            git.must(&["lfs", "pull"]).await?;
        }
        notice::plain(git.output(), "");
    }
    Ok(())
}
