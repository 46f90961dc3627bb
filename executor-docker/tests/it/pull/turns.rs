//! Jobs that want the same image at the same time.

use super::image::Image;
use super::server::{Asked, Server};
use super::site::{Job, Removal, Setup, engine, payload};
use bollard::Docker;
use executor_docker::auth::Sources;
use kit::docker::Engine;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::Semaphore;

/// A registry that keeps manifests back until it is told how many it may answer.
struct Site {
    engine: Engine,
    docker: Docker,
    server: Server,
    gate: Arc<Semaphore>,
    image: Image,
    name: String,
    folder: TempDir,
}

impl Site {
    async fn new(mark: &str) -> Option<Self> {
        let (engine, docker) = engine()?;
        let gate = Arc::new(Semaphore::new(0));
        let image = Image::new(mark, "amd64", 100_000);
        let (served, opened) = (image.clone(), Arc::clone(&gate));
        let server = Server::start(move |asked: Asked| {
            let (reply, gate) = (served.reply(&asked, 1.0), Arc::clone(&opened));
            async move {
                if asked.line.contains("/manifests/") {
                    gate.acquire().await.unwrap().forget();
                }
                reply
            }
        })
        .await;
        let name = format!("{}/group/{mark}:1", server.address);
        let folder = tempfile::tempdir().unwrap();
        Some(Self { engine, docker, server, gate, image, name, folder })
    }

    fn turns(&self) -> &Path {
        self.folder.path()
    }

    fn job(&self, policy: &'static str, credentials: Sources) -> Job {
        let turns = Some(self.turns().join("turns"));
        Setup { policies: vec![policy], credentials, turns, ..Setup::default() }.job(&self.docker)
    }

    fn open(&self) {
        self.gate.add_permits(1000);
    }

    fn waiting(&self) -> String {
        format!("Waiting for another job that pulls docker image {} ...", self.name)
    }

    fn left(&self) -> usize {
        std::fs::read_dir(self.turns().join("turns")).unwrap().count()
    }

    fn pulls(jobs: &[&Job]) -> usize {
        let lines = jobs.iter().flat_map(|job| job.log.lines());
        lines.filter(|line| line.starts_with("Pulling docker image")).count()
    }
}

#[tokio::test]
async fn one_pulls_and_the_others_find_the_image() {
    let Some(site) = Site::new("found").await else { return };
    let _removal = Removal { engine: &site.engine, images: vec![site.name.clone()] };
    let jobs: Vec<Job> = (0..4).map(|_| site.job("if-not-present", Sources::default())).collect();
    let all = futures_util::future::join_all(jobs.iter().map(|job| job.obtain(&site.name)));
    let opened = async {
        let others = async || {
            let waiting = site.waiting();
            while jobs.iter().filter(|job| job.log.lines().contains(&waiting)).count() < 3 {
                tokio::task::yield_now().await;
            }
        };
        others().await;
        site.open();
    };
    let (images, ()) = tokio::join!(all, opened);
    for image in images {
        assert_eq!(image.unwrap().id, site.image.id());
    }
    assert_eq!(Site::pulls(&jobs.iter().collect::<Vec<_>>()), 1);
    for job in jobs.iter().filter(|job| Site::pulls(&[job]) == 0) {
        let expected = [
            format!("Using effective pull policy of [if-not-present] for container {}", site.name),
            site.waiting(),
            "Using locally found image version due to \"if-not-present\" pull policy".to_owned(),
        ];
        assert_eq!(job.log.lines()[..3], expected);
    }
    assert_eq!(site.left(), 0);
}

#[tokio::test]
async fn who_wants_it_always_asks_again_unless_it_has_just_been_asked_with_the_same_credentials() {
    let Some(site) = Site::new("fresh").await else { return };
    let _removal = Removal { engine: &site.engine, images: vec![site.name.clone()] };
    let host = site.server.address.to_string();
    let (first, same) = (site.job("always", Sources::default()), site.job("always", Sources::default()));
    let other = site.job("always", payload(&host, "other", "secret"));
    let opened = async {
        first.log.wait_for("Pulling docker image").await;
        let later = async {
            same.log.wait_for(&site.waiting()).await;
            other.log.wait_for(&site.waiting()).await;
            site.open();
        };
        tokio::join!(same.obtain(&site.name), other.obtain(&site.name), later)
    };
    let (image, (second, third, ())) = tokio::join!(first.obtain(&site.name), opened);
    for image in [image, second, third] {
        assert_eq!(image.unwrap().id, site.image.id());
    }
    assert_eq!([Site::pulls(&[&first]), Site::pulls(&[&same]), Site::pulls(&[&other])], [1, 0, 1]);
    assert!(same.log.lines().contains(&format!("Another job has just pulled docker image {}", site.name)));
    // The pull of a job that is over says nothing of the image of today.
    let later = site.job("always", Sources::default());
    later.obtain(&site.name).await.unwrap();
    assert_eq!(Site::pulls(&[&later]), 1);
    assert_eq!(site.left(), 0);
}

#[tokio::test]
async fn a_job_that_is_stopped_hands_its_turn_on() {
    let Some(site) = Site::new("stopped").await else { return };
    let _removal = Removal { engine: &site.engine, images: vec![site.name.clone()] };
    let (first, second) = (site.job("always", Sources::default()), site.job("always", Sources::default()));
    let stopped = async {
        first.log.wait_for("Pulling docker image").await;
        let stop = async {
            second.log.wait_for(&site.waiting()).await;
            first.stop.cancel();
            second.log.wait_for("Pulling docker image").await;
            site.open();
        };
        tokio::join!(second.obtain(&site.name), stop).0
    };
    let (end, image) = tokio::join!(first.obtain(&site.name), stopped);
    assert!(end.is_err());
    assert_eq!(image.unwrap().id, site.image.id());
    assert_eq!(site.left(), 0);
}

#[tokio::test]
async fn images_of_one_job_are_pulled_once() {
    let Some(site) = Site::new("once").await else { return };
    let _removal = Removal { engine: &site.engine, images: vec![site.name.clone()] };
    site.open();
    let job = site.job("always", Sources::default());
    let (one, two) = tokio::join!(job.obtain(&site.name), job.obtain(&site.name));
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(Site::pulls(&[&job]), 1);
    let effective = "Using effective pull policy of";
    assert_eq!(job.log.lines().iter().filter(|line| line.starts_with(effective)).count(), 1);
}
