//! Ties the layers together: what a stream writes is masked, time-stamped and stored.

use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::aside::Aside;
use crate::line::{self, Line};
use crate::mask::{MaskSet, Masker};
use crate::spool::Spool;
use crate::timestamp::{Kind, Timestamper};

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The system's clock.
pub fn system_clock() -> Clock {
    Arc::new(SystemTime::now)
}

/// How much of a write is worked on at once, in bytes: bounds the memory that a huge write takes.
const PIECE: usize = 16 * 1024;
/// Finished bytes are stored when there are this many, and at the end of a write.
const STORED_AT: usize = 64 * 1024;
/// A write that leaves a longer line unfinished is treated as several.
const LONGEST_LINE: usize = 64 * 1024;

/// What a [`Logger`] does with the bytes.
#[derive(Clone)]
pub struct Settings {
    /// What is masked.
    pub masks: MaskSet,
    /// Whether lines get a time stamp (`FF_TIMESTAMPS`); without it, bytes pass as they are.
    pub timestamps: bool,
    /// The clock for time stamps and section markers.
    pub clock: Clock,
}

/// Makes writers into one log. Cheap; a job has one for each set of masks that holds for a while.
#[derive(Clone)]
pub struct Logger {
    spool: Spool,
    place: Place,
    settings: Settings,
}

/// Where finished bytes go.
#[derive(Clone)]
enum Place {
    /// To the end of the log.
    Log(Spool),
    /// To a part that comes into the log later.
    Aside(Aside),
}

impl Logger {
    /// A logger that appends to `spool`. If a process died in the middle of a time-stamped line, that line is ended.
    pub fn new(spool: Spool, settings: Settings) -> Self {
        if settings.timestamps && !spool.ends_line() {
            spool.append(b"\n");
        }
        Self { place: Place::Log(spool.clone()), spool, settings }
    }

    /// A logger for the same log whose writers are ahead of their turn: what they write is kept in `file` (empty, open
    /// for reading and writing) until the part is released.
    pub fn aside(&self, file: File) -> (Self, Aside) {
        let aside = Aside::new(self.spool.clone(), file);
        (Self { place: Place::Aside(aside.clone()), ..self.clone() }, aside)
    }

    /// A new stream, with a state of its own: 0 for the runner, 1 for scripts, 15 and more for services.
    pub fn writer(&self, stream: u8, kind: Kind) -> Writer {
        self.make(self.settings.timestamps.then(|| Timestamper::new(stream, kind)))
    }

    /// As [`Self::writer`], for a stream that goes on where another stopped behind a section marker, which is no whole
    /// line.
    pub fn writer_behind_marker(&self, stream: u8, kind: Kind) -> Writer {
        self.make(self.settings.timestamps.then(|| Timestamper::continuing(stream, kind)))
    }

    fn make(&self, timestamper: Option<Timestamper>) -> Writer {
        let stream = Stream {
            place: self.place.clone(),
            clock: Arc::clone(&self.settings.clock),
            masker: Masker::new(self.settings.masks.clone()),
            timestamper,
            out: Vec::new(),
        };
        Writer(Arc::new(Mutex::new(stream)))
    }

    /// The log that it writes to.
    pub fn spool(&self) -> &Spool {
        &self.spool
    }
}

impl Place {
    fn append(&self, bytes: &[u8]) {
        match self {
            Self::Log(spool) => spool.append(bytes),
            Self::Aside(aside) => aside.append(bytes),
        }
    }

    fn refuses(&self) -> bool {
        match self {
            Self::Log(spool) => spool.refuses(),
            Self::Aside(aside) => aside.refuses(),
        }
    }

    fn prompt(&self) {
        match self {
            Self::Log(spool) => spool.prompt(),
            Self::Aside(aside) => aside.prompt(),
        }
    }
}

/// One stream into the log. Clones are the same stream, for any thread; a write is one unit among theirs.
///
/// What is held back (the beginning of a secret, an unfinished time-stamped line) is written on [`Writer::close`], or
/// when the last clone goes. Nothing here fails: see [`Spool::error`].
#[derive(Clone)]
pub struct Writer(Arc<Mutex<Stream>>);

impl Writer {
    /// Writes bytes, whatever they are.
    pub fn write(&self, bytes: &[u8]) {
        self.lock().write(bytes);
    }

    /// Writes a line of the runner.
    pub fn line(&self, form: Line, text: &str) {
        self.write(form.format(text).as_bytes());
    }

    /// Marks the beginning of a section, now.
    pub fn section_start(&self, name: &str) {
        let mut stream = self.lock();
        let marker = line::section_start(name, (stream.clock)());
        stream.write(marker.as_bytes());
    }

    /// Marks the end of a section, now, which is a good moment to send the log.
    pub fn section_end(&self, name: &str) {
        let mut stream = self.lock();
        let marker = line::section_end(name, (stream.clock)());
        stream.write(marker.as_bytes());
        stream.place.prompt();
    }

    /// Ends the stream: writes what is held back. What is written later begins a new one.
    pub fn close(&self) {
        self.lock().close();
    }

    fn lock(&self) -> MutexGuard<'_, Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Stream {
    place: Place,
    clock: Clock,
    masker: Masker,
    timestamper: Option<Timestamper>,
    /// Finished bytes that are not stored yet; empty between writes.
    out: Vec<u8>,
}

impl Stream {
    fn write(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || self.place.refuses() {
            return;
        }
        self.begin();
        for piece in bytes.chunks(PIECE) {
            let (timestamper, out) = (&mut self.timestamper, &mut self.out);
            self.masker.write(piece, |bytes| feed(timestamper, bytes, out));
            if let Some(timestamper) = timestamper
                && timestamper.pending() > LONGEST_LINE
            {
                timestamper.end(out);
            }
            if self.out.len() >= STORED_AT {
                self.store();
            }
        }
        self.end();
    }

    fn close(&mut self) {
        if self.place.refuses() {
            return;
        }
        self.begin();
        let (timestamper, out) = (&mut self.timestamper, &mut self.out);
        self.masker.close(|bytes| feed(timestamper, bytes, out));
        if let Some(timestamper) = timestamper {
            timestamper.close(out);
        }
        self.store();
    }

    fn begin(&mut self) {
        if let Some(timestamper) = &mut self.timestamper {
            timestamper.begin((self.clock)());
        }
    }

    fn end(&mut self) {
        if let Some(timestamper) = &mut self.timestamper {
            timestamper.end(&mut self.out);
        }
        self.store();
    }

    fn store(&mut self) {
        self.place.append(&self.out);
        self.out.clear();
        self.out.shrink_to(2 * STORED_AT);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.close();
    }
}

fn feed(timestamper: &mut Option<Timestamper>, bytes: &[u8], out: &mut Vec<u8>) {
    match timestamper {
        Some(timestamper) => timestamper.feed(bytes, out),
        None => out.extend_from_slice(bytes),
    }
}

#[cfg(test)]
mod tests;
