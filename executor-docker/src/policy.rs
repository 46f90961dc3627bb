//! Pull policies: which a job wants, which it may have, and in what order they are tried.

use crate::Settings;
use executor::PrepareError;
use std::fmt;

/// When an image is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Always.
    Always,
    /// Unless the engine has it.
    IfNotPresent,
    /// Never.
    Never,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Always, Self::IfNotPresent, Self::Never];

    /// The policy of this name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == word)
    }

    /// Its name in configurations and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::IfNotPresent => "if-not-present",
            Self::Never => "never",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who wants a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The job.
    Job,
    /// `pull_policy` of the configuration.
    Configuration,
    /// Nobody.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Job => "GitLab pipeline config",
            Self::Configuration => "Runner config",
            Self::Default => "Runner config (default)",
        })
    }
}

/// There is no policy by which an image may be had. The texts are gitlab-runner's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The configuration has a word that is no policy.
    #[error("unsupported {key} config: {word:?}")]
    Unsupported {
        /// The key.
        key: &'static str,
        /// The word.
        word: String,
    },
    /// All that are wanted are forbidden.
    #[error(
        "invalid pull policy for image {image:?}: pull_policy ({}) defined in {origin} is not one of the \
         allowed_pull_policies ({})",
        list(wanted),
        list(allowed)
    )]
    NotAllowed {
        /// The image.
        image: String,
        /// What is wanted.
        wanted: Vec<String>,
        /// By whom.
        origin: Origin,
        /// What is allowed.
        allowed: Vec<Policy>,
    },
}

impl From<PolicyError> for PrepareError {
    fn from(error: PolicyError) -> Self {
        Self::Configuration { message: error.to_string() }
    }
}

/// Policies as the log lists them: `[always never]`.
pub fn list<T: fmt::Display>(policies: &[T]) -> String {
    let names: Vec<String> = policies.iter().map(T::to_string).collect();
    format!("[{}]", names.join(" "))
}

/// What a key of the configuration lists.
pub(crate) fn configured(key: &'static str, words: &[String]) -> Result<Vec<Policy>, PolicyError> {
    let policy = |word: &String| {
        Policy::named(word).ok_or_else(|| PolicyError::Unsupported { key, word: word.clone() })
    };
    words.iter().map(policy).collect()
}

/// The policies to try for an image, in order: those of the job (`wanted`), else those of the configuration, as far
/// as they are allowed. Repetitions stay: they are how further tries are asked for.
///
/// # Errors
/// [`PolicyError`] when none is left, or the configuration has a word that is none.
pub fn effective(wanted: &[String], settings: &Settings, image: &str) -> Result<Vec<Policy>, PolicyError> {
    let default = || vec![Policy::Always];
    let or = |policies: Vec<Policy>, other: &dyn Fn() -> Vec<Policy>| {
        if policies.is_empty() { other() } else { policies }
    };
    let configured_policies = configured("pull_policy", &settings.pull_policy)?;
    let allowed = configured("allowed_pull_policies", &settings.allowed_pull_policies)?;
    let own = or(configured_policies.clone(), &default);
    let allowed = or(allowed, &|| own.clone());
    let (wanted, origin) = match (wanted.is_empty(), configured_policies.is_empty()) {
        (false, _) => (wanted.to_vec(), Origin::Job),
        (true, false) => (settings.pull_policy.clone(), Origin::Configuration),
        (true, true) => (vec![Policy::Always.to_string()], Origin::Default),
    };
    let effective: Vec<Policy> = wanted
        .iter()
        .filter_map(|word| Policy::named(word))
        .filter(|policy| allowed.contains(policy))
        .collect();
    if effective.is_empty() {
        return Err(PolicyError::NotAllowed { image: image.to_owned(), wanted, origin, allowed });
    }
    Ok(effective)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    fn of(wanted: &[&str], policy: &[&str], allowed: &[&str]) -> String {
        let settings = Settings {
            pull_policy: words(policy),
            allowed_pull_policies: words(allowed),
            ..Settings::default()
        };
        match effective(&words(wanted), &settings, "ruby:3") {
            Ok(policies) => list(&policies),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_job_comes_first_within_what_is_allowed() {
        let all = ["always", "if-not-present", "never"];
        for (wanted, policy, allowed, effective) in [
            (&[][..], &[][..], &[][..], "[always]"),
            (&[], &["never"], &[], "[never]"),
            (&["always"], &[], &[], "[always]"),
            (&["never", "always"], &["if-not-present"], &all, "[never always]"),
            (&["never", "always"], &["always"], &[], "[always]"),
            (&["always", "always"], &["always"], &[], "[always always]"),
            (&[], &["always", "never"], &["never"], "[never]"),
        ] {
            assert_eq!(of(wanted, policy, allowed), effective, "{wanted:?} {policy:?} {allowed:?}");
        }
    }

    #[test]
    fn refusals_are_worded_as_gitlab_runner_words_them() {
        let refusal = |wanted: &str, origin: &str, allowed: &str| {
            format!(
                "invalid pull policy for image \"ruby:3\": pull_policy ({wanted}) defined in {origin} is not one \
                 of the allowed_pull_policies ({allowed})"
            )
        };
        assert_eq!(of(&["never"], &[], &[]), refusal("[never]", "GitLab pipeline config", "[always]"));
        assert_eq!(
            of(&["if-not-present", "what"], &[], &["always", "never"]),
            refusal("[if-not-present what]", "GitLab pipeline config", "[always never]")
        );
        assert_eq!(of(&[], &["always"], &["never"]), refusal("[always]", "Runner config", "[never]"));
        assert_eq!(of(&[], &[], &["never"]), refusal("[always]", "Runner config (default)", "[never]"));
    }

    #[test]
    fn words_that_are_no_policy() {
        assert_eq!(of(&[], &["x"], &[]), "unsupported pull_policy config: \"x\"");
        assert_eq!(of(&["always"], &[], &["x"]), "unsupported allowed_pull_policies config: \"x\"");
        assert_eq!(Policy::named("Always"), None);
    }
}
