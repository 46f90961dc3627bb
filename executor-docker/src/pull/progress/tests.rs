use super::*;
use bollard::models::ProgressDetail;
use proptest::prelude::*;

fn item(id: &str, status: &str, current: i64, total: i64) -> CreateImageInfo {
    CreateImageInfo {
        id: Some(id.to_owned()).filter(|id| !id.is_empty()),
        status: Some(status.to_owned()),
        progress_detail: Some(ProgressDetail { current: Some(current), total: Some(total) }),
        ..CreateImageInfo::default()
    }
}

#[test]
fn a_pull_of_two_layers() {
    let mut tracker = Tracker::default();
    let mut seen = Vec::new();
    for (id, status, current, total) in [
        ("latest", "Pulling from a/b", 0, 0),
        ("x", "Pulling fs layer", 0, 0),
        ("y", "Already exists", 0, 0),
        ("x", "Downloading", 1_000_000, 4_250_000),
        ("x", "Downloading", 1_000_000, 4_250_000),
        ("x", "Verifying Checksum", 0, 0),
        ("x", "Download complete", 0, 0),
        ("x", "Extracting", 32, 4_250_000),
        ("x", "Pull complete", 0, 0),
        ("", "Digest: sha256:1", 0, 0),
    ] {
        let is_new = tracker.observe(&item(id, status, current, total));
        seen.push(format!("{is_new} {} {}", tracker.is_unpacking(), tracker.report()));
    }
    let expected = [
        "true false 0 of 0 layers ready, 0.0 MB downloaded",
        "true false 0 of 1 layers ready, 0.0 MB downloaded",
        "true false 1 of 2 layers ready, 0.0 MB downloaded",
        "true false 1 of 2 layers ready, 1.0 MB downloaded",
        "false false 1 of 2 layers ready, 1.0 MB downloaded",
        "true true 1 of 2 layers ready, 1.0 MB downloaded, unpacking",
        "false true 1 of 2 layers ready, 1.0 MB downloaded, unpacking",
        "true true 1 of 2 layers ready, 4.2 MB downloaded, unpacking",
        "true false 2 of 2 layers ready, 4.2 MB downloaded",
        "true false 2 of 2 layers ready, 4.2 MB downloaded",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn retries_of_the_engine_are_news() {
    let mut tracker = Tracker::default();
    assert!(!tracker.has_moved());
    assert!(tracker.observe(&item("x", "Downloading", 5, 9)));
    assert!(tracker.observe(&item("x", "Retrying in 5 seconds", 0, 0)));
    assert!(tracker.has_moved());
    assert!(!tracker.report().all_here);
}

#[test]
fn lines_are_rare() {
    let start = Instant::now();
    let mut pace = Pace::new(start, Pace::FIRST);
    let mut due = Vec::new();
    for second in 0..100 {
        let report = Report { layers: 1, bytes: second, ..Report::default() };
        if pace.is_due(start + Duration::from_secs(second), report) {
            due.push(second);
        }
    }
    assert_eq!(due, [5, 15, 35, 65, 95]);
    let same = Report { layers: 1, bytes: 95, ..Report::default() };
    assert!(!pace.is_due(start + Duration::from_secs(1000), same), "nothing new");
    assert!(
        !Pace::new(start, Pace::FIRST).is_due(start + Duration::from_secs(1000), Report::default()),
        "no layer known"
    );
}

proptest! {
    #[test]
    fn no_engine_is_too_odd(items in prop::collection::vec(("[a-c]?", "(Waiting|Downloading|Extracting|Pull complete|.{0,5})", any::<i64>(), any::<i64>()), 0..40)) {
        let mut tracker = Tracker::default();
        for (id, status, current, total) in items {
            tracker.observe(&item(&id, &status, current, total));
            let report = tracker.report();
            prop_assert!(report.done <= report.layers);
            prop_assert!(!report.to_string().is_empty());
        }
    }

    #[test]
    fn layers_without_end_are_not_kept(count in 0usize..3000) {
        let mut tracker = Tracker::default();
        for number in 0..count {
            tracker.observe(&item(&number.to_string(), "Waiting", 0, 0));
        }
        prop_assert!(tracker.report().layers <= LAYERS);
    }
}
