//! Made-up logs.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

const SHORT: &str = "\u{1b}[0KRunning with gitlab-runner 18.5.0 (a1b2c3d4)\u{1b}[0;m\n\u{1b}[0K  on demo shell runner AbCdEf12, system ID: s_1a2b3c\u{1b}[0;m\n\
section_start:1795305000:prepare_executor\r\u{1b}[0K\u{1b}[0K\u{1b}[36;1mPreparing the \"shell\" executor\u{1b}[0;m\u{1b}[0;m\n\u{1b}[0KUsing Shell (bash) executor...\u{1b}[0;m\n\
section_end:1795305000:prepare_executor\r\u{1b}[0Ksection_start:1795305000:get_sources\r\u{1b}[0K\u{1b}[0K\u{1b}[36;1mGetting source from Git repository\u{1b}[0;m\u{1b}[0;m\n\
\u{1b}[32;1mFetching changes with git depth set to 20...\u{1b}[0;m\nInitialized empty Git repository in /builds/root/hello/.git/\n\u{1b}[32;1mChecking out 1a2b3c4d as detached HEAD (ref is main)...\u{1b}[0;m\n\
section_end:1795305002:get_sources\r\u{1b}[0Ksection_start:1795305002:step_script\r\u{1b}[0K\u{1b}[0K\u{1b}[36;1mExecuting \"step_script\" stage of the job script\u{1b}[0;m\u{1b}[0;m\n\
\u{1b}[32;1m$ cargo test\u{1b}[0;m\n\u{1b}[1m\u{1b}[32m   Compiling\u{1b}[0m hello v0.1.0 (https://example.com/root/hello)\nDownloading 10%\rDownloading 60%\rDownloading 100%\n\
section_start:1795305003:nested[collapsed=true]\r\u{1b}[0KA folded section\ninside <script>alert('log')</script>\nsection_end:1795305010:nested\r\u{1b}[0K\n\
test parses_numbers ... \u{1b}[32mok\u{1b}[0m\ntest parses_words ... \u{1b}[31;1mFAILED\u{1b}[0m\n\
\u{1b}[38;5;208morange 208\u{1b}[0m \u{1b}[38;2;120;80;255mrgb violet\u{1b}[0m \u{1b}[44;97mwhite on blue\u{1b}[0m \u{1b}[3;4mitalic underline\u{1b}[0m \u{1b}[9mcrossed\u{1b}[0m\n\
section_end:1795305072:step_script\r\u{1b}[0Ksection_start:1795305072:cleanup_file_variables\r\u{1b}[0K\u{1b}[0K\u{1b}[36;1mCleaning up project directory and file based variables\u{1b}[0;m\u{1b}[0;m\n\
section_end:1795305072:cleanup_file_variables\r\u{1b}[0K\u{1b}[31;1mERROR: Job failed: exit status 101\u{1b}[0;m\n";

pub(crate) fn write(folder: &Path, lines: usize) -> io::Result<()> {
    fs::write(folder.join("short.log"), stamped(SHORT))?;
    fs::write(folder.join("running.log"), "\u{1b}[36;1mExecuting the script\u{1b}[0;m\n$ watch\n")?;
    let mut long = File::create(folder.join("long.log"))?;
    let mut text = String::new();
    for number in 1..=lines {
        if number % 5000 == 1 {
            let _ = write!(
                text,
                "section_start:{number}:block_{number}\r\u{1b}[0K\u{1b}[36;1mBlock from {number}\u{1b}[0;m\n"
            );
        }
        let _ = writeln!(
            text,
            "\u{1b}[32m{number:>6}\u{1b}[0m The quick brown fox jumps over the lazy dog, again and again"
        );
        if number % 5000 == 0 {
            let _ = write!(text, "section_end:{number}:block_{}\r\u{1b}[0K", number - 4999);
        }
    }
    long.write_all(text.as_bytes())
}

/// With the headers that runners write.
fn stamped(log: &str) -> String {
    let lines = log.lines().enumerate();
    lines
        .map(|(at, line)| format!("2026-11-21T20:{:02}:{:02}.123456Z 00O {line}\n", at / 60, at % 60))
        .collect()
}

pub(crate) fn grow(folder: &Path, round: u64) -> io::Result<()> {
    let mut log = OpenOptions::new().append(true).open(folder.join("running.log"))?;
    writeln!(log, "\u{1b}[33mround {round}\u{1b}[0m of many")
}
