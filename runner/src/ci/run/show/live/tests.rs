//! A terminal that is looked at.

use super::super::output::testing::{Hand, Written};
use super::super::tests::{job, log, plan, report, story};
use super::*;
use std::cell::Cell;
use std::rc::Rc;

/// As much of a terminal as the view uses: rows that scroll, a cursor, erasure, and movement up and down.
#[derive(Default)]
struct Terminal {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
    columns: usize,
    /// Rows that scrolled away.
    top: usize,
    height: usize,
    hidden: bool,
}

impl Terminal {
    fn new(columns: usize, height: usize) -> Self {
        Self { columns, height, rows: vec![Vec::new()], ..Self::default() }
    }

    fn write(&mut self, text: &str) {
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\u{1b}' => {
                    assert_eq!(rest.next(), Some('['), "only control sequences");
                    let mut parameters = String::new();
                    let last = loop {
                        match rest.next().unwrap() {
                            c @ ('0'..='9' | ';' | '?') => parameters.push(c),
                            last => break last,
                        }
                    };
                    self.control(&parameters, last);
                }
                '\n' => self.feed(),
                '\r' => self.column = 0,
                c => self.put(c),
            }
        }
    }

    fn feed(&mut self) {
        self.row += 1;
        self.column = 0;
        if self.rows.len() <= self.row {
            self.rows.push(Vec::new());
        }
        self.top = self.top.max((self.row + 1).saturating_sub(self.height));
    }

    fn put(&mut self, c: char) {
        let width = unicode_width::UnicodeWidthChar::width(c).unwrap();
        assert!(width > 0, "{c:?}");
        if self.column + width > self.columns {
            self.feed();
        }
        let row = &mut self.rows[self.row];
        row.resize(row.len().max(self.column + width), ' ');
        row[self.column] = c;
        self.column += width;
    }

    fn control(&mut self, parameters: &str, last: char) {
        let number = parameters.parse().unwrap_or(1);
        match last {
            'A' => self.row = self.row.saturating_sub(number).max(self.top),
            'B' => {
                assert!(self.row + number < self.rows.len());
                self.row += number;
            }
            'K' => self.rows[self.row].truncate(self.column),
            'J' => {
                self.rows.truncate(self.row + 1);
                self.rows[self.row].truncate(self.column);
            }
            'h' | 'l' if parameters == "?25" => self.hidden = last == 'l',
            'h' | 'l' => assert_eq!(parameters, "?2026"),
            'm' => {}
            other => panic!("{other} is not known"),
        }
    }

    fn screen(&self) -> String {
        assert!(!self.hidden);
        let lines: Vec<String> =
            self.rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned()).collect();
        lines.join("\n")
    }
}

struct Stage {
    written: Written,
    hand: Hand,
    size: Rc<Cell<Size>>,
    live: Live,
}

fn stage(columns: usize, rows: usize, style: Style) -> Stage {
    let (written, hand) = (Written::default(), Hand::default());
    let size = Rc::new(Cell::new(Size { columns, rows }));
    let asked = size.clone();
    let live = Live::new(Parts {
        out: written.output(),
        people: None,
        style,
        clock: hand.clock(),
        size: Box::new(move || asked.get()),
        end: End { folder: "/state/runs/7".into(), columns: None },
    });
    Stage { written, hand, size, live }
}

/// Tells so much of the story.
fn tell(stage: &mut Stage, news: usize) {
    for (millis, news) in story().into_iter().take(news) {
        stage.hand.forward(millis);
        stage.live.tell(&news);
    }
    stage.hand.forward(100);
    stage.live.tick();
}

fn screen(columns: usize, rows: usize, news: usize) -> String {
    let mut stage = stage(columns, rows, Style::coloured(columns));
    tell(&mut stage, news);
    let mut terminal = Terminal::new(columns, rows);
    terminal.write(&stage.written.take());
    terminal.screen()
}

#[test]
fn while_jobs_run() {
    insta::assert_snapshot!(screen(80, 24, 6));
    insta::assert_snapshot!(screen(80, 24, 15));
}

