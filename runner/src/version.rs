//! What this program says it is.

use protocol::FOLLOWED_VERSION;

/// Its name.
pub(crate) const NAME: &str = "runner";

/// Its own version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The source it was built from, where the build says so, else its version.
pub(crate) const REVISION: &str = match option_env!("RUNNER_REVISION") {
    Some(revision) => revision,
    None => VERSION,
};

const BRANCH: &str = match option_env!("RUNNER_BRANCH") {
    Some(branch) => branch,
    None => "HEAD",
};

const BUILT: &str = match option_env!("RUNNER_BUILT_AT") {
    Some(time) => time,
    None => "unknown",
};

/// The machine in Go's words.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

/// The answer to `--version`.
pub(crate) fn text() -> String {
    format!(
        "Version:      {VERSION} ({NAME}, follows gitlab-runner {FOLLOWED_VERSION})\n\
         Git revision: {REVISION}\n\
         Git branch:   {BRANCH}\n\
         Rust version: {}\n\
         Built:        {BUILT}\n\
         OS/Arch:      {}/{}\n",
        env!("CARGO_PKG_RUST_VERSION"),
        std::env::consts::OS,
        architecture(),
    )
}

/// The `User-Agent` of every request.
pub(crate) fn user_agent() -> String {
    format!(
        "{NAME} {VERSION} (gitlab-runner {FOLLOWED_VERSION}; {REVISION}; {}/{})",
        std::env::consts::OS,
        architecture()
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn six_lines_name_the_program_and_what_it_follows() {
        let text = super::text();
        assert_eq!(text.lines().count(), 6);
        assert!(text.starts_with("Version:      ") && text.contains("gitlab-runner 19.4.0"));
    }
}
