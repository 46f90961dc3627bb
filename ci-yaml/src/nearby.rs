//! Finds the name that was probably meant, without letting a large file make that slow.

/// What all searches may cost together, in compared pairs of bytes.
const WORK: usize = 5_000_000;

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
        self.search(word, names.into_iter().filter(|name| *name != word))
    }

    /// The nearest of some names, whether or not it is the word itself.
    pub(crate) fn search<'a>(
        &mut self,
        word: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if word.len() > LONGEST {
            return None;
        }
        let length = word.chars().count();
        let limit = (length / 3).clamp(1, 3);
        let lower = word.to_lowercase();
        let mut best: Option<(usize, &'a str)> = None;
        for name in names {
            self.pay(LOOK)?;
            if name.len() > LONGEST || name.len().abs_diff(word.len()) > 4 * limit {
                continue;
            }
            self.pay(name.len() + word.len())?;
            let name_lower = name.to_lowercase();
            if !may_be_near(&lower, &name_lower, limit) {
                continue;
            }
            self.pay(name.len() * word.len())?;
            let distance = strsim::osa_distance(&lower, &name_lower);
            // Something of the word has to be left.
            if distance <= limit && distance < length && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, name));
            }
        }
        best.map(|(_, name)| name)
    }

    fn pay(&mut self, cost: usize) -> Option<()> {
        self.left = self.left.checked_sub(cost)?;
        Some(())
    }
}

/// Whether so few changes could make one text of the other, by the bytes that only one of them has: a change puts in
/// or takes out one character, of one byte in ASCII and of four at most.
fn may_be_near(one: &str, other: &str, limit: usize) -> bool {
    let mut counts = [0_i32; 256];
    one.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    other.bytes().for_each(|byte| counts[usize::from(byte)] -= 1);
    let only = |sign: i32| counts.iter().map(|count| (sign * count).max(0)).sum::<i32>();
    let width = if one.is_ascii() && other.is_ascii() { 1 } else { 4 };
    let most = i32::try_from(width * limit).unwrap_or(i32::MAX);
    only(1) <= most && only(-1) <= most
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
        assert_eq!(nearby.find("a", ["b"]), None);
        assert_eq!(nearby.find("ab", ["b"]), Some("b"));
    }

    #[test]
    fn what_is_skipped_is_not_near() {
        for (one, other) in [("build", "biuld"), ("tést", "test"), ("größe", "grösse"), ("deploy", "dploy")]
        {
            assert!(may_be_near(one, other, 2), "{one} {other}");
        }
        assert!(!may_be_near("integration", "abcdfhjklmp", 2));
    }

    #[test]
    fn enough_is_enough() {
        let mut nearby = Nearby { left: 60 };
        assert_eq!(nearby.find("build", ["xxxxx", "yyyyy", "zzzzz", "biuld"]), None);
        let long = "x".repeat(100_000);
        assert_eq!(Nearby::default().find(&long, [long.as_str()]), None);
    }
}
