//! An error line of a log, without the logger of a job that runs.

use std::time::SystemTime;
use trace::timestamp::Timestamper;
use trace::{Kind, Line};

/// `ERROR: …` in its colour, time-stamped now if the log's lines are.
pub(crate) fn error_line(text: &str, stamped: bool) -> Vec<u8> {
    let line = Line::Error.format(text).into_bytes();
    if !stamped {
        return line;
    }
    let mut out = Vec::new();
    let mut stamper = Timestamper::new(0, Kind::Out);
    stamper.begin(SystemTime::now());
    stamper.feed(&line, &mut out);
    stamper.end(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::error_line;

    #[test]
    fn it_looks_like_the_lines_of_a_job() {
        assert_eq!(error_line("x", false), b"\x1b[31;1mERROR: x\x1b[0;m\n");
        let stamped = String::from_utf8(error_line("x", true)).unwrap();
        assert_eq!(stamped.find("Z 00O \x1b[31;1mERROR: x\x1b[0;m\n"), Some(26), "{stamped}");
    }
}
