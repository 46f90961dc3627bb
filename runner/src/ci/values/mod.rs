//! Variables of local runs that lie in files: what GitLab keeps in the settings of a project.
//!
//! From low precedence to high:
//!
//! | Where | Form | Hidden in logs |
//! |---|---|---|
//! | `.gitlab-ci-local-variables.yml` in the root of the repository | [`yaml`] | no |
//! | `.runner/variables.toml` there | [`toml`] | where it says so |
//! | `.env` there | [`dotenv`] | no |
//! | `$XDG_CONFIG_HOME/runner/variables.toml` (`~/.config`) | [`toml`] | yes, unless it says otherwise |
//! | `--variables-file`, in the order given | by the ending of its name | where it says so |
//!
//! All of them are variables of the project: `--project-variable` and `--variable` win over them, and where a variable
//! has environment scopes, the more specific one counts first.

mod dotenv;
mod file;
mod pattern;
mod toml;
mod yaml;

#[cfg(test)]
mod tests;

use crate::ci::World;
use crate::ci::args::ValueArgs;
use crate::ci::context::{Project, Scene};
use crate::environment::Environment;
use crate::error::CliError;
use ci_yaml::SettingVariable;
use std::path::{Path, PathBuf};

/// gitlab-ci-local's file.
const OF_GITLAB_CI_LOCAL: &str = ".gitlab-ci-local-variables.yml";

/// Our own.
const OF_REPOSITORY: &str = ".runner/variables.toml";

/// Everybody's.
const DOTENV: &str = ".env";

/// Shortest value that is hidden in logs: shorter ones would make them unreadable and be guessed anyway.
const SHORTEST_MASKED: usize = 4;

/// A variable and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// The variable.
    pub(super) variable: SettingVariable,
    /// The file as people know it, and the line: `.env:3`.
    pub(super) place: String,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    /// From low precedence to high.
    pub(super) list: Vec<Value>,
    /// What people should know, a line each.
    pub(super) warnings: Vec<String>,
}

impl Values {
    /// The variables alone.
    fn variables(&self) -> Vec<SettingVariable> {
        self.list.iter().map(|value| value.variable.clone()).collect()
    }

    fn add(&mut self, found: Vec<Value>) {
        for mut value in found {
            let variable = &mut value.variable;
            let length = variable.value.trim().chars().count();
            if variable.masked && length < SHORTEST_MASKED {
                variable.masked = false;
                if length > 0 {
                    self.warnings.push(format!(
                        "{}: `{}` is too short to be hidden in logs (fewer than {SHORTEST_MASKED} characters)",
                        value.place, variable.name
                    ));
                }
            }
            self.list.push(value);
        }
    }
}

/// Gives scenes of a project what files hold; what flags said of variables still wins.
///
/// # Errors
/// A file that is there cannot be read or understood, or others may read the user's secrets. The message names file,
/// line and key, and no value.
pub(super) fn give(
    args: &ValueArgs,
    project: &Project,
    world: &World<'_>,
    scenes: &mut [Scene],
) -> Result<Values, CliError> {
    let path = scenes.first().map(|scene| scene.context.project.path.clone()).unwrap_or_default();
    let place = Place { root: project.root(), current: &world.current, project: &path };
    let values = read(args, place, world.environment)?;
    for scene in scenes {
        scene.context.project_variables.splice(0..0, values.variables());
    }
    Ok(values)
}

/// Where files are looked for, and for whom.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    /// The root of the repository.
    root: &'a Path,
    /// What paths of flags are relative to.
    current: &'a Path,
    /// The project's path on GitLab.
    project: &'a str,
}

fn read(args: &ValueArgs, place: Place<'_>, environment: &Environment) -> Result<Values, CliError> {
    let Place { root, current, project } = place;
    let mut values = Values::default();
    if !args.no_variables_files {
        for name in [OF_GITLAB_CI_LOCAL, OF_REPOSITORY, DOTENV] {
            if let Some(text) = file::of_repository(root, name)? {
                values.add(understood(name, &text, project, &Surroundings::of_repository(root))?);
            }
        }
        if let Some(path) = user_file(environment)
            && let Some(text) = file::of_user(&path)?
        {
            let shown = short(&path, environment);
            values.add(understood(&shown, &text, project, &Surroundings::of_user(&path, environment))?);
        }
    }
    for path in &args.variables_file {
        let full = current.join(path);
        let text = file::given(&full)?;
        let shown = path.display().to_string();
        values.add(understood(&shown, &text, project, &Surroundings::given(&full, environment))?);
    }
    Ok(values)
}

