//! The jobs that `parallel` makes of one (`Normalizer::NumberStrategy`, `Normalizer::MatrixStrategy`).

use crate::config::size::{Budget, Spent};
use crate::config::{Config, Instance, Parallel};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::Arc;

/// A map of `parallel:matrix`: lists of values by the variable that takes them.
type Lists = IndexMap<Arc<str>, Vec<Arc<str>>>;

/// A job of a parallel job.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// Its whole name.
    pub(super) name: Arc<str>,
    /// Which one it is.
    pub(super) instance: Instance,
}

/// All parallel jobs by their name. A matrix can have no combination at all.
pub(super) type ParallelJobs = HashMap<Arc<str>, Vec<Made>>;

/// What one combination takes of the memory.
const COMBINATION: usize = 512;

/// All parallel jobs of a configuration; the name of the job at which the memory ran out.
pub(super) fn all(config: &Config, budget: &mut Budget) -> Result<ParallelJobs, Arc<str>> {
    let parallel = config.jobs.iter().filter_map(|(name, job)| Some((name, &job.parallel.as_ref()?.value)));
    let made = parallel.map(|(name, parallel)| match make(name, parallel, budget) {
        Ok(made) => Ok((Arc::clone(name), made)),
        Err(Spent) => Err(Arc::clone(name)),
    });
    made.collect()
}

fn make(base: &Arc<str>, parallel: &Parallel, budget: &mut Budget) -> Result<Vec<Made>, Spent> {
    match parallel {
        Parallel::Number(total) => {
            budget.take(usize::try_from(*total).unwrap_or(usize::MAX), COMBINATION)?;
            Ok((1..=*total).map(|index| number(base, index, *total)).collect())
        }
        Parallel::Matrix(maps) => matrix(base, maps, budget),
    }
}

fn number(base: &Arc<str>, index: u32, total: u32) -> Made {
    let instance = Instance { base: Arc::clone(base), index, total, matrix: None };
    Made { name: format!("{base} {index}/{total}").into(), instance }
}

/// The instances of a matrix: of each map in turn all combinations, the last key's values changing fastest.
pub(super) fn matrix(base: &Arc<str>, maps: &[Lists], budget: &mut Budget) -> Result<Vec<Made>, Spent> {
    let mut combinations = Vec::new();
    for lists in maps {
        let count = lists.values().fold(1_usize, |count, values| count.saturating_mul(values.len()));
        budget.take(count, COMBINATION + 96 * lists.len())?;
        combinations.extend((0..count).map(|number| combination(lists, number)));
    }
    let total = u32::try_from(combinations.len()).unwrap_or(u32::MAX);
    let made = combinations.into_iter().zip(1..).map(|(matrix, index)| {
        let values: Vec<&str> = matrix.values().map(|value| &**value).collect();
        let name = format!("{base}: [{}]", values.join(", ")).into();
        Made { name, instance: Instance { base: Arc::clone(base), index, total, matrix: Some(matrix) } }
    });
    Ok(made.collect())
}

/// The combination of a number: one digit for each list, the last list's being the lowest.
fn combination(lists: &Lists, mut number: usize) -> IndexMap<Arc<str>, Arc<str>> {
    let mut digits = Vec::with_capacity(lists.len());
    for values in lists.values().rev() {
        digits.push(number.checked_rem(values.len()).unwrap_or_default());
        number = number.checked_div(values.len()).unwrap_or_default();
    }
    let pairs = lists.iter().zip(digits.into_iter().rev());
    pairs
        .filter_map(|((key, values), digit)| Some((Arc::clone(key), Arc::clone(values.get(digit)?))))
        .collect()
}
