//! `lint`: checks a configuration file. Warnings leave the status at 0, errors make it 1.

use crate::cli::LintArgs;
use crate::config::{LoadError, load};
use crate::context::Context;
use crate::diagnostic::{Diagnostic, Source};
use crate::error::{CliError, exit_code};
use std::fmt::Write as _;
use std::process::ExitCode;

pub(super) fn run(args: &LintArgs, context: &Context) -> Result<ExitCode, CliError> {
    let path = args.config.path(&context.environment);
    let (source, diagnostics) = match load(&path, &context.environment) {
        Ok(loaded) if !loaded.found() => {
            return Err(CliError::usage(format!("config file not found: {}", path.display()))
                .hint("--config names another one"));
        }
        Ok(loaded) => (loaded.source, loaded.warnings),
        Err(LoadError::Invalid { text, diagnostics, .. }) => (*text, diagnostics),
        Err(error @ LoadError::Read { .. }) => return Err(error.into()),
    };
    super::show(&if args.json { json(&source, &diagnostics) } else { text(&source, &diagnostics) });
    let broken = diagnostics.iter().any(Diagnostic::is_error);
    Ok(ExitCode::from(if broken { exit_code::FAILURE } else { exit_code::SUCCESS }))
}

fn text(source: &Source, diagnostics: &[Diagnostic]) -> String {
    let mut out: String = diagnostics.iter().map(|diagnostic| source.render(diagnostic) + "\n").collect();
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let verdict =
        if errors == 0 { "Configuration file is valid" } else { "Configuration file cannot be used" };
    let _ = match (errors, warnings) {
        (0, 0) => writeln!(out, "{verdict}."),
        _ => writeln!(out, "{verdict}: {}, {}.", counted(errors, "error"), counted(warnings, "warning")),
    };
    out
}

fn counted(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}

fn json(source: &Source, diagnostics: &[Diagnostic]) -> String {
    let list: Vec<serde_json::Value> = diagnostics.iter().map(|diagnostic| source.json(diagnostic)).collect();
    let valid = !diagnostics.iter().any(Diagnostic::is_error);
    let object = serde_json::json!({ "file": source.name, "valid": valid, "diagnostics": list });
    format!("{object:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use crate::environment::Environment;

    #[test]
    fn findings_for_people_and_for_programs() {
        let source = Source { name: "c.toml".into(), text: "concurent = 1\n".into() };
        let loaded = parse(source, &Environment::default()).unwrap();
        insta::assert_snapshot!(text(&loaded.source, &loaded.warnings));
        insta::assert_snapshot!(json(&loaded.source, &loaded.warnings));
        assert_eq!(text(&loaded.source, &[]), "Configuration file is valid.\n");
    }
}
