//! Patterns of project paths.

/// How well a pattern fits a path, if it does: the exact path best, then the longer pattern. `*` stands for any run of
/// characters; upper and lower case are alike, as in GitLab's paths.
pub(super) fn fit(pattern: &str, path: &str) -> Option<(bool, usize)> {
    let (pattern, path) = (pattern.trim_matches('/').to_lowercase(), path.to_lowercase());
    let mut parts = pattern.split('*');
    let mut rest = path.strip_prefix(parts.next().unwrap_or_default())?;
    let Some(last) = parts.next_back() else { return rest.is_empty().then_some((true, pattern.len())) };
    for part in parts {
        rest = rest.split_once(part)?.1;
    }
    rest.ends_with(last).then_some((false, pattern.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_paths() {
        for (pattern, path, fits) in [
            ("group/app", "group/app", true),
            ("Group/App", "group/app", true),
            ("group/app", "group/apple", false),
            ("group/*", "group/sub/app", true),
            ("group/*", "groups/app", false),
            ("*/app", "group/app", true),
            ("g*/s*/app", "group/sub/app", true),
            ("g*x*", "group/sub", false),
            ("a*a", "a", false),
            ("*", "group/app", true),
        ] {
            assert_eq!(fit(pattern, path).is_some(), fits, "{pattern} {path}");
        }
        assert!(fit("g/p", "g/p") > fit("g/*long*", "g/p"));
        assert!(fit("group/*", "group/p") > fit("g*", "group/p"));
    }
}
