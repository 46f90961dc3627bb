use super::*;
use proptest::prelude::*;

#[test]
fn null_and_absent_leave_defaults() {
    let job = Job::from_json(
        br#"{"id": 5, "token": "t", "image": null, "artifacts": null, "steps": [{"name": "script", "script": null}],
            "git_info": {"ref": "main", "protected": null}, "unknown": {"a": 1}}"#,
    )
    .unwrap();
    assert_eq!(job.id, 5);
    assert_eq!(job.image, Image::default());
    assert!(job.steps[0].script.is_empty());
    assert_eq!(job.git_info.reference, "main");
    assert_eq!(job.timeout_seconds(), 7200);
}

#[test]
fn errors_name_the_place_and_not_the_value() {
    let error = Job::from_json(br#"{"id": 5, "token": "t", "steps": [{"script": "hunter2"}]}"#).unwrap_err();
    assert_eq!(error.to_string(), "the job payload has a value of an unexpected type at `steps[0].script`");
    let error = Job::from_json(br#"{"id": 5, "token": "#).unwrap_err();
    assert!(matches!(error, PayloadError::Syntax { .. }));
    let error = Job::from_json(br#"{"token": "t"}"#).unwrap_err();
    assert_eq!(error.to_string(), "the job payload lacks `id`");
}

#[test]
fn a_job_is_an_object_and_lists_hold_no_nulls() {
    assert!(matches!(Job::from_json(br#"[11,"0"]"#), Err(PayloadError::Type { .. })));
    let job = Job::from_json(br#"{"id":1,"token":"t","steps":[null,{"name":"script"}]}"#).unwrap();
    assert_eq!(job.steps.len(), 1);
}

#[test]
fn identity_is_found_in_a_broken_payload() {
    let identity = JobIdentity::find(br#"{"id": 7, "token": "x", "steps": 4}"#).unwrap();
    assert_eq!(identity.id, 7);
    assert!(JobIdentity::find(b"<html>").is_none());
    assert!(JobIdentity::find(br#"{"id": "7", "token": "x"}"#).is_none());
}

#[test]
fn an_empty_when_is_on_success() {
    let job = Job::from_json(
        br#"{"id":1,"token":"t","artifacts":[{"when":""},{"when":"always"},{"when":"on_tuesdays"}]}"#,
    )
    .unwrap();
    assert_eq!(job.artifacts[0].when, ArtifactWhen::OnSuccess);
    assert!(job.artifacts[1].when.applies(false));
    let unknown = job.artifacts[2].when;
    assert!(!unknown.applies(true) && !unknown.applies(false));
    let again: ArtifactWhen = serde_json::from_value(serde_json::to_value(unknown).unwrap()).unwrap();
    assert_eq!(again, ArtifactWhen::Unknown);
}

#[test]
fn debug_shows_no_secret() {
    let job = Job::from_json(
        br#"{"id":1,"token":"s3cr3t","git_info":{"repo_url":"https://u:s3cr3t@h/p.git"},
            "variables":[{"key":"K","value":"s3cr3t"}],"credentials":[{"password":"s3cr3t"}],
            "inputs":[{"key":"I","value":{"content":"s3cr3t"}}],"secrets":{"S":{"jwt":"s3cr3t"}},
            "steps":[{"name":"script","script":["echo s3cr3t"]}]}"#,
    )
    .unwrap();
    assert!(!format!("{job:?} {:?} {:?}", job.inputs, job.credentials).contains("s3cr3t"));
}

#[test]
fn the_last_variable_counts() {
    let job = Job::from_json(
        br#"{"id":1,"token":"t","variables":[{"key":"A","value":"1"},{"key":"A","value":"2"}]}"#,
    )
    .unwrap();
    assert_eq!(job.variable("A").unwrap().value, "2");
}

proptest! {
    #[test]
    fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Job::from_json(&body);
        let _ = JobIdentity::find(&body);
    }

    #[test]
    fn a_payload_survives_a_round_trip(name in ".*", value in ".*", id in 1..i64::MAX) {
        let job = Job {
            id,
            token: "t".into(),
            variables: vec![Variable::public(name, value)],
            ..Job::default()
        };
        let read = Job::from_json(&serde_json::to_vec(&job).unwrap()).unwrap();
        prop_assert_eq!(read.variables, job.variables);
    }
}
