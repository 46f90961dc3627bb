use super::*;
use pipeline::{Kind, Need, Retry, Status};

fn job(name: &str, stage: usize, needs: Option<&[&str]>) -> Candidate {
    let need = |name: &&str| Need { job: (*name).to_owned(), artifacts: true };
    let base = name.split_once(' ').map(|(base, _)| base.trim_end_matches(':').to_owned());
    let spec = Spec {
        name: name.to_owned(),
        stage: format!("s{stage}"),
        stage_index: stage,
        kind: Kind::Build,
        when: When::OnSuccess,
        start_in: None,
        allow_failure: false,
        allow_exit_codes: Vec::new(),
        needs: needs.map(|needs| needs.iter().map(need).collect()),
        dependencies: None,
        retry: Retry::default(),
        interruptible: false,
        resource_group: None,
    };
    Candidate { spec, base }
}

fn when(mut job: Candidate, when: When) -> Candidate {
    job.spec.when = when;
    job
}

fn project() -> Vec<Candidate> {
    vec![
        job("build", 0, None),
        job("lint", 0, None),
        when(job("staging", 0, None), When::Manual),
        job("test: [a]", 1, Some(&["build"])),
        job("test: [b]", 1, Some(&["build"])),
        when(job("approve", 1, None), When::Manual),
        job("pack", 2, None),
        job("ship", 2, Some(&["approve", "test: [a]"])),
        when(job("mend", 2, None), When::OnFailure),
    ]
}

fn asked(jobs: &[&str]) -> Asked {
    Asked { jobs: jobs.iter().map(|name| (*name).to_owned()).collect(), ..Asked::default() }
}

fn names(selection: &Selection) -> Vec<String> {
    let mark = |picked: &Picked| {
        let reuse = if picked.reuse.is_some() { "=" } else { "" };
        let named = if picked.named { "!" } else { "" };
        format!("{reuse}{}{named}", picked.spec.name)
    };
    selection.picked.iter().map(mark).collect()
}

#[test]
fn a_job_comes_with_what_it_needs() {
    let jobs = project();
    let chosen = |asked: &Asked| names(&select(asked, &jobs, None).unwrap());
    assert_eq!(chosen(&asked(&[])).len(), jobs.len());
    assert_eq!(chosen(&asked(&["test: [a]"])), ["build", "test: [a]!"]);
    assert_eq!(chosen(&asked(&["test"])), ["build", "test: [a]!", "test: [b]!"]);
    assert_eq!(chosen(&asked(&["pack"])), ["build", "lint", "test: [a]", "test: [b]", "pack!"]);
    let alone = |name| Asked { no_needs: true, ..asked(&[name]) };
    assert_eq!(chosen(&alone("pack")), ["pack!"]);
    let mended = select(&alone("mend"), &jobs, None).unwrap();
    assert_eq!(mended.picked[0].spec.when, When::OnSuccess, "who asks for it alone wants it to run");
}

#[test]
fn manual_jobs_are_no_input_unless_somebody_says_so() {
    let jobs = project();
    let pack = select(&asked(&["pack"]), &jobs, None).unwrap();
    assert_eq!(pack.notes, ["manual jobs of earlier stages are left out: staging, approve"]);
    let both = Asked { manual: vec!["staging".into()], ..asked(&["pack"]) };
    let both = select(&both, &jobs, None).unwrap();
    assert!(names(&both).contains(&"staging!".to_owned()));
    let ship = select(&asked(&["ship"]), &jobs, None).unwrap();
    assert_eq!(ship.notes[0], "`ship` needs `approve`, which is manual: --manual 'approve' plays it");
    assert!(names(&ship).contains(&"approve".to_owned()));
}

#[test]
fn unknown_names_are_told_what_was_probably_meant() {
    let jobs = project();
    let said = |asked: &Asked| select(asked, &jobs, None).unwrap_err().render();
    assert!(said(&asked(&["biuld"])).ends_with("hint: did you mean `build`?\n"));
    assert!(said(&asked(&["te"])).ends_with("hint: did you mean `test: [a]`?\n"));
    let nonsense = said(&asked(&["nonsense"]));
    assert!(
        nonsense.starts_with("error: this pipeline has no job `nonsense`\nhint: `runner ci run --list`"),
        "{nonsense}"
    );
    assert!(said(&asked(&[""])).contains("--list"));
    let manual = said(&Asked { manual: vec!["build".into()], ..Asked::default() });
    assert!(manual.starts_with("error: job `build` is not manual in this pipeline\n"), "{manual}");
}

fn last(jobs: &[(&str, Status)]) -> RunRecord {
    let record = |(at, (name, status)): (usize, &(&str, Status))| -> JobRecord {
        serde_json::from_value(serde_json::json!({"id": at, "name": name, "status": status})).unwrap()
    };
    RunRecord { jobs: jobs.iter().enumerate().map(record).collect(), ..RunRecord::default() }
}

#[test]
fn from_a_job_on_the_rest_is_taken_as_it_was() {
    let jobs = project();
    let last = last(&[("build", Status::Success), ("lint", Status::Failed), ("test: [a]", Status::Success)]);
    let from = |name: &str| Asked { again: Again::From(name.to_owned()), ..Asked::default() };
    let chosen = select(&from("test: [b]"), &jobs, Some(&last)).unwrap();
    assert_eq!(names(&chosen), ["=build", "=test: [a]", "test: [b]!", "pack", "mend"]);
    assert_eq!(chosen.notes, ["left out, for the last run has no success of them: lint, ship"]);
    let chosen = select(&from("test: [a]"), &jobs, Some(&last)).unwrap();
    assert_eq!(names(&chosen), ["=build", "test: [a]!", "pack", "ship", "mend"]);
}

#[test]
fn only_what_did_not_succeed_is_done_again() {
    let jobs = project();
    let last = last(&[
        ("build", Status::Success),
        ("lint", Status::Failed),
        ("staging", Status::Manual),
        ("test: [a]", Status::Success),
        ("approve", Status::Failed),
        ("pack", Status::Skipped),
    ]);
    let again = Asked { again: Again::Failed, ..Asked::default() };
    let chosen = select(&again, &jobs, Some(&last)).unwrap();
    assert_eq!(names(&chosen), ["=build", "lint!", "staging", "=test: [a]", "approve!", "pack"]);
    assert!(chosen.has_work());
}

#[test]
fn children_follow_the_run_that_they_are_part_of() {
    let jobs = vec![job("x", 0, None), job("y", 1, None)];
    let path = ["up".to_owned()];
    let mut last = last(&[("x", Status::Success), ("y", Status::Failed)]);
    for job in &mut last.jobs {
        job.pipeline = path.to_vec();
    }
    let chosen = |again: &Again, behind| names(&select_child(again, &jobs, Some(&last), &path, behind));
    assert_eq!(chosen(&Again::No, false), ["x", "y"]);
    assert_eq!(chosen(&Again::Failed, false), ["=x", "y!"]);
    assert_eq!(chosen(&Again::From("b".into()), true), ["x", "y"]);
    assert_eq!(chosen(&Again::From("b".into()), false), ["=x"]);
    assert_eq!(
        names(&select_child(&Again::Failed, &jobs, Some(&last), &["new".to_owned()], false)),
        ["x", "y"]
    );
}
