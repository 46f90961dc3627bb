//! What variables say about the making of archives.
//!
//! gitlab-runner's helper commands read these from their environment, so scripts can set them, too, by way of
//! `GITLAB_ENV`.

use crate::StageError;
use crate::expansion::HelperEnvironment;
use crate::notice::{self, Level};
use crate::variables::{JobView, PrivateDir, go};
use archive::Entry;
use executor::Output;
use std::io;
use std::path::PathBuf;

/// The most threads that an archive gets unasked. A job's process is to stay small: one that compresses takes
/// about 0.5 MiB, …
const MOST_THREADS: usize = 8;
/// … and 1.5 MiB where it works on large files, hence the most threads for those.
const MOST_FOR_LARGE_FILES: usize = 4;
/// Files from this size on are large, in bytes.
const LARGE_FILE: u64 = 256 * 1024;

/// How many threads work on an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// What the job asks for.
    Given(usize),
    /// What there are processors for, and memory.
    Usual,
}

impl Threads {
    /// Threads that compress these files.
    pub(crate) fn to_pack(self, entries: &[Entry]) -> usize {
        let has_large_files = entries.iter().any(|entry| entry.size() >= LARGE_FILE);
        self.at_most(if has_large_files { MOST_FOR_LARGE_FILES } else { MOST_THREADS })
    }

    /// Threads that decompress.
    pub(crate) fn to_unpack(self) -> usize {
        self.at_most(MOST_THREADS)
    }

    fn at_most(self, most: usize) -> usize {
        match self {
            Self::Given(number) => number,
            Self::Usual => processors().min(most),
        }
    }
}

/// Reads the settings; what is wrong with one goes to the output.
#[derive(Clone, Copy)]
pub(crate) struct Tuning<'a> {
    view: JobView<'a>,
    environment: &'a HelperEnvironment,
    output: &'a dyn Output,
}

impl<'a> Tuning<'a> {
    pub(crate) fn new(view: JobView<'a>, environment: &'a HelperEnvironment, output: &'a dyn Output) -> Self {
        Self { view, environment, output }
    }

    /// Threads that compress: `FASTZIP_ARCHIVER_CONCURRENCY`, else the processors. `FF_USE_FASTZIP=false` asks
    /// for one after the other.
    pub(crate) fn pack_threads(&self) -> Threads {
        if self.is_legacy() {
            return Threads::Given(1);
        }
        self.no_effect("FASTZIP_ARCHIVER_BUFFER_SIZE", "buffers have a fixed size");
        self.threads("FASTZIP_ARCHIVER_CONCURRENCY")
    }

    /// Threads that decompress: `FASTZIP_EXTRACTOR_CONCURRENCY`, else the processors.
    pub(crate) fn unpack_threads(&self) -> Threads {
        if self.is_legacy() { Threads::Given(1) } else { self.threads("FASTZIP_EXTRACTOR_CONCURRENCY") }
    }

    /// How hard to compress, by the variable of that name. `FF_USE_FASTZIP=false` knows the default only.
    pub(crate) fn level(&self, variable: &str) -> archive::Level {
        let name = self.environment.get(variable);
        let level = archive::Level::from_name(&name).unwrap_or_else(|| {
            let text = format!("compression level {} is invalid, falling back to default", go::quote(&name));
            notice::helper(self.output, Level::Warning, &text, &[]);
            archive::Level::default()
        });
        if self.is_legacy() { archive::Level::default() } else { level }
    }

    /// The format of caches: `CACHE_COMPRESSION_FORMAT`, else what the runner's settings say. An unknown one is named
    /// and zip taken.
    pub(crate) fn cache_format(&self) -> archive::Format {
        const VARIABLE: &str = "CACHE_COMPRESSION_FORMAT";
        let name = self.environment.get(VARIABLE);
        if name.is_empty() {
            return archive::Format::for_cache(&self.view.order.settings.cache_format);
        }
        if !["zip", "tarzstd", "zipzstd"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
            let text =
                format!("{VARIABLE}: expected zip, tarzstd or zipzstd, got {}, using zip", go::quote(&name));
            notice::helper(self.output, Level::Warning, &text, &[]);
        }
        archive::Format::for_cache(&name)
    }

    /// Where archives are put together and downloads kept: `ARCHIVER_STAGING_DIR`, else the job's temporary
    /// directory, which is made where the job has removed it.
    ///
    /// # Errors
    /// The temporary directory cannot be made.
    pub(crate) fn staging(&self) -> Result<PathBuf, StageError> {
        let chosen = self.environment.get("ARCHIVER_STAGING_DIR");
        if !chosen.is_empty() {
            return Ok(self.view.workspace.project_dir.join(&*chosen));
        }
        let own = &self.view.workspace.temp_dir;
        let made: io::Result<PrivateDir> = PrivateDir::open(own);
        made.map_err(|error| StageError::system(format!("cannot make {}: {error}", own.display())))?;
        Ok(own.clone())
    }

    fn is_legacy(&self) -> bool {
        !self.view.flags.is_on("FF_USE_FASTZIP")
    }

