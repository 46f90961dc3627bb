//! What artifacts can be, in GitLab's words.

/// What runners upload: the archive, and reports.
const KINDS: [&str; 33] = [
    "accessibility",
    "annotations",
    "api_fuzzing",
    "archive",
    "browser_performance",
    "cluster_applications",
    "cluster_image_scanning",
    "cobertura",
    "codequality",
    "container_scanning",
    "coverage_fuzzing",
    "cyclonedx",
    "dast",
    "dependency_scanning",
    "dotenv",
    "jacoco",
    "junit",
    "license_management",
    "license_scanning",
    "load_performance",
    "lsif",
    "metrics",
    "metrics_referee",
    "network_referee",
    "performance",
    "repository_xray",
    "requirements",
    "requirements_v2",
    "sarif",
    "sast",
    "scip",
    "secret_detection",
    "terraform",
];

const FORMATS: [&str; 5] = ["zip", "gzip", "raw", "zipzstd", "tarzstd"];

/// A dotenv report has fewer than 5120 bytes; packed, that many names and headers may be around it.
const MOST_DOTENV: u64 = 64 * 1024;
/// Test reports of a job.
const MOST_JUNIT: u64 = 100_000_000;

/// The type of that name; nothing where runners upload no such thing.
pub(super) fn kind(name: Option<&str>) -> Option<&'static str> {
    let name = name.filter(|name| !name.is_empty()).unwrap_or("archive");
    KINDS.into_iter().find(|kind| *kind == name)
}

/// The format of that name.
pub(super) fn format(name: Option<&str>) -> Option<&'static str> {
    let name = name.filter(|name| !name.is_empty()).unwrap_or("zip");
    FORMATS.into_iter().find(|format| *format == name)
}

/// The largest file of a type, in bytes.
pub(super) fn limit(kind: &str) -> u64 {
    match kind {
        "dotenv" => MOST_DOTENV,
        "junit" => MOST_JUNIT,
        _ => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_or_refused() {
        assert_eq!(
            (kind(None), kind(Some("")), kind(Some("junit"))),
            (Some("archive"), Some("archive"), Some("junit"))
        );
        assert_eq!((format(None), format(Some("gzip"))), (Some("zip"), Some("gzip")));
        for wrong in ["metadata", "trace", "../x", "Archive", "job"] {
            assert_eq!(kind(Some(wrong)), None, "{wrong}");
        }
        assert_eq!(format(Some("rar")), None);
    }
}
