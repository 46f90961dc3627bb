//! What the engine tells of a pull while it goes on.

use bollard::models::CreateImageInfo;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Most layers that are told apart. An image has 127 at most.
const LAYERS: usize = 1024;

/// How far a pull is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    /// Layers that are ready.
    pub(super) done: usize,
    /// Layers of the image.
    pub(super) layers: usize,
    /// Bytes that have come.
    pub(super) bytes: u64,
    /// Whether all have come.
    pub(super) all_here: bool,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { done, layers, .. } = self;
        // The sizes of layers to come are not known yet, so there is no share of the whole.
        #[allow(clippy::cast_precision_loss, reason = "one decimal of it is shown")]
        let megabytes = self.bytes as f64 / 1e6;
        write!(f, "{done} of {layers} layers ready, {megabytes:.1} MB downloaded")?;
        if self.all_here { f.write_str(", unpacking") } else { Ok(()) }
    }
}

/// What is being done about a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Waiting,
    Downloading,
    Downloaded,
    Unpacking,
    Done,
}

impl Step {
    fn of(status: &str) -> Option<Self> {
        Some(match status {
            "Pulling fs layer" | "Waiting" => Self::Waiting,
            "Downloading" => Self::Downloading,
            "Verifying Checksum" | "Download complete" => Self::Downloaded,
            "Extracting" => Self::Unpacking,
            "Pull complete" | "Already exists" => Self::Done,
            retry if retry.starts_with("Retrying in ") => Self::Waiting,
            _ => return None,
        })
    }
}

#[derive(Debug)]
struct Layer {
    step: Step,
    /// Of the step, in its own unit.
    current: i64,
    /// Bytes that have come.
    bytes: u64,
}

/// Follows a pull.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    layers: HashMap<String, Layer>,
    last: String,
}

impl Tracker {
    /// Takes note of what the engine says, and whether it is anything new: some engines repeat themselves while
    /// nothing comes.
    pub(super) fn observe(&mut self, item: &CreateImageInfo) -> bool {
        let status = item.status.as_deref().unwrap_or_default();
        let (Some(id), Some(step)) = (&item.id, Step::of(status)) else {
            let is_new = self.last != status;
            status.clone_into(&mut self.last);
            return is_new;
        };
        let detail = item.progress_detail.as_ref();
        let current = detail.and_then(|detail| detail.current).unwrap_or_default();
        let total = detail.and_then(|detail| detail.total).unwrap_or_default();
        let is_full = self.layers.len() >= LAYERS;
        let Some(layer) = self.layers.get_mut(id) else {
            if !is_full {
                let bytes = if step == Step::Downloading { current } else { 0 };
                self.layers.insert(
                    id.clone(),
                    Layer { step, current, bytes: u64::try_from(bytes).unwrap_or_default() },
                );
            }
            return !is_full;
        };
        let is_new = layer.step != step || layer.current != current;
        (layer.step, layer.current) = (step, current);
        match (step, u64::try_from(current), u64::try_from(total)) {
            (Step::Downloading, Ok(current), _) => layer.bytes = current,
            // The last of the bytes are told of by the next step alone.
            (Step::Unpacking, _, Ok(total)) => layer.bytes = layer.bytes.max(total),
            _ => {}
        }
        is_new
    }

    /// How far the pull is.
    pub(super) fn report(&self) -> Report {
        let count = |step: Step| self.layers.values().filter(|layer| layer.step == step).count();
        let (done, layers) = (count(Step::Done), self.layers.len());
        Report {
            done,
            layers,
            bytes: self.layers.values().fold(0, |sum, layer| sum.saturating_add(layer.bytes)),
            all_here: done < layers && count(Step::Waiting) + count(Step::Downloading) == 0,
        }
    }

    /// Whether anything of the image has come or is known to come.
    pub(super) fn has_moved(&self) -> bool {
        !self.layers.is_empty()
    }

    /// Whether the engine works by itself: no registry is to blame if that takes time.
    pub(super) fn is_unpacking(&self) -> bool {
        self.report().all_here || self.layers.values().any(|layer| layer.step == Step::Unpacking)
    }
}

/// When the log is told how far a pull is: not at all of a quick one, and ever more rarely of a slow one.
#[derive(Debug)]
pub(super) struct Pace {
    next: Instant,
    step: Duration,
    told: Report,
}

impl Pace {
    /// Until the first line, usually.
    pub(super) const FIRST: Duration = Duration::from_secs(5);
    const LONGEST: Duration = Duration::from_secs(30);

    pub(super) fn new(now: Instant, first: Duration) -> Self {
        Self { next: now + first, step: first, told: Report::default() }
    }

    /// Whether to tell of this now.
    pub(super) fn is_due(&mut self, now: Instant, report: Report) -> bool {
        if now < self.next || report == self.told || report.layers == 0 {
            return false;
        }
        self.step = (self.step * 2).min(Self::LONGEST);
        self.next = now + self.step;
        self.told = report;
        true
    }
}

#[cfg(test)]
mod tests;
