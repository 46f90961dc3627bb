//! Which shared libraries a program needs, as its own loader finds them.

use super::error::ToolsError;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// A program that says little has this long for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is read of its output, in bytes.
const MOST: u64 = 256 * 1024;

/// A library under the name by which it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Library {
    pub(super) name: OsString,
    pub(super) path: PathBuf,
}

/// All libraries that a program and its libraries need, without the loader.
///
/// # Errors
/// [`ToolsError::Library`] names one that is not there.
pub(super) async fn needed(interpreter: &Path, program: &Path) -> Result<Vec<Library>, ToolsError> {
    let said = ask(interpreter, [OsStr::new("--list"), program.as_os_str()]).await?;
    let mut libraries =
        parse(&said.output).map_err(|library| ToolsError::Library { path: program.to_owned(), library })?;
    if let Some(reason) = said.failure {
        let reason = format!("--list {}: {reason}", program.display());
        return Err(ToolsError::Answer { program: interpreter.to_owned(), reason });
    }
    let loader = interpreter.canonicalize().map_err(ToolsError::read(interpreter))?;
    libraries.retain(|library| library.path.canonicalize().is_ok_and(|path| path != loader));
    for library in &mut libraries {
        if let Some(path) = for_every_processor(&library.path).filter(|path| path.is_file()) {
            library.path = path;
        }
    }
    Ok(libraries)
}

/// Where the build of a library for all processors is, if the loader chose one for this machine's in particular:
/// the engine's machine may have another.
fn for_every_processor(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?;
    let variants = path.parent()?.parent()?;
    (variants.file_name()? == "glibc-hwcaps").then(|| Some(variants.parent()?.join(name)))?
}

/// What a program wrote, and how it failed if it did.
pub(super) struct Said {
    pub(super) output: Vec<u8>,
    pub(super) failure: Option<String>,
}

/// Runs a program with nothing of this process's environment and reads what it writes.
///
/// # Errors
/// [`ToolsError::Answer`] when it does not start, or does not end in time.
pub(super) async fn ask<'a>(
    program: &Path,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Result<Said, ToolsError> {
    let failed = |reason: String| ToolsError::Answer { program: program.to_owned(), reason };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().current_dir("/").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let (mut output, mut complaint) = (Vec::new(), Vec::new());
    let talk = async {
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        tokio::try_join!(read(stdout, &mut output), read(stderr, &mut complaint))?;
        child.wait().await
    };
    let status = match tokio::time::timeout(PATIENCE, talk).await {
        Ok(ended) => ended.map_err(|error| failed(error.to_string()))?,
        Err(_) => return Err(failed(format!("no answer within {} s", PATIENCE.as_secs()))),
    };
    let failure = (!status.success()).then(|| {
        let complaint = String::from_utf8_lossy(&complaint);
        format!("{status}: {}", complaint.lines().next().unwrap_or_default())
    });
    Ok(Said { output, failure })
}

/// Up to [`MOST`] bytes; a program that writes more finds its pipe closed.
async fn read(pipe: Option<impl tokio::io::AsyncRead + Unpin>, into: &mut Vec<u8>) -> std::io::Result<()> {
    if let Some(pipe) = pipe {
        pipe.take(MOST).read_to_end(into).await?;
    }
    Ok(())
}

/// Lines of glibc and musl: `name => path (address)`, `path (address)`, `name => not found`, and the kernel's
/// own library, which has no path.
///
/// # Errors
/// The name of a library that was not found.
fn parse(output: &[u8]) -> Result<Vec<Library>, String> {
    let mut libraries = Vec::new();
    for line in output.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
        let (name, path) = match split(line, b" => ") {
            Some((name, b"not found")) => return Err(String::from_utf8_lossy(name).into_owned()),
            Some((name, path)) => (name, without_address(path)),
            None => (without_address(line), without_address(line)),
        };
        if path.first() == Some(&b'/') {
            let name = name.rsplit(|&byte| byte == b'/').next().unwrap_or(name);
            let (name, path) = (OsStr::from_bytes(name).to_owned(), OsStr::from_bytes(path).into());
            libraries.push(Library { name, path });
        }
    }
    Ok(libraries)
}

