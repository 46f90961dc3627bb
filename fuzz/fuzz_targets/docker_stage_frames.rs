//! Whatever the worker of a stage answers, it comes to the same however it is cut; archives lie in their folder and
//! nowhere else, and whole; what is held back is bounded.
//!
//! The first two bytes say how it is cut. If the third is odd, the rest is composed of frames: kind, factor, size, and
//! so many bytes, which are repeated; else it is the answer itself.

#![no_main]

#[allow(dead_code, reason = "the frames of agents have another form")]
mod frames;

use executor::{Output, Stream};
use frames::{Cut, cuts};
use job::stage::answer_told;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The longest report, in bytes.
const MOST_HELD: usize = 1 << 20;

/// Answers that are longer take too long byte by byte.
const LONG_ENOUGH: usize = 1 << 16;

/// How the log begins to tell of an archive.
const TOLD: &[u8] = b"Left artifacts in /";

fuzz_target!(|input: &[u8]| {
    let [one, other, form, rest @ ..] = input else { return };
    let bytes = if form % 2 == 0 { rest.to_vec() } else { compose(rest) };
    let root = tempfile::tempdir().expect("a temporary directory");
    let [whole, cut @ ..] = cuts(*one, *other).map(|cut| answer(&bytes, &cut, root.path()));
    cut.iter().for_each(|cut| assert_eq!(cut, &whole));
});

fn compose(mut rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let [kind, factor, size, after @ ..] = rest
        && bytes.len() < LONG_ENOUGH
    {
        let (content, after) = after.split_at(usize::from(*size).min(after.len()));
        let content = content.repeat(usize::from(*factor).max(1));
        bytes.push(*kind);
        bytes.extend((content.len() as u32).to_be_bytes());
        bytes.extend(content);
        rest = after;
    }
    bytes
}

#[derive(Default)]
struct Said(Mutex<Vec<u8>>);

impl Output for Said {
    fn write(&self, _: Stream, bytes: &[u8]) {
        self.0.lock().expect("one thread").extend_from_slice(bytes);
    }
}

/// How the stage ends, whether its worker was stopped, what it said, and the archives that it left.
type Outcome = (String, bool, Vec<u8>, BTreeMap<OsString, Vec<u8>>);

fn answer(bytes: &[u8], lengths: &[usize], root: &Path) -> Outcome {
    let (folder, said) = (root.join("folder"), Arc::new(Said::default()));
    let (end, stopped, most) = answer_told(Cut::new(bytes, lengths), &folder, said.clone());
    assert!(most <= MOST_HELD, "held back {most}");
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(&folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        assert!(path.is_file() && !path.is_symlink());
        let content = fs::read(&path).expect("a file");
        files.insert(path.file_name().expect("a name").to_owned(), content);
    }
    assert!(files.values().map(Vec::len).sum::<usize>() <= bytes.len());
    let said = std::mem::take(&mut *said.0.lock().expect("one thread"));
    // What an archive is called is said, and nothing is there that was not told of.
    let left = said.windows(TOLD.len()).filter(|part| *part == TOLD).count();
    assert!(left >= files.len(), "{files:?}");
    fs::remove_dir_all(&folder).unwrap_or_default();
    assert_eq!(fs::read_dir(root).expect("the directory").count(), 0, "something lies elsewhere");
    (end, stopped, said, files)
}
