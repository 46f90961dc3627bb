use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::mask::DEFAULT_TOKEN_PREFIXES;
use proptest::prelude::*;

/// Every look at it is a second later.
fn ticking() -> Clock {
    let second = AtomicU64::new(1_795_262_613);
    Arc::new(move || UNIX_EPOCH + Duration::from_secs(second.fetch_add(1, Ordering::Relaxed)))
}

fn logger(timestamps: bool, limit: u64) -> Logger {
    let masks = MaskSet::new(["hunter2", "s3cr3tValue/+=~"], DEFAULT_TOKEN_PREFIXES).unwrap();
    let spool = Spool::new(tempfile::tempfile().unwrap(), limit);
    Logger::new(spool, Settings { masks, timestamps, clock: ticking() })
}

fn text(logger: &Logger) -> String {
    String::from_utf8(logger.spool().read_at(0, usize::MAX).unwrap().to_vec()).unwrap()
}

/// The shape of a recorded log without time stamps.
#[test]
fn lines_and_sections_without_timestamps() {
    let logger = logger(false, 10_000);
    let (runner, script) = (logger.writer(0, Kind::Out), logger.writer(1, Kind::Out));
    runner.line(Line::Plain, "Running with gitlab-runner 19.4.0 (d79f3e7b)");
    runner.section_start("prepare_executor");
    runner.line(Line::Heading, "Preparing the \"shell\" executor");
    script.write(b"x");
    runner.section_end("prepare_executor");
    runner.line(Line::Error, "Job failed: exit status 3");
    assert_eq!(
        text(&logger),
        "\x1b[0KRunning with gitlab-runner 19.4.0 (d79f3e7b)\x1b[0;m\n\
         section_start:1795262613:prepare_executor\r\x1b[0K\x1b[0K\x1b[36;1mPreparing the \"shell\" executor\x1b[0;m\x1b[0;m\n\
         xsection_end:1795262614:prepare_executor\r\x1b[0K\x1b[31;1mERROR: Job failed: exit status 3\x1b[0;m\n"
    );
}

#[test]
fn lines_and_sections_with_timestamps() {
    let logger = logger(true, 10_000);
    let (runner, script) = (logger.writer(0, Kind::Out), logger.writer(1, Kind::Err));
    runner.section_start("step_script");
    runner.line(Line::Heading, "Executing");
    script.write(b"hun");
    script.write(b"ter2 ");
    script.write(b"10%\rno newline");
    script.write(b" at end");
    runner.section_end("step_script");
    script.close();
    // The final line comes from a logger of its own.
    logger.writer(0, Kind::Out).line(Line::Info, "Job succeeded");
    let line = |second: u64, rest: &str| format!("2026-11-21T12:03:{second}.000000Z {rest}\n");
    assert_eq!(
        text(&logger),
        [
            line(34, "00O section_start:1795262613:step_script\r\x1b[0K"),
            line(35, "00O+\x1b[0K\x1b[36;1mExecuting\x1b[0;m\x1b[0;m"),
            line(37, "01E [MASKED] 10%\rno newline"),
            line(41, "00O section_end:1795262620:step_script\r\x1b[0K"),
            line(39, "01E+ at end"),
            line(43, "00O \x1b[32;1mJob succeeded\x1b[0;m"),
        ]
        .concat()
    );
}

#[test]
fn a_split_secret_is_masked() {
    let logger = logger(false, 10_000);
    let script = logger.writer(1, Kind::Out);
    script.write(b"s3cr3t");
    assert_eq!(text(&logger), "");
    script.write(b"Value/+=~ tail\nhunter");
    assert_eq!(text(&logger), "[MASKED] tail\n");
    script.close();
    assert_eq!(text(&logger), "[MASKED] tail\nhunter");
    script.write(b"2");
    script.close();
    assert_eq!(text(&logger), "[MASKED] tail\nhunter2", "a closed stream begins anew");
}

#[test]
fn the_last_clone_writes_what_is_held_back() {
    let logger = logger(true, 10_000);
    let script = logger.writer(1, Kind::Out);
    let clone = script.clone();
    script.write(b"hunter");
    drop(script);
    assert_eq!(text(&logger), "");
    drop(clone);
    assert!(text(&logger).ends_with(" 01O hunter\n"));
}

#[test]
fn bytes_are_kept_as_they_come() {
    let logger = logger(false, 10_000);
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    let script = logger.writer(1, Kind::Out);
    script.write(&bytes);
    script.close();
    assert_eq!(logger.spool().read_at(0, 1000).unwrap(), bytes);
}

