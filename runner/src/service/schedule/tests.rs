//! The schedule against a clock that only moves when told.

use super::*;
use proptest::prelude::*;

const INTERVAL: Duration = Duration::from_secs(3);

fn pace(name: &str) -> Pace {
    Pace {
        owner: Owner { url: "http://h".into(), short_token: name.into() },
        pollable: true,
        limit: None,
        interval: INTERVAL,
        strict: false,
        request_concurrency: 1,
        adaptive: true,
        health: HealthLimits { failures: 3, interval: Duration::from_secs(3600) },
    }
}

/// A schedule with a clock.
struct Rig {
    schedule: Schedule,
    now: Instant,
    jobs: u64,
}

impl Rig {
    fn new(concurrent: usize, paces: Vec<Pace>) -> Self {
        let mut schedule = Schedule::new();
        let now = Instant::now();
        schedule.configure(concurrent, (0..).map(SectionId).zip(paces).collect(), now);
        Self { schedule, now, jobs: 0 }
    }

    fn sections(concurrent: usize, count: usize) -> Self {
        Self::new(concurrent, (0..count).map(|n| pace(&n.to_string())).collect())
    }

    /// Steps; gives the sections asked, with whether they may be held.
    fn asked(&mut self) -> Vec<(RequestId, u64, bool)> {
        let asked = |command| match command {
            Command::Ask { request, section, may_be_held } => Some((request, section.0, may_be_held)),
            Command::Cut(_) | Command::Forced(_) => None,
        };
        self.schedule.step(self.now).into_iter().filter_map(asked).collect()
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn answer(&mut self, request: RequestId, outcome: Outcome) -> Change {
        self.schedule.answered(request, outcome, 0.0, self.now)
    }

    fn job(&mut self, request: RequestId) -> JobKey {
        self.jobs += 1;
        let job = JobKey(self.jobs);
        self.answer(request, Outcome::Job(job));
        job
    }

    fn wait(&self) -> Option<Duration> {
        self.schedule.wake_at(self.now).map(|at| at - self.now)
    }
}

const NOTHING: Outcome = Outcome::Nothing { moved: false };

#[test]
fn one_section_is_asked_at_once_then_every_interval() {
    let mut rig = Rig::sections(1, 1);
    let first = rig.asked();
    assert_eq!(first.len(), 1);
    assert!(first[0].2, "a lone section may be held");
    rig.answer(first[0].0, NOTHING);
    assert!(rig.asked().is_empty());
    assert_eq!(rig.wait(), Some(INTERVAL));
    rig.pass(INTERVAL);
    assert_eq!(rig.asked().len(), 1);
}

#[test]
fn a_request_that_was_held_is_repeated_at_once() {
    let mut rig = Rig::sections(1, 1);
    let request = rig.asked()[0].0;
    rig.pass(Duration::from_secs(50));
    assert!(rig.asked().is_empty(), "one request at a time");
    rig.answer(request, NOTHING);
    assert_eq!(rig.asked().len(), 1);
}

#[test]
fn a_queue_that_moved_is_looked_at_at_once_but_not_twice_in_a_row() {
    let mut rig = Rig::sections(1, 1);
    let request = rig.asked()[0].0;
    rig.answer(request, Outcome::Nothing { moved: true });
    let request = rig.asked()[0].0;
    rig.answer(request, Outcome::Nothing { moved: true });
    assert!(rig.asked().is_empty());
    assert_eq!(rig.wait(), Some(INTERVAL));
}

#[test]
fn no_request_is_sent_without_a_free_slot() {
    let mut rig = Rig::sections(1, 1);
    let request = rig.asked()[0].0;
    let job = rig.job(request);
    rig.pass(INTERVAL * 10);
    assert!(rig.asked().is_empty());
    assert_eq!(rig.wait(), None, "only the job's end can change anything");
    rig.schedule.job_ended(job);
    assert_eq!(rig.asked().len(), 1, "the next request follows the job's end at once");
}

#[test]
fn after_a_job_the_section_is_asked_again_at_once_unless_strict() {
    for strict in [false, true] {
        let mut rig = Rig::new(2, vec![Pace { strict, ..pace("a") }]);
        let request = rig.asked()[0].0;
        rig.job(request);
        assert_eq!(rig.asked().is_empty(), strict);
    }
}

#[test]
fn the_limit_counts_per_token_and_adopted_jobs_too() {
    let limited = Pace { limit: Some(2), request_concurrency: 2, adaptive: false, ..pace("a") };
    let mut rig = Rig::new(9, vec![limited.clone(), limited.clone(), pace("b")]);
    rig.schedule.adopt(JobKey(100), limited.owner);
    let asked = rig.asked();
    assert_eq!(asked.iter().map(|(_, section, _)| *section).collect::<Vec<_>>(), [0, 2]);
    rig.schedule.job_ended(JobKey(100));
    assert_eq!(rig.asked()[0].1, 1);
}

#[test]
fn sections_with_one_token_share_its_requests() {
    let mut rig = Rig::new(9, vec![pace("a"), pace("a")]);
    let asked = rig.asked();
    assert_eq!(asked.len(), 1);
    rig.answer(asked[0].0, NOTHING);
    assert_eq!(rig.asked()[0].1, 1);
}

#[test]
fn with_slots_for_all_everyone_is_held() {
    let mut rig = Rig::sections(3, 3);
    let asked = rig.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|(_, _, may_be_held)| *may_be_held));
}

