//! Jobs of a local run: sources that are ready, artifacts in a store, caches in a folder of the engine's.

use super::*;
use crate::{Sources, Store, Transfer};
use protocol::{Artifact, ArtifactWhen, CacheEntry, Dependency, Hook, Variable};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of a work tree, and its archive.
fn tree(folder: &Path) -> PathBuf {
    let tree = folder.join("tree");
    std::fs::create_dir_all(tree.join("sub")).unwrap();
    std::fs::write(tree.join("README"), "hello\n").unwrap();
    std::fs::write(tree.join("sub/file"), "content\n").unwrap();
    let init = Command::new("git").args(["init", "-q"]).current_dir(&tree).status().unwrap();
    assert!(init.success());
    let archive = folder.join("tree.tar");
    let packed = Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(&tree).arg(".").status().unwrap();
    assert!(packed.success());
    archive
}

fn copy(archive: Option<PathBuf>) -> Sources {
    Sources::Copy { summary: "Using a copy of the work tree at HERE".to_owned(), archive }
}

/// A job with a copy of a work tree, in the same words for both kinds of executors.
fn rig(sources: &tempfile::TempDir) -> Rig {
    let mut rig = Rig::new(None);
    rig.order.payload.variables.retain(|variable| variable.key != "GIT_STRATEGY");
    rig.order.sources = copy(Some(tree(sources.path())));
    let hook = |name: &str, script: &str| Hook { name: name.to_owned(), script: vec![script.to_owned()] };
    rig.order.payload.hooks =
        vec![hook("pre_get_sources_script", "echo before"), hook("post_get_sources_script", "cat sub/file")];
    rig.script("script", &["cat README", "git status --short"]);
    rig
}

fn put(rig: &Rig, sources: &tempfile::TempDir) {
    std::fs::create_dir_all(rig.project().parent().unwrap()).unwrap();
    std::fs::rename(sources.path().join("tree"), rig.project()).unwrap();
}

#[tokio::test]
async fn a_copy_is_used_as_it_is() {
    let sources = tempfile::tempdir().unwrap();
    let here = rig(&sources);
    put(&here, &sources);
    let (verdict, expected) = here.run_here().await;
    assert!(verdict.is_success(), "{expected}");
    for line in ["Using a copy of the work tree at HERE", "before\n", "content\n", "hello\n", "?? README"] {
        assert!(expected.contains(line), "{line}: {expected}");
    }
    assert!(!expected.contains("Fetching changes") && !expected.contains("Getting source from Git"));
    assert!(here.project().join(".git/HEAD").exists(), "nothing is tidied up in it");

    let sources = tempfile::tempdir().unwrap();
    let there = rig(&sources);
    // An earlier job may have left something.
    std::fs::create_dir_all(there.project().join("old")).unwrap();
    let hidden = there.hidden();
    let (verdict, trace) = there.run_there(hidden).await;
    assert!(verdict.is_success(), "{trace}");
    assert!(!there.project().join("old").exists());
    for line in ["Using a copy of the work tree at HERE", "before\n", "content\n", "hello\n", "?? README"] {
        assert!(trace.contains(line), "{line}: {trace}");
    }
}

#[tokio::test]
async fn strategies_without_git_have_no_copy() {
    for strategy in ["none", "empty"] {
        let sources = tempfile::tempdir().unwrap();
        let mut there = rig(&sources);
        there.order.payload.variables.push(Variable::public("GIT_STRATEGY", strategy));
        there.order.payload.steps.clear();
        there.script("script", &["ls -A | wc -l"]);
        let (verdict, trace) = there.run_there(there.hidden()).await;
        assert!(verdict.is_success(), "{trace}");
        assert!(trace.contains("\n0\n") && trace.contains("Skipping Git repository setup"), "{trace}");
    }
}

#[tokio::test]
async fn a_copy_that_is_missing_fails_the_job() {
    let sources = tempfile::tempdir().unwrap();
    let mut rig = rig(&sources);
    rig.order.payload.variables.push(Variable::public("GET_SOURCES_ATTEMPTS", "2"));
    let (verdict, trace) = rig.run_here().await;
    assert!(!verdict.is_success());
    assert!(
        trace.contains("there is no copy of the work tree at ") && !trace.contains("Deleting"),
        "{trace}"
    );
    rig.order.sources = copy(None);
    let (verdict, trace) = rig.run_there(rig.hidden()).await;
    assert!(!verdict.is_success());
    assert!(trace.contains("there is no archive of the work tree"), "{trace}");
}

fn artifact(kind: &str, format: &str, path: &str) -> Artifact {
    Artifact {
        name: path.to_owned(),
        paths: vec![path.to_owned()],
        when: ArtifactWhen::Always,
        artifact_type: kind.to_owned(),
        artifact_format: format.to_owned(),
        ..Artifact::default()
    }
}

