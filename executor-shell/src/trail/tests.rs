use super::{EndError, Report, Trail, TrailError, end_leftovers};
use crate::cgroup::Cgroups;
use serde_json::json;

const ID: &str = "0123456789abcdef";

fn read(record: &serde_json::Value) -> Result<Trail, String> {
    serde_json::from_value(record.clone()).map_err(|error| error.to_string())
}

#[test]
fn identifiers() {
    let none = Cgroups::default();
    assert_eq!(Trail::new(ID, &none).unwrap().id(), ID);
    for id in ["", "short", "0123456789/../x", "01234567 9", "0123456789é", &"x".repeat(65)] {
        assert_eq!(Trail::new(id, &none), Err(TrailError::Id), "{id}");
    }
}

#[test]
fn comes_back_as_it_was_written() {
    let trail =
        read(&json!({"id": ID, "cgroup": {"kind": "v2", "path": format!("/cg/a/runner-job-{ID}")}})).unwrap();
    let text = serde_json::to_string(&trail).unwrap();
    assert_eq!(serde_json::from_str::<Trail>(&text).unwrap(), trail);
    assert_eq!(trail.group().unwrap().path().to_str(), Some(format!("/cg/a/runner-job-{ID}").as_str()));
    assert_eq!(trail.group().unwrap().job_name(), format!("runner-job-{ID}"));
    let plain = Trail::new(ID, &Cgroups::default()).unwrap();
    assert_eq!(serde_json::to_value(&plain).unwrap(), json!({"id": ID}));
}

#[test]
fn a_record_cannot_point_elsewhere() {
    let paths = [
        "/".into(),
        "/sys/fs/cgroup".into(),
        format!("/cg/../etc/runner-job-{ID}"),
        format!("cg/runner-job-{ID}"),
        "/cg/runner-job-other-job".into(),
        format!("/cg/runner-job-{ID}/x"),
    ];
    for path in paths {
        let refusal = read(&json!({"id": ID, "cgroup": {"kind": "v2", "path": path}})).unwrap_err();
        assert!(refusal.contains("not the control group of a job"), "{path}: {refusal}");
    }
    assert!(read(&json!({"id": "x"})).is_err());
    assert!(read(&json!({"id": ID, "cgroup": {"kind": "v3", "path": "/"}})).is_err());
}

/// As after a reboot.
#[test]
fn where_nothing_is_nothing_happens() {
    let trail =
        read(&json!({"id": ID, "cgroup": {"kind": "v2", "path": format!("/sys/fs/cgroup/runner-job-{ID}")}}));
    assert_eq!(end_leftovers(&trail.unwrap()).unwrap(), Report::default());
}

/// A directory of that name that is no control group is not touched.
#[test]
fn a_plain_directory_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("runner-job-{ID}"));
    std::fs::create_dir(&path).unwrap();
    let trail = read(&json!({"id": ID, "cgroup": {"kind": "v2", "path": path}})).unwrap();
    assert_eq!(end_leftovers(&trail).unwrap(), Report::default());
    assert!(path.is_dir());
}

#[test]
fn errors_name_what_is_left() {
    let error = EndError::Processes { processes: vec![(12, "sleep".into()), (13, "cat".into())] };
    assert_eq!(error.to_string(), "processes that do not end: 12 (sleep), 13 (cat)");
}
