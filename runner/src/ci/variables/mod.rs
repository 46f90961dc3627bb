//! `ci variables`: what a job would be told when it runs here, where each variable comes from, and which ones of GitLab's
//! cannot exist here.

mod found;
mod missing;
#[cfg(test)]
mod tests;

use super::args::VariablesArgs;
use super::session::{Evaluated, Flags, Session};
use super::table::{Cell, Table};
use super::values::{self, Values};
use super::{Done, World, plan, report};
use crate::error::CliError;
use crate::terminal::{Paint, Style, wrap};
use found::{Shown, Variable};
use missing::Missing;
use serde_json::{Value, json};
use std::fmt::Write as _;

pub(super) fn run(args: &VariablesArgs, world: &World<'_>) -> Result<Done, CliError> {
    let flags = Flags { place: &args.place, sources: &args.sources, context: &args.context };
    let (mut session, scenes) = Session::open(flags, world.environment, &world.current)?;
    let mut scene = super::single(scenes, "variables")?;
    let files = values::give(&args.values, &session.project, world, std::slice::from_mut(&mut scene))?;
    let evaluated = session.evaluate(scene)?;
    if let Some(checked) = &evaluated.checked {
        super::main_must_exist(checked, &session, &args.place)?;
    }
    let mut warnings = session.sources.web.warnings();
    warnings.extend(files.warnings.iter().cloned());
    if evaluated.is_refused() {
        let mut out = String::new();
        plan::write_failure(&mut out, &evaluated, world.style);
        return Ok(Done { out, refused: true, warnings });
    }
    let page = Page::of(args, &evaluated, &files)?;
    let out = if args.json { super::pretty(&page.json()) } else { page.text(world.style) };
    Ok(Done { out, refused: false, warnings })
}

/// All that is to be said.
struct Page<'a> {
    job: Option<&'a str>,
    /// Nothing where only what is missing is asked for.
    variables: Option<Vec<Variable>>,
    missing: Option<Vec<&'static Missing>>,
}

impl<'a> Page<'a> {
    fn of(args: &'a VariablesArgs, evaluated: &Evaluated, files: &Values) -> Result<Self, CliError> {
        let variables = found::find(args.job.as_deref(), evaluated, files)?;
        let missing = args.missing.then(|| missing::among(&variables, &evaluated.scene.context));
        let variables = Some(variables).filter(|_| !args.missing);
        Ok(Self { job: args.job.as_deref(), variables, missing })
    }

    fn json(&self) -> Value {
        let mut object = json!({"job": self.job});
        if let Some(variables) = &self.variables {
            object["variables"] = variables.iter().map(Variable::json).collect();
        }
        if let Some(missing) = &self.missing {
            object["missing"] = missing.iter().map(|missing| missing.json()).collect();
        }
        object
    }

    fn text(&self, style: Style) -> String {
        let mut out = String::new();
        if let Some(variables) = &self.variables {
            let mut table = Table::new(["VARIABLE", "VALUE", "FROM"]);
            for variable in variables {
                table.row(vec![Cell::new(&variable.name), variable.cell(), Cell::new(&variable.from)]);
            }
            table.write(&mut out, style);
            out.push('\n');
            note(&mut out, style, missing::NOTE);
        }
        if let Some(missing) = &self.missing {
            let mut table = Table::new(["VARIABLE", "WHY IT IS NOT THERE"]);
            for missing in missing {
                table.row(vec![Cell::new(missing.name), Cell::new(missing.reason)]);
                if let Some(help) = missing.help {
                    table.note(help);
                }
            }
            table.write(&mut out, style);
            out.push('\n');
            note(&mut out, style, missing::HELP);
        }
        out
    }
}

fn note(out: &mut String, style: Style, text: &str) {
    for line in wrap(text, style.columns()) {
        let _ = writeln!(out, "{}", style.paint(Paint::Dim, line));
    }
}

impl Variable {
    fn cell(&self) -> Cell {
        match &self.value {
            Shown::Text(text) => Cell::new(&text.replace('\n', "\\n")),
            Shown::Hidden => Cell::new("(hidden)").painted(Paint::Dim),
            Shown::AtRun => Cell::new("(when it runs)").painted(Paint::Dim),
        }
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "value": match &self.value {
                Shown::Text(text) => Some(text),
                Shown::Hidden | Shown::AtRun => None,
            },
            "hidden": self.value == Shown::Hidden,
            "at_run": self.value == Shown::AtRun,
            "file": self.file,
            "raw": self.raw,
            "from": self.from,
        })
    }
}
