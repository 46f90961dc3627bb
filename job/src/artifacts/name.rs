//! File names of artifacts.

use crate::expansion::HelperEnvironment;
use crate::notice::{self, Level};
use archive::Format;
use executor::Output;

/// What an artifact is called, without its extension: the last component of its expanded name.
pub(super) fn base_name(name: &str, helper: &HelperEnvironment, output: &dyn Output) -> String {
    if name.is_empty() {
        return "artifacts".to_owned();
    }
    let expanded = helper.expand(name).unwrap_or_else(|error| {
        notice::helper(output, Level::Warning, &format!("invalid artifact name: {error}"), &[]);
        name.to_owned()
    });
    match expanded.trim_end_matches('/').rsplit('/').next() {
        None | Some("" | "." | "..") => "default".to_owned(),
        Some(base) => base.replace('\0', ""),
    }
}

/// The name of the file.
pub(super) fn file_name(base: &str, format: Format) -> String {
    format!("{base}{}", format.extension())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Idle, Kept};
    use crate::variables::testing::{Resolved, order};

    fn named(name: &str, format: Format) -> (String, String) {
        let root = tempfile::tempdir().unwrap();
        let resolved = Resolved::new(order(&[("REF", "feature/x")]), root.path());
        let kept = Kept::default();
        let helper = HelperEnvironment::of(resolved.view(), &Idle::default(), &kept).unwrap();
        (file_name(&base_name(name, &helper, &kept), format), kept.text())
    }

    #[test]
    fn the_last_component_counts() {
        for (name, file) in [
            ("", "artifacts.zip"),
            ("a/b", "b.zip"),
            ("a/b/", "b.zip"),
            ("$REF", "x.zip"),
            ("$NONE", "default.zip"),
            ("..", "default.zip"),
            (".", "default.zip"),
            ("/", "default.zip"),
            ("../..", "default.zip"),
            ("${REF%/*}-${N:-1}", "feature-1.zip"),
            (".hidden", ".hidden.zip"),
            ("ünï cödé", "ünï cödé.zip"),
        ] {
            assert_eq!(named(name, Format::Zip), (file.to_owned(), String::new()), "{name:?}");
        }
        assert_eq!(named("junit.xml", Format::Gzip).0, "junit.xml.gz");
        assert_eq!(named("report.json", Format::Raw).0, "report.json");
        assert_eq!(named("x", Format::TarZstd).0, "x.tar.zst");
    }

    #[test]
    fn a_name_that_cannot_be_expanded_is_taken_as_it_stands() {
        let (name, said) = named("x-$(date)", Format::Zip);
        assert_eq!(name, "x-$(date).zip");
        assert!(said.contains("WARNING: invalid artifact name: unexpected command"), "{said}");
    }
}
