//! `ci why`: what decided that a job is in the pipeline or not, step by step, and what would have to be different.

mod clause;
mod short;
mod steps;

pub(super) use short::{in_short, workflow_in_short};

use super::args::{ValueArgs, WhyArgs};
use super::session::{Flags, Session};
use super::{Done, World, plan, report, values};
use crate::error::CliError;
use crate::terminal::{Paint, Style, clean, width, wrap};
use ci_yaml::evaluate::{Decision, Explanation, Reason, Wish, explain};
use ci_yaml::include::Main;
use ci_yaml::{Diagnostic, SourceMap, Span};
use std::fmt::Write as _;

/// The most names that are offered for one that is not there.
const SIMILAR: usize = 5;

pub(super) fn run(args: &WhyArgs, world: &World<'_>) -> Result<Done, CliError> {
    let flags = Flags { place: &args.place, sources: &args.sources, context: &args.context };
    let (mut session, mut scenes) = Session::open(flags, world.environment, &world.current)?;
    let files = values::give(&ValueArgs::only(&args.variables_file), &session.project, world, &mut scenes)?;
    let mut scene = super::single(scenes, "why")?;
    let checked = session.check(&mut scene, &Main::Path)?;
    super::main_must_exist(&checked, &session, &args.place)?;
    let mut warnings = session.sources.web.warnings();
    warnings.extend(files.warnings);
    let Some(config) = checked.valid_config() else {
        let mut out = String::new();
        report::write(&mut out, &checked.diagnostics, &checked.files, world.style);
        out.push_str("The configuration is refused, so there are no jobs.\n");
        return Ok(Done { out, refused: true, warnings });
    };
    let explanation = explain(config, &scene.context, &session.sources, &args.job);
    if let Decision::Out(Reason::Unknown { similar }) = &explanation.decision {
        return Err(unknown(&args.job, similar, config.jobs.keys().map(|name| &**name)));
    }
    let mut page = Page { out: String::new(), files: &checked.files, style: world.style, steps: 0 };
    page.heading(&explanation, &plan::title(&scene.context));
    for step in &explanation.steps {
        steps::write(&mut page, step);
    }
    let refused = page.decision(&explanation);
    page.ways(&explanation.ways);
    Ok(Done { out: page.out, refused, warnings })
}

fn unknown<'a>(
    name: &str,
    similar: &[std::sync::Arc<str>],
    known: impl Iterator<Item = &'a str>,
) -> CliError {
    let mut names: Vec<String> = similar.iter().take(SIMILAR).map(|name| format!("`{name}`")).collect();
    if similar.len() > SIMILAR {
        names.push(format!("and {} more; `runner ci plan --lint` lists them", similar.len() - SIMILAR));
    }
    let names = names.join(", ");
    match similar {
        [] => super::no_such_job(name, &known.collect::<Vec<_>>()),
        [_] => CliError::usage(format!("the configuration has no job `{name}`"))
            .hint(format!("did you mean {names}?")),
        _ => CliError::usage(format!("`{name}` is a parallel job")).hint(format!("name one of {names}")),
    }
}

/// What is being written.
struct Page<'a> {
    out: String,
    files: &'a SourceMap,
    style: Style,
    steps: usize,
}

