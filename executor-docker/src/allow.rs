//! What jobs may use: images, services, users.

mod glob;

use crate::Settings;
use executor::PrepareError;
use trace::Line;

pub use glob::is_pattern;

/// Whether a list of patterns lets a name pass; an empty one lets everything pass. The name is compared as it is
/// written: `ruby`, `ruby:latest` and `docker.io/library/ruby` are three. Nothing is ever excluded, and what is no
/// pattern matches nothing.
pub fn allows(patterns: &[String], name: &str) -> bool {
    patterns.is_empty() || matches_any(patterns, name)
}

/// Whether a name matches one of the patterns.
pub fn matches_any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| glob::matches(pattern, name))
}

/// Which list is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `allowed_images`.
    Images,
    /// `allowed_services`.
    Services,
}

impl List {
    fn patterns(self, settings: &Settings) -> &[String] {
        match self {
            Self::Images => &settings.allowed_images,
            Self::Services => &settings.allowed_services,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Services => "services",
        }
    }
}

/// An image that the configuration does not allow. The words are gitlab-runner's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("disallowed image")]
pub struct Refusal {
    /// The list that does not have it.
    pub list: List,
    /// The image.
    pub image: String,
    /// What the list has.
    pub patterns: Vec<String>,
}

impl Refusal {
    /// What the log says before the error.
    pub fn lines(&self) -> Vec<(Line, String)> {
        let Self { list, image, patterns } = self;
        let head = format!("The {image:?} image is not present on list of allowed {}:", list.word());
        let advice = "Please check runner's allowed_images configuration: \
                      https://docs.gitlab.com/runner/configuration/advanced-configuration/";
        let mut lines = vec![(Line::Plain, String::new()), (Line::Error, head)];
        lines.extend(patterns.iter().map(|pattern| (Line::Plain, format!("- {pattern}"))));
        lines.extend([(Line::Plain, String::new()), (Line::Plain, advice.to_owned())]);
        lines
    }
}

impl From<Refusal> for PrepareError {
    fn from(refusal: Refusal) -> Self {
        Self::Final { message: refusal.to_string() }
    }
}

/// Checks the image of a job or of a service of a job. `own` are the names, expanded, that the configuration itself
/// uses there: they are always allowed.
///
/// # Errors
/// [`Refusal`].
pub fn check(list: List, settings: &Settings, image: &str, own: &[String]) -> Result<(), Refusal> {
    let patterns = list.patterns(settings);
    if allows(patterns, image) || own.iter().any(|own| own == image) {
        return Ok(());
    }
    Err(Refusal { list, image: image.to_owned(), patterns: patterns.to_vec() })
}

/// A user that the configuration does not allow. The words are gitlab-runner's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "failed to create container configuration: user {user:?} is not an allowed user: [{}]",
    allowed.join(" ")
)]
pub struct UserRefusal {
    /// The user.
    pub user: String,
    /// Those that are allowed.
    pub allowed: Vec<String>,
}

impl From<UserRefusal> for PrepareError {
    fn from(refusal: UserRefusal) -> Self {
        Self::Final { message: refusal.to_string() }
    }
}

/// The user of the build container: the configuration's, else the one that the job asks for (expanded), empty for
/// the image's.
///
/// # Errors
/// [`UserRefusal`] if `allowed_users` does not have it.
pub fn user(settings: &Settings, asked: &str) -> Result<String, UserRefusal> {
    let user = if settings.user.is_empty() { asked } else { &settings.user };
    let allowed = &settings.allowed_users;
    if user.is_empty() || allowed.is_empty() || allowed.iter().any(|allowed| allowed == user) {
        return Ok(user.to_owned());
    }
    Err(UserRefusal { user: user.to_owned(), allowed: allowed.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn an_empty_list_allows_everything() {
        assert!(allows(&[], "evil/image"));
        assert!(!matches_any(&[], "evil/image"));
        assert!(!allows(&texts(&["[", "{a"]), "evil/image"));
        assert!(allows(&texts(&["[", "ruby:*"]), "ruby:3"));
        // No negation: the mark is a character like any other.
        assert!(allows(&texts(&["!ruby", "**"]), "ruby"));
    }

    #[test]
    fn what_the_configuration_uses_is_allowed() {
        let settings = Settings { allowed_images: texts(&["a/*:*", "b"]), ..Settings::default() };
        let check = |image: &str| super::check(List::Images, &settings, image, &texts(&["own"]));
        assert_eq!(check("own"), Ok(()));
        assert_eq!(check("a/b:1"), Ok(()));
        let refusal = check("a/b").unwrap_err();
        assert_eq!(refusal.to_string(), "disallowed image");
        let lines: Vec<String> =
            refusal.lines().into_iter().map(|(line, text)| format!("{line:?} {text}")).collect();
        assert_eq!(
            lines,
            [
                "Plain ",
                "Error The \"a/b\" image is not present on list of allowed images:",
                "Plain - a/*:*",
                "Plain - b",
                "Plain ",
                "Plain Please check runner's allowed_images configuration: \
                 https://docs.gitlab.com/runner/configuration/advanced-configuration/",
            ]
        );
        assert_eq!(super::check(List::Services, &settings, "a/b", &[]), Ok(()));
    }

    #[test]
    fn users() {
        let user = |configured: &str, allowed: &[&str], asked: &str| {
            let settings =
                Settings { user: configured.into(), allowed_users: texts(allowed), ..Settings::default() };
            super::user(&settings, asked).map_err(|refusal| refusal.to_string())
        };
        assert_eq!(user("", &[], "1000"), Ok("1000".into()));
        assert_eq!(user("app", &[], "root"), Ok("app".into()));
        assert_eq!(user("", &["a"], ""), Ok(String::new()));
        assert_eq!(user("", &["a", "1000"], "1000"), Ok("1000".into()));
        assert_eq!(
            user("", &["a", "b"], "root"),
            Err("failed to create container configuration: user \"root\" is not an allowed user: [a b]"
                .into())
        );
        assert!(user("root", &["a"], "a").is_err());
    }
}