/// A path of the user as people write it.
fn short(path: &Path, environment: &Environment) -> String {
    let home = environment.home();
    match home.as_deref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// The user's secrets.
fn user_file(environment: &Environment) -> Option<PathBuf> {
    let absolute = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    let folder = environment.non_empty("XDG_CONFIG_HOME").and_then(absolute);
    Some(
        folder.or_else(|| environment.home().map(|home| home.join(".config")))?.join("runner/variables.toml"),
    )
}

/// What the form of a file means where the file is.
struct Surroundings {
    /// The folder that paths in the file are relative to.
    folder: PathBuf,
    /// What `~` stands for.
    home: Option<PathBuf>,
    /// Paths may not leave the folder: others wrote the file.
    confined: bool,
    /// Values are secrets unless the file says otherwise.
    secret: bool,
}

impl Surroundings {
    fn of_repository(root: &Path) -> Self {
        Self { folder: root.to_owned(), home: None, confined: true, secret: false }
    }

    fn of_user(path: &Path, environment: &Environment) -> Self {
        Self { secret: true, ..Self::given(path, environment) }
    }

    fn given(path: &Path, environment: &Environment) -> Self {
        let folder = crate::paths::folder_of_file(path);
        Self { folder, home: environment.home(), confined: false, secret: false }
    }
}

/// The variables of a text, by the ending of its file's name.
fn understood(
    shown: &str,
    text: &str,
    project: &str,
    surroundings: &Surroundings,
) -> Result<Vec<Value>, CliError> {
    let ending = Path::new(shown).extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    let found = match ending {
        "toml" => toml::parse(text, project, surroundings),
        "yml" | "yaml" => yaml::parse(text),
        _ => dotenv::parse(text),
    };
    let found = found.map_err(|fault| {
        let error = CliError::usage(format!("{shown}:{}: {}", fault.line, fault.message));
        if surroundings.confined { error.hint("--no-variables-files leaves it out") } else { error }
    })?;
    let place = |found: Found| Value { place: format!("{shown}:{}", found.line), variable: found.variable };
    Ok(found.into_iter().map(place).collect())
}

/// A variable of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    /// The line, from 1.
    line: usize,
    variable: SettingVariable,
}

impl Found {
    fn plain(line: usize, name: &str, value: impl Into<String>) -> Self {
        let variable = SettingVariable {
            name: name.to_owned(),
            value: value.into(),
            raw: false,
            file: false,
            masked: false,
            protected: false,
            scope: "*".to_owned(),
        };
        Self { line, variable }
    }
}

/// What is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    /// The line, from 1.
    line: usize,
    /// What it is: names keys and no value.
    message: String,
}

impl Fault {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// GitLab's rule for names (`^[a-zA-Z0-9_]+$`, at most 255 characters), and the shell's, which takes no digit first.
fn check_name(line: usize, name: &str) -> Result<(), Fault> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let fault = match name.as_bytes().first() {
        None => "a name is missing".to_owned(),
        Some(first) if first.is_ascii_digit() => {
            format!("`{name}` begins with a digit: shells have no such variable")
        }
        Some(_) if !plain => format!("`{name}` is no name of a variable: letters, digits and _ are"),
        Some(_) if name.len() > 255 => "a name has more than 255 characters".to_owned(),
        Some(_) => return Ok(()),
    };
    Err(Fault::new(line, fault))
}

/// What no variable can have in it.
fn check_value(line: usize, name: &str, value: &str) -> Result<(), Fault> {
    if value.contains('\0') {
        return Err(Fault::new(line, format!("`{name}` has a zero byte in it")));
    }
    Ok(())
}
