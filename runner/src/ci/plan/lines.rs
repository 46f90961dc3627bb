//! Jobs as lines of a table: instances of one parallel job that differ in nothing but their names are one line, and
//! what let a job in stands where there is room for it.

use super::instances::{self, Member};
use crate::ci::table::{Cell, Table};
use crate::terminal::{Paint, Style, clean, wrap};
use ci_yaml::config::Instance;
use indexmap::IndexMap;
use std::fmt::Write as _;

/// Where images and tags stand: they are left out where names would have no room.
const SPARE: &[usize] = &[5, 4];

/// What is said of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) stage: &'a str,
    pub(super) name: &'a str,
    pub(super) instance: Option<&'a Instance>,
    /// When it runs, if that is not what one expects.
    pub(super) when: String,
    /// Whether somebody has to start it.
    pub(super) manual: bool,
    /// What let it in, or what it asks for.
    pub(super) why: String,
    pub(super) needs: String,
    pub(super) tags: String,
    pub(super) image: String,
}

impl Line<'_> {
    fn base(&self) -> Option<&str> {
        self.instance.map(|instance| &*instance.base)
    }

    /// Whether it is another instance of the same job, and nothing else is different.
    fn is_like(&self, other: &Self) -> bool {
        let places = (self.stage, &self.tags, &self.image) == (other.stage, &other.tags, &other.image);
        let told = (&self.when, &self.why, &self.needs) == (&other.when, &other.why, &other.needs);
        self.base().is_some() && self.base() == other.base() && places && told
    }
}

/// Where reasons are told.
#[derive(Clone, Debug)]
enum Reasons<'a> {
    /// In a column.
    Column,
    /// Under each job.
    Below,
    /// Under the table, each once: jobs have their numbers.
    Numbered(IndexMap<&'a str, usize>),
}

/// Writes lines by stage; `why` is what their reasons are called.
pub(super) fn write(out: &mut String, lines: &[Line<'_>], why: &str, style: Style) {
    let groups: Vec<&[Line<'_>]> = lines.chunk_by(Line::is_like).flat_map(instances::told).collect();
    let one_line = table(&groups, why, &Reasons::Column);
    if one_line.fits(style.columns()) {
        return one_line.write(out, style);
    }
    let mut reasons: IndexMap<&str, usize> = IndexMap::new();
    let of_groups = groups.iter().filter_map(|group| group.first()).map(|line| line.why.as_str());
    let all: Vec<&str> = of_groups.filter(|why| !why.is_empty()).collect();
    for reason in &all {
        let next = reasons.len() + 1;
        reasons.entry(reason).or_insert(next);
    }
    if reasons.len() == all.len() {
        return table(&groups, why, &Reasons::Below).write(out, style);
    }
    let reasons = Reasons::Numbered(reasons);
    table(&groups, why, &reasons).write(out, style);
    if let Reasons::Numbered(reasons) = &reasons {
        legend(out, reasons, why, style);
    }
}

fn table(groups: &[&[Line<'_>]], why: &str, reasons: &Reasons<'_>) -> Table {
    let mut table = Table::new(["JOB", "WHEN", why, "NEEDS", "TAGS", "IMAGE"]).sparing(SPARE);
    let mut stage = None;
    for group in groups {
        let Some(line) = group.first() else { continue };
        if stage.replace(line.stage) != Some(line.stage) {
            table.heading(line.stage);
        }
        let members: Vec<Member<'_>> = group.iter().map(|line| (line.name, line.instance)).collect();
        let (name, parts) = instances::named(&members);
        let reason = match reasons {
            Reasons::Column => line.why.clone(),
            Reasons::Below => String::new(),
            Reasons::Numbered(known) => {
                known.get(line.why.as_str()).map(|number| format!("[{number}]")).unwrap_or_default()
            }
        };
        table.row(vec![
            Cell::new(&name),
            Cell::new(&line.when).painted(if line.manual { Paint::Warn } else { Paint::Name }),
            Cell::new(&reason).painted(Paint::Dim),
            Cell::new(&line.needs),
            Cell::new(&line.tags),
            Cell::new(&line.image),
        ]);
        if !parts.is_empty() {
            table.list(parts);
        }
        if matches!(reasons, Reasons::Below) && !line.why.is_empty() {
            table.note(&line.why);
        }
    }
    table
}

fn legend(out: &mut String, reasons: &IndexMap<&str, usize>, why: &str, style: Style) {
    let _ = writeln!(out, "\n{}", style.paint(Paint::Dim, format!("{why}:")));
    let lead = reasons.len().to_string().len() + 5;
    for (reason, number) in reasons {
        let room = style.columns().saturating_sub(lead).max(20);
        for (index, line) in wrap(&clean(reason), room).iter().enumerate() {
            let number = if index == 0 { format!("[{number}]") } else { String::new() };
            let line = format!("  {number:<width$} {line}", width = lead - 3);
            let _ = writeln!(out, "{}", style.paint(Paint::Dim, line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(name: &'a str, why: &str, instance: Option<&'a Instance>) -> Line<'a> {
        let empty = String::new;
        let (why, image) = (why.to_owned(), "registry.example.com/image:1".repeat(2));
        let tags = empty();
        Line { stage: "test", name, instance, when: empty(), manual: false, why, needs: empty(), tags, image }
    }

    fn instance(index: u32, matrix: bool) -> Instance {
        Instance { base: "a".into(), index, total: 3, matrix: matrix.then(IndexMap::new) }
    }

    fn written(lines: &[Line<'_>]) -> String {
        let mut out = String::new();
        write(&mut out, lines, "WHY", Style::plain(50));
        out
    }

    #[test]
    fn instances_that_are_alike_are_one_line() {
        let (one, two, three) = (instance(1, false), instance(2, false), instance(3, false));
        let names = [("a 1/3", &one), ("a 2/3", &two), ("a 3/3", &three)];
        let mut lines: Vec<Line<'_>> = names.map(|(name, one)| line(name, "", Some(one))).into();
        assert!(written(&lines).contains("a 1/3 … 3/3  "), "{}", written(&lines));
        lines[1].when = "manual".into();
        assert_eq!(written(&lines).lines().count(), 5);
        let one = instance(1, true);
        let lines = ["a: [x]", "a: [y]", "a: [z]"].map(|name| line(name, "", Some(&one)));
        insta::assert_snapshot!(written(&lines), @r"
          JOB   IMAGE
        test
          a ×3  registry.example.com/image:1registry.exam…
              [x], [y], [z]
        ");
    }

    #[test]
    fn shared_reasons_are_told_once() {
        let long = "rule 1: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $B";
        let shared = [line("a", long, None), line("b", "", None), line("c", long, None)];
        insta::assert_snapshot!(written(&shared), @r"
          JOB  WHY  IMAGE
        test
          a    [1]  registry.example.com/image:1registry.…
          b         registry.example.com/image:1registry.…
          c    [1]  registry.example.com/image:1registry.…

        WHY:
          [1] rule 1: $CI_COMMIT_BRANCH ==
              $CI_DEFAULT_BRANCH && $B
        ");
        assert!(!written(&shared[..2]).contains('['), "{}", written(&shared[..2]));
    }
}
