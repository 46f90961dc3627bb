//! Finds the text that an include names (`External::File`).

use super::failure::{of_source, theirs};
use super::integrity;
use super::location::{Location, Target, is_url};
use super::place::Place;
use super::record::IncludeKind;
use super::suggest;
use crate::variables::Secrets;
use crate::{
    ComponentAddress, Context, Diagnostic, FileIssue, Found, SourceError, SourceFile, Sources, Tree,
};
use std::sync::Arc;

/// What tells files apart: the same one is read once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum FileKey {
    Tree(Tree, String),
    Remote(String),
    Template(String),
    Artifact(String, String),
}

/// A text that was found.
#[derive(Clone, Debug)]
pub(super) struct Fetched {
    pub(super) key: FileKey,
    pub(super) file: SourceFile,
    /// What its own includes are relative to.
    pub(super) place: Place,
}

/// What is needed to find files.
#[derive(Clone, Copy)]
pub(super) struct Fetcher<'a> {
    pub(super) context: &'a Context,
    pub(super) sources: &'a dyn Sources,
    pub(super) secrets: &'a Secrets,
}

impl Fetcher<'_> {
    /// What to show of a location.
    pub(super) fn shown(&self, target: &Target) -> String {
        let node = &target.location;
        self.secrets.mask(&node.to_text().map_or_else(|| node.inspect(), |text| text.to_string()))
    }

    /// Checks a location before anything is looked for (`validate_location!`).
    ///
    /// # Errors
    /// Where it is no text, or not the name of a YAML file.
    pub(super) fn check<'t>(&self, target: &'t Target) -> Result<&'t str, Diagnostic> {
        let shown = self.shown(target);
        let span = target.location.span;
        let Some(text) = target.location.as_str() else {
            return Err(
                theirs("include-location", format!("Included file `{shown}` needs to be a string")).at(span)
            );
        };
        if target.kind != IncludeKind::Component && !has_yaml_extension(text) {
            let message = format!("Included file `{shown}` does not have YAML extension!");
            let error = theirs("include-extension", message).at(span);
            return Err(error.help("A file that is included ends in `.yml` or `.yaml`."));
        }
        let message = match target.kind {
            IncludeKind::Remote if !is_url(text) => {
                format!("Remote file `{shown}` does not have a valid address!")
            }
            IncludeKind::Template if !text.ends_with(".gitlab-ci.yml") => {
                format!("Template file `{shown}` is not a valid location!")
            }
            _ => return Ok(text),
        };
        Err(theirs("include-location", message).at(span))
    }

    /// Finds a text.
    ///
    /// # Errors
    /// Where it is not there, or empty.
    pub(super) fn fetch(
        &self,
        target: &Target,
        location: &str,
        place: &Place,
    ) -> Result<Fetched, Diagnostic> {
        let shown = self.shown(target);
        let fetched = match target.kind {
            IncludeKind::Local => self.local(location, &shown, place),
            IncludeKind::Project => self.project(&target.source, location, &shown, place),
            IncludeKind::Remote => self.remote(&target.source, location, &shown, place),
            IncludeKind::Template => self.template(location, &shown, place),
            IncludeKind::Component => self.component(location, &shown, place),
            IncludeKind::Artifact => self.artifact(&target.source, location, &shown, place),
        };
        let mut fetched = fetched.map_err(|error| {
            let span = error.span.or(Some(target.location.span));
            self.secrets.masked(Diagnostic { span, ..error })
        })?;
        let SourceFile { name, origin, .. } = &mut fetched.file;
        *name = self.secrets.mask(name);
        *origin = origin.take().map(|origin| self.secrets.mask(&origin));
        Ok(fetched)
    }

    fn local(&self, path: &str, shown: &str, place: &Place) -> Result<Fetched, Diagnostic> {
        let Some(tree) = &place.tree else {
            return Err(theirs("include-missing", format!("Local file `{shown}` does not have project!"))
                .help("A file from the web or a template of GitLab's cannot include local files."));
        };
        let text = self.sources.file(tree, path).map_err(|error| match error {
            SourceError::File(FileIssue::Missing) => {
                let error = theirs("include-missing", format!("Local file `{shown}` does not exist!"));
                suggest::path(error, self.sources, tree, path)
            }
            error => of_source(&error, &format!("`{shown}`")),
        })?;
        if is_blank(&text) {
            return Err(theirs("include-empty", format!("Local file `{shown}` is empty!")));
        }
        Ok(self.in_tree(tree, path, text, place.local(path)))
    }

    fn in_tree(&self, tree: &Tree, path: &str, text: Arc<str>, place: Place) -> Fetched {
        let origin = (*tree != self.context.tree).then(|| tree.project.to_string());
        Fetched {
            key: FileKey::Tree(tree.clone(), path.to_owned()),
            file: SourceFile { name: path.to_owned(), text, origin },
            place,
        }
    }

    fn project(
        &self,
        source: &Location,
        path: &str,
        shown: &str,
        place: &Place,
    ) -> Result<Fetched, Diagnostic> {
        let name = source.project().unwrap_or_default();
        let project = self.secrets.mask(&name);
        let reference = source.map.get("ref").filter(|node| !node.is_null()).and_then(crate::Node::to_text);
        let found = self.sources.project(&name, reference.as_deref());
        let tree = match found.map_err(|error| of_source(&error, &format!("project `{project}`")))? {
            Found::Tree(tree) => tree,
            Found::NoProject => {
                let message = format!(
                    "Project `{project}` not found or access denied! Make sure any includes in the pipeline \
                     configuration are correctly defined."
                );
                return Err(theirs("include-project", message));
            }
            Found::NoRevision => {
                let reference = self.secrets.mask(reference.as_deref().unwrap_or("HEAD"));
                let message = format!("Project `{project}` reference `{reference}` does not exist!");
                return Err(theirs("include-project", message));
            }
        };
        let text = self.sources.file(&tree, path).map_err(|error| match error {
            SourceError::File(FileIssue::Missing) => {
                let message = format!("Project `{project}` file `{shown}` does not exist!");
                suggest::path(theirs("include-missing", message), self.sources, &tree, path)
            }
            error => of_source(&error, &format!("`{shown}` of project `{project}`")),
        })?;
        if is_blank(&text) {
            return Err(theirs("include-empty", format!("Project `{project}` file `{shown}` is empty!")));
        }
        let place = place.other_tree(tree.clone());
        Ok(self.in_tree(&tree, path, text, place))
    }

    fn remote(
        &self,
        source: &Location,
        url: &str,
        shown: &str,
        place: &Place,
    ) -> Result<Fetched, Diagnostic> {
        let bytes = self.sources.remote(url).map_err(|error| match error {
            SourceError::File(FileIssue::Missing) => {
                let message =
                    format!("Remote file `{shown}` could not be fetched because of HTTP code `404` error!");
                theirs("include-missing", message)
            }
            error => of_source(&error, &format!("`{shown}`")),
        })?;
        integrity::check(source, &bytes, shown)?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| of_source(&SourceError::File(FileIssue::NotText), &format!("`{shown}`")))?;
        if is_blank(text) {
            return Err(absent(shown));
        }
        let file = SourceFile { name: url.to_owned(), text: text.into(), origin: Some(url.to_owned()) };
        Ok(Fetched { key: FileKey::Remote(url.to_owned()), file, place: place.nowhere() })
    }

    fn template(&self, name: &str, shown: &str, place: &Place) -> Result<Fetched, Diagnostic> {
        let text = self.sources.template(name).map_err(|error| match error {
            SourceError::File(FileIssue::Missing) => absent(shown),
            error => of_source(&error, &format!("template `{shown}`")),
        })?;
        if is_blank(&text) {
            return Err(absent(shown));
        }
        let file = SourceFile { name: name.to_owned(), text, origin: Some("GitLab's templates".into()) };
        Ok(Fetched { key: FileKey::Template(name.to_owned()), file, place: place.nowhere() })
    }

    fn component(&self, address: &str, shown: &str, place: &Place) -> Result<Fetched, Diagnostic> {
        if place.tree.is_none() {
            let message = "Unable to use components outside of a project context";
            return Err(theirs("include-component", message));
        }
        let failed = |text: &str| theirs("include-component", format!("Component '{shown}' - {text}"));
        let Some(parsed) = self.address(address) else {
            let host = self.host();
            return Err(failed("the component path is not supported").help(format!(
                "A component is `{host}/<project>/<name>@<version>`; other servers have none."
            )));
        };
        let Some(parsed) = parsed else { return Err(failed("content not found")) };
        let found = self.sources.component(&parsed);
        let component = match found {
            Ok(Some(component)) if !is_blank(&component.text) => component,
            Ok(_) | Err(SourceError::File(FileIssue::Missing)) => {
                let help = format!(
                    "Looked for `templates/{0}.yml` and `templates/{0}/template.yml` of `{1}` at `{2}`.",
                    parsed.name, parsed.project, parsed.version
                );
                return Err(failed("content not found").help(help));
            }
            Err(error) => return Err(of_source(&error, &format!("component `{shown}`"))),
        };
        let facts = Some(Arc::new(component.facts));
        let place = Place { component: facts, ..place.other_tree(component.tree.clone()) };
        let mut fetched = self.in_tree(&component.tree, &component.path, component.text, place);
        fetched.file.name = address.to_owned();
        Ok(fetched)
    }

    /// Host and port of the project's server.
    fn host(&self) -> &str {
        let url = self.context.project.server_url.as_str();
        url.split_once("://").map_or(url, |(_, host)| host).trim_end_matches('/')
    }

    /// The parts of a component's address. Nothing where it is none of this server; nothing within where it names no
    /// project (`Components::InstancePath`).
    fn address(&self, address: &str) -> Option<Option<ComponentAddress>> {
        let (path, version) = address.split_once('@')?;
        let host = self.host();
        let path = path.strip_prefix(host)?.strip_prefix('/')?;
        let parts =
            path.rsplit_once('/').filter(|(project, _)| !project.is_empty() && !project.starts_with('/'));
        Some(parts.map(|(project, name)| ComponentAddress {
            host: host.to_owned(),
            project: project.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
        }))
    }

    /// What a job of the parent pipeline made. Its own local includes are files of the same tree.
    fn artifact(
        &self,
        source: &Location,
        path: &str,
        shown: &str,
        place: &Place,
    ) -> Result<Fetched, Diagnostic> {
        if self.context.parent.is_none() {
            let message = "Including configs from artifacts is only allowed when triggering child pipelines";
            return Err(theirs("include-artifact", message));
        }
        let Some(job) = source.present("job") else {
            return Err(theirs(
                "include-artifact",
                "Job must be provided when including configs from artifacts",
            ));
        };
        let job = job.to_text().unwrap_or_default();
        let path = path.trim_start_matches('/');
        let empty = || theirs("include-empty", format!("File `{shown}` is empty!"));
        let text = self.sources.artifact(&job, path).map_err(|error| match error {
            SourceError::File(FileIssue::Missing) => {
                empty().help(format!("Job `{}` left no such file.", self.secrets.mask(&job)))
            }
            error => of_source(&error, &format!("`{shown}`")),
        })?;
        if is_blank(&text) {
            return Err(empty());
        }
        Ok(Fetched {
            key: FileKey::Artifact(job.to_string(), path.to_owned()),
            file: SourceFile { name: path.to_owned(), text, origin: Some(format!("job {job}")) },
            place: Place { file: None, ..place.clone() },
        })
    }
}

fn absent(shown: &str) -> Diagnostic {
    theirs("include-missing", format!("Included file `{shown}` is empty or does not exist!"))
}

/// Whether a text is nothing but space.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Whether the last part of a path has a name and the ending `.yml` or `.yaml`, in whatever case.
fn has_yaml_extension(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")).is_some_and(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_files_are_known_by_their_names() {
        for path in ["a.yml", "ci/a.YAML", ".gitlab-ci.yml", "https://x/y.yml"] {
            assert!(has_yaml_extension(path), "{path}");
        }
        for path in ["ci/.yml", ".yaml", "a.txt", "", "https://x/y.yml?ref=1", "a.yml/b"] {
            assert!(!has_yaml_extension(path), "{path}");
        }
    }
}
