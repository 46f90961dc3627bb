//! Platforms: `OS/ARCHITECTURE[/VARIANT]`, or one of the first two alone.

use std::fmt;

/// What a container's programs are made for, in the words of registries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// The system.
    pub os: String,
    /// The processor.
    pub architecture: String,
    /// Its kind, often empty.
    pub variant: String,
}

/// A text that names no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid platform {text:?}: expected linux/amd64, linux/arm64/v8 or the like")]
pub struct PlatformError {
    /// The text.
    pub text: String,
}

/// Names that a processor has beside that of registries, with both.
const OTHER_NAMES: [(&str, &str, &str); 9] = [
    ("x86_64", "amd64", ""),
    ("x86-64", "amd64", ""),
    ("aarch64", "arm64", ""),
    ("armhf", "arm", "v7"),
    ("armel", "arm", "v6"),
    ("armv6l", "arm", "v6"),
    ("armv7l", "arm", "v7"),
    ("i386", "386", ""),
    ("i686", "386", ""),
];

const ARCHITECTURES: [&str; 12] = [
    "386", "amd64", "arm", "arm64", "loong64", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x",
];

impl Platform {
    /// Reads a text; what it leaves out is this machine's. A system alone that is neither Linux nor Windows is taken
    /// for Linux, as gitlab-runner does it: others have no containers.
    ///
    /// # Errors
    /// [`PlatformError`].
    pub fn parse(text: &str) -> Result<Self, PlatformError> {
        let error = || PlatformError { text: text.to_owned() };
        let is_word = |part: &&str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let parts: Vec<&str> = text.split('/').collect();
        if !parts.iter().all(is_word) {
            return Err(error());
        }
        let (os, architecture, variant) = match *parts.as_slice() {
            [system] if system.eq_ignore_ascii_case("windows") => (system, std::env::consts::ARCH, ""),
            [system] if is_system(system) => ("linux", std::env::consts::ARCH, ""),
            [architecture] if is_architecture(architecture) => ("linux", architecture, ""),
            [os, architecture] => (os, architecture, ""),
            [os, architecture, variant] => (os, architecture, variant),
            _ => return Err(error()),
        };
        Ok(Self::new(os, architecture, variant))
    }

    fn new(os: &str, architecture: &str, variant: &str) -> Self {
        let architecture = architecture.to_ascii_lowercase();
        let (architecture, implied) = OTHER_NAMES
            .iter()
            .find(|(other, ..)| *other == architecture)
            .map_or((architecture.as_str(), ""), |(_, name, variant)| (name, variant));
        let variant = if variant.is_empty() { implied } else { variant };
        // All 64-bit ones are of this kind unless they say otherwise, and registries leave it out.
        let variant = if (architecture, variant) == ("arm64", "8") { "v8" } else { variant };
        Self {
            os: os.to_ascii_lowercase(),
            architecture: architecture.to_owned(),
            variant: variant.to_ascii_lowercase(),
        }
    }
}

fn is_system(text: &str) -> bool {
    ["linux", "windows", "darwin", "freebsd"].iter().any(|system| text.eq_ignore_ascii_case(system))
}

fn is_architecture(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ARCHITECTURES.contains(&text.as_str()) || OTHER_NAMES.iter().any(|(other, ..)| *other == text)
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_completed() {
        for (text, platform) in [
            ("linux/arm64/v8", "linux/arm64/v8"),
            ("linux/arm64", "linux/arm64"),
            ("linux/arm64/8", "linux/arm64/v8"),
            ("arm64", "linux/arm64"),
            ("aarch64", "linux/arm64"),
            ("linux/x86_64", "linux/amd64"),
            ("LINUX/AMD64", "linux/amd64"),
            ("armhf", "linux/arm/v7"),
            ("linux/arm/v6", "linux/arm/v6"),
            ("windows/amd64", "windows/amd64"),
            ("freebsd/amd64", "freebsd/amd64"),
        ] {
            assert_eq!(Platform::parse(text).unwrap().to_string(), platform, "{text}");
        }
        let own = Platform::parse("darwin").unwrap();
        assert_eq!(own, Platform::parse(&format!("linux/{}", std::env::consts::ARCH)).unwrap());
    }

    #[test]
    fn what_is_no_platform() {
        for text in ["", "/", "linux/", "a/b/c/d", "what", "linux/a b", "linux//v8", "linux/amd64\n", "$X"] {
            assert_eq!(Platform::parse(text), Err(PlatformError { text: text.into() }), "{text:?}");
        }
    }
}
