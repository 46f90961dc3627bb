//! Whatever happens to a pipeline, in whatever order: what is refused changes nothing, what is stored is read again as
//! the same, and stored state that was damaged is read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pipeline::{
    AutoCancel, End, Event, JobId, Kind, Moment, Need, OnNewCommit, Pipeline, PipelineId, Retry, Spec, Status,
    Strategy, When,
};

/// Bytes one after another; zeros when there are no more.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self, below: u8) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first % below
    }

    fn flag(&mut self) -> bool {
        self.next(2) == 1
    }
}

fuzz_target!(|bytes: &[u8]| {
    damaged(bytes);
    let mut bytes = Bytes(bytes);
    let mut last = 0;
    let mut ids = move || {
        last += 1;
        JobId(last)
    };
    let count = 1 + bytes.next(6);
    let specs = (0..count).map(|number| spec(&mut bytes, number)).collect();
    let auto_cancel = AutoCancel { on_new_commit: OnNewCommit::Interruptible, on_job_failure: bytes.flag() };
    let mut pipeline = Pipeline::new(PipelineId(1), specs, auto_cancel, &mut ids, Moment(0));
    let mut now = 0;
    while !bytes.0.is_empty() && now < 200 {
        now += 1;
        let event = event(&mut bytes);
        let before = serde_json::to_value(&pipeline).expect("it can be stored");
        let refused = pipeline.apply(event, Moment(now * 1000), &mut ids).is_err();
        let after = serde_json::to_value(&pipeline).expect("it can be stored");
        assert!(!refused || before == after, "what is refused changes nothing");
        let again: Pipeline = serde_json::from_value(after.clone()).expect("it can be read again");
        assert_eq!(serde_json::to_value(&again).expect("it can be stored"), after);
    }
});

/// Text that is no stored pipeline, or one that somebody has changed.
fn damaged(bytes: &[u8]) {
    if let Ok(mut pipeline) = serde_json::from_slice::<Pipeline>(bytes) {
        let mut ids = || JobId(i64::MAX);
        let _ = pipeline.apply(Event::Begin, Moment(1), &mut ids);
    }
}

fn spec(bytes: &mut Bytes<'_>, number: u8) -> Spec {
    let whens = [When::OnSuccess, When::OnFailure, When::Always, When::Manual, When::Delayed];
    let strategies = [Strategy::None, Strategy::Depend, Strategy::Mirror];
    let needs = bytes.flag().then(|| {
        let earlier = (0..number).filter(|_| bytes.flag());
        earlier.map(|job| Need { job: format!("job-{job}"), artifacts: true }).collect()
    });
    let stage = bytes.next(4);
    Spec {
        name: format!("job-{number}"),
        stage: format!("stage-{stage}"),
        stage_index: stage.into(),
        kind: match bytes.next(4) {
            0 => Kind::Bridge { strategy: strategies[usize::from(bytes.next(3))] },
            _ => Kind::Build,
        },
        when: whens[usize::from(bytes.next(5))],
        start_in: Some(5),
        allow_failure: bytes.flag(),
        allow_exit_codes: vec![3],
        needs,
        dependencies: None,
        retry: Retry { max: Some(bytes.next(3)), when: None, exit_codes: None },
        interruptible: bytes.flag(),
        resource_group: bytes.flag().then(|| "group".to_owned()),
    }
}

fn event(bytes: &mut Bytes<'_>) -> Event {
    let job = JobId(i64::from(bytes.next(12)));
    match bytes.next(16) {
        0 => Event::Begin,
        1 => Event::Taken { job, graceful: bytes.flag() },
        2 => Event::Ended { job, end: End::Success },
        3 => {
            let exit_code = bytes.flag().then(|| bytes.next(5).into());
            Event::Ended { job, end: End::Failed { reason: "script_failure".to_owned(), exit_code } }
        }
        4 => Event::Due(job),
        5 => Event::Granted(job),
        6 => Event::Triggered { job, pipeline: PipelineId(2) },
        7 => Event::Downstream { job, status: Status::ALL[usize::from(bytes.next(13))] },
        8 => Event::Play(job),
        9 => Event::Unschedule(job),
        10 => Event::Retry(job),
        11 => Event::RetryAll,
        12 => Event::Cancel(job),
        13 => Event::ForceCancel(job),
        14 => Event::CancelAll,
        _ => Event::Drop { job, reason: "stuck_or_timeout_failure".to_owned() },
    }
}
