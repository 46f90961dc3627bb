//! Environment variables that stand for flags.

use crate::config::section_options;

/// A variable of a command; the empty name is for flags of all commands.
struct Variable {
    command: &'static str,
    flag: &'static str,
    name: &'static str,
}

const fn variable(command: &'static str, flag: &'static str, name: &'static str) -> Variable {
    Variable { command, flag, name }
}

/// Variables of flags that are no keys of a section.
const OWN: &[Variable] = &[
    variable("", "cpuprofile", "CPU_PROFILE"),
    variable("", "debug", "RUNNER_DEBUG"),
    variable("", "log-format", "LOG_FORMAT"),
    variable("", "log-level", "LOG_LEVEL"),
    variable("register", "config", "CONFIG_FILE"),
    variable("register", "template-config", "TEMPLATE_CONFIG_FILE"),
    variable("register", "non-interactive", "REGISTER_NON_INTERACTIVE"),
    variable("register", "leave-runner", "REGISTER_LEAVE_RUNNER"),
    variable("register", "registration-token", "REGISTRATION_TOKEN"),
    variable("register", "tag-list", "RUNNER_TAG_LIST"),
    variable("register", "run-untagged", "REGISTER_RUN_UNTAGGED"),
    variable("register", "locked", "REGISTER_LOCKED"),
    variable("register", "access-level", "REGISTER_ACCESS_LEVEL"),
    variable("register", "maximum-timeout", "REGISTER_MAXIMUM_TIMEOUT"),
    variable("register", "paused", "REGISTER_PAUSED"),
    variable("register", "maintenance-note", "REGISTER_MAINTENANCE_NOTE"),
    variable("run", "config", "CONFIG_FILE"),
    variable("run", "listen-address", "LISTEN_ADDRESS"),
    variable("run", "syslog", "LOG_SYSLOG"),
    variable("run-single", "config", "CONFIG_FILE"),
    variable("list", "config", "CONFIG_FILE"),
    variable("lint", "config", "CONFIG_FILE"),
    variable("verify", "config", "CONFIG_FILE"),
    variable("unregister", "config", "CONFIG_FILE"),
    variable("unregister", "url", "CI_SERVER_URL"),
    variable("unregister", "token", "CI_SERVER_TOKEN"),
    variable("unregister", "tls-ca-file", "CI_SERVER_TLS_CA_FILE"),
    variable("unregister", "tls-cert-file", "CI_SERVER_TLS_CERT_FILE"),
    variable("unregister", "tls-key-file", "CI_SERVER_TLS_KEY_FILE"),
    variable("reset-token", "config", "CONFIG_FILE"),
];

/// Commands that take the flags of a section.
pub(super) const WITH_SECTION_FLAGS: &[&str] = &["register", "run-single"];

/// Flag and variable of everything that the environment can say to a command; the empty name is for flags of
/// all commands.
pub(super) fn of_command(command: &str) -> Vec<(String, String)> {
    let own = OWN.iter().filter(|variable| variable.command == command);
    let mut pairs: Vec<(String, String)> =
        own.map(|variable| (variable.flag.to_owned(), variable.name.to_owned())).collect();
    if WITH_SECTION_FLAGS.contains(&command) {
        pairs.extend(section_options().into_iter().filter_map(|option| {
            let name = option.variable?;
            Some((option.names.into_iter().next()?, name))
        }));
    }
    pairs
}

/// The command with the variables named in its help texts.
pub(super) fn mentioned(command: clap::Command) -> clap::Command {
    let mut command = mentioned_in(command, "");
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(&name, |sub| mentioned_in(sub, &name));
    }
    command
}

fn mentioned_in(command: clap::Command, name: &str) -> clap::Command {
    OWN.iter().filter(|variable| variable.command == name).fold(command, |command, variable| {
        let id = variable.flag.replace('-', "_");
        command.mut_arg(id, |arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            arg.help(format!("{help} [env: {}]", variable.name))
        })
    })
}
