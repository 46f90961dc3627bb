//! What a job uploads (`Ci::BuildRunnerPresenter#artifacts`).

use ci_yaml::config::Artifacts;
use protocol::{Artifact, ArtifactWhen};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::sync::Arc;

/// Reports: their kind, the name of their file, its format (`Enums::Ci::JobArtifact`).
const REPORTS: &[(&str, &str, &str)] = &[
    ("accessibility", "gl-accessibility.json", "raw"),
    ("annotations", "gl-annotations.json", "gzip"),
    ("api_fuzzing", "gl-api-fuzzing-report.json", "raw"),
    ("browser_performance", "browser-performance.json", "raw"),
    ("cluster_applications", "gl-cluster-applications.json", "gzip"),
    ("cluster_image_scanning", "gl-cluster-image-scanning-report.json", "raw"),
    ("cobertura", "cobertura-coverage.xml", "gzip"),
    ("codequality", "gl-code-quality-report.json", "raw"),
    ("container_scanning", "gl-container-scanning-report.json", "raw"),
    ("coverage_fuzzing", "gl-coverage-fuzzing.json", "raw"),
    ("cyclonedx", "gl-sbom.cdx.json", "gzip"),
    ("dast", "gl-dast-report.json", "raw"),
    ("dependency_scanning", "gl-dependency-scanning-report.json", "raw"),
    ("dotenv", ".env", "gzip"),
    ("jacoco", "jacoco-coverage.xml", "gzip"),
    ("junit", "junit.xml", "gzip"),
    ("license_scanning", "gl-license-scanning-report.json", "raw"),
    ("load_performance", "load-performance.json", "raw"),
    ("lsif", "lsif.json", "zip"),
    ("metrics", "metrics.txt", "gzip"),
    ("performance", "performance.json", "raw"),
    ("repository_xray", "gl-repository-xray.json", "gzip"),
    ("requirements", "requirements.json", "raw"),
    ("requirements_v2", "requirements_v2.json", "raw"),
    ("sarif", "gl-sarif-report.json", "raw"),
    ("sast", "gl-sast-report.json", "raw"),
    ("scip", "index.scip", "zip"),
    ("secret_detection", "gl-secret-detection-report.json", "raw"),
    ("terraform", "tfplan.json", "raw"),
];

/// Who may fetch what a job left (`artifacts: public`, `artifacts: access`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactAccess {
    /// Whoever may see the project.
    #[default]
    All,
    /// The project's own people and jobs (`public: false`, `access: developer`, `access: maintainer`).
    Project,
    /// The project's own jobs alone, as dependencies (`access: none`).
    Nobody,
}

impl ArtifactAccess {
    pub(super) fn of(artifacts: &Artifacts) -> Self {
        match artifacts.access.as_deref() {
            Some("all") => Self::All,
            Some("none") => Self::Nobody,
            Some(_) => Self::Project,
            None if artifacts.public == Some(false) => Self::Project,
            None => Self::All,
        }
    }