    fn threads(&self, variable: &str) -> Threads {
        let raw = self.environment.get(variable);
        match raw.parse::<usize>() {
            // More than that gains nothing, and costs memory.
            Ok(number) if number > 0 => return Threads::Given(number.min(4 * processors())),
            Err(_) if !raw.is_empty() => {
                let text = format!("{variable}: expected int got {}, using the default", go::quote(&raw));
                notice::helper(self.output, Level::Warning, &text, &[]);
            }
            Ok(_) | Err(_) => {}
        }
        Threads::Usual
    }

    fn no_effect(&self, variable: &str, why: &str) {
        if !self.environment.get(variable).is_empty() {
            notice::helper(self.output, Level::Warning, &format!("{variable} has no effect: {why}"), &[]);
        }
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Idle, Kept};
    use crate::variables::testing::{Resolved, order};

    fn with<T>(variables: &[(&str, &str)], read: impl Fn(Tuning<'_>) -> T) -> (T, String) {
        let root = tempfile::tempdir().unwrap();
        let resolved = Resolved::new(order(variables), root.path());
        let kept = Kept::default();
        let environment = HelperEnvironment::of(resolved.view(), &Idle::default(), &kept).unwrap();
        (read(Tuning::new(resolved.view(), &environment, &kept)), kept.text())
    }

    #[test]
    fn threads() {
        let pack = |value| with(&[("FASTZIP_ARCHIVER_CONCURRENCY", value)], |t| t.pack_threads());
        assert_eq!(pack("1"), (Threads::Given(1), String::new()));
        assert_eq!(pack("100000").0, Threads::Given(4 * processors()));
        assert_eq!(pack("0"), (Threads::Usual, String::new()));
        let (number, said) = pack("many");
        assert_eq!(number, Threads::Usual);
        assert!(said.contains("FASTZIP_ARCHIVER_CONCURRENCY: expected int got \"many\""), "{said}");
        let legacy = with(&[("FF_USE_FASTZIP", "false")], |t| (t.pack_threads(), t.unpack_threads())).0;
        assert_eq!(legacy, (Threads::Given(1), Threads::Given(1)));
        let unpack = with(&[("FASTZIP_EXTRACTOR_CONCURRENCY", "1")], |t| t.unpack_threads()).0;
        assert_eq!(unpack.to_unpack(), 1);
        let (_, said) = with(&[("FASTZIP_ARCHIVER_BUFFER_SIZE", "1")], |t| t.pack_threads());
        assert!(said.contains("WARNING: FASTZIP_ARCHIVER_BUFFER_SIZE has no effect"), "{said}");
    }

    #[test]
    fn large_files_get_fewer_threads() {
        let project = tempfile::tempdir().unwrap();
        let select = |name: &str| {
            let mut selection = archive::Selection::default();
            selection.add(project.path(), &project.path().join(name)).unwrap();
            selection.entries
        };
        std::fs::write(project.path().join("small"), "x").unwrap();
        let large = std::fs::File::create(project.path().join("large")).unwrap();
        large.set_len(LARGE_FILE).unwrap();
        assert_eq!(Threads::Usual.to_pack(&select("small")), processors().min(MOST_THREADS));
        assert_eq!(Threads::Usual.to_pack(&select("large")), processors().min(MOST_FOR_LARGE_FILES));
        assert_eq!(Threads::Given(100).to_pack(&select("large")), 100);
    }

    #[test]
    fn levels_and_formats() {
        let level = |value| with(&[("L", value)], |t| t.level("L"));
        assert_eq!(level("slowest"), (archive::Level::Slowest, String::new()));
        let (usual, said) = level("x");
        assert_eq!(usual, archive::Level::Default);
        assert!(said.contains("compression level \"x\" is invalid, falling back to default"), "{said}");
        let format = |value| with(&[("CACHE_COMPRESSION_FORMAT", value)], |t| t.cache_format());
        assert_eq!(format("TarZstd"), (archive::Format::TarZstd, String::new()));
        let (zip, said) = format("rar");
        assert_eq!(zip, archive::Format::Zip);
        assert!(said.contains("CACHE_COMPRESSION_FORMAT: expected zip"), "{said}");
        let mut order = order(&[]);
        order.settings.cache_format = "zipzstd".into();
        let root = tempfile::tempdir().unwrap();
        let (resolved, kept) = (Resolved::new(order, root.path()), Kept::default());
        let environment = HelperEnvironment::of(resolved.view(), &Idle::default(), &kept).unwrap();
        let usual = Tuning::new(resolved.view(), &environment, &kept).cache_format();
        assert_eq!((usual, kept.text()), (archive::Format::for_cache("zipzstd"), String::new()));
    }

    #[test]
    fn the_staging_folder_is_there() {
        let (own, _) = with(&[], |t| t.staging().map(|path| path.is_dir()));
        assert!(own.unwrap());
        let chosen = |value| with(&[("ARCHIVER_STAGING_DIR", value)], |t| t.staging().unwrap()).0;
        assert!(chosen("below").ends_with("builds/p/below"));
        assert_eq!(chosen("/elsewhere"), PathBuf::from("/elsewhere"));
    }
}
