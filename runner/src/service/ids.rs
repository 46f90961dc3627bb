//! `CI_CONCURRENT_ID` and `CI_CONCURRENT_PROJECT_ID`.

use super::schedule::Owner;

/// The ids of a running job, and what makes them unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// Whose job it is.
    pub(super) owner: Owner,
    /// Its project.
    pub(super) project_id: i64,
    /// Unique among the owner's jobs.
    pub(super) concurrent_id: u32,
    /// Unique among the owner's jobs of the project. Checkouts are told apart by it.
    pub(super) concurrent_project_id: u32,
}

/// The lowest ids that no running job of the owner (and project) has.
pub(super) fn allot<'a>(
    owner: Owner,
    project_id: i64,
    running: impl Iterator<Item = &'a Claim> + Clone,
) -> Claim {
    let own = running.filter(|claim| claim.owner == owner);
    let of_project = own.clone().filter(|claim| claim.project_id == project_id);
    let concurrent_id = lowest_free(own.map(|claim| claim.concurrent_id));
    let concurrent_project_id = lowest_free(of_project.map(|claim| claim.concurrent_project_id));
    Claim { owner, project_id, concurrent_id, concurrent_project_id }
}

fn lowest_free(taken: impl Iterator<Item = u32> + Clone) -> u32 {
    (0..u32::MAX).find(|id| taken.clone().all(|other| other != *id)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn owner(name: &str) -> Owner {
        Owner { url: "http://h".into(), short_token: name.into() }
    }

    fn ids(claim: &Claim) -> (u32, u32) {
        (claim.concurrent_id, claim.concurrent_project_id)
    }

    #[test]
    fn ids_count_per_runner_and_per_project() {
        let mut running = Vec::new();
        for (name, project, expected) in
            [("a", 1, (0, 0)), ("a", 1, (1, 1)), ("a", 2, (2, 0)), ("b", 1, (0, 0)), ("a", 2, (3, 1))]
        {
            let claim = allot(owner(name), project, running.iter());
            assert_eq!(ids(&claim), expected);
            running.push(claim);
        }
        running.remove(1);
        assert_eq!(ids(&allot(owner("a"), 1, running.iter())), (1, 1));
        assert_eq!(ids(&allot(owner("a"), 2, running.iter())), (1, 2));
    }

    proptest! {
        #[test]
        fn no_two_jobs_share_a_checkout(events in proptest::collection::vec((0..2u8, 0..3i64, any::<bool>()), 0..60)) {
            let mut running: Vec<Claim> = Vec::new();
            for (name, project, ends) in events {
                if ends && !running.is_empty() {
                    running.remove(usize::try_from(project).unwrap() % running.len());
                }
                let claim = allot(owner(&name.to_string()), project, running.iter());
                for other in running.iter().filter(|other| other.owner == claim.owner) {
                    prop_assert!(other.concurrent_id != claim.concurrent_id);
                    prop_assert!(other.project_id != claim.project_id
                        || other.concurrent_project_id != claim.concurrent_project_id);
                }
                running.push(claim);
            }
        }
    }
}
