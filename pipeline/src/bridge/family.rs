//! Pipelines that start one another without end.

use std::collections::HashMap;

/// How many pipelines may stand between a pipeline without a parent and one of its descendants, that one counted
/// (`Ci::CreateDownstreamPipelineService::MAX_NESTED_CHILDREN`).
pub const MOST_NESTED: u32 = 2;

/// How often a pipeline of the same kind may be among those that led to one another: once is no accident yet.
const MOST_ALIKE: usize = 2;

/// A pipeline that led to another one, as far as that tells circles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ancestor {
    /// Its project's number.
    pub project: u64,
    /// Its branch or tag.
    pub reference: String,
    /// What made it, in the words of `CI_PIPELINE_SOURCE`.
    pub source: String,
}

/// Whether a pipeline of another project closes a circle: given are all that led to it, itself among them. Children
/// do not count; how deep they may nest is limited anyway.
pub fn is_loop(ancestors: &[Ancestor]) -> bool {
    let mut alike: HashMap<&Ancestor, usize> = HashMap::new();
    ancestors.iter().filter(|ancestor| ancestor.source != "parent_pipeline").any(|ancestor| {
        let count = alike.entry(ancestor).or_default();
        *count += 1;
        *count > MOST_ALIKE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_of_a_kind_is_a_loop() {
        let of = |project: u64, source: &str| Ancestor {
            project,
            reference: "main".into(),
            source: source.into(),
        };
        let twice =
            [of(1, "push"), of(2, "pipeline"), of(1, "pipeline"), of(2, "pipeline"), of(1, "pipeline")];
        assert!(!is_loop(&twice));
        let thrice: Vec<_> = twice.into_iter().chain([of(2, "pipeline")]).collect();
        assert!(is_loop(&thrice));
        assert!(!is_loop(&vec![of(1, "parent_pipeline"); 9]));
    }
}