fn split<'a>(line: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = line.windows(separator.len()).position(|window| window == separator)?;
    Some((&line[..at], &line[at + separator.len()..]))
}

fn without_address(text: &[u8]) -> &[u8] {
    let at = text.windows(4).rposition(|window| window == b" (0x");
    at.map_or(text, |at| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(output: &str) -> Vec<String> {
        let show = |library: &Library| format!("{} {}", library.name.display(), library.path.display());
        parse(output.as_bytes()).unwrap().iter().map(show).collect()
    }

    #[test]
    fn lists_of_glibc() {
        let output = "\tlinux-vdso.so.1 (0x00007fff)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f1)\n\
                      \t/opt/a b (0x1)/lib d.so (0x00007f2)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f3)\n";
        let expected = [
            "libc.so.6 /lib/x86_64-linux-gnu/libc.so.6",
            "lib d.so /opt/a b (0x1)/lib d.so",
            "ld-linux-x86-64.so.2 /lib64/ld-linux-x86-64.so.2",
        ];
        assert_eq!(found(output), expected);
        assert_eq!(parse(b"\tlibx.so.1 => not found\n"), Err("libx.so.1".to_owned()));
    }

    #[test]
    fn lists_of_musl() {
        let output = "\t/lib/ld-musl-x86_64.so.1 (0x7f2)\n\tlibgcc_s.so.1 => /usr/lib/libgcc_s.so.1 (0x7f1)\n\
                      \tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f2)\n";
        let expected = [
            "ld-musl-x86_64.so.1 /lib/ld-musl-x86_64.so.1",
            "libgcc_s.so.1 /usr/lib/libgcc_s.so.1",
            "libc.musl-x86_64.so.1 /lib/ld-musl-x86_64.so.1",
        ];
        assert_eq!(found(output), expected);
    }

    #[test]
    fn builds_for_some_processors() {
        let path = Path::new("/usr/lib64/glibc-hwcaps/x86-64-v3/libz.so.1");
        assert_eq!(for_every_processor(path), Some("/usr/lib64/libz.so.1".into()));
        assert_eq!(for_every_processor(Path::new("/usr/lib64/libz.so.1")), None);
        assert_eq!(for_every_processor(Path::new("/")), None);
    }

    #[tokio::test]
    async fn this_very_program() {
        let program = std::env::current_exe().unwrap();
        let elf = super::super::elf::read(&std::fs::File::open(&program).unwrap()).unwrap();
        let interpreter = elf.interpreter.unwrap();
        let libraries = needed(&interpreter, &program).await.unwrap();
        assert!(libraries.iter().any(|library| library.name.to_string_lossy().starts_with("libc.")));
        assert!(libraries.iter().all(|library| library.path != interpreter));
    }

    #[tokio::test]
    async fn what_fails_is_told() {
        let shell = Path::new("/bin/sh");
        let said = ask(shell, ["-c", "echo out; echo no >&2; exit 3"].map(OsStr::new)).await.unwrap();
        assert_eq!((&said.output[..], said.failure.as_deref()), (&b"out\n"[..], Some("exit status: 3: no")));
        let said = ask(shell, ["-c", "while :; do echo yes || exit 1; done"].map(OsStr::new)).await.unwrap();
        assert_eq!((said.output.len() as u64, said.failure.is_some()), (MOST, true));
        let error = ask(Path::new("/nonexistent"), [] as [&OsStr; 0]).await.err().unwrap();
        assert!(matches!(error, ToolsError::Answer { .. }));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(output: Vec<u8>) {
            let _ = parse(&output);
        }
    }
}
