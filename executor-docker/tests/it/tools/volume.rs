//! The volume is made once, whoever asks and whatever was interrupted.

use super::rig::{Rig, docker, sign};
use executor_docker::tools::{Helper, Request, ensure};
use std::collections::HashSet;
use std::time::Instant;

fn exists(volume: &str) -> bool {
    docker(["volume", "inspect", volume]).is_ok()
}

fn count(filter: &str) -> usize {
    docker(["volume", "ls", "-q", "--filter", filter]).unwrap().lines().count()
}

#[tokio::test]
async fn every_further_job_costs_one_request() {
    let Some(rig) = Rig::new().await else { return };
    let executable = rig.small("1");
    let (first, said) = rig.ensure(&executable, Helper::Own).await.unwrap();
    assert_eq!(said.lines().count(), 2, "{said}");
    rig.requests();
    let start = Instant::now();
    let (second, said) = rig.ensure(&executable, Helper::Own).await.unwrap();
    eprintln!("{:?}", start.elapsed());
    assert_eq!((rig.requests(), said.as_str()), (1, ""));
    assert_eq!(first, second);
    // Another runner with the same files finds what is there.
    let others = rig.folder.path().join("others");
    let (third, said) = rig.ensure_with(&executable, Helper::Own, &others).await.unwrap();
    assert_eq!((third, said.as_str()), (first, ""));
}

#[tokio::test]
async fn many_jobs_at_once_make_one_volume() {
    let Some(rig) = Rig::new().await else { return };
    let executable = rig.small("1");
    let all = futures_util::future::join_all((0..8).map(|_| rig.ensure(&executable, Helper::Absent))).await;
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(all.iter().map(|(tools, _)| &tools.volume).collect::<HashSet<_>>().len(), 1);
    assert_eq!(all.iter().filter(|(_, said)| !said.is_empty()).count(), 1);
    assert_eq!(count(&format!("name={}", sign(&all[0].0.volume))), 2);
}

#[tokio::test]
async fn runners_without_a_common_memory_agree() {
    let Some(rig) = Rig::new().await else { return };
    let executable = rig.small("1");
    let path = rig.path();
    let request = Request {
        engine: "",
        executable: &executable,
        path: &path,
        records: None,
        owner: &rig.mark,
        helper: Helper::Absent,
        doubt: false,
    };
    let log = super::rig::Log::default();
    let all = futures_util::future::join_all((0..4).map(|_| ensure(&rig.docker, &request, &log))).await;
    let volumes: HashSet<_> = all.into_iter().map(|tools| tools.unwrap().volume).collect();
    assert_eq!(volumes.len(), 1, "{volumes:?}");
    let volume = volumes.into_iter().next().unwrap();
    for name in [sign(&volume), &volume] {
        rig.remove_later("volume", name);
    }
    assert_eq!(count(&format!("name={}", sign(&volume))), 2, "those of slower makers are removed");
}

#[tokio::test]
async fn a_volume_that_is_gone_is_made_again() {
    let Some(rig) = Rig::new().await else { return };
    let executable = rig.small("1");
    let (first, _) = rig.ensure(&executable, Helper::Absent).await.unwrap();
    docker(["volume", "rm", &first.volume]).unwrap();
    // As mounting a name does that stands for nothing.
    docker(["volume", "create", &first.volume]).unwrap();
    let (second, said) = rig.ensure(&executable, Helper::Absent).await.unwrap();
    assert!(second.volume != first.volume && !said.is_empty());
    // A sign that somebody has made by mounting its name.
    docker(["volume", "rm", sign(&first.volume), &second.volume]).unwrap();
    docker(["volume", "create", sign(&first.volume)]).unwrap();
    let (third, _) = rig.ensure(&executable, Helper::Absent).await.unwrap();
    assert!(exists(&third.volume));
    let (fourth, said) = rig.ensure(&executable, Helper::Absent).await.unwrap();
    assert_eq!((fourth, said.as_str()), (third, ""));
}

#[tokio::test]
async fn what_was_interrupted_is_not_used() {
    let Some(rig) = Rig::new().await else { return };
    let executable = rig.small("1");
    // A first look, to have the labels of an unfinished volume.
    let (first, _) = rig.ensure(&executable, Helper::Absent).await.unwrap();
    docker(["volume", "rm", sign(&first.volume)]).unwrap();
    std::fs::remove_dir_all(rig.records()).unwrap();
    let (second, said) = rig.ensure(&executable, Helper::Absent).await.unwrap();
    assert!(second.volume != first.volume && !said.is_empty());
    assert!(!exists(&first.volume), "it is removed");

    // Interrupted at some request: nothing is used that is not complete, and nothing is left in the end.
    for version in 2..8 {
        let executable = rig.small(&version.to_string());
        rig.requests();
        let making = rig.ensure(&executable, Helper::Absent);
        tokio::pin!(making);
        let reached = loop {
            tokio::select! {
                biased;
                made = &mut making => { drop(made.unwrap()); break false; }
                () = tokio::task::yield_now() => if rig.requests_so_far() >= version { break true; },
            }
        };
        assert!(reached);
    }
    let executable = rig.small("8");
    let (last, _) = rig.ensure(&executable, Helper::Absent).await.unwrap();
    assert!(exists(&last.volume));
    let filter = format!("label=com.gitlab.gitlab-runner.tools.owner={}", owner(&last.volume));
    let left = docker(["ps", "-aq", "--filter", &filter]).unwrap();
    assert_eq!(left, "", "containers");
    let left = docker(["image", "ls", "-q", "--filter", &filter]).unwrap();
    assert_eq!(left, "", "images");
    // This version's two, and those of the one before.
    assert!(count(&filter) <= 4, "{}", docker(["volume", "ls", "--filter", &filter]).unwrap());
    for name in docker(["volume", "ls", "-q", "--filter", &filter]).unwrap().lines() {
        rig.remove_later("volume", name);
    }
}

#[tokio::test]
async fn older_versions_go_unless_they_are_used() {
    let Some(rig) = Rig::new().await else { return };
    let mut volumes = Vec::new();
    for version in ["1", "2", "3"] {
        let (tools, _) = rig.ensure(&rig.small(version), Helper::Absent).await.unwrap();
        if version == "1" {
            let image = rig.busybox();
            let id = docker(["create", "-v", &tools.bind(), &image, "sh"]).unwrap();
            rig.remove_later("container", id.trim());
        }
        volumes.push(tools.volume);
    }
    assert!(exists(&volumes[0]), "a container uses it");
    assert!(exists(&volumes[1]), "jobs of the version before may still be about to use it");
    let (tools, _) = rig.ensure(&rig.small("4"), Helper::Absent).await.unwrap();
    assert!(!exists(&volumes[1]) && !exists(sign(&volumes[1])));
    assert!(exists(&volumes[2]) && exists(&tools.volume));
}

/// Who has made a volume.
fn owner(volume: &str) -> String {
    let format = "{{index .Labels \"com.gitlab.gitlab-runner.tools.owner\"}}";
    docker(["volume", "inspect", "--format", format, volume]).unwrap().trim().to_owned()
}
