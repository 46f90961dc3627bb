//! Archive formats and compression levels by the names jobs give them.

/// How an archive is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Zip with deflate.
    Zip,
    /// Zip with Zstandard (method 93).
    ZipZstd,
    /// Tar, compressed with Zstandard.
    TarZstd,
    /// One gzip member for each file, one after the other; for reports.
    Gzip,
    /// The content of a single file.
    Raw,
}

impl Format {
    /// The format for `artifact_format` of a payload; nothing means zip. `None` for unknown names.
    #[must_use]
    pub fn for_artifact(name: &str) -> Option<Self> {
        match name {
            "" | "zip" => Some(Self::Zip),
            "zipzstd" => Some(Self::ZipZstd),
            "tarzstd" => Some(Self::TarZstd),
            "gzip" => Some(Self::Gzip),
            "raw" => Some(Self::Raw),
            _ => None,
        }
    }

    /// The format for `CACHE_COMPRESSION_FORMAT`; unknown names mean zip, as they do to GitLab Runner.
    #[must_use]
    pub fn for_cache(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "tarzstd" => Self::TarZstd,
            "zipzstd" => Self::ZipZstd,
            _ => Self::Zip,
        }
    }

    /// What is appended to an artifact's name to make its file name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Zip | Self::ZipZstd => ".zip",
            Self::TarZstd => ".tar.zst",
            Self::Gzip => ".gz",
            Self::Raw => "",
        }
    }
}

/// How hard to compress: `ARTIFACT_COMPRESSION_LEVEL`, `CACHE_COMPRESSION_LEVEL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// Zip: not at all, so that GitLab Pages can serve ranges.
    Fastest,
    /// Little.
    Fast,
    /// The usual.
    #[default]
    Default,
    /// More.
    Slow,
    /// Most.
    Slowest,
}

impl Level {
    /// The level of a name; `None` for unknown names, for which GitLab Runner warns and takes the default.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "fastest" => Some(Self::Fastest),
            "fast" => Some(Self::Fast),
            "" | "default" => Some(Self::Default),
            "slow" => Some(Self::Slow),
            "slowest" => Some(Self::Slowest),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_names() {
        assert_eq!(Format::for_artifact(""), Some(Format::Zip));
        assert_eq!(Format::for_artifact("tarzstd"), Some(Format::TarZstd));
        assert_eq!(Format::for_artifact("rar"), None);
        assert_eq!(Format::for_cache("TarZstd"), Format::TarZstd);
        assert_eq!(Format::for_cache("rar"), Format::Zip);
        assert_eq!(Level::from_name(""), Some(Level::Default));
        assert_eq!(Level::from_name("slowest"), Some(Level::Slowest));
        assert_eq!(Level::from_name("x"), None);
    }
}
