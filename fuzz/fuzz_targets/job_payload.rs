//! A payload is taken or refused whole, survives its way to the job's process, and shows no secret when debugged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Job, JobIdentity, PayloadError, Secret, Variable};

fuzz_target!(|body: &[u8]| {
    let identity = JobIdentity::find(body);
    match Job::from_json(body) {
        Ok(job) => {
            let identity = identity.expect("a job can be reported");
            assert_eq!((identity.id, &identity.token), (job.id, &job.token));
            assert!(job.timeout_seconds() > 0);
            arrives_as_sent(&job);
            shows_no_secret(&job);
        }
        Err(PayloadError::Type { path }) => {
            let is_plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._[]?".contains(&byte);
            assert!(path.bytes().all(is_plain), "shows more than a place: {path}");
        }
        Err(PayloadError::Syntax { .. }) => assert!(identity.is_none()),
        Err(PayloadError::Missing { .. }) => {}
    }
});

/// The service hands the payload on as JSON.
fn arrives_as_sent(job: &Job) {
    let mut job = job.clone();
    // Floating-point numbers may change in their last digit.
    job.job_info.time_in_queue_seconds = 0.0;
    job.inputs.clear();
    job.secrets.clear();
    let value = serde_json::to_value(&job).expect("plain data");
    if value.to_string().contains("executor_opts\":{") {
        return;
    }
    let again = Job::from_json(value.to_string().as_bytes()).expect("what was written is read");
    assert_eq!(value, serde_json::to_value(&again).expect("plain data"));
}

/// The same payload with other secrets looks the same.
fn shows_no_secret(job: &Job) {
    let mut other = job.clone();
    let change = |secret: &mut Secret| *secret = Secret::new(format!("{}+", secret.expose()));
    let change_all = |variables: &mut [Variable]| variables.iter_mut().for_each(|v| v.value.push('+'));
    change(&mut other.token);
    change(&mut other.git_info.repo_url);
    change_all(&mut other.variables);
    change_all(&mut other.image.variables);
    other.services.iter_mut().for_each(|service| change_all(&mut service.variables));
    other.credentials.iter_mut().for_each(|login| change(&mut login.password));
    other.dependencies.iter_mut().for_each(|dependency| change(&mut dependency.token));
    assert_eq!(format!("{job:?}"), format!("{other:?}"));
}
