//! `ci graph`: the stages and needs of a pipeline, drawn.

use super::args::{GraphArgs, GraphFormat};
use super::plan::instances::{self, Member};
use super::session::{Flags, Session};
use super::{Done, World, plan};
use crate::error::CliError;
use crate::terminal::{Paint, Style, clean, cut, fill, width, wrap};
use ci_yaml::config::{Kind, When};
use ci_yaml::pipeline::{Job, Pipeline};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// The least room beside a name that is used: columns.
const NARROW: usize = 24;

pub(super) fn run(args: &GraphArgs, world: &World<'_>) -> Result<Done, CliError> {
    let flags = Flags { place: &args.place, sources: &args.sources, context: &args.context };
    let (mut session, scenes) = Session::open(flags, world.environment, &world.current)?;
    let scene = super::single(scenes, "graph")?;
    let evaluated = session.evaluate(scene)?;
    let mut warnings = session.sources.web.warnings();
    let Some(pipeline) = evaluated.pipeline() else {
        let mut complaints = String::new();
        plan::write_failure(&mut complaints, &evaluated, world.complaints);
        warnings.push(complaints);
        return Ok(Done { out: String::new(), refused: evaluated.is_refused(), warnings });
    };
    let stages = stages(pipeline);
    let out = match args.format {
        GraphFormat::Text => text(&stages, world.style),
        GraphFormat::Mermaid => mermaid(pipeline, &stages),
        GraphFormat::Dot => dot(pipeline, &stages),
    };
    Ok(Done { out, refused: false, warnings })
}

/// A stage that has jobs.
struct Stage<'a> {
    name: &'a Arc<str>,
    jobs: Vec<&'a Job>,
}

fn stages(pipeline: &Pipeline) -> Vec<Stage<'_>> {
    let mut stages: Vec<Stage<'_>> = Vec::new();
    for job in &pipeline.jobs {
        let name = &job.config.stage.value;
        match stages.last_mut() {
            Some(stage) if stage.name == name => stage.jobs.push(job),
            _ => stages.push(Stage { name, jobs: vec![job] }),
        }
    }
    stages
}

/// What is special about a job, in brackets.
fn remark(job: &Job) -> Option<&'static str> {
    match (job.when, &job.config.kind) {
        (When::Manual, _) => Some("manual"),
        (When::Delayed, _) => Some("delayed"),
        (When::OnFailure, _) => Some("on failure"),
        (When::Always, _) => Some("always"),
        (_, Kind::Bridge(_)) => Some("trigger"),
        _ => None,
    }
}

fn label(job: &Job, name: &str) -> String {
    match remark(job) {
        Some(remark) => format!("{} ({remark})", clean(name)),
        None => clean(name).into_owned(),
    }
}

/// A job, or alike instances of one, in a line of text.
struct Line {
    stage: usize,
    label: String,
    needs: String,
}

