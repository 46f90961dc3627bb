//! A job ends alike and says the same, wherever its files are.

use super::kit::Origin;
use super::*;
use protocol::{Artifact, ArtifactWhen, CacheEntry, FailureReason, Hook, Variable};
use std::os::unix::fs::PermissionsExt;

/// A trace that can be compared: without times, and with the lines of each section in any order, since a
/// command's two streams have none between them.
fn comparable(trace: &str) -> Vec<Vec<String>> {
    let mut sections = vec![Vec::new()];
    for line in trace.replace("section_", "\nsection_").lines() {
        let marker = line.split_once(':').and_then(|(_, rest)| rest.split_once(':'));
        match marker {
            Some((_, name)) if line.starts_with("section_") => {
                sections.push(vec![format!("{} {name}", &line[..13])]);
            }
            _ => sections.last_mut().unwrap().push(line.to_owned()),
        }
    }
    sections.iter_mut().for_each(|lines| lines.sort_unstable());
    sections
}

/// Everything that a job can have to do with files.
fn everything(rig: &mut Rig) {
    let payload = &mut rig.order.payload;
    let secret = Variable { masked: true, ..Variable::public("SECRET", "hunter2-and-more") };
    let file = Variable { file: true, ..Variable::public("CERT", "-----BEGIN $SECRET-----\n") };
    payload.variables.extend([secret, file]);
    let paths = |name: &str| vec![name.to_owned()];
    payload.cache = vec![CacheEntry { key: "k".to_owned(), paths: paths("vendor"), ..CacheEntry::default() }];
    payload.artifacts = vec![Artifact {
        name: "a".to_owned(),
        paths: paths("out"),
        untracked: true,
        when: ArtifactWhen::Always,
        ..Artifact::default()
    }];
    let hook = |name: &str, script: &str| Hook { name: name.to_owned(), script: vec![script.to_owned()] };
    payload.hooks = vec![
        hook("pre_get_sources_script", "cat $CERT; echo HOOKED=yes >> $GITLAB_ENV"),
        hook("post_get_sources_script", "cat README"),
    ];
    rig.script(
        "script",
        &[
            "cat README $CERT",
            "if [ -f vendor/lib ]; then cat vendor/lib; else echo no cache; fi",
            "echo hooked=$HOOKED",
            "mkdir -p vendor out; echo lib > vendor/lib; echo result > out/file",
            "rm -f $CERT; echo FROM_SCRIPT=1 >> $GITLAB_ENV",
        ],
    );
    rig.script("after_script", &["cat $CERT", "echo $CI_JOB_STATUS $FROM_SCRIPT"]);
}

#[tokio::test]
async fn a_job_that_succeeds() {
    let origin = Origin::new();
    let (mut here, mut there) = (Rig::new(Some(&origin)), Rig::new(Some(&origin)));
    everything(&mut here);
    everything(&mut there);
    // The second run finds the first one's work tree and cache.
    for round in 1..=2 {
        let (verdict, expected) = here.run_here().await;
        assert!(verdict.is_success(), "{expected}");
        let hidden = there.hidden();
        let tasks = std::rc::Rc::clone(&hidden.tasks);
        let (verdict, trace) = there.run_there(hidden).await;
        assert!(verdict.is_success(), "{trace}");
        assert_eq!(comparable(&trace), comparable(&expected), "round {round}");
        assert!(trace.contains("BEGIN [MASKED]") && !trace.contains("hunter2"), "{trace}");
        assert!(trace.contains("success 1"), "{trace}");
        assert_eq!(trace.contains("Successfully extracted cache"), round == 2);
        assert_eq!(
            *tasks.borrow(),
            [
                r#"["forget","get_sources"]"#,
                r#"["restore_cache"]"#,
                r#"["file_variables"]"#,
                r#"["file_variables"]"#,
                r#"[{"save_caches":{"success":true}}]"#,
                r#"[{"upload_artifacts":{"success":true}}]"#,
                r#"["clean_up"]"#,
            ]
        );
    }
    assert_eq!(std::fs::read_dir(there.kept()).unwrap().count(), 2);
    let left = there.project().with_extension("tmp");
    for name in ["CERT", "gitlab_runner_env", ".gitlab-runner.ext.conf"] {
        assert!(!left.join(name).exists(), "{name}");
    }
    let mode = |path: &str| {
        let path = there.root.path().join(path);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("cache/project-0/k"), 0o777, "the next job may run as another user");
    assert_eq!(mode("cache/project-0/k/cache.zip"), 0o644);
    assert_eq!(mode("builds/abcdefghi/0/project-0/README"), 0o644);
    assert_eq!(mode("builds/abcdefghi/0/project-0"), 0o755);
}

