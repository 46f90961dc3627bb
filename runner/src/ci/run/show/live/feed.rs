//! What a running job is at: its section, and its last line.

use super::super::trace::{Harmless, Piece, Reader};
use crate::terminal::clean;

/// How much of a line is looked at.
const LONGEST: usize = 2048;

/// Follows the log of a job.
#[derive(Debug, Default)]
pub(super) struct Feed {
    reader: Reader,
    last: Vec<u8>,
    /// Headings of the open sections of its script, the innermost last.
    headings: Vec<(String, String)>,
    /// Whether the next line is the heading of the section that was opened last.
    opened: bool,
}

impl Feed {
    /// Takes more of the log.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let (last, headings, opened) = (&mut self.last, &mut self.headings, &mut self.opened);
        self.reader.feed(bytes, &mut |piece| match piece {
            Piece::Line(line) => {
                let line = line.get(..LONGEST).unwrap_or(line);
                if std::mem::take(opened)
                    && let Some((_, heading)) = headings.last_mut()
                {
                    *heading = text(line);
                    last.clear();
                } else if !line.is_empty() {
                    line.clone_into(last);
                }
            }
            Piece::Open(name) => {
                if stage(name).is_none() && headings.len() < 16 {
                    headings.push((name.to_owned(), name.to_owned()));
                    *opened = true;
                } else {
                    last.clear();
                }
            }
            Piece::Close(name) => {
                if let Some(at) = headings.iter().rposition(|(open, _)| open == name) {
                    headings.truncate(at);
                }
                *opened = false;
            }
        });
    }

    /// The section, in words; nothing while an ordinary part of the script runs.
    pub(super) fn section(&self) -> Option<&str> {
        if let Some((_, heading)) = self.headings.last() {
            return Some(heading);
        }
        let open = self.reader.open_sections().last()?;
        stage(open).filter(|words| !words.is_empty())
    }

    /// The last line, or what there is of one that is being written.
    pub(super) fn line(&self) -> String {
        let unfinished = self.reader.unfinished();
        let unfinished = text(unfinished.get(..LONGEST).unwrap_or(unfinished));
        if unfinished.is_empty() { text(&self.last) } else { unfinished }
    }
}

fn text(line: &[u8]) -> String {
    clean(&Harmless::plain(line)).trim().to_owned()
}

/// A stage of the job in words; nothing for sections of scripts.
fn stage(name: &str) -> Option<&'static str> {
    Some(match name {
        "prepare_executor" | "prepare_script" => "preparing",
        "get_sources" => "getting sources",
        "restore_cache" => "restoring cache",
        "download_artifacts" => "getting artifacts",
        "after_script" => "after_script",
        "archive_cache" | "archive_cache_on_failure" => "saving cache",
        "upload_artifacts_on_success" | "upload_artifacts_on_failure" => "saving artifacts",
        "cleanup_file_variables" => "cleaning up",
        "release" => "",
        _ if name.starts_with("step_") => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_folded_to_their_headings() {
        let mut feed = Feed::default();
        feed.take(b"section_start:1:get_sources\r\x1b[0KGetting\nReceiving 10%\rReceiving 50%");
        assert_eq!((feed.section(), feed.line().as_str()), (Some("getting sources"), "Receiving 50%"));
        feed.take(
            b"\nsection_end:2:get_sources\r\x1b[0Ksection_start:2:step_script\r\x1b[0KRunning\n$ make\n",
        );
        assert_eq!((feed.section(), feed.line().as_str()), (None, "$ make"));
        feed.take(b"section_start:3:deps[collapsed=true]\r\x1b[0K\x1b[1mInstalling\x1b[0m\n");
        assert_eq!((feed.section(), feed.line().as_str()), (Some("Installing"), ""));
        feed.take(b"one\n\n");
        assert_eq!((feed.section(), feed.line().as_str()), (Some("Installing"), "one"));
        feed.take(b"section_end:3:deps\r\x1b[0Kafter\n");
        assert_eq!((feed.section(), feed.line().as_str()), (None, "after"));
    }
}
