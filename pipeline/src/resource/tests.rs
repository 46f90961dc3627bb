use super::*;

fn candidate(pipeline: i64, job: i64, waiting: bool) -> Candidate {
    Candidate { pipeline: PipelineId(pipeline), job: JobId(job), waiting }
}

fn chosen(mode: Mode, free: usize, candidates: &[Candidate]) -> Vec<i64> {
    next(mode, free, candidates).iter().map(|candidate| candidate.job.0).collect()
}

#[test]
fn each_mode_has_its_order() {
    let all =
        [candidate(1, 10, false), candidate(2, 20, true), candidate(2, 19, true), candidate(3, 30, true)];
    assert_eq!(chosen(Mode::Unordered, 1, &all), [19]);
    assert_eq!(chosen(Mode::NewestReadyFirst, 1, &all), [30]);
    assert_eq!(chosen(Mode::NewestFirst, 1, &all), [30]);
    assert_eq!(chosen(Mode::OldestFirst, 1, &all), [0i64; 0], "the oldest is not ready");
    assert_eq!(chosen(Mode::OldestFirst, 3, &all), [19, 20]);
    assert_eq!(chosen(Mode::Unordered, 0, &all), [0i64; 0]);
}

#[test]
fn the_newest_holds_others_up_only_where_the_order_is_strict() {
    let all = [candidate(1, 10, true), candidate(2, 20, false)];
    assert_eq!(chosen(Mode::NewestFirst, 1, &all), [0i64; 0]);
    assert_eq!(chosen(Mode::NewestReadyFirst, 1, &all), [10]);
}

#[test]
fn of_one_pipeline_the_ready_ones_come_first() {
    let all = [candidate(1, 10, false), candidate(1, 11, true)];
    assert_eq!(chosen(Mode::OldestFirst, 1, &all), [11]);
    assert_eq!(chosen(Mode::NewestFirst, 1, &all), [11]);
}

#[test]
fn a_group_goes_from_job_to_job() {
    let mut groups = Groups::new();
    let job = |id| (PipelineId(1), JobId(id));
    let want = |groups: &mut Groups, id| groups.want("g", job(id).0, job(id).1).map(|c| c.job.0);
    assert_eq!(want(&mut groups, 1), Some(1));
    assert_eq!(want(&mut groups, 1), None, "it has it already");
    assert_eq!(want(&mut groups, 3), None);
    assert_eq!(want(&mut groups, 2), None);
    assert_eq!(groups.want("other", PipelineId(1), JobId(9)).map(|c| c.job.0), Some(9));
    assert_eq!(groups.release("g", JobId(3)), None, "one that waits gives up");
    assert_eq!(groups.holder("g"), Some(JobId(1)));
    assert_eq!(groups.release("g", JobId(1)).map(|c| c.job.0), Some(2));
    assert_eq!(groups.release("g", JobId(1)), None, "it does not take it from another");
    assert_eq!(groups.holder("g"), Some(JobId(2)));
    assert_eq!(groups.release("g", JobId(2)), None);
    assert_eq!(groups.holder("g"), None);
}
