//! Whatever goes wrong, the coordinator ends up with the trace as it was written, and one verdict.

use super::{fake::Fault, *};
use proptest::prelude::*;

/// What a job does.
#[derive(Clone, Debug)]
enum Act {
    Write(Vec<u8>),
    /// So many bytes of one kind.
    Fill(usize, u8),
    Prompt,
    Pause(u16),
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        8 => Just(Fault::Fine),
        1 => prop::sample::select(vec![200_u16, 204, 400, 409, 429, 500, 502, 503]).prop_map(Fault::Status),
        1 => Just(Fault::CutBefore),
        2 => Just(Fault::CutAfter),
        1 => (0_usize..2000).prop_map(Fault::Forget),
        1 => (0_u64..90).prop_map(|seconds| Fault::Slow(Duration::from_secs(seconds))),
        1 => prop::sample::select(vec![202_u16, 412]).prop_map(Fault::Status),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 1..600).prop_map(Act::Write),
        1 => any::<u8>().prop_map(|byte| Act::Fill(1_200_000, byte)),
        2 => Just(Act::Prompt),
        4 => (0_u16..20_000).prop_map(Act::Pause),
    ]
}

async fn play(job: &Job, acts: &[Act]) -> Verdict {
    for act in acts {
        match act {
            Act::Write(bytes) => job.spool.append(bytes),
            Act::Fill(length, byte) => job.spool.append(&vec![*byte; *length]),
            Act::Prompt => job.spool.prompt(),
            Act::Pause(millis) => pause(f64::from(*millis) / 1000.0).await,
        }
    }
    failed()
}

/// An answer of 202 to a chunk, or 200 and 202 to an update, says that something was done; a fault that says so
/// without doing it is a coordinator that lies, which nothing helps against.
fn is_lie(fault: &Fault) -> bool {
    matches!(fault, Fault::Status(200 | 202))
}

proptest! {
    #[test]
    fn the_trace_arrives_as_it_was_written(
        faults in prop::collection::vec(fault().prop_filter("no lies", |fault| !is_lie(fault)), 0..40),
        acts in prop::collection::vec(act(), 0..15),
        interval in prop::option::of(1_u64..100),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let job = Job::new();
            job.api.0.borrow_mut().interval = interval;
            job.api.0.borrow_mut().validates = true;
            job.api.plan([Fault::Fine]);
            job.api.plan(faults.iter().cloned());
            let reported = job.run(async |job| play(job, &acts).await).await;
            let state = job.api.0.borrow();
            // A verdict whose answer was lost meets a job that is over.
            let over_already = matches!(reported, Reported::Refused(_));
            assert!(reported == Reported::Accepted || over_already, "{reported:?} {:?}", job.api.calls());
            assert_eq!(state.verdicts.len(), 1);
            assert_eq!(state.verdicts[0].output, TraceSource::output(&job.spool));
            assert!(state.stored == job.written(), "{} bytes instead of {}", state.stored.len(), job.written().len());
        });
    }
}
