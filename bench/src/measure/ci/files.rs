//! Configurations to evaluate.

use crate::Result;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Jobs of the large configuration.
pub(super) const JOBS: usize = 1000;
const INCLUDES: usize = 10;

/// A git repository with a configuration.
#[derive(Debug)]
pub(super) struct Repository {
    folder: TempDir,
    /// What is in it, in a few words.
    pub(super) about: String,
}

impl Repository {
    /// One file of 100 lines.
    pub(super) fn small() -> Result<Self> {
        let mut text = String::from(HEAD);
        for number in 0.. {
            let job = small_job(number);
            if text.lines().count() + job.lines().count() > 100 {
                break;
            }
            text += &job;
        }
        let about = format!("{} lines", text.lines().count());
        Self::with(about, &[(".gitlab-ci.yml", text)])
    }

    /// A thousand jobs in ten included files.
    pub(super) fn large() -> Result<Self> {
        let mut main = String::from("include:\n");
        let mut files = Vec::new();
        for include in 0..INCLUDES {
            writeln!(main, "  - local: ci/part-{include}.yml")?;
            let mut text = String::new();
            for number in 0..JOBS / INCLUDES {
                text += &large_job(include, number)?;
            }
            files.push((format!("ci/part-{include}.yml"), text));
        }
        main += HEAD;
        let lines: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
        let mut named = vec![(".gitlab-ci.yml", main)];
        named.extend(files.iter().map(|(name, text)| (name.as_str(), text.clone())));
        Self::with(format!("{JOBS} jobs in {INCLUDES} includes, {lines} lines"), &named)
    }

    fn with(about: String, files: &[(&str, String)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().ok_or("a file in no folder")?)?;
            std::fs::write(path, text)?;
        }
        git(folder.path(), &["init", "-q", "-b", "main"])?;
        git(folder.path(), &["remote", "add", "origin", "https://gitlab.example.com/group/project.git"])?;
        git(folder.path(), &["add", "-A"])?;
        git(folder.path(), &["commit", "-q", "-m", "configuration"])?;
        Ok(Self { folder, about })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<()> {
    let who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false"];
    let status = Command::new("git").arg("-C").arg(folder).args(who).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err(format!("git {arguments:?} ended with {status}").into()) }
}

const HEAD: &str = r#"
stages: [build, test, deploy]
variables:
  IMAGE: alpine:3.20
  MODE: quick
default:
  image: $IMAGE
  tags: [linux]
  retry: 1
.rules: &rules
  rules:
    - if: '$CI_PIPELINE_SOURCE == "schedule"'
      when: never
    - if: '$CI_COMMIT_BRANCH =~ /^(main|release-.*)$/'
    - if: $CI_COMMIT_TAG
.base:
  before_script:
    - echo "begin $MODE"
  cache:
    key: $CI_COMMIT_REF_SLUG
    paths: [target/]
  extends: .rules
"#;

fn small_job(number: usize) -> String {
    let (stage, script) = [("build", "make"), ("test", "make test"), ("deploy", "make deploy")][number % 3];
    let needs = if number == 0 { String::new() } else { format!("  needs: [job-{}]\n", number - 1) };
    let stage = if number < 3 { stage } else { "deploy" };
    format!("job-{number}:\n  extends: .base\n  stage: {stage}\n  script:\n    - {script}\n{needs}")
}

fn large_job(include: usize, number: usize) -> Result<String> {
    let stage = ["build", "test", "deploy"][number % 3];
    let mut text = format!("job-{include}-{number}:\n  extends: .base\n  stage: {stage}\n");
    writeln!(text, "  variables:\n    NUMBER: \"{number}\"\n    PART: part-{include}")?;
    writeln!(
        text,
        "  script:\n    - echo \"job $NUMBER of $PART\"\n    - ./run.sh --part $PART --number $NUMBER"
    )?;
    writeln!(text, "  artifacts:\n    paths: [out/{number}/]\n    expire_in: 1 week")?;
    if stage == "test" {
        writeln!(text, "  needs:\n    - job-{include}-{}", number - 1)?;
    }
    Ok(text)
}
