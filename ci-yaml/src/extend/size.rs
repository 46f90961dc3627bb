//! How large a configuration is once it is written out.

use crate::{Diagnostic, Key, Kind, Map, Node, Span, Value};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// How large a configuration may be when `extends` and `!reference` are written out, in bytes, where each value
/// counts for 64 and its text. GitLab has no such limit, and falls over.
pub const LARGEST: u64 = 96 * 1024 * 1024;

/// What a value costs beside its text.
const VALUE: u64 = 64;

/// What a value amounts to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measure {
    /// Its size.
    pub(super) bytes: u64,
    /// Whether there is a `!reference` in it.
    pub(super) references: bool,
}

/// Measures values that share parts: each part is looked at once. What was measured must live as long as this does,
/// since parts are told apart by where they lie.
#[derive(Default)]
pub(super) struct Sizes {
    known: ByPlace<Measure>,
}

/// What is known of values by the place where they lie.
pub(super) type ByPlace<T> = HashMap<*const (), T, BuildHasherDefault<PlaceHasher>>;

/// Hashes an address. Nobody outside chooses these, so that nothing better is needed.
#[derive(Default)]
pub(super) struct PlaceHasher(u64);

impl Hasher for PlaceHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, address: usize) {
        let mixed = (self.0 ^ address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

impl Sizes {
    /// Of the whole configuration.
    pub(super) fn of_root(&mut self, root: &Map) -> Measure {
        self.of_map(root)
    }

    /// Of one value.
    pub(super) fn of(&mut self, node: &Node) -> Measure {
        match &node.value {
            Value::Seq(items) => self.shared(Arc::as_ptr(items).cast(), |sizes| {
                items.iter().map(|item| sizes.of(item)).fold(Measure::default(), Measure::with)
            }),
            Value::Map(map) => self.shared(Arc::as_ptr(map).cast(), |sizes| sizes.of_map(map)),
            Value::Reference(_) => Measure { bytes: VALUE, references: true },
            Value::Str(text) => Measure { bytes: VALUE + text.len() as u64, references: false },
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                Measure { bytes: VALUE, references: false }
            }
        }
    }

    fn of_map(&mut self, map: &Map) -> Measure {
        map.iter().fold(Measure::default(), |sum, (key, entry)| {
            let key = Measure { bytes: key.as_str().map_or(0, str::len) as u64, references: false };
            sum.with(key).with(self.of(&entry.value))
        })
    }

    fn shared(&mut self, address: *const (), measure: impl FnOnce(&mut Self) -> Measure) -> Measure {
        if let Some(known) = self.known.get(&address) {
            return *known;
        }
        let content = measure(self);
        let measure = Measure { bytes: content.bytes.saturating_add(VALUE), ..content };
        self.known.insert(address, measure);
        measure
    }
}

impl Measure {
    fn with(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            references: self.references || other.references,
        }
    }
}

/// Refuses a configuration that is too large when it is written out, and names the entry with the largest part.
pub(super) fn check(
    root: &Map,
    sizes: &mut Sizes,
    kind: Kind,
    rule: &'static str,
) -> Result<Measure, Vec<Diagnostic>> {
    let measure = sizes.of_root(root);
    if measure.bytes <= LARGEST {
        return Ok(measure);
    }
    let message =
        format!("the configuration is larger than {} MiB when it is written out", LARGEST / 1024 / 1024);
    let diagnostic = Diagnostic::error(kind, rule, message).ours();
    let largest = root.iter().max_by_key(|(_, entry)| sizes.of(&entry.value).bytes);
    Err(vec![match largest {
        Some((_, entry)) => diagnostic.at(entry.key_span).note("the largest of its entries"),
        None => diagnostic,
    }])
}

/// `extends` makes too many keys.
pub(super) fn too_many_keys(key: &Key, span: Span, limit: usize) -> Diagnostic {
    let message = format!("{key}: the maps that `extends` makes have more than {limit} keys");
    Diagnostic::error(Kind::Extends, "extends-too-large", message).ours().at(span)
}
