//! Finds the name that was probably meant, without letting a large file make that slow.

/// What one search may cost over all names that are looked up, in compared pairs of bytes.
const WORK: usize = 20_000_000;

/// What looking at a candidate costs before it is compared.
const LOOK: usize = 8;

/// Longer names are not compared: no job or stage has one.
const LONGEST: usize = 255;

/// Suggests names of the user's own: jobs, stages, keys. Gives up once it has compared enough.
#[derive(Debug)]
pub(crate) struct Nearby {
    left: usize,
}

impl Default for Nearby {
    fn default() -> Self {
        Self { left: WORK }
    }
}

impl Nearby {
    /// The nearest of some names, if one is near enough to have been meant; never the word itself.
    pub(crate) fn find<'a>(
        &mut self,
        word: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if word.len() > LONGEST {
            return None;
        }
        let limit = (word.chars().count() / 3).clamp(1, 3);
        let lower = word.to_lowercase();
        let mut best: Option<(usize, &'a str)> = None;
        for name in names {
            let comparable = name.len() <= LONGEST && name.len().abs_diff(word.len()) <= 4 * limit;
            let cost = if comparable { LOOK + name.len() * word.len() } else { LOOK };
            self.left = self.left.checked_sub(cost)?;
            if !comparable || name == word {
                continue;
            }
            let distance = strsim::damerau_levenshtein(&lower, &name.to_lowercase());
            if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, name));
            }
        }
        best.map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let mut nearby = Nearby::default();
        assert_eq!(nearby.find("biuld", ["test", "build", "guild"]), Some("build"));
        assert_eq!(nearby.find("Build-Linux", ["build-linux"]), Some("build-linux"));
        assert_eq!(nearby.find("deploy", ["test", "deploy"]), None);
    }

    #[test]
    fn enough_is_enough() {
        let mut nearby = Nearby { left: 100 };
        assert_eq!(nearby.find("build", ["xxxxx", "yyyyy", "zzzzz", "biuld"]), None);
        let long = "x".repeat(100_000);
        assert_eq!(Nearby::default().find(&long, [long.as_str()]), None);
    }
}
