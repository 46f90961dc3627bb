//! Reading the file: bytes, syntax, keys, meaning; all complaints at once.

use super::model::Config;
use super::watch::Fingerprint;
use super::{Node, reading, resolve, schema};
use crate::diagnostic::{Diagnostic, Source};
use crate::environment::Environment;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use toml_edit::Document;

/// No honest configuration is larger.
const LARGEST: u64 = 16 << 20;

/// The mark some editors put before UTF-8.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// A configuration with its text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// What the file holds, for places in it.
    pub(crate) source: Source,
    /// What is odd, but no reason to refuse the file.
    pub(crate) warnings: Vec<Diagnostic>,
    /// Which state of the file this is; `None` if there is none.
    pub(super) fingerprint: Option<Fingerprint>,
}

impl Loaded {
    /// Whether there was a file. Without one, everything has its default.
    pub(crate) fn found(&self) -> bool {
        self.fingerprint.is_some()
    }

    /// The warnings, one line each, with their places.
    pub(crate) fn warning_lines(&self) -> impl Iterator<Item = String> {
        self.warnings.iter().map(|warning| self.source.one_line(warning))
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("cannot read the configuration file {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}", summary(text, diagnostics))]
    Invalid { text: Box<Source>, diagnostics: Vec<Diagnostic>, fingerprint: Option<Fingerprint> },
}

fn summary(source: &Source, diagnostics: &[Diagnostic]) -> String {
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    match errors.as_slice() {
        [one] => format!("the configuration cannot be used: {}", source.one_line(one)),
        many => {
            let first = many.first().map(|first| source.one_line(first)).unwrap_or_default();
            format!("the configuration cannot be used: {} errors, the first is {first}", many.len())
        }
    }
}

impl LoadError {
    /// Every complaint with its excerpt.
    pub(crate) fn report(&self) -> String {
        match self {
            Self::Read { .. } => String::new(),
            Self::Invalid { text, diagnostics, .. } => {
                diagnostics.iter().map(|diagnostic| text.render(diagnostic) + "\n").collect()
            }
        }
    }

    /// The state of the file that was found broken.
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        match self {
            Self::Read { .. } => None,
            Self::Invalid { fingerprint, .. } => *fingerprint,
        }
    }
}

/// Reads a file. A missing one gives the defaults.
pub(crate) fn load(path: &Path, environment: &Environment) -> Result<Loaded, LoadError> {
    let read = |source| LoadError::Read { path: path.to_owned(), source };
    let (bytes, fingerprint) = match read_bounded(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::default()),
        Err(error) => return Err(read(error)),
    };
    let name = path.display().to_string();
    let mut result = match String::from_utf8(bytes) {
        Ok(text) => parse(Source { name, text }, environment),
        Err(error) => Err(not_utf8(name, &error)),
    };
    match &mut result {
        Ok(loaded) => loaded.fingerprint = Some(fingerprint),
        Err(LoadError::Invalid { fingerprint: slot, .. }) => *slot = Some(fingerprint),
        Err(LoadError::Read { .. }) => {}
    }
    result
}

fn read_bounded(path: &Path) -> io::Result<(Vec<u8>, Fingerprint)> {
    let file = File::open(path)?;
    // Before the content, so that a change in between is seen as one.
    let fingerprint = Fingerprint::of(&file.metadata()?);
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is larger than 16 MiB"));
    }
    Ok((bytes, fingerprint))
}

fn not_utf8(name: String, error: &std::string::FromUtf8Error) -> LoadError {
    let valid = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let diagnostic =
        Diagnostic::error("the file is not UTF-8").at(valid..valid + 1).expected("expected UTF-8");
    LoadError::Invalid {
        text: Box::new(Source { name, text }),
        diagnostics: vec![diagnostic],
        fingerprint: None,
    }
}

/// The values of a text with complaints about them, or the one about its syntax.
fn checked(source: &Source) -> Result<(Node, Vec<Diagnostic>), Diagnostic> {
    let document = Document::parse(source.text.as_str()).map_err(|error| {
        Diagnostic::error(error.message().to_owned()).at(error.span()).expected("not valid TOML")
    })?;
    Ok(reading::read(document.as_table(), &schema::GLOBAL))
}

/// Reads a text.
pub(crate) fn parse(source: Source, environment: &Environment) -> Result<Loaded, LoadError> {
    // Without the mark, which would count as a column.
    let mut source = source;
    if source.text.starts_with(BYTE_ORDER_MARK) {
        source.text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    let (root, mut diagnostics) = match checked(&source) {
        Ok(checked) => checked,
        Err(diagnostic) => {
            return Err(LoadError::Invalid {
                text: Box::new(source),
                diagnostics: vec![diagnostic],
                fingerprint: None,
            });
        }
    };
    let (config, mut more) = resolve::resolve(&root, &source, environment);
    if diagnostics.iter().any(Diagnostic::is_error) {
        // What is missing may be what could not be read.
        more.retain(Diagnostic::is_error);
    }
    diagnostics.extend(more);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.as_ref().map_or(0, |span| span.start));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(LoadError::Invalid { text: Box::new(source), diagnostics, fingerprint: None });
    }
    Ok(Loaded { config, source, warnings: diagnostics, fingerprint: None })
}

/// A file that `register` fills sections from.
#[derive(Debug)]
pub(crate) struct Template {
    /// Its sections without their tokens, `url` with variables replaced.
    pub(crate) sections: Vec<Node>,
    /// What is odd, one line each.
    pub(crate) warnings: Vec<String>,
}

/// Reads a template. What only matters in a real section, such as a missing token, is no complaint here.
pub(crate) fn load_template(path: &Path, environment: &Environment) -> Result<Template, LoadError> {
    let read = |source| LoadError::Read { path: path.to_owned(), source };
    let text = match read_bounded(path) {
        Ok((bytes, _)) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(read(error)),
    };
    let name = path.display().to_string();
    let text = String::from_utf8(text).map_err(|error| not_utf8(name.clone(), &error))?;
    let source = Source { name, text };
    let (root, diagnostics) = match checked(&source) {
        Ok(checked) => checked,
        Err(diagnostic) => (Node::default(), vec![diagnostic]),
    };
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(LoadError::Invalid { text: Box::new(source), diagnostics, fingerprint: None });
    }
    let warnings = diagnostics.iter().map(|warning| source.one_line(warning)).collect();
    let sections =
        root.tables("runners").iter().map(|section| resolve::for_template(section, environment)).collect();
    Ok(Template { sections, warnings })
}
