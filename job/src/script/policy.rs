//! What the trace says of a job that a pipeline execution policy brought about.

use protocol::PolicyOptions;

/// Lines for the start of the user's scripts; none for other jobs.
pub fn policy_lines(options: &PolicyOptions) -> Vec<String> {
    if !options.execution_policy_job {
        return Vec::new();
    }
    let precedence = match options.policy_variables_override_allowed {
        None => {
            "Variables defined in the policy take precedence over matching user-defined CI/CD variables for \
                 this job."
                .to_owned()
        }
        Some(allowed) => {
            let word = if allowed { "allowed" } else { "ignored" };
            let except = match &options.policy_variables_override_exceptions {
                Some(names) => format!(" (except for {})", names.join(", ")),
                None => String::new(),
            };
            format!(
                "User-defined CI/CD variables are {word} in this job{except} according to the pipeline execution \
                 policy."
            )
        }
    };
    vec![format!("Job triggered by policy \"{}\".", options.policy_name), precedence]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(allowed: Option<bool>, exceptions: Option<&[&str]>) -> String {
        let options = PolicyOptions {
            execution_policy_job: true,
            policy_name: "P".to_owned(),
            policy_variables_override_allowed: allowed,
            policy_variables_override_exceptions: exceptions
                .map(|names| names.iter().map(|&n| n.to_owned()).collect()),
        };
        let lines = policy_lines(&options);
        assert_eq!(lines[0], "Job triggered by policy \"P\".");
        lines[1].clone()
    }

    #[test]
    fn three_variants() {
        assert!(policy_lines(&PolicyOptions::default()).is_empty());
        assert!(second(None, None).starts_with("Variables defined in the policy take precedence"));
        assert_eq!(
            second(Some(true), Some(&["A", "B"])),
            "User-defined CI/CD variables are allowed in this job (except for A, B) according to the pipeline \
             execution policy."
        );
        assert_eq!(
            second(Some(false), None),
            "User-defined CI/CD variables are ignored in this job according to the pipeline execution policy."
        );
    }
}
