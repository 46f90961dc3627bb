//! `$[[ matrix.NAME ]]` in `needs` (`Interpolation::MatrixInterpolator`).

use crate::config::{NeedTarget, Needs, Variables};
use regex::{Captures, Regex};
use std::sync::{Arc, LazyLock};

#[expect(clippy::unwrap_used, reason = "the pattern is a constant, and a test compiles it")]
static BLOCK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\[\[[\t\n\x0C\r ]*matrix\.([a-zA-Z0-9_-]+)[\t\n\x0C\r ]*\]\]").unwrap());

/// Whether there is anything to fill in.
pub(super) fn has_blocks(needs: &Needs) -> bool {
    let names = needs.jobs.iter().map(|need| &need.job);
    let selectors = needs.jobs.iter().filter_map(|need| match &need.target {
        NeedTarget::Matrix(maps) => Some(maps),
        NeedTarget::Name => None,
    });
    let selected = selectors.flatten().flat_map(indexmap::IndexMap::values).flatten();
    let pipelines = needs.cross_pipeline.iter().flat_map(|need| [&need.pipeline, &need.job]);
    let projects = needs.cross_project.iter().flat_map(|need| [&need.project, &need.job, &need.reference]);
    names.chain(selected).chain(pipelines).chain(projects).chain(&needs.mirror).any(|text| is_block(text))
}

fn is_block(text: &str) -> bool {
    text.contains("$[[") && BLOCK.is_match(text)
}

/// Fills the values of a job's variables in, names and selectors alike. Where one is not known nothing is filled in:
/// GitLab refuses the configuration then.
///
/// # Errors
/// The names that are not known, once each.
pub(super) fn fill(needs: &Needs, variables: &Variables) -> Result<Needs, Vec<String>> {
    let mut filled = needs.clone();
    let mut unknown: Vec<String> = Vec::new();
    each(&mut filled, &mut |text| {
        if !is_block(text) {
            return;
        }
        let value = |captures: &Captures<'_>| {
            let name = &captures[1];
            if let Some(variable) = variables.get(name) {
                return variable.value.to_string();
            }
            if !unknown.iter().any(|known| known == name) {
                unknown.push(name.to_owned());
            }
            captures[0].to_owned()
        };
        *text = BLOCK.replace_all(text, value).into();
    });
    if unknown.is_empty() { Ok(filled) } else { Err(unknown) }
}

/// All texts of `needs` in which a block may stand.
fn each(needs: &mut Needs, visit: &mut impl FnMut(&mut Arc<str>)) {
    for need in &mut needs.jobs {
        visit(&mut need.job);
        if let NeedTarget::Matrix(maps) = &mut need.target {
            maps.iter_mut().flat_map(indexmap::IndexMap::values_mut).flatten().for_each(&mut *visit);
        }
    }
    for need in &mut needs.cross_pipeline {
        visit(&mut need.pipeline);
        visit(&mut need.job);
    }
    for need in &mut needs.cross_project {
        visit(&mut need.project);
        visit(&mut need.job);
        visit(&mut need.reference);
    }
    needs.mirror.iter_mut().for_each(&mut *visit);
}