#[test]
fn with_one_slot_sections_take_turns_and_none_is_held() {
    let mut rig = Rig::sections(1, 3);
    let mut order = Vec::new();
    for _ in 0..9 {
        let asked = rig.asked();
        let [(request, section, may_be_held)] = asked[..] else { panic!("one at a time: {asked:?}") };
        assert!(!may_be_held);
        order.push(section);
        rig.pass(Duration::from_millis(50));
        rig.answer(request, NOTHING);
        if order.len() % 3 == 0 {
            rig.pass(INTERVAL);
        }
    }
    assert_eq!(order, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
}

/// Two sections, two slots: while one is held, the other gets a job and wants the next.
#[test]
fn a_held_request_gives_way_to_a_section_in_need() {
    let mut rig = Rig::sections(2, 2);
    let asked = rig.asked();
    rig.pass(Duration::from_millis(200));
    rig.job(asked[1].0);
    assert!(rig.asked().is_empty());
    assert_eq!(rig.wait(), Some(Duration::from_millis(800)), "young requests are not cut");
    rig.pass(Duration::from_millis(800));
    assert_eq!(rig.schedule.step(rig.now), [Command::Cut(asked[0].0)]);
    assert!(rig.schedule.step(rig.now).is_empty(), "one cut is enough");
    rig.answer(asked[0].0, Outcome::Cut);
    let next = rig.asked();
    assert_eq!(next.len(), 1);
    assert_eq!((next[0].1, next[0].2), (1, false), "short, as the other section has no slot now");
    rig.answer(next[0].0, NOTHING);
    rig.pass(INTERVAL);
    let next = rig.asked();
    assert_eq!((next[0].1, next[0].2), (0, false), "who waited longest");
    rig.answer(next[0].0, NOTHING);
    assert_eq!(rig.asked()[0].1, 1);
}

#[test]
fn a_coordinator_that_hangs_costs_the_others_a_bounded_time() {
    let mut rig = Rig::sections(1, 2);
    let hung = rig.asked()[0].0;
    rig.pass(LOST_AFTER);
    assert_eq!(rig.schedule.step(rig.now), [Command::Cut(hung)]);
    rig.answer(hung, Outcome::Cut);
    assert_eq!(rig.asked()[0].1, 1);
}

#[test]
fn refused_sections_are_parked_and_others_go_on() {
    let mut rig = Rig::sections(4, 2);
    let mut parked = Vec::new();
    for _ in 0..4 {
        for (request, section, _) in rig.asked() {
            let outcome = if section == 0 { Outcome::Refused } else { NOTHING };
            parked.push(rig.answer(request, outcome));
        }
        rig.pass(INTERVAL);
    }
    assert_eq!(parked.iter().filter(|change| **change == Change::Parked { failures: 3 }).count(), 1);
    let asked = rig.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].1, 1);
    rig.answer(asked[0].0, NOTHING);
    rig.pass(Duration::from_secs(3600));
    assert!(rig.schedule.step(rig.now).contains(&Command::Forced(SectionId(0))));
}