#[test]
fn the_limit_counts_timestamps_and_drops_the_rest() {
    let logger = logger(true, 40);
    let script = logger.writer(1, Kind::Out);
    script.write(b"0123456789\n");
    script.write(b"more\n");
    let kept = "2026-11-21T12:03:33.000000Z 01O 01234567\n\x1b[33;1mJob's log exceeded limit of 40 bytes.\n";
    assert!(text(&logger).starts_with(kept));
    assert!(text(&logger).ends_with("collected.\x1b[0;m\n"));
    assert!(logger.spool().truncated());
}

#[test]
fn a_section_end_asks_for_prompt_sending() {
    let logger = logger(false, 10_000);
    let mut watch = logger.spool().watch();
    let runner = logger.writer(0, Kind::Out);
    runner.section_start("step_script");
    assert_eq!(watch.now().prompt, 0);
    runner.section_end("step_script");
    assert_eq!(watch.now().prompt, logger.spool().len());
}

#[test]
fn the_line_of_a_dead_process_is_ended() {
    let first = logger(true, 10_000);
    first.spool().append(b"2026-11-21T12:03:33.000000Z 01O half a li");
    let second = Logger::new(first.spool().clone(), first.settings.clone());
    second.writer(0, Kind::Out).line(Line::Error, "Job failed");
    assert!(text(&second).contains("half a li\n2026-11-21T12:03:33"));
}

#[test]
fn a_huge_write_takes_bounded_memory() {
    let logger = logger(true, u64::MAX);
    let script = logger.writer(1, Kind::Out);
    script.write(&vec![b'x'; 5_000_000]);
    script.write(&vec![b'\n'; 1_000_000]);
    let stream = script.lock();
    assert!(stream.out.capacity() <= 2 * STORED_AT);
    assert!(stream.timestamper.as_ref().unwrap().pending() <= LONGEST_LINE);
    drop(stream);
    assert!(logger.spool().len() > 38_000_000);
}

#[test]
fn streams_of_several_threads_do_not_mix_within_lines() {
    let logger = logger(true, u64::MAX);
    std::thread::scope(|scope| {
        for stream in 1..5 {
            let writer = logger.writer(stream, Kind::Out);
            scope.spawn(move || {
                for n in 0..300 {
                    writer.write(format!("hunter2 {n} of {stream}\n").as_bytes());
                }
            });
        }
    });
    let text = text(&logger);
    assert_eq!(text.lines().count(), 1200);
    for (n, stream) in (0..300).flat_map(|n| (1..5).map(move |stream| (n, stream))) {
        let line = format!(" 0{stream}O [MASKED] {n} of {stream}\n");
        assert_eq!(text.matches(&line).count(), 1, "{line}");
    }
}

proptest! {
    /// How the bytes are cut into writes shows nowhere without time stamps.
    #[test]
    fn cuts_do_not_show(pieces in proptest::collection::vec("hunter2|hun|ter2|glpat-|[a-z \r\n]{0,9}", 0..20)) {
        let (whole, cut) = (logger(false, u64::MAX), logger(false, u64::MAX));
        let writer = whole.writer(1, Kind::Out);
        writer.write(pieces.concat().as_bytes());
        writer.close();
        let writer = cut.writer(1, Kind::Out);
        pieces.iter().for_each(|piece| writer.write(piece.as_bytes()));
        writer.close();
        prop_assert_eq!(text(&whole), text(&cut));
        prop_assert_eq!(whole.spool().summary(), cut.spool().summary());
    }
}

/// Two stages at once give the log that one after the other gives, but for the times, which are the true ones.
#[test]
fn what_is_written_ahead_has_its_place_and_its_own_time() {
    let trace = |ahead: bool| {
        let logger = logger(true, 10_000);
        let (later, part) = logger.aside(tempfile::tempfile().unwrap());
        let first = logger.writer(0, Kind::Out);
        let second = if ahead { &later } else { &logger }.writer_behind_marker(0, Kind::Out);
        let end = || {
            first.line(Line::Heading, "One");
            first.section_end("one");
        };
        first.section_start("one");
        if !ahead {
            end();
        }
        second.section_start("two");
        second.line(Line::Heading, "Two hunter2");
        if ahead {
            end();
            assert!(!text(&logger).contains("two"));
            part.release();
        }
        second.section_end("two");
        text(&logger)
    };
    let shape = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(|c: char| c.is_ascii_digit()).collect()).collect()
    };
    let (ahead, in_turn) = (trace(true), trace(false));
    assert_eq!(shape(&ahead), shape(&in_turn));
    let times = |text: &str| -> Vec<u64> { text.lines().map(|line| line[17..19].parse().unwrap()).collect() };
    assert_eq!(times(&in_turn), [34, 35, 37, 39, 40, 42]);
    assert_eq!(times(&ahead), [34, 38, 40, 36, 37, 42]);
}
