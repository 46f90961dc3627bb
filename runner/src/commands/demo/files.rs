//! The project, as `examples/demo` has it: an installed program works without the repository.

use std::io;
use std::path::Path;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// Names of the files, and what is in them.
        const FILES: &[(&str, &str)] = &[$((
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/demo/", $name)),
        )),*];
    };
}

files![".gitlab-ci.yml", "README.md", "build.sh", "test.sh"];

/// Writes them into a folder.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    FILES.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_of_the_example_are_there() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo");
        let mut there: Vec<String> = example
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let mut ours: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        ours.sort_unstable();
        assert_eq!(ours, there);
    }
}