#[test]
fn on_small_screens() {
    insta::assert_snapshot!(screen(40, 7, 15));
    insta::assert_snapshot!(screen(30, 5, 15));
    insta::assert_snapshot!(screen(20, 3, 15));
    let nothing = screen(80, 1, 4);
    assert_eq!(nothing, "");
}

#[test]
fn at_the_end() {
    insta::assert_snapshot!(screen(80, 24, usize::MAX));
}

#[test]
fn bytes_are_few() {
    let mut stage = stage(80, 24, Style::plain(80));
    tell(&mut stage, 6);
    stage.written.take();
    stage.live.tick();
    assert_eq!(stage.written.take(), "", "nothing changed");
    stage.live.tell(&log(job(1003, "lint"), b"\nnext\n"));
    stage.live.tick();
    insta::assert_snapshot!(stage.written.take().replace('\u{1b}', "␛"));
}

#[test]
fn sizes_may_change() {
    let mut stage = stage(80, 24, Style::plain(80));
    let mut terminal = Terminal::new(80, 24);
    terminal.write("$ runner ci run\n");
    tell(&mut stage, 15);
    terminal.write(&stage.written.take());
    // What a terminal does: longer lines take more rows now.
    let old = std::mem::replace(&mut terminal, Terminal::new(30, 24));
    terminal.write(
        &old.rows[..old.rows.len() - 1]
            .iter()
            .map(|row| row.iter().collect::<String>() + "\n")
            .collect::<String>(),
    );
    stage.size.set(Size { columns: 30, rows: 24 });
    stage.live.tick();
    terminal.write(&stage.written.take());
    insta::assert_snapshot!(terminal.screen());
}

#[test]
fn somebody_else_may_have_the_screen() {
    let mut stage = stage(80, 24, Style::plain(80));
    let mut terminal = Terminal::new(80, 24);
    tell(&mut stage, 6);
    stage.live.pause(true);
    terminal.write(&stage.written.take());
    assert_eq!(terminal.screen(), "");
    stage.live.tell(&News::Finished(Box::new(report(job(1001, "compile"), Status::Success, Some(100)))));
    stage.live.tick();
    assert_eq!(stage.written.take(), "");
    stage.live.pause(false);
    terminal.write(&stage.written.take());
    assert!(terminal.screen().starts_with("✓ compile passed in 100ms\nbuild"), "{}", terminal.screen());
    drop(stage.live);
    terminal.write(&stage.written.take());
    assert_eq!(terminal.screen(), "✓ compile passed in 100ms\n");
}

#[test]
fn many_jobs_fit() {
    let jobs: Vec<_> = (0..40).map(|id| plan(id, &format!("job {id}"), "test", None)).collect();
    let mut stage = stage(60, 10, Style::plain(60));
    let names: Vec<_> = jobs.iter().map(|plan| plan.job.clone()).collect();
    stage.live.tell(&News::Created { pipeline: Vec::new(), stages: vec!["test".to_owned()], jobs });
    for job in names {
        stage.live.tell(&News::Started { job });
    }
    stage.hand.forward(1000);
    stage.live.tick();
    let mut terminal = Terminal::new(60, 10);
    terminal.write(&stage.written.take());
    insta::assert_snapshot!(terminal.screen());
}

proptest::proptest! {
    #[test]
    fn logs_steer_nothing(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), columns in 1..100usize, rows in 1..12usize) {
        let mut stage = stage(columns, rows, Style::coloured(columns));
        tell(&mut stage, 5);
        stage.live.tell(&log(job(1003, "lint"), &bytes));
        stage.live.tell(&log(job(1001, "compile"), b"\x1b]0;x"));
        stage.live.tick();
        // Knows no sequences but those of the view.
        let mut terminal = Terminal::new(columns, rows);
        terminal.write(&stage.written.take());
        let screen = terminal.screen();
        proptest::prop_assert!(terminal.rows.len() <= rows.max(1), "{}", screen);
    }
}
