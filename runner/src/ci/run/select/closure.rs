//! What a job needs.

use super::Candidate;
use pipeline::When;
use std::collections::HashMap;

/// Jobs that are wanted.
pub(super) struct Wanted {
    /// For each job, whether it is.
    pub(super) jobs: Vec<bool>,
    /// What people should know.
    pub(super) notes: Vec<String>,
}

/// These jobs and no others.
pub(super) fn alone(jobs: &[Candidate], start: &[usize]) -> Wanted {
    let mut wanted = vec![false; jobs.len()];
    for index in start {
        wanted[*index] = true;
    }
    Wanted { jobs: wanted, notes: Vec::new() }
}

/// These jobs with all that they need, directly or not.
pub(super) fn with_needs(jobs: &[Candidate], start: &[usize], named: &[bool]) -> Wanted {
    let places: HashMap<&str, usize> =
        jobs.iter().enumerate().map(|(index, job)| (job.spec.name.as_str(), index)).collect();
    let mut wanted = vec![false; jobs.len()];
    let mut notes = Vec::new();
    let mut aside: Vec<usize> = Vec::new();
    let mut open: Vec<usize> = start.to_vec();
    while let Some(index) = open.pop() {
        if std::mem::replace(&mut wanted[index], true) {
            continue;
        }
        let spec = &jobs[index].spec;
        let Some(needs) = &spec.needs else {
            for (other, job) in jobs.iter().enumerate() {
                let earlier = job.spec.stage_index < spec.stage_index;
                match job.spec.when == When::Manual && !named[other] {
                    _ if !earlier => {}
                    true => aside.push(other),
                    false => open.push(other),
                }
            }
            continue;
        };
        for need in needs {
            let Some(needed) = places.get(need.job.as_str()).copied() else { continue };
            if jobs[needed].spec.when == When::Manual && !named[needed] {
                let name = &jobs[needed].spec.name;
                notes.push(format!(
                    "`{}` needs `{name}`, which is manual: --manual '{name}' plays it",
                    spec.name
                ));
            }
            open.push(needed);
        }
    }
    // A job that is needed by name after all.
    aside.retain(|index| !wanted[*index]);
    aside.sort_unstable();
    aside.dedup();
    if !aside.is_empty() {
        let names: Vec<&str> = aside.iter().map(|index| jobs[*index].spec.name.as_str()).collect();
        notes.push(format!("manual jobs of earlier stages are left out: {}", names.join(", ")));
    }
    Wanted { jobs: wanted, notes }
}
