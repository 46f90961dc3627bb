//! The environment that a job works on.

use ci_yaml::config;
use ci_yaml::matching::slug;
use ci_yaml::variables::{ExpansionError, Scope, Undefined};
use serde::{Deserialize, Serialize};

/// The environment that a job works on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its name, expanded.
    pub name: String,
    /// The name as in `CI_ENVIRONMENT_SLUG`.
    pub slug: String,
    /// `production`, `staging`, `testing`, `development` or `other`.
    pub tier: String,
    /// `start`, `stop`, `prepare`, `verify` or `access`.
    pub action: String,
    /// Its address, not expanded: what the job leaves may be part of it.
    pub url: Option<String>,
    /// The job that stops it.
    pub on_stop: Option<String>,
    /// When it stops by itself, not expanded.
    pub auto_stop_in: Option<String>,
}

impl Environment {
    /// One whose name is expanded.
    pub(super) fn new(
        name: &str,
        written: &config::Environment,
        scope: &Scope<'_>,
    ) -> Result<Self, ExpansionError> {
        let tier = match &written.deployment_tier {
            Some(tier) => scope.expand_nested(tier, Undefined::Empty)?,
            None => guess_tier(name).to_owned(),
        };
        Ok(Self {
            name: name.to_owned(),
            slug: slug::environment(name),
            tier,
            action: written.action.to_string(),
            url: written.url.as_deref().map(str::to_owned),
            on_stop: written.on_stop.as_deref().map(str::to_owned),
            auto_stop_in: written.auto_stop_in.as_deref().map(str::to_owned),
        })
    }
}

/// Parts of names that tell the tier, those first that count first (`Environment#guess_tier`).
const TIERS: &[(&str, &[&str])] = &[
    ("development", &["dev", "review", "trunk"]),
    ("testing", &["test", "tst", "int", "acpt", "accept", "qa", "qc", "control", "quality"]),
    ("staging", &["stg", "stag", "modl", "model", "pre", "demo", "non"]),
    ("production", &["prd", "prod", "live"]),
];

/// The tier of an environment that does not say it: any of these parts anywhere in the name, in whatever case.
fn guess_tier(name: &str) -> &'static str {
    let name = name.to_lowercase();
    let found = TIERS.iter().find(|(_, parts)| parts.iter().any(|part| name.contains(part)));
    found.map_or("other", |(tier, _)| tier)
}

#[cfg(test)]
mod tests {
    use super::guess_tier;

    #[test]
    fn names_tell_tiers() {
        for (name, tier) in [
            ("production", "production"),
            ("Prod-eu", "production"),
            ("live", "production"),
            ("review/main", "development"),
            ("staging", "staging"),
            ("preprod", "staging"),
            ("qa", "testing"),
            ("integration", "testing"),
            ("elsewhere", "other"),
        ] {
            assert_eq!(guess_tier(name), tier, "{name}");
        }
    }
}
