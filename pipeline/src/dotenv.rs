//! Variables that a job leaves for those after it: `artifacts:reports:dotenv` (`Ci::ParseDotenvArtifactService`).

use indexmap::IndexMap;

/// The size that a report does not reach, in bytes.
pub const MOST_BYTES: usize = 5120;
/// How many variables a report may have.
pub const MOST_VARIABLES: usize = 20;
/// How long a name may be, in characters.
const MOST_NAME: usize = 255;

/// Why a report is refused. Values are never told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DotenvError {
    /// It is too large.
    #[error("the dotenv report has {size} bytes, and must have fewer than {MOST_BYTES}")]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// It has too many variables.
    #[error("the dotenv report has {count} variables, and must not have more than {MOST_VARIABLES}")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// It is no text.
    #[error("the dotenv report is neither UTF-8 nor UTF-16")]
    NotText,
    /// A line without an equals sign, as empty lines and comments are.
    #[error("line {line} of the dotenv report is not of the form KEY=VALUE")]
    Format {
        /// The line, from 1.
        line: usize,
    },
    /// A name that no variable can have.
    #[error(
        "line {line} of the dotenv report has a name that is not made of letters, digits and underscores"
    )]
    Name {
        /// The line, from 1.
        line: usize,
    },
}

/// Reads a report: a variable on each line, taken as it is but for space around name and value. Of several of a name
/// the last counts, at the place of the first.
///
/// # Errors
/// What GitLab refuses to take as a report.
pub fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, DotenvError> {
    if bytes.len() >= MOST_BYTES {
        return Err(DotenvError::TooLarge { size: bytes.len() });
    }
    let text = decode(bytes)?;
    let mut variables: IndexMap<String, String> = IndexMap::new();
    let lines = text.strip_suffix('\n').unwrap_or(&text);
    if !text.is_empty() {
        for (index, line) in lines.split('\n').enumerate() {
            let line_number = index + 1;
            let (name, value) = line.split_once('=').ok_or(DotenvError::Format { line: line_number })?;
            let (name, value) = (strip(name), strip(value));
            if !is_name(name) {
                return Err(DotenvError::Name { line: line_number });
            }
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
    match variables.len() {
        count if count > MOST_VARIABLES => Err(DotenvError::TooMany { count }),
        _ => Ok(variables.into_iter().collect()),
    }
}

/// Text of UTF-8, or of UTF-16 that says so; marks at the front are left out.
fn decode(bytes: &[u8]) -> Result<String, DotenvError> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units).ok().filter(|_| odd.is_empty()).ok_or(DotenvError::NotText)
    };
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return utf16(rest, u16::from_be_bytes);
    }
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    String::from_utf8(text.to_vec()).map_err(|_| DotenvError::NotText)
}

/// As Ruby strips: blanks of ASCII, and zeros.
fn strip(text: &str) -> &str {
    text.trim_matches(['\0', '\t', '\n', '\u{b}', '\u{c}', '\r', ' '])
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.len() <= MOST_NAME && name.bytes().all(fits)
}

#[cfg(test)]
mod tests;
