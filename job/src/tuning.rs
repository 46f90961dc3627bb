//! What variables say about the making of archives.
//!
//! gitlab-runner's helper commands read these from their environment, so scripts can set them, too, by way of
//! `GITLAB_ENV`.

use crate::StageError;
use crate::expansion::HelperEnvironment;
use crate::notice::{self, Level};
use crate::variables::{JobView, PrivateDir, go};
use executor::Output;
use std::io;
use std::path::PathBuf;

/// The most threads that one archive gets by default. Each takes about 1.5 MiB; a job's process is to stay small.
const MOST_THREADS: usize = 4;

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
    pub(crate) fn pack_threads(&self) -> usize {
        if self.is_legacy() {
            return 1;
        }
        self.no_effect("FASTZIP_ARCHIVER_BUFFER_SIZE", "buffers have a fixed size");
        self.threads("FASTZIP_ARCHIVER_CONCURRENCY")
    }

    /// Threads that decompress: `FASTZIP_EXTRACTOR_CONCURRENCY`, else the processors.
    pub(crate) fn unpack_threads(&self) -> usize {
        if self.is_legacy() { 1 } else { self.threads("FASTZIP_EXTRACTOR_CONCURRENCY") }
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

    /// The format of caches: `CACHE_COMPRESSION_FORMAT`. An unknown one is named and zip taken.
    pub(crate) fn cache_format(&self) -> archive::Format {
        const VARIABLE: &str = "CACHE_COMPRESSION_FORMAT";
        let name = self.environment.get(VARIABLE);
        if !["", "zip", "tarzstd", "zipzstd"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
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

    fn threads(&self, variable: &str) -> usize {
        let raw = self.environment.get(variable);
        match raw.parse::<usize>() {
            // A thread more than there are processors gains nothing, and costs memory.
            Ok(number) if number > 0 => number.min(4 * processors()),
            Ok(_) => processors().min(MOST_THREADS),
            Err(_) => {
                if !raw.is_empty() {
                    let text = format!("{variable}: expected int got {}, using the default", go::quote(&raw));
                    notice::helper(self.output, Level::Warning, &text, &[]);
                }
                processors().min(MOST_THREADS)
            }
        }
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
        let default = processors().min(MOST_THREADS);
        let pack = |value| with(&[("FASTZIP_ARCHIVER_CONCURRENCY", value)], |t| t.pack_threads());
        assert_eq!(pack("1"), (1, String::new()));
        assert_eq!(pack("100000").0, 4 * processors());
        assert_eq!(pack("0").0, default);
        let (number, said) = pack("many");
        assert_eq!(number, default);
        assert!(said.contains("FASTZIP_ARCHIVER_CONCURRENCY: expected int got \"many\""), "{said}");
        assert_eq!(
            with(&[("FF_USE_FASTZIP", "false")], |t| (t.pack_threads(), t.unpack_threads())).0,
            (1, 1)
        );
        assert_eq!(with(&[("FASTZIP_EXTRACTOR_CONCURRENCY", "1")], |t| t.unpack_threads()).0, 1);
        let (_, said) = with(&[("FASTZIP_ARCHIVER_BUFFER_SIZE", "1")], |t| t.pack_threads());
        assert!(said.contains("WARNING: FASTZIP_ARCHIVER_BUFFER_SIZE has no effect"), "{said}");
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
