//! Pipelines that are written down and read again.

use super::bench::Bench;
use crate::*;
use serde_json::{Value, json};

fn kept() -> Value {
    let mut bench = Bench::new("a:0 retry=1; b:1 group=g; d:1 delayed; m:1 M; c:2 depend {b}");
    bench.fail("a");
    bench.take("a");
    serde_json::to_value(&bench.pipeline).unwrap()
}

fn read(value: Value) -> Result<Pipeline, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[test]
fn it_goes_on_where_it_was() {
    let mut pipeline = read(kept()).unwrap();
    let job = pipeline.named("a").unwrap().id;
    let before = pipeline.jobs().next().unwrap();
    assert!(
        std::sync::Arc::ptr_eq(&before.spec, &pipeline.job(job).unwrap().spec),
        "attempts share their spec"
    );
    pipeline.apply(Event::Ended { job, end: End::Success }, Moment(5_000_000), &mut || JobId(50)).unwrap();
    let statuses: Vec<_> = pipeline.latest().map(|job| job.status.as_str()).collect();
    assert_eq!(statuses, ["success", "waiting_for_resource", "scheduled", "manual", "created"]);
}

#[test]
fn what_cannot_be_a_pipeline_is_not_read() {
    let damage = |change: &dyn Fn(&mut Value)| {
        let mut value = kept();
        change(&mut value);
        read(value).unwrap_err()
    };
    assert_eq!(damage(&|v| v["jobs"][1]["id"] = json!(1)), "two jobs have the number 1");
    for at in [2, 99] {
        let message = damage(&|v| v["jobs"][1]["planned"] = json!(at));
        assert!(message.ends_with("has not exactly one latest attempt"), "{message}");
    }
    damage(&|v| v["jobs"][0]["retried"] = json!(false));
    damage(&|v| v["jobs"][1]["retried"] = json!(true));
    assert_eq!(
        damage(&|v| drop(v["stages"].as_array_mut().unwrap().pop())),
        "the stages are not those of the jobs"
    );
}