impl Page<'_> {
    fn line_of(&self, span: Span) -> String {
        report::line_of(self.files, span)
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    fn heading(&mut self, explanation: &Explanation, title: &str) {
        let (verdict, paint) = match &explanation.decision {
            Decision::In { .. } => ("is in the pipeline", Paint::Good),
            Decision::Out(_) => ("is not in the pipeline", Paint::Bad),
        };
        let name = clean(&explanation.job);
        let place = explanation.span.map(|span| self.line_of(span)).unwrap_or_default();
        let needed = width(&name) + width(verdict) + width(&place) + 3;
        let name = self.style.paint(Paint::Strong, name).into_owned();
        let verdict = self.style.paint(paint, verdict).into_owned();
        let gap = if needed > self.style.columns() { "\n  " } else { "  " };
        let place = self.style.paint(Paint::Dim, place).into_owned();
        self.line(format!("{name} {verdict}{gap}{place}").trim_end());
        let title = self.style.paint(Paint::Dim, title).into_owned();
        self.line(&title);
        self.out.push('\n');
    }

    /// A step, counted.
    fn step(&mut self, text: &str, span: Option<Span>) {
        self.steps += 1;
        let plain = span.map(|span| self.line_of(span)).unwrap_or_default();
        let place = self.style.paint(Paint::Dim, plain.as_str()).into_owned();
        let text = clean(text);
        let needed = width(&text) + self.steps.to_string().len() + 4 + width(&plain);
        let gap = if needed > self.style.columns() { "\n   " } else { "  " };
        let text = format!("{}. {text}{gap}{place}", self.steps);
        self.line(text.trim_end());
    }

    /// A part of a step, with its place and what came of it.
    fn sub(&mut self, text: &str, span: Option<Span>, verdict: &str, paint: Paint) {
        let line = span.map(|span| format!(" (line {})", span.start.line)).unwrap_or_default();
        let lead = format!("   {text}{line}: ");
        let room = self.style.columns().saturating_sub(width(&lead)).max(20);
        for (index, part) in wrap(&clean(verdict), room).into_iter().enumerate() {
            let part = self.style.paint(paint, part).into_owned();
            let lead = if index == 0 { lead.clone() } else { " ".repeat(width(&lead)) };
            self.line(&format!("{lead}{part}"));
        }
    }

    /// Something that holds or does not.
    fn verdict(&mut self, holds: bool, text: &str) {
        let (sign, paint) = if holds { ("+", Paint::Good) } else { ("-", Paint::Bad) };
        let sign = self.style.paint(paint, sign).into_owned();
        let room = self.style.columns().saturating_sub(7).max(20);
        for (index, line) in wrap(&clean(text), room).iter().enumerate() {
            let lead = if index == 0 { format!("     {sign} ") } else { " ".repeat(9) };
            self.line(&format!("{lead}{line}"));
        }
    }

    /// Something that was not looked at.
    fn quiet(&mut self, text: &str) {
        self.indented(5, text, Some(Paint::Dim));
    }

    fn indented(&mut self, indent: usize, text: &str, paint: Option<Paint>) {
        let indent = if indent > 5 { indent + 3 } else { indent };
        let room = self.style.columns().saturating_sub(indent).max(20);
        for line in wrap(&clean(text), room) {
            let line = paint.map_or(line.clone(), |paint| self.style.paint(paint, line).into_owned());
            self.line(format!("{:indent$}{line}", "").trim_end());
        }
    }

    /// Writes what came of it. Whether the pipeline is refused.
    fn decision(&mut self, explanation: &Explanation) -> bool {
        let mut refused = false;
        let text = match &explanation.decision {
            Decision::In { when, allow_failure, rule, needs } => {
                let by = rule.map(|rule| format!(" by rule {}", rule + 1)).unwrap_or_default();
                let fail = if allow_failure.allowed { ", and may fail" } else { "" };
                let waits = match needs.as_deref() {
                    None => ", after all jobs of earlier stages".to_owned(),
                    Some([]) => ", without waiting for any job".to_owned(),
                    Some(needs) => {
                        let names: Vec<&str> = needs.iter().map(|need| &*need.job).collect();
                        format!(", after {}", names.join(", "))
                    }
                };
                format!("So it is in{by}: {}{waits}{fail}.", when.as_str())
            }
            Decision::Out(reason) => match reason {
                Reason::NoRule => "So it is left out: no rule matches.".to_owned(),
                Reason::Never { rule } => format!("So it is left out: rule {} says never.", rule + 1),
                Reason::Only => "So it is left out: `only` is not fulfilled.".to_owned(),
                Reason::Except => "So it is left out: `except` is fulfilled.".to_owned(),
                Reason::Chat { wanted } => format!("So it is left out: only {wanted} was asked for."),
                Reason::Skipped(_) => "So there are no jobs at all: the pipeline is skipped.".to_owned(),
                Reason::Unknown { .. } => String::new(),
                Reason::Workflow(diagnostic) | Reason::Empty(diagnostic) => {
                    format!("So there is no pipeline: {}", diagnostic.message)
                }
                Reason::Refused(diagnostic) | Reason::RuleFailed(diagnostic) => {
                    refused = true;
                    self.refusal(std::slice::from_ref(diagnostic))
                }
                Reason::Invalid(diagnostics) => {
                    refused = true;
                    // What is said of this job comes first.
                    let mut diagnostics = diagnostics.clone();
                    diagnostics.sort_by_key(|one| !one.message.contains(&*explanation.job));
                    self.refusal(&diagnostics)
                }
            },
        };
        if !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        for line in wrap(&clean(&text), self.style.columns()) {
            let line = self.style.paint(Paint::Strong, line).into_owned();
            self.line(&line);
        }
        refused
    }

    fn refusal(&mut self, diagnostics: &[Diagnostic]) -> String {
        self.out.push('\n');
        report::write(&mut self.out, diagnostics, self.files, self.style);
        "So the pipeline is refused.".to_owned()
    }

    /// What would have to be different.
    fn ways(&mut self, ways: &[Vec<Wish>]) {
        if ways.is_empty() {
            return;
        }
        self.line(if ways.len() == 1 { "It would be in with" } else { "It would be in with one of" });
        for way in ways {
            let all: Vec<String> = way.iter().map(ToString::to_string).collect();
            let room = self.style.columns().saturating_sub(4).max(20);
            for (index, line) in wrap(&clean(&all.join(", and ")), room).iter().enumerate() {
                let lead = if index == 0 { "  - " } else { "    " };
                self.line(&format!("{lead}{line}"));
            }
        }
    }
}