    /// Whether nothing was said of it.
    pub(super) fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// The archive, if there is to be one, then a report of each kind.
pub(super) fn all(artifacts: &Artifacts) -> Vec<Artifact> {
    let reports = artifacts.reports.iter().flatten();
    let reports = reports.filter_map(|(kind, paths)| report(artifacts, kind, paths));
    archive(artifacts).into_iter().chain(reports).collect()
}

fn archive(artifacts: &Artifacts) -> Option<Artifact> {
    let untracked = artifacts.untracked.unwrap_or(false);
    if artifacts.paths.is_none() && !untracked {
        return None;
    }
    Some(Artifact {
        name: text(artifacts.name.as_ref()),
        untracked,
        paths: texts(artifacts.paths.as_deref()),
        exclude: texts(artifacts.exclude.as_deref()),
        when: when(artifacts.when.as_deref()),
        expire_in: text(artifacts.expire_in.as_ref()),
        artifact_type: "archive".into(),
        artifact_format: "zip".into(),
    })
}

/// A report is uploaded however the job ended.
fn report(artifacts: &Artifacts, kind: &str, written: &Json) -> Option<Artifact> {
    let (kind, paths) = match kind {
        "coverage_report" => {
            let path = written.get("path").and_then(Json::as_str)?;
            (written.get("coverage_format").and_then(Json::as_str)?, vec![path.to_owned()])
        }
        kind => (kind, paths(written)),
    };
    let known = REPORTS.iter().find(|(known, ..)| *known == kind);
    let (name, format) =
        known.map_or_else(|| (format!("{kind}.json"), "raw"), |known| (known.1.into(), known.2));
    Some(Artifact {
        name,
        paths,
        when: ArtifactWhen::Always,
        expire_in: text(artifacts.expire_in.as_ref()),
        artifact_type: kind.to_owned(),
        artifact_format: format.to_owned(),
        ..Artifact::default()
    })
}

fn paths(written: &Json) -> Vec<String> {
    match written {
        Json::String(path) => vec![path.clone()],
        Json::Array(paths) => paths.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => Vec::new(),
    }
}

/// From `on_success`, `on_failure` or `always`.
pub(super) fn when(word: Option<&str>) -> ArtifactWhen {
    match word {
        None | Some("on_success") => ArtifactWhen::OnSuccess,
        Some("on_failure") => ArtifactWhen::OnFailure,
        Some("always") => ArtifactWhen::Always,
        Some(_) => ArtifactWhen::Unknown,
    }
}

fn text(text: Option<&Arc<str>>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

/// A list of texts; none where it was not written.
pub(super) fn texts(list: Option<&[Arc<str>]>) -> Vec<String> {
    list.unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;
    use serde_json::json;

    #[test]
    fn the_archive_comes_first_and_reports_follow() {
        let reports = [
            ("junit", json!(["a.xml", "b/*.xml"])),
            ("coverage_report", json!({"coverage_format": "jacoco", "path": "j.xml"})),
            ("terraform", json!("plan.json")),
            ("dotenv", json!(["x.env"])),
        ];
        let artifacts = Artifacts {
            untracked: Some(true),
            when: Some("on_failure".into()),
            expire_in: Some("1 week".into()),
            reports: Some(IndexMap::from_iter(reports.map(|(kind, paths)| (kind.into(), paths)))),
            ..Artifacts::default()
        };
        let all = all(&artifacts);
        let shown: Vec<_> = all
            .iter()
            .map(|artifact| {
                (&*artifact.artifact_type, &*artifact.name, &*artifact.artifact_format, artifact.when)
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("archive", "", "zip", ArtifactWhen::OnFailure),
                ("junit", "junit.xml", "gzip", ArtifactWhen::Always),
                ("jacoco", "jacoco-coverage.xml", "gzip", ArtifactWhen::Always),
                ("terraform", "tfplan.json", "raw", ArtifactWhen::Always),
                ("dotenv", ".env", "gzip", ArtifactWhen::Always),
            ]
        );
        assert_eq!(all[1].paths, ["a.xml", "b/*.xml"]);
        assert_eq!(all[2].paths, ["j.xml"]);
        assert!(all.iter().all(|artifact| artifact.expire_in == "1 week"));
    }

    #[test]
    fn without_paths_there_is_no_archive() {
        let artifacts = Artifacts { name: Some("x".into()), ..Artifacts::default() };
        assert!(all(&artifacts).is_empty());
    }

    #[test]
    fn who_may_fetch_them_is_read_of_either_keyword() {
        let of = |access: Option<&str>, public| {
            let access = access.map(Into::into);
            ArtifactAccess::of(&Artifacts { access, public, ..Artifacts::default() })
        };
        assert_eq!(of(None, None), ArtifactAccess::All);
        assert_eq!(of(None, Some(true)), ArtifactAccess::All);
        assert_eq!(of(Some("all"), None), ArtifactAccess::All);
        assert_eq!(of(None, Some(false)), ArtifactAccess::Project);
        assert_eq!(of(Some("developer"), None), ArtifactAccess::Project);
        assert_eq!(of(Some("maintainer"), None), ArtifactAccess::Project);
        assert_eq!(of(Some("none"), None), ArtifactAccess::Nobody);
    }
}
