//! What the log says of services that are in trouble, in the form of gitlab-runner's block.

use super::service::Service;
use crate::container::Fate;
use executor::{Output, Stream};
use trace::line::{RESET, YELLOW};

/// A service in trouble.
pub(super) struct Trouble<'a> {
    /// What happened in short, behind the container's name.
    pub(super) heading: &'a str,
    /// What happened exactly.
    pub(super) error: &'a str,
    /// What the test of its image wrote, where that says more.
    pub(super) check: Option<&'a str>,
    /// The end of its log.
    pub(super) logs: &'a str,
}

/// The heading for one that was not ready yet.
pub(super) const DID_NOT_START: &str = "probably didn't start properly.";
/// The heading for one that was.
pub(super) const ENDED: &str = "ended while the job was running.";

impl Trouble<'_> {
    /// Writes the block at once, so that nothing comes between its lines.
    pub(super) fn tell(&self, service: &Service, output: &dyn Output) {
        output.write(Stream::Stderr, self.block(&service.name).as_bytes());
    }

    fn block(&self, name: &str) -> String {
        let Self { heading, error, check, logs } = self;
        let check =
            check.map(|text| format!("\nHealth check output:\n{}\n", text.trim_end())).unwrap_or_default();
        format!(
            "\n{YELLOW}*** WARNING:{RESET} Service {name} {heading}\n\n\
             Health check error:\n{error}\n{check}\n\
             Service container logs:\n{}\n\n\
             {YELLOW}*********{RESET}\n\n",
            logs.trim_end()
        )
    }
}

/// How a service ended, as part of a sentence. `None` while it runs.
pub(super) fn end(service: &Service, fate: &Fate) -> Option<String> {
    let what = format!("service {:?} ({})", service.image, service.aliases.join(", "));
    Some(match fate {
        Fate::Running => return None,
        Fate::Removed => format!("{what} was removed"),
        Fate::Unknown { reason } => format!("{what} ended: {reason}"),
        Fate::Ended { out_of_memory: true, code, .. } => {
            let limit = service.memory.map(|bytes| format!(" (its limit is {})", mebibytes(bytes)));
            format!("{what} ran out of memory{} and ended with exit code {code}", limit.unwrap_or_default())
        }
        Fate::Ended { code, error, .. } if error.is_empty() => format!("{what} ended with exit code {code}"),
        Fate::Ended { code, error, .. } => format!("{what} ended with exit code {code}: {error}"),
    })
}

/// Whether it did what it was to do.
pub(super) fn is_fine(fate: &Fate) -> bool {
    matches!(fate, Fate::Ended { code: 0, out_of_memory: false, .. })
}

fn mebibytes(bytes: i64) -> String {
    const MEBIBYTE: i64 = 1 << 20;
    if bytes % MEBIBYTE == 0 { format!("{} MiB", bytes / MEBIBYTE) } else { format!("{bytes} bytes") }
}

/// Why a service counts as not ready.
pub(super) fn lateness(service: &Service, seconds: u64) -> String {
    let what = match (&service.condition.test, service.condition.ports.as_slice()) {
        (Some(_), _) => "its HEALTHCHECK did not pass".to_owned(),
        (None, [port]) => format!("port {port} did not accept a connection"),
        (None, ports) => {
            let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
            format!("none of the ports {} accepted a connection", ports.join(", "))
        }
    };
    format!("service {:?} timeout: {what} within {seconds} seconds", service.name)
}

#[cfg(test)]
mod tests {
    use super::super::testing::service;
    use super::*;

    #[test]
    fn the_block() {
        let trouble =
            Trouble { heading: DID_NOT_START, error: "no", check: None, logs: "2026-01-01T00:00:00Z line\n" };
        assert_eq!(
            trouble.block("runner-1-db-0"),
            "\n\x1b[0;33m*** WARNING:\x1b[0;m Service runner-1-db-0 probably didn't start properly.\n\n\
             Health check error:\nno\n\n\
             Service container logs:\n2026-01-01T00:00:00Z line\n\n\
             \x1b[0;33m*********\x1b[0;m\n\n"
        );
        let trouble = Trouble { check: Some("refused\n"), ..trouble };
        assert!(
            trouble
                .block("x")
                .contains("error:\nno\n\nHealth check output:\nrefused\n\nService container logs:\n")
        );
    }

    #[test]
    fn ends() {
        let fate =
            |code, out_of_memory, error: &str| Fate::Ended { code, out_of_memory, error: error.into() };
        let mut service = service("db:1");
        for (fate, expected) in [
            (fate(3, false, ""), "service \"db:1\" (db) ended with exit code 3"),
            (fate(3, false, "no"), "service \"db:1\" (db) ended with exit code 3: no"),
            (fate(137, true, ""), "service \"db:1\" (db) ran out of memory and ended with exit code 137"),
            (Fate::Removed, "service \"db:1\" (db) was removed"),
        ] {
            assert_eq!(end(&service, &fate).unwrap(), expected);
            assert!(!is_fine(&fate));
        }
        service.memory = Some(64 << 20);
        let text = end(&service, &fate(137, true, "")).unwrap();
        assert_eq!(
            text,
            "service \"db:1\" (db) ran out of memory (its limit is 64 MiB) and ended with exit code 137"
        );
        assert_eq!(end(&service, &Fate::Running), None);
        assert!(is_fine(&fate(0, false, "")) && !is_fine(&fate(0, true, "")));
    }

    #[test]
    fn what_was_waited_for() {
        let mut service = service("db:1");
        service.condition.ports = vec![8080];
        let text = lateness(&service, 3);
        assert_eq!(
            text,
            "service \"runner-1-db-0\" timeout: port 8080 did not accept a connection within 3 seconds"
        );
        service.condition.ports = vec![1, 2];
        assert!(lateness(&service, 3).contains("none of the ports 1, 2 accepted"));
    }
}