fn lines(stages: &[Stage<'_>]) -> Vec<Line> {
    let all = stages.iter().flat_map(|stage| &stage.jobs);
    let base = |job: &Job| job.config.instance.as_ref().map(|instance| instance.base.clone());
    let bases: HashMap<&str, Arc<str>> = all.filter_map(|job| Some((&**job.name(), base(job)?))).collect();
    let mut lines = Vec::new();
    for (stage, found) in stages.iter().enumerate() {
        let told = |job: &&Job| (base(job), remark(job), waits_for(job, &bases));
        let alike = found.jobs.chunk_by(|one, other| base(one).is_some() && told(one) == told(other));
        for group in alike.flat_map(instances::told) {
            let Some(first) = group.first() else { continue };
            let members: Vec<Member<'_>> =
                group.iter().map(|job| (&**job.name(), job.config.instance.as_ref())).collect();
            let label = label(first, &instances::named(&members).0);
            lines.push(Line { stage, label, needs: waits_for(first, &bases) });
        }
    }
    lines
}

fn text(stages: &[Stage<'_>], style: Style) -> String {
    let mut out = String::new();
    let lines = lines(stages);
    let half = style.columns() / 2;
    let most = lines.iter().map(|line| width(&line.label)).filter(|width| *width <= half).max().unwrap_or(0);
    for group in lines.chunk_by(|one, other| one.stage == other.stage) {
        let stage = group.first().and_then(|line| stages.get(line.stage));
        let stage = stage.map(|stage| clean(stage.name)).unwrap_or_default();
        let _ = writeln!(out, "{}", style.paint(Paint::Strong, stage));
        for (index, Line { label: name, needs, .. }) in group.iter().enumerate() {
            let last = index + 1 == group.len();
            let (branch, trunk) = if last { ("└─", "  ") } else { ("├─", "│ ") };
            let own = width(name).max(most);
            let beside = style.columns().saturating_sub(own + 7);
            let fits = needs.split(' ').all(|word| width(word) <= beside) && beside >= NARROW;
            // Where there is no room beside a name, what it waits for stands below it.
            let (indent, room) = if fits { (own, beside) } else { (2, style.columns().saturating_sub(9)) };
            let mut lines = wrap(needs, room).into_iter().map(|line| cut(&line, room).into_owned());
            let first = match lines.next() {
                None => String::new(),
                Some(line) if fits => format!("{}  ← {line}", fill(name, own)),
                Some(line) => format!("\n{trunk} {:indent$}  ← {line}", ""),
            };
            let name = cut(name, style.columns().saturating_sub(3));
            let _ = writeln!(out, "{branch} {name}{}", style.paint(Paint::Dim, first));
            for line in lines {
                let _ = writeln!(out, "{trunk} {:indent$}    {}", "", style.paint(Paint::Dim, line));
            }
        }
    }
    out
}

/// The jobs that a job waits for; nothing where it waits for the stages before it.
fn waits_for(job: &Job, bases: &HashMap<&str, Arc<str>>) -> String {
    match job.needs.as_deref() {
        None => String::new(),
        Some([]) => "nothing: it starts at once".to_owned(),
        Some(needs) => {
            let names = needs.iter().map(|need| (&*need.job, bases.get(&*need.job).map(|base| &**base)));
            clean(&instances::needs(names)).into_owned()
        }
    }
}

/// The index of each job by its name.
fn indices(pipeline: &Pipeline) -> HashMap<&str, usize> {
    pipeline.jobs.iter().enumerate().map(|(index, job)| (&**job.name(), index)).collect()
}

/// Edges between jobs, and from a stage's jobs to those that wait for it: as indices.
struct Edges {
    needs: Vec<(usize, usize)>,
    /// From a stage to a job of a later one.
    stages: Vec<(usize, usize)>,
}

fn edges(pipeline: &Pipeline, stages: &[Stage<'_>]) -> Edges {
    let indices = indices(pipeline);
    let mut edges = Edges { needs: Vec::new(), stages: Vec::new() };
    for (number, stage) in stages.iter().enumerate() {
        for job in &stage.jobs {
            let Some(&to) = indices.get(&**job.name()) else { continue };
            match &job.needs {
                Some(needs) => {
                    let from = needs.iter().filter_map(|need| indices.get(&*need.job));
                    edges.needs.extend(from.map(|&from| (from, to)));
                }
                None => edges.stages.extend(number.checked_sub(1).map(|before| (before, to))),
            }
        }
    }
    edges
}

fn mermaid(pipeline: &Pipeline, stages: &[Stage<'_>]) -> String {
    let (mut out, indices) = (String::from("flowchart LR\n"), indices(pipeline));
    for (number, stage) in stages.iter().enumerate() {
        let _ = writeln!(out, "  subgraph s{number}[\"{}\"]", mermaid_text(stage.name));
        for job in &stage.jobs {
            let index = indices.get(&**job.name()).copied().unwrap_or_default();
            let _ = writeln!(out, "    j{index}[\"{}\"]", mermaid_text(&label(job, job.name())));
        }
        out.push_str("  end\n");
    }
    let edges = edges(pipeline, stages);
    for (from, to) in edges.needs {
        let _ = writeln!(out, "  j{from} --> j{to}");
    }
    for (stage, to) in edges.stages {
        let _ = writeln!(out, "  s{stage} -.-> j{to}");
    }
    out
}

/// A text between quotes; everything but plain characters as a numbered entity.
fn mermaid_text(text: &str) -> String {
    let mut out = String::new();
    for c in clean(text).chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | ':' | ',' | '(' | ')' | '+' | '@')
        {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

fn dot(pipeline: &Pipeline, stages: &[Stage<'_>]) -> String {
    let mut out = String::from("digraph pipeline {\n  rankdir=LR; compound=true; node [shape=box];\n");
    let indices = indices(pipeline);
    let of = |job: &Job| indices.get(&**job.name()).copied().unwrap_or_default();
    for (number, stage) in stages.iter().enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{number} {{\n    label={};", dot_text(stage.name));
        for job in &stage.jobs {
            let _ = writeln!(out, "    j{} [label={}];", of(job), dot_text(&label(job, job.name())));
        }
        out.push_str("  }\n");
    }
    let edges = edges(pipeline, stages);
    for (from, to) in edges.needs {
        let _ = writeln!(out, "  j{from} -> j{to};");
    }
    for (stage, to) in edges.stages {
        // An edge begins at a node, and is cut off at the cluster's border.
        if let Some(from) = stages.get(stage).and_then(|stage| stage.jobs.first()) {
            let _ = writeln!(out, "  j{} -> j{to} [ltail=cluster_{stage}, style=dashed];", of(from));
        }
    }
    out.push_str("}\n");
    out
}

/// A quoted string. Backslashes begin escapes in labels.
fn dot_text(text: &str) -> String {
    format!("\"{}\"", clean(text).replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_quotes() {
        assert_eq!(dot_text(r#"a"]; b \" c"#), r#""a\"]; b \\\" c""#);
        assert_eq!(mermaid_text("a\"] --> b #1 <i>"), "a#34;#93; --#62; b #35;1 #60;i#62;");
        assert_eq!(dot_text("a\nb"), "\"a b\"");
    }
}
