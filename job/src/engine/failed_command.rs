//! The line that says which command of a script failed.

use super::ending::Describe;
use crate::script::Echo;
use executor::Exit;

/// A command that a script ended at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FailedCommand {
    /// The command.
    pub(super) echo: Echo,
    /// How the script ended.
    pub(super) exit: Exit,
}

impl FailedCommand {
    /// `Failed at command 2 of 3 (exit status 7): $ make test`
    pub(super) fn line(&self, describe: Describe<'_>) -> String {
        let Echo { command, number, of, origin, .. } = &self.echo;
        let script = origin.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
        format!("Failed at command {number} of {of}{script} ({}): $ {command}", describe(self.exit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_text_and_status() {
        let echo = Echo { line: Vec::new(), command: "make test".to_owned(), number: 2, of: 3, origin: None };
        let failed = FailedCommand { echo: echo.clone(), exit: Exit::Code(7) };
        assert_eq!(
            failed.line(&|exit| exit.to_string()),
            "Failed at command 2 of 3 (exit status 7): $ make test"
        );
        let echo = Echo { origin: Some("pre_build_script".into()), ..echo };
        let failed = FailedCommand { echo, exit: Exit::Signal(9) };
        assert_eq!(
            failed.line(&|exit| exit.to_string()),
            "Failed at command 2 of 3 of pre_build_script (signal: killed): $ make test"
        );
    }
}
