use super::*;
use proptest::prelude::*;

fn find(expression: &str, trace: &str) -> Option<f64> {
    let mut finder = Finder::new(expression).unwrap();
    finder.feed(trace.as_bytes());
    finder.finish()
}

#[test]
fn the_last_line_with_a_number_counts() {
    assert_eq!(find(r"\d+%", "10%\nx 20% 30.5%\nend"), Some(5.0), "only what matches is looked at");
    assert_eq!(find(r"[\d.]+%", "10%\nx 20% 30.5%\nend"), Some(30.5));
    assert_eq!(find(r"Cov: .*", "Cov: 12.75 of 100\nCov: none"), Some(12.75));
    assert_eq!(find(r"Cov: (\w+) (\d+)", "Cov: 7 42"), Some(42.0), "the last group");
    assert_eq!(find(r"nothing", "10%"), None);
    assert_eq!(find(r"^TOTAL.*\s(\d+)%$", "TOTAL  10 2 80%\r\n"), Some(80.0));
}

#[test]
fn groups_that_took_no_part_have_no_number() {
    assert_eq!(find(r"a(\d+)|b", "a5\nb"), Some(5.0));
}

#[test]
fn moments_before_lines_are_left_out() {
    assert_eq!(find(r"^cov (\d+)", "2026-11-21T08:00:00.123456Z 00O cov 55\n"), Some(55.0));
    assert_eq!(find(r"^cov (\d+)", "2026-11-21T08:00:00.123456Z 01E+cov 56\n"), Some(56.0));
}

#[test]
fn colours_stay() {
    assert_eq!(find(r"^cov (\d+)", "\u{1b}[32mcov 55\n"), None);
    assert_eq!(find(r"cov (\d+)", "\u{1b}[32mcov 55\u{1b}[0m\n"), Some(55.0));
}

#[test]
fn expressions_that_cannot_be_run_are_told() {
    assert_eq!(Finder::new("(").unwrap_err(), BadExpression);
    assert_eq!(Finder::new(r"(?:a{1000}){1000}").unwrap_err(), BadExpression);
    assert!(Finder::new(r"\p{Greek}+ (\d+)").is_ok());
}

#[test]
fn endless_lines_take_bounded_memory() {
    let mut finder = Finder::new(r"(\d+)%").unwrap();
    for _ in 0..40 {
        finder.feed(&[b'x'; 100_000]);
    }
    assert!(finder.line.len() <= MOST_LINE);
    finder.feed(b"\n7%");
    assert_eq!(finder.finish(), Some(7.0));
}

proptest! {
    #[test]
    fn pieces_make_no_difference(
        lines in proptest::collection::vec("[a-z0-9%. ]{0,12}", 0..8),
        cut in 0_usize..60,
    ) {
        let trace = lines.join("\n");
        let cut = trace.floor_char_boundary(cut.min(trace.len()));
        let mut pieces = Finder::new(r"([\d.]+)%").unwrap();
        pieces.feed(&trace.as_bytes()[..cut]);
        pieces.feed(&trace.as_bytes()[cut..]);
        prop_assert_eq!(pieces.finish(), find(r"([\d.]+)%", &trace));
    }
}
