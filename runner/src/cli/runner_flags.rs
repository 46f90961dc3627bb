//! The flags of `register` and `run-single` that set keys of a section, made from the schema.

use crate::config::{Draft, SectionOption, section_options};
use crate::diagnostic::Severity;
use crate::error::CliError;
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches};

/// Values of section flags as typed.
#[derive(Clone, Default)]
pub(crate) struct RunnerFlags {
    values: Vec<(SectionOption, Vec<String>)>,
}

impl std::fmt::Debug for RunnerFlags {
    /// Names only, since values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.values.iter().map(|(option, _)| &option.names[0])).finish()
    }
}

impl RunnerFlags {
    /// The section that the flags describe, and what is odd about them.
    pub(crate) fn draft(&self) -> Result<(Draft, Vec<String>), CliError> {
        let mut draft = Draft::default();
        let mut warnings = Vec::new();
        for (option, values) in &self.values {
            let flag = format!("--{}", option.names[0]);
            for value in values {
                let found = draft.assign(option, value).map_err(|error| {
                    let shown = if option.is_secret() { String::new() } else { format!(" `{value}`") };
                    let error = CliError::usage(format!("{flag} cannot be{shown}: {error}"));
                    with_variable(error, option)
                })?;
                for diagnostic in found {
                    let text = format!("{flag}: {} ({})", diagnostic.message, diagnostic.label);
                    if diagnostic.severity == Severity::Warning {
                        warnings.push(text);
                        continue;
                    }
                    let mut error = with_variable(CliError::usage(text), option);
                    if let Some(help) = diagnostic.help {
                        error = error.hint(help);
                    }
                    return Err(error);
                }
            }
        }
        Ok((draft, warnings))
    }
}

fn with_variable(error: CliError, option: &SectionOption) -> CliError {
    match &option.variable {
        Some(variable) => error.hint(format!("it may come from the environment variable {variable}")),
        None => error,
    }
}

fn argument(option: &SectionOption) -> Arg {
    let name = option.names[0].clone();
    let mut help = format!("Sets `{}`", option.place());
    if let Some(variable) = &option.variable {
        help = format!("{help} [env: {variable}]");
    }
    let action = if option.accumulates() { ArgAction::Append } else { ArgAction::Set };
    let mut arg = Arg::new(name.clone())
        .long(name.clone())
        .aliases(option.names[1..].to_vec())
        .action(action)
        .value_parser(clap::value_parser!(String))
        .help(help)
        .help_heading(heading(option));
    if option.is_boolean() {
        arg = arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_name("BOOL");
    } else {
        arg = arg.value_name("VALUE");
    }
    match name.as_str() {
        "url" => arg.short('u'),
        "token" => arg.short('t'),
        _ => arg,
    }
}

fn heading(option: &SectionOption) -> String {
    format!("[{}]", option.table.path)
}

impl Args for RunnerFlags {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(section_options().iter().map(argument))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for RunnerFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut values = Vec::new();
        for option in section_options() {
            if let Some(given) = matches.get_many::<String>(&option.names[0]) {
                let given = given.cloned().collect();
                values.push((option, given));
            }
        }
        Ok(Self { values })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
