//! Flags as Go programs take them: one hyphen or two, `--flag=true`, `--flag=false` and bare `--flag` for
//! booleans, and whatever follows as the value of any other flag.

use super::{missing, variables};
use crate::config::go_bool;
use crate::environment::Environment;
use crate::error::CliError;
use clap::{Arg, ArgAction, Command};
use std::ffi::{OsStr, OsString};
use std::iter::Peekable;

/// Arguments in one shape: `--name=value`, and `--name=true` or `--name=false` for booleans.
#[derive(Debug)]
pub(super) struct Normal {
    pub(super) args: Vec<OsString>,
    pub(super) warnings: Vec<String>,
}

/// A boolean as Go reads it. A variable that is set to nothing counts as true.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    if text.is_empty() {
        return Ok(true);
    }
    go_bool(text).ok_or_else(|| "expected true or false".to_owned())
}

/// Makes plain booleans take `=true` and `=false`, and lets the last of repeated flags count.
pub(super) fn with_go_booleans(command: Command) -> Command {
    let command = command.args_override_self(true).mut_args(|arg| {
        if !matches!(arg.get_action(), ArgAction::SetTrue) {
            return arg;
        }
        arg.action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .hide_default_value(true)
            .hide_possible_values(true)
            .value_name("BOOL")
            .value_parser(boolean)
    });
    of_commands(command, |name| if OURS.contains(&name) { with_the_last_of_each } else { with_go_booleans })
}

/// The commands that gitlab-runner has nothing like: their flags are written without a value, and shown so.
const OURS: &[&str] = &["ci", "coordinator"];

fn with_the_last_of_each(command: Command) -> Command {
    of_commands(command.args_override_self(true), |_| with_the_last_of_each)
}

fn of_commands(command: Command, change: fn(&str) -> fn(Command) -> Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.iter().fold(command, |command, name| command.mut_subcommand(name, change(name)))
}

/// Brings arguments into one shape and puts what the environment says before them, where flags can replace
/// or add to it.
pub(super) fn normalise(
    args: Vec<OsString>,
    command: &Command,
    environment: &Environment,
) -> Result<Normal, CliError> {
    let mut rest = args.into_iter().peekable();
    let mut out: Vec<OsString> = rest.next().into_iter().collect();
    let mut warnings = Vec::new();
    from_environment("", command, command, environment, &mut out);
    while let Some(arg) = rest.next_if(|arg| is_flag(arg)) {
        flag(arg, &[command], &mut rest, &mut out, &mut warnings);
    }
    let Some(name) = rest.next() else { return Ok(Normal { args: out, warnings }) };
    let name = if name == "h" { OsString::from("help") } else { name };
    let sub = name.to_str().and_then(|name| command.find_subcommand(name));
    if sub.is_none()
        && let Some(error) = name.to_str().and_then(missing::command)
    {
        return Err(error);
    }
    out.push(name);
    let Some(sub) = sub else {
        out.extend(rest);
        return Ok(Normal { args: out, warnings });
    };
    from_environment(sub.get_name(), sub, command, environment, &mut out);
    let mut sub = sub;
    while let Some(arg) = rest.next() {
        if arg == "--" {
            out.push(arg);
            out.extend(rest);
            break;
        }
        if !is_flag(&arg) {
            // The first word behind a command that has commands of its own is one of these.
            sub = arg.to_str().and_then(|name| sub.find_subcommand(name)).unwrap_or(sub);
            out.push(arg);
            continue;
        }
        if variables::WITH_SECTION_FLAGS.contains(&sub.get_name())
            && let Some(error) = arg.to_str().and_then(missing::flag)
        {
            return Err(error);
        }
        flag(arg, &[sub, command], &mut rest, &mut out, &mut warnings);
    }
    Ok(Normal { args: out, warnings })
}

/// The command that arguments name, the program's own name left out. Values of flags that stand before it may be
/// taken for it.
pub(super) fn first_word(args: &[OsString]) -> Option<&OsString> {
    args.iter().skip(1).find(|arg| !is_flag(arg))
}

fn is_flag(arg: &OsStr) -> bool {
    let bytes = arg.as_encoded_bytes();
    bytes.len() > 1 && bytes[0] == b'-' && bytes != b"--"
}

fn from_environment(
    name: &str,
    own: &Command,
    root: &Command,
    environment: &Environment,
    out: &mut Vec<OsString>,
) {
    for (flag, variable) in variables::of_command(name) {
        let known = find(&flag, &[own, root]).is_some();
        if let Some(value) = environment.get_os(&variable).filter(|_| known) {
            out.push(joined(&flag, value));
        }
    }
}

fn joined(name: &str, value: &OsStr) -> OsString {
    let mut out = OsString::from(format!("--{name}="));
    out.push(value);
    out
}

/// Puts one flag, with its value if it stands apart, into shape.
fn flag(
    arg: OsString,
    commands: &[&Command],
    rest: &mut Peekable<impl Iterator<Item = OsString>>,
    out: &mut Vec<OsString>,
    warnings: &mut Vec<String>,
) {
    let Some(text) = arg.to_str() else {
        out.push(arg);
        return;
    };
    let bare = text.strip_prefix("--").or_else(|| text.strip_prefix('-')).unwrap_or(text);
    let (name, value) = match bare.split_once('=') {
        Some((name, value)) => (name, Some(OsString::from(value))),
        None => (bare, None),
    };
    let Some(found) = find(name, commands) else {
        // Help is put in only when the command line is parsed.
        let bare = if bare == "h" { "help" } else { bare };
        // Two hyphens, so that it is looked up, and its neighbours suggested, as a whole.
        out.push(OsString::from(format!("--{bare}")));
        return;
    };
    let long = found.get_long().unwrap_or(name).to_owned();
    if let Some(value) = value {
        // Where none is taken, the command line is refused for it.
        out.push(joined(&long, &value));
    } else if !found.get_action().takes_values() {
        out.push(OsString::from(format!("--{long}")));
    } else if found.is_require_equals_set() {
        let apart = rest.next_if(|next| next == "true" || next == "false");
        if let Some(word) = &apart {
            let word = word.to_string_lossy();
            warnings.push(format!(
                "write --{long}={word}: gitlab-runner takes `--{long} {word}` as --{long}=true"
            ));
        }
        out.push(joined(&long, apart.as_deref().unwrap_or(OsStr::new("true"))));
    } else if let Some(value) = rest.next() {
        out.push(joined(&long, &value));
    } else {
        out.push(OsString::from(format!("--{long}")));
    }
}

/// The argument of this long name, alias or single letter.
fn find<'a>(name: &str, commands: &[&'a Command]) -> Option<&'a Arg> {
    let mut letters = name.chars();
    let letter = letters.next().filter(|_| letters.next().is_none());
    commands.iter().flat_map(|command| command.get_arguments()).find(|arg| {
        arg.get_long() == Some(name)
            || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
            || (letter.is_some() && arg.get_short() == letter)
    })
}