fn depends(rig: &mut Rig, id: i64) {
    let mut dependency = Dependency { id, name: "build".to_owned(), ..Dependency::default() };
    dependency.artifacts_file.filename = "a.zip".to_owned();
    rig.order.payload.dependencies = vec![dependency];
}

async fn stored(rig: &Rig, store: &Store, is_here: bool) -> (crate::Verdict, String) {
    let transfer = Transfer::Store(store.clone());
    match is_here {
        true => rig.run_here_with(transfer).await,
        false => rig.run_there_with(rig.hidden(), transfer).await,
    }
}

#[tokio::test]
async fn artifacts_pass_through_a_store() {
    for (producer, consumer) in [(true, true), (true, false), (false, true), (false, false)] {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("artifacts"));
        let mut build = Rig::new(None);
        build.order.payload.id = 7;
        build.order.payload.artifacts =
            vec![artifact("archive", "zip", "out"), artifact("junit", "gzip", "report.xml")];
        build.script("script", &["mkdir out; echo result > out/file; echo '<x/>' > report.xml"]);
        let (verdict, trace) = stored(&build, &store, producer).await;
        assert!(verdict.is_success(), "{trace}");
        let kept = store.kept(7).unwrap();
        let names: Vec<(&str, &Path)> = kept
            .iter()
            .map(|kept| (kept.kind.as_str(), kept.path.strip_prefix(store.folder()).unwrap()))
            .collect();
        let expected =
            [("archive", Path::new("7/archive/out.zip")), ("junit", Path::new("7/junit/report.xml.gz"))];
        assert_eq!(names, expected);
        assert!(
            trace.contains("Artifacts are kept in ") && trace.contains("Artifacts of type junit"),
            "{trace}"
        );

        let mut test = Rig::new(None);
        test.order.payload.id = 8;
        depends(&mut test, 7);
        test.script("script", &["cat out/file"]);
        let (verdict, trace) = stored(&test, &store, consumer).await;
        assert!(verdict.is_success() && trace.contains("\nresult\n"), "{trace}");
        assert_eq!(store.kept(7).unwrap(), kept, "the next job finds them, too");
        assert!(!test.root.path().join("inbox/artifacts/7").exists(), "what was brought is gone");
    }
}

#[tokio::test]
async fn artifacts_that_are_missing_fail_the_job() {
    let folder = tempfile::tempdir().unwrap();
    for is_here in [true, false] {
        let mut test = Rig::new(None);
        depends(&mut test, 7);
        test.script("script", &["true"]);
        let (verdict, trace) = stored(&test, &Store::new(folder.path()), is_here).await;
        assert_eq!(verdict.exit_code, Some(1), "{trace}");
        assert!(trace.contains("... not found") && trace.contains("FATAL: file does not exist"), "{trace}");
    }
}

#[tokio::test]
async fn caches_of_both_kinds_of_jobs_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut rigs = [Rig::new(None), Rig::new(None)];
    let [here, there] = &mut rigs;
    for rig in [&mut *here, &mut *there] {
        rig.order.payload.cache = vec![CacheEntry {
            key: "k".to_owned(),
            paths: vec!["vendor".to_owned()],
            fallback_keys: vec!["older".to_owned()],
            ..CacheEntry::default()
        }];
    }
    here.order.settings.cache_dir = folder.path().to_owned();
    there.order.settings.cache_folder = Some(folder.path().to_owned());
    there.script("script", &["cat vendor/lib || (mkdir -p vendor; echo lib > vendor/lib)"]);
    here.script("script", &["cat vendor/lib", "echo more > vendor/more"]);

    let (verdict, trace) = there.run_there(there.hidden()).await;
    assert!(verdict.is_success() && !trace.contains("Successfully extracted cache"), "{trace}");
    let archive = folder.path().join("project-0/k/cache.zip");
    let first = std::fs::metadata(&archive).unwrap();
    // Brought there and back, it is known to hold the same files.
    let _ = std::fs::remove_dir_all(there.project());
    let (verdict, trace) = there.run_there(there.hidden()).await;
    assert!(verdict.is_success() && trace.contains("Successfully extracted cache"), "{trace}");
    let second = std::fs::metadata(&archive).unwrap();
    assert_eq!(
        std::os::unix::fs::MetadataExt::ino(&first),
        std::os::unix::fs::MetadataExt::ino(&second),
        "{trace}"
    );

    let (verdict, trace) = here.run_here().await;
    assert!(verdict.is_success() && trace.contains("\nlib\n"), "{trace}");
    let _ = std::fs::remove_dir_all(there.project());
    there.order.payload.steps.clear();
    there.script("script", &["cat vendor/more"]);
    let (verdict, trace) = there.run_there(there.hidden()).await;
    assert!(verdict.is_success() && trace.contains("\nmore\n"), "{trace}");
    let found = crate::cache_archives(&there.order, folder.path());
    assert_eq!(found.iter().map(|cache| cache.path.clone()).collect::<Vec<_>>(), [archive]);
}
