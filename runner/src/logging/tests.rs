use super::record::{FieldValue, Fields};
use super::*;
use crate::config::GoDuration;
use time::OffsetDateTime;

/// A place to look at what was written.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

fn record(level: LogLevel, message: &str, fields: Fields) -> Record {
    let time = OffsetDateTime::from_unix_timestamp_nanos(1_795_265_022_776_472_560).unwrap();
    Record { level, time, message: message.into(), fields }
}

fn rendered(record: &Record, format: LogFormat) -> String {
    formats::render(record, format, &Clock { started: Instant::now(), terminal: false })
}

fn timeouts() -> Fields {
    Fields::from([
        ("builds", FieldValue::Unsigned(0)),
        ("shutdown-timeout", FieldValue::Duration(GoDuration(30_000_000_000))),
        ("stop-signal", FieldValue::Signal(3)),
    ])
}

#[test]
fn the_runner_format() {
    let info = record(LogLevel::Info, "Running in system-mode.", Fields::new());
    assert_eq!(
        rendered(&info, LogFormat::Runner),
        "Running in system-mode.                           \x1b[0;m \n"
    );
    let empty = record(LogLevel::Info, "", Fields::new());
    assert_eq!(rendered(&empty, LogFormat::Runner), format!("{:50}\x1b[0;m \n", ""));
    let warning = record(LogLevel::Warning, "[runWait] received stop signal", timeouts());
    assert_eq!(
        rendered(&warning, LogFormat::Runner),
        "\x1b[0;33mWARNING: [runWait] received stop signal           \x1b[0;m  \x1b[0;33mbuilds\x1b[0;m=0 \
         \x1b[0;33mshutdown-timeout\x1b[0;m=30s \x1b[0;33mstop-signal\x1b[0;m=quit\n"
    );
    let fatal = record(LogLevel::Fatal, "Failed to verify runners", Fields::new());
    assert_eq!(
        rendered(&fatal, LogFormat::Runner),
        "\x1b[31;1mFATAL: Failed to verify runners                   \x1b[0;m \n"
    );
}

#[test]
fn the_text_format() {
    let stop = record(LogLevel::Info, "Shutting down \"x\"\n", timeouts());
    assert_eq!(
        rendered(&stop, LogFormat::Text),
        "time=\"2026-11-21T12:43:42.77647256Z\" level=info msg=\"Shutting down \\\"x\\\"\\n\" builds=0 \
         shutdown-timeout=30s stop-signal=quit\n"
    );
    let empty = record(LogLevel::Warning, "", Fields::new());
    assert_eq!(rendered(&empty, LogFormat::Text), "time=\"2026-11-21T12:43:42.77647256Z\" level=warning\n");
    let clock = Clock { started: Instant::now(), terminal: true };
    let loaded =
        record(LogLevel::Info, "Configuration loaded", Fields::from([("builds", FieldValue::Integer(0))]));
    assert_eq!(
        formats::render(&loaded, LogFormat::Text, &clock),
        "\x1b[36mINFO\x1b[0m[0000] Configuration loaded                          \x1b[36mbuilds\x1b[0m=0\n"
    );
}

#[test]
fn the_json_format() {
    let mut fields = timeouts();
    fields.insert("url", FieldValue::Text("http://x/?a&b<c>".into()));
    fields.insert("msg", FieldValue::Boolean(true));
    assert_eq!(
        rendered(&record(LogLevel::Warning, "metrics & debug", fields), LogFormat::Json),
        "{\"builds\":0,\"fields.msg\":true,\"level\":\"warning\",\"msg\":\"metrics \\u0026 debug\",\
         \"shutdown-timeout\":30000000000,\"stop-signal\":3,\"time\":\"2026-11-21T12:43:42.77647256Z\",\
         \"url\":\"http://x/?a\\u0026b\\u003cc\\u003e\"}\n"
    );
}

#[test]
fn events_pass_by_level_with_the_fields_of_their_spans() {
    let sink = Sink::default();
    let fixed = Settings { level: None, format: Some(LogFormat::Text) };
    let handle = Handle::new(fixed, Box::new(sink.clone()), false);
    let _guard = tracing::subscriber::set_default(handle.subscriber());
    let lines = || -> Vec<String> {
        sink.take().lines().map(|line| line.split_once(" level=").unwrap().1.to_owned()).collect()
    };

    let span = tracing::info_span!("job", job = 42, runner = "old");
    span.in_scope(|| {
        tracing::info!(
            runner = "abc",
            "stop-signal" = signal(15),
            after = std::time::Duration::from_millis(1500).as_nanos(),
            "done"
        );
    });
    tracing::debug!("hidden");
    tracing::error!(target: "hyper", "a library's");
    fatal!("the end");
    assert_eq!(
        lines(),
        ["info msg=done after=1.5s job=42 runner=abc stop-signal=terminated", "fatal msg=\"the end\""]
    );

    handle.configure(&Config {
        log_level: Some(LogLevel::Debug),
        log_format: Some(LogFormat::Json),
        ..Config::default()
    });
    tracing::debug!("shown");
    assert_eq!(lines(), ["debug msg=shown"]);
    handle.configure(&Config { log_level: Some(LogLevel::Error), ..Config::default() });
    tracing::warn!("hidden");
    assert_eq!(sink.take(), "");
}

#[test]
fn what_the_command_line_says_stays() {
    let fixed = Settings { level: Some(LogLevel::Warning), format: None };
    let handle = Handle::new(fixed, Box::new(io::sink()), false);
    handle.configure(&Config {
        log_level: Some(LogLevel::Debug),
        log_format: Some(LogFormat::Json),
        ..Config::default()
    });
    assert_eq!((handle.level(), handle.format()), (LogLevel::Warning, LogFormat::Json));
}

#[test]
fn tokens_do_not_reach_the_log() {
    let sink = Sink::default();
    let handle = Handle::new(Settings::default(), Box::new(sink.clone()), false);
    let _guard = tracing::subscriber::set_default(handle.subscriber());
    handle.hide("legacytoken12345678");
    tracing::info!(error = "token legacytoken12345678 refused", "glrt-abcdefghijklmnop");
    let line = sink.take();
    assert!(!line.contains("legacytoken") && !line.contains("abcdefgh"), "{line}");
}