#[tokio::test]
async fn a_script_that_fails() {
    let (mut here, mut there) = (Rig::new(None), Rig::new(None));
    for rig in [&mut here, &mut there] {
        everything(rig);
        rig.order.payload.steps[0].script =
            vec!["mkdir -p out; echo x > out/f".to_owned(), "(exit 7)".to_owned()];
    }
    let (expected_verdict, expected) = here.run_here().await;
    let (verdict, trace) = there.run_there(there.hidden()).await;
    assert_eq!(verdict.exit_code, Some(7));
    assert_eq!(verdict, expected_verdict);
    assert_eq!(comparable(&trace), comparable(&expected));
    assert!(trace.contains("upload_artifacts_on_failure"), "{trace}");
}

#[tokio::test]
async fn without_hooks_file_variables_are_written_with_the_sources() {
    let mut rig = Rig::new(None);
    rig.script("script", &["true"]);
    rig.script("release", &["true"]);
    let hidden = rig.hidden();
    let tasks = std::rc::Rc::clone(&hidden.tasks);
    let (verdict, trace) = rig.run_there(hidden).await;
    assert!(verdict.is_success(), "{trace}");
    assert_eq!(*tasks.borrow(), [r#"["forget","get_sources"]"#, r#"["file_variables"]"#, r#"["clean_up"]"#]);
}

#[tokio::test]
async fn a_hook_that_fails_is_named() {
    let origin = Origin::new();
    let (mut here, mut there) = (Rig::new(Some(&origin)), Rig::new(Some(&origin)));
    for rig in [&mut here, &mut there] {
        rig.order.settings.pre_get_sources_script = "(exit 5)".to_owned();
        rig.script("script", &["true"]);
    }
    let (verdict, expected) = here.run_here().await;
    assert_eq!(verdict.exit_code, Some(5), "{expected}");
    let (verdict, trace) = there.run_there(there.hidden()).await;
    assert_eq!(verdict.exit_code, Some(5));
    assert!(
        trace.contains("Failed at command 1 of 1 of pre_get_sources_script (exit status 5): $ (exit 5)"),
        "{trace}"
    );
    assert_eq!(comparable(&trace), comparable(&expected));
}

#[tokio::test]
async fn sources_that_cannot_be_had_are_tried_for_again() {
    let (mut here, mut there) = (Rig::new(None), Rig::new(None));
    for rig in [&mut here, &mut there] {
        rig.order.payload.variables.push(Variable::public("GIT_STRATEGY", "fetch"));
        rig.order.payload.variables.push(Variable::public("GET_SOURCES_ATTEMPTS", "2"));
        rig.order.payload.git_info.repo_url = "file:///nonexistent/p.git".into();
        rig.order.payload.git_info.refspecs = vec!["+refs/heads/main:refs/remotes/origin/main".to_owned()];
    }
    let (expected_verdict, expected) = here.run_here().await;
    let hidden = there.hidden();
    let tasks = std::rc::Rc::clone(&hidden.tasks);
    let (verdict, trace) = there.run_there(hidden).await;
    assert_eq!(verdict, expected_verdict);
    assert_eq!((verdict.failure, verdict.exit_code), (Some(FailureReason::ScriptFailure), Some(128)));
    assert_eq!(comparable(&trace), comparable(&expected));
    assert_eq!(tasks.borrow()[1], r#"["forget","clear_worktree"]"#);
    assert_eq!(tasks.borrow()[2], r#"["get_sources"]"#);
}

#[tokio::test]
async fn a_runners_own_fault_is_worded_alike() {
    let (mut here, mut there) = (Rig::new(None), Rig::new(None));
    for rig in [&mut here, &mut there] {
        std::fs::create_dir_all(rig.root.path().join("builds/abcdefghi/0")).unwrap();
        std::os::unix::fs::symlink("/", rig.project()).unwrap();
    }
    let (expected_verdict, expected) = here.run_here().await;
    let (verdict, trace) = there.run_there(there.hidden()).await;
    assert_eq!(verdict, expected_verdict);
    assert!(trace.contains("Job failed (system failure): refusing to work in ROOT/"), "{trace}");
    assert_eq!(comparable(&trace), comparable(&expected));
    assert_eq!(verdict.exit_code, None);
}
