//! A program as the system takes it: path, arguments, environment, directory.

use executor::RunError;
use rustix::fs::{Access, access};
use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where programs are looked for without a `PATH`, as libc does.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// Everything `execve` takes, and the directory before it.
pub(crate) struct Image {
    pub(crate) path: CString,
    pub(crate) arguments: Vec<CString>,
    pub(crate) environment: Vec<CString>,
    pub(crate) directory: Option<CString>,
}

/// Variables by name; a later one replaces an earlier one.
pub(crate) type Variables<'a> = BTreeMap<&'a OsStr, &'a OsStr>;

impl Image {
    pub(crate) fn new<'a>(
        path: &Path,
        arguments: impl IntoIterator<Item = &'a OsStr>,
        variables: &Variables<'_>,
        directory: Option<&Path>,
    ) -> Result<Self, RunError> {
        let arguments = arguments.into_iter().enumerate();
        Ok(Self {
            path: c_string(path.as_os_str(), || "program".into())?,
            arguments: arguments
                .map(|(index, text)| c_string(text, || format!("argument {index}")))
                .collect::<Result<_, _>>()?,
            environment: variables
                .iter()
                .map(|(name, value)| entry(name, value))
                .collect::<Result<_, _>>()?,
            directory: directory
                .map(|path| c_string(path.as_os_str(), || "working directory".into()))
                .transpose()?,
        })
    }
}

fn c_string(text: &OsStr, what: impl Fn() -> String) -> Result<CString, RunError> {
    CString::new(text.as_bytes()).map_err(|_| RunError::Unfit { what: what(), reason: "holds a NUL byte" })
}

fn entry(name: &OsStr, value: &OsStr) -> Result<CString, RunError> {
    let what = || format!("variable {:?}", name.to_string_lossy());
    if name.is_empty() || name.as_bytes().contains(&b'=') {
        return Err(RunError::Unfit { what: what(), reason: "has a name that no variable can have" });
    }
    let mut text = OsString::with_capacity(name.len() + value.len() + 1);
    text.push(name);
    text.push("=");
    text.push(value);
    c_string(&text, what)
}

/// Finds a program the way a shell does: as it is with a slash in its name, else along `PATH`.
///
/// # Errors
/// [`io::ErrorKind::NotFound`], or [`io::ErrorKind::PermissionDenied`] when there is only a file that may not
/// be run.
pub(crate) fn find_program(
    name: &OsStr,
    path: Option<&OsStr>,
    directory: Option<&Path>,
) -> io::Result<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return Ok(name.into());
    }
    let mut error = io::ErrorKind::NotFound;
    for folder in path.unwrap_or(OsStr::new(DEFAULT_PATH)).as_bytes().split(|byte| *byte == b':') {
        let folder = if folder.is_empty() { OsStr::new(".") } else { OsStr::from_bytes(folder) };
        let candidate = directory.unwrap_or(Path::new("")).join(folder).join(name);
        if name.is_empty() || !candidate.is_file() {
            continue;
        }
        if access(&candidate, Access::EXEC_OK).is_ok() {
            return Ok(candidate);
        }
        error = io::ErrorKind::PermissionDenied;
    }
    Err(error.into())
}

#[cfg(test)]
mod tests {
    use super::{Image, Variables, find_program};
    use executor::RunError;
    use std::ffi::OsStr;
    use std::io::ErrorKind;
    use std::path::Path;

    fn image(argument: &str, variable: (&str, &str), directory: &str) -> Result<Image, RunError> {
        let variables = Variables::from([(OsStr::new(variable.0), OsStr::new(variable.1))]);
        let arguments = [OsStr::new("sh"), OsStr::new(argument)];
        Image::new(Path::new("/bin/sh"), arguments, &variables, Some(Path::new(directory)))
    }

    fn refusal(result: Result<Image, RunError>) -> String {
        result.err().unwrap().to_string()
    }

    #[test]
    fn what_no_program_can_be_given_is_named_but_not_shown() {
        assert!(image("a", ("A", "b"), "/").is_ok());
        assert_eq!(
            refusal(image("se\0cret", ("A", "b"), "/")),
            "cannot start process: argument 1 holds a NUL byte"
        );
        assert_eq!(
            refusal(image("a", ("A", "se\0cret"), "/")),
            "cannot start process: variable \"A\" holds a NUL byte"
        );
        assert_eq!(
            refusal(image("a", ("A=B", "c"), "/")),
            "cannot start process: variable \"A=B\" has a name that no variable can have"
        );
        assert!(refusal(image("a", ("", "c"), "/")).contains("has a name that no variable can have"));
        assert!(refusal(image("a", ("A", "b"), "/\0")).contains("working directory holds a NUL byte"));
    }

    #[test]
    fn programs_are_found_along_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let kind =
            |name: &str, path: &OsStr| find_program(OsStr::new(name), Some(path), None).map_err(|e| e.kind());
        std::fs::write(folder.path().join("plain"), "").unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        std::os::unix::fs::symlink("/bin/sh", folder.path().join("shell")).unwrap();
        let path = folder.path().as_os_str();

        assert_eq!(kind("shell", path), Ok(folder.path().join("shell")));
        assert_eq!(kind("plain", path), Err(ErrorKind::PermissionDenied));
        assert_eq!(kind("folder", path), Err(ErrorKind::NotFound));
        assert_eq!(kind("absent", path), Err(ErrorKind::NotFound));
        assert_eq!(kind("", path), Err(ErrorKind::NotFound));
        assert_eq!(kind("./absent", path), Ok("./absent".into()));
        assert!(find_program(OsStr::new("sh"), None, None).is_ok());
        let relative = find_program(OsStr::new("shell"), Some(OsStr::new("")), Some(folder.path()));
        assert_eq!(relative.unwrap(), folder.path().join("./shell"));
    }
}
