//! All kinds of faults by their names: what [`Diagnostic::rule`](crate::Diagnostic::rule) can be.
//!
//! A name says what is wrong, not with which keyword: the place and the message say that. `wrong-type` is the same
//! fault under `tags` and under `image`. What is found before keywords are looked at has the part of the evaluation in
//! front: `yaml-`, `input-`, `spec-`, `include-`, `extends-`, `reference-`. Names are stable: they are what a finding
//! is known by in SARIF, and what one suppresses it by.

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// What it means, in a sentence.
    pub about: &'static str,
}

const fn fault(name: &'static str, about: &'static str) -> Fault {
    Fault { name, about }
}

/// All there are, in the order of the evaluation.
pub const ALL: &[Fault] = &[
    // The text of a file.
    fault("yaml-alias", "An alias refers to an anchor that its file does not have."),
    fault("yaml-class", "A value is of a type that GitLab does not read, such as a date."),
    fault("yaml-format", "The file is not a map of keywords and jobs."),
    fault("yaml-syntax", "The file is not YAML."),
    fault("yaml-too-big", "The file is longer, deeper or larger in memory than GitLab allows."),
    fault("yaml-value", "A value is not what its tag says."),
    fault("empty-file", "The configuration is empty."),
    fault("missing-config", "There is no configuration."),
    // The header, inputs, and what stands for them.
    fault("input-limit", "There are more inputs than a pipeline may be given."),
    fault("input-options", "The options of an input cannot be what they are."),
    fault("input-rules", "The rules of an input cannot be what they are."),
    fault("input-spec", "An input is declared in a way that GitLab does not know."),
    fault("input-type", "An input is declared with a type that there is not."),
    fault("input-value", "An input has no value, or one that its declaration does not allow."),
    fault("inputs-without-spec", "Inputs are given to a file that declares none."),
    fault("interpolation", "A block `$[[ … ]]` cannot be replaced."),
    fault("interpolation-limit", "More is to be replaced in a file than GitLab does."),
    fault("spec-component", "`spec:component` cannot be what it is."),
    fault("spec-description", "`spec:description` cannot be what it is."),
    fault("spec-include", "`spec:include` cannot be what it is."),
    fault("unknown-input", "An input is given that the file does not declare."),
    // include
    fault("include-artifact", "An include out of artifacts, which only child pipelines have."),
    fault("include-component", "A component cannot be found."),
    fault("include-empty", "An included file is empty."),
    fault("include-extension", "An included file is not named as YAML is."),
    fault("include-integrity", "A remote file is not the one that its checksum tells of."),
    fault("include-limit", "There are more includes, or larger ones, than GitLab allows."),
    fault("include-location", "The place of an include cannot be one."),
    fault("include-missing", "An included file does not exist."),
    fault("include-project", "The project or the ref of an include cannot be found."),
    fault("include-rule", "A rule of an include is wrong."),
    fault("include-subkey", "An include does not say of what kind it is, or says it twice."),
    fault("include-too-big", "An included file is longer than GitLab allows."),
    fault("include-type", "An include is neither a text nor a map."),
    fault("include-unavailable", "An included file is not at hand here."),
    fault("include-unreadable", "An included file cannot be read here."),
    fault("ignored-include", "An include that has no effect."),
    fault("ignored-include-key", "A key of an include that has no effect."),
    // extends and !reference
    fault("extends-circular", "Entries extend one another in a circle."),
    fault("extends-not-a-map", "What is extended is not a map."),
    fault("extends-too-deep", "Too many entries extend one another in a row."),
    fault("extends-too-large", "Extending makes more out of the configuration than can be held."),
    fault("extends-unknown", "What is extended does not exist."),
    fault("reference-circular", "References lead to one another in a circle."),
    fault("reference-invalid", "A reference is not a list of keys."),
    fault("reference-missing", "What is referred to does not exist, or is null or false."),
    fault("reference-too-deep", "Too many references lead to one another in a row."),
    fault("reference-too-large", "References make more out of the configuration than can be held."),
    // Keywords and their values.
    fault("bridge-without-trigger", "A job that could only trigger a pipeline does not."),
    fault("default-defined-twice", "A keyword is both at the top level and under `default`."),
    fault("dependencies-without-needs", "A job fetches artifacts of a job that it does not need."),
    fault("exclusive-keywords", "Keywords that exclude one another are used together."),
    fault("invalid-expression", "A condition is not in the language of conditions."),
    fault("invalid-name", "A name cannot be what it is."),
    fault("invalid-regex", "A regular expression is none."),
    fault("jobs-too-large", "Jobs inherit more than can be held."),
    fault("missing-keyword", "A keyword that is needed is not there."),
    fault("missing-value", "A value that is needed is not there, or is blank."),
    fault(
        "multiple-pipelines",
        "A last rule without a condition lets a job run in two pipelines for one push.",
    ),
    fault("no-visible-job", "There is no job but hidden ones."),
    fault("not-a-job", "An entry of the top level is neither a keyword nor a job."),
    fault("out-of-range", "A number or a time is too small or too large."),
    fault("publish-without-pages", "`publish` is used outside of a `pages` job."),
    fault("too-long", "A text is too long."),
    fault("too-many", "A list has too many items."),
    fault("unknown-keyword", "A keyword that is not known here."),
    fault("unknown-value", "A value is not one of those there are."),
    fault("wrong-shape", "A value does not have the parts that it should have."),
    fault("wrong-type", "A value is of another type than it should be."),
    // What jobs say of one another.
    fault("circular-needs", "Jobs need one another in a circle."),
    fault("dependency-in-later-stage", "A job fetches artifacts of one that runs later."),
    fault("duplicate-need", "A job needs another one twice."),
    fault("duplicate-publish", "A `pages` job says twice what it publishes."),
    fault("need-in-later-stage", "A job needs one of a later stage."),
    fault("need-name-too-long", "The name of a needed job is too long."),
    fault("on-stop-elsewhere", "The job that stops an environment is for another one."),
    fault("on-stop-without-environment", "The job that stops an environment has none."),
    fault("on-stop-without-stop", "The job that stops an environment does not say `action: stop`."),
    fault("parallel-too-large", "Parallel jobs make more out of the configuration than can be held."),
    fault("undefined-dependency", "A job fetches artifacts of one that is not defined."),
    fault("undefined-need", "A job needs one that is not defined."),
    fault("undefined-on-stop", "The job that stops an environment is not defined."),
    fault("unknown-matrix-variable", "A matrix has no such variable."),
    fault("unknown-stage", "A job is in a stage that there is not."),
    // The pipeline of one context.
    fault("circular-variables", "Variables refer to one another in a circle."),
    fault("duplicate-variable", "A variable is given twice for a pipeline."),
    fault("empty-pipeline", "No job is left for the pipeline."),
    fault("evaluation-limit", "Evaluating takes more than can be afforded."),
    fault("need-left-out", "A job needs one that is not in the pipeline."),
    fault("pipeline-name", "The name of the pipeline is too long."),
    fault("rule-failed", "A rule of a job cannot be decided: GitLab refuses the pipeline."),
    fault("rule-undecided", "A rule of a job cannot be decided here."),
    fault("too-many-deployments", "A pipeline has more deployments than GitLab allows."),
    fault("too-many-needs", "A job needs more jobs than GitLab allows."),
    fault("workflow-refused", "The rules of `workflow` let no pipeline be made."),
    // Accepted by GitLab, and probably not meant.
    fault("cache-key-unknown", "The key of a cache cannot be computed here."),
    fault("duplicate-key", "A key is in a map twice, and only the last one counts."),
    fault("empty-matrix", "A matrix has no combination, so that there is no such job."),
    fault("equal-instances", "Two combinations of a matrix have the same name, and only one becomes a job."),
    fault("glob-in-comparison", "A comparison with text that is meant as a pattern."),
    fault("ignored-text", "Nothing reads a part of the file."),
    fault("large-file", "GitLab may refuse the file as too big."),
    fault("never-runs", "No event lets a job, or any pipeline, run."),
    fault("no-runner", "None of the runners given takes a job."),
    fault("quoted-variable", "A variable in quotes is plain text in a condition."),
    fault("ref-is-no-pattern", "A name in `only` or `except` is meant as a pattern and is none."),
    fault("text-as-pattern", "A `=~` with text on its right asks the other way round."),
    fault("two-pipelines", "A push to a branch with an open merge request makes two pipelines."),
    fault("unknown-tag", "A YAML tag that GitLab ignores."),
    fault("unquoted-negation", "A `!` that YAML takes for a tag, since it is not in quotes."),
    fault("unreachable-rule", "A rule stands behind one that always matches."),
];

/// What a kind of fault means; nothing if there is none of this name.
pub fn about(name: &str) -> Option<&'static str> {
    ALL.iter().find(|fault| fault.name == name).map(|fault| fault.about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::path::Path;

    #[test]
    fn names_are_in_kebab_case_and_there_once() {
        let mut seen = HashSet::new();
        for Fault { name, about } in ALL {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            assert!(seen.insert(name), "{name} is there twice");
            assert!(about.ends_with('.'), "{about}");
        }
    }

    /// The text of all files but this one.
    fn sources(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("faults.rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn each_is_found_by_something() {
        let mut text = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
        let unused: Vec<_> =
            ALL.iter().filter(|fault| !text.contains(&format!("\"{}\"", fault.name))).collect();
        assert_eq!(unused, Vec::<&Fault>::new());
    }
}