#[test]
fn a_new_configuration_clears_health_and_pauses() {
    let mut rig = Rig::sections(1, 1);
    for _ in 0..6 {
        for (request, ..) in rig.asked() {
            rig.answer(request, Outcome::Failing { retry_after: None });
        }
        rig.pass(rig.wait().unwrap());
    }
    let request = rig.asked()[0].0;
    assert_eq!(rig.answer(request, Outcome::Failing { retry_after: None }), Change::Paused(backoff::LONGEST));
    rig.schedule.configure(1, vec![(SectionId(0), pace("0"))], rig.now);
    let request = rig.asked()[0].0;
    assert_eq!(rig.answer(request, NOTHING), Change::None);
}

#[test]
fn a_removed_section_keeps_its_open_request_and_its_job() {
    let mut rig = Rig::sections(2, 2);
    let asked = rig.asked();
    rig.schedule.configure(2, vec![(SectionId(1), pace("1"))], rig.now);
    rig.job(asked[0].0);
    assert_eq!(rig.schedule.running(), 1);
    rig.answer(asked[1].0, Outcome::Nothing { moved: true });
    assert_eq!(rig.asked().len(), 1);
}

#[test]
fn a_rotated_token_keeps_its_jobs() {
    let limited = Pace { limit: Some(1), ..pace("old") };
    let mut rig = Rig::new(4, vec![limited.clone()]);
    let request = rig.asked()[0].0;
    rig.job(request);
    rig.schedule.rename(&limited.owner, &pace("new").owner);
    rig.pass(INTERVAL);
    assert!(rig.asked().is_empty());
}

#[test]
fn nothing_is_asked_while_draining() {
    let mut rig = Rig::sections(4, 2);
    rig.schedule.drain();
    assert!(rig.asked().is_empty());
    assert_eq!(rig.wait(), None);
}

#[derive(Clone, Debug)]
enum Event {
    Pass(u64),
    Answer(usize, u8),
    End(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        (0..4000u64).prop_map(Event::Pass),
        (0..8usize, 0..5u8).prop_map(|(which, how)| Event::Answer(which, how)),
        (0..8usize).prop_map(Event::End),
    ];
    proptest::collection::vec(event, 1..200)
}

proptest! {
    /// Whatever happens: jobs and requests fit the slots, limits hold, and while a slot is free nobody whose
    /// time has come is left out.
    #[test]
    fn slots_are_kept_and_nobody_starves(concurrent in 1..5usize, count in 1..5usize, events in events()) {
        let paces = (0..count).map(|n| Pace { limit: (n == 0).then_some(2), ..pace(&n.to_string()) }).collect();
        let mut rig = Rig::new(concurrent, paces);
        let (mut open, mut jobs) = (Vec::new(), Vec::new());
        for event in events {
            match event {
                Event::Pass(ms) => rig.pass(Duration::from_millis(ms)),
                Event::Answer(which, how) if !open.is_empty() => {
                    let request = open.swap_remove(which % open.len());
                    match how {
                        0 => jobs.push(rig.job(request)),
                        1 => drop(rig.answer(request, Outcome::Refused)),
                        2 => drop(rig.answer(request, Outcome::Failing { retry_after: None })),
                        _ => drop(rig.answer(request, Outcome::Nothing { moved: how == 3 })),
                    }
                }
                Event::End(which) if !jobs.is_empty() => {
                    let job = jobs.swap_remove(which % jobs.len());
                    rig.schedule.job_ended(job);
                }
                Event::Answer(..) | Event::End(_) => {}
            }
            for command in rig.schedule.step(rig.now) {
                match command {
                    Command::Ask { request, .. } => open.push(request),
                    Command::Cut(request) => {
                        open.retain(|other| *other != request);
                        rig.answer(request, Outcome::Cut);
                    }
                    Command::Forced(_) => {}
                }
            }
            // A cut frees a slot for the step that follows it.
            open.extend(rig.asked().into_iter().map(|(request, ..)| request));
            prop_assert_eq!(rig.schedule.open_requests(), open.len());
            prop_assert_eq!(rig.schedule.running(), jobs.len());
            prop_assert!(open.len() + jobs.len() <= concurrent);
            let ready = rig.schedule.next_ready(rig.now);
            prop_assert!(ready.is_none() || open.len() + jobs.len() == concurrent);
            if let Some(at) = rig.schedule.wake_at(rig.now) {
                prop_assert!(at > rig.now);
            }
        }
    }
}
