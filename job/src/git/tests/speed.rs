//! What a warm fetch costs beside git's own work.

use super::kit::{Origin, Rig, Server, TOKEN};
use std::time::{Duration, Instant};

const ROUNDS: usize = 31;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The bare commands, with the address that holds the token.
fn bare(rig: &Rig, url: &str) -> Duration {
    let info = &rig.order.payload.git_info;
    let begin = Instant::now();
    let config = format!("remote.origin.url={url}");
    rig.git(&["-c", &config, "fetch", "origin", &info.refspecs[0], "--depth", "20", "--prune", "--quiet"]);
    rig.git(&["checkout", "-f", "-q", &info.sha]);
    begin.elapsed()
}

#[tokio::test]
#[ignore = "a measurement: run it alone, in release"]
async fn a_warm_fetch_adds_little() {
    let server = Server::start(TOKEN);
    let origin = Origin::at(&server.bare("p"));
    for number in 0..200 {
        origin.git(&["commit", "-q", "--allow-empty", "-m", &number.to_string()]);
    }
    for number in 0..500 {
        let name = format!("dir{}/file{number}", number % 20);
        std::fs::create_dir_all(origin.work().join(&name).parent().unwrap()).unwrap();
        std::fs::write(origin.work().join(&name), vec![b'x'; 2000]).unwrap();
    }
    origin.commit("last", "1");
    let url = server.url_with("p", TOKEN);
    let mut rig = Rig::new(&url, &origin);
    rig.order.url = server.base();
    rig.get_sources().await.ok();
    let (mut ours, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bares.push(bare(&rig, &url));
        let begin = Instant::now();
        rig.get_sources().await.ok();
        ours.push(begin.elapsed());
    }
    let (ours, bare) = (median(ours), median(bares));
    eprintln!("warm fetch {ours:?}, bare git {bare:?}");
    assert!(ours <= bare.mul_f64(1.3) + Duration::from_millis(10), "{ours:?} against {bare:?}");
}
