//! One entry of `volumes`: `[SOURCE:]DESTINATION[:MODE][:LABEL][:PROPAGATION]`.

use super::VolumeError;

const MODES: [&str; 3] = ["ro", "rw", "o"];
const LABELS: [&str; 1] = ["z"];
const PROPAGATIONS: [&str; 6] = ["shared", "slave", "private", "rshared", "rslave", "rprivate"];

/// What no path may hold.
const FORBIDDEN: [char; 10] = ['\\', ':', '*', '?', '"', '<', '>', '|', '\r', '\n'];

/// An entry of `volumes`, taken apart as gitlab-runner does it on Linux.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// A path on the engine's machine or the name of a volume; none for a volume that the runner makes.
    pub source: Option<String>,
    /// Where it is mounted, variables replaced.
    pub destination: String,
    /// Mode, label and propagation, as the engine takes them: `ro,z`.
    pub options: String,
}

impl Spec {
    /// Reads an entry. `expand` replaces variables, in the destination alone.
    ///
    /// # Errors
    /// [`VolumeError::Invalid`], also where a variable puts something into the destination that no path may hold: a
    /// colon there would change what is mounted, and how.
    pub fn parse(text: &str, expand: &dyn Fn(&str) -> String) -> Result<Self, VolumeError> {
        Self::read(text, expand).ok_or_else(|| VolumeError::Invalid { spec: text.to_owned() })
    }

    fn read(text: &str, expand: &dyn Fn(&str) -> String) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let (source, destination, options) = match parts.as_slice() {
            [source, destination, options @ ..] if destination.starts_with('/') => {
                (Some(*source), *destination, options)
            }
            [destination, options @ ..] => (None, *destination, options),
            [] => return None,
        };
        if !is_path(destination) || source.is_some_and(|source| !is_path(source) && !is_volume_name(source)) {
            return None;
        }
        let destination = expand(destination);
        let options = read_options(options)?;
        is_path(&destination).then(|| Self { source: source.map(str::to_owned), destination, options })
    }

    /// The entry as the engine takes it.
    pub fn bind(&self) -> String {
        let source = self.source.iter().map(|source| format!("{source}:")).collect::<String>();
        let options = if self.options.is_empty() { String::new() } else { format!(":{}", self.options) };
        format!("{source}{}{options}", self.destination)
    }
}

/// Mode, label and propagation, each at most once and in this order. The first of them stands behind a colon, the
/// others behind a colon or a comma.
fn read_options(parts: &[&str]) -> Option<String> {
    let mut words = Vec::new();
    for part in parts {
        words.extend(part.split(',').enumerate().map(|(index, word)| (index == 0, word)));
    }
    let mut kinds: [(&[&str], bool); 3] = [(&MODES, true), (&LABELS, false), (&PROPAGATIONS, false)];
    let mut kinds = kinds.iter_mut();
    for (behind_colon, word) in &words {
        kinds.find(|(known, needs_colon)| {
            known.iter().any(|known| known.eq_ignore_ascii_case(word)) && (*behind_colon || !*needs_colon)
        })?;
    }
    let words: Vec<&str> = words.into_iter().map(|(_, word)| word).collect();
    Some(words.join(","))
}

/// An absolute path without empty components.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.contains("//") && !text.contains(FORBIDDEN)
}

fn is_volume_name(text: &str) -> bool {
    !text.is_empty() && !text.contains('/') && !text.contains(FORBIDDEN)
}
