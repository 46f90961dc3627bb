//! Shows how far a transfer is: `TRANSFER_METER_FREQUENCY`.

use executor::{Output, Stream};
use std::time::Duration;
use tokio::time::Instant;

/// Blanks that hide the end of a longer line below a shorter one.
const CLEAR: &str = "                ";

/// How often a transfer shows its progress; zero for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meter(Duration);

impl Meter {
    pub(crate) fn every(frequency: Duration) -> Self {
        Self(frequency)
    }

    /// Waits for a transfer and writes, over and over on one line, how many bytes `so_far` has.
    pub(super) async fn show<T>(
        self,
        label: &str,
        total: Option<u64>,
        so_far: &dyn Fn() -> u64,
        output: &dyn Output,
        transfer: impl Future<Output = T>,
    ) -> T {
        if self.0.is_zero() {
            return transfer.await;
        }
        tokio::pin!(transfer);
        let begun = Instant::now();
        let mut ticks = tokio::time::interval_at(begun + self.0, self.0);
        let mut shown = false;
        let done = loop {
            tokio::select! {
                biased;
                done = &mut transfer => break done,
                _ = ticks.tick() => {
                    let line = line(label, so_far(), total, begun.elapsed());
                    output.write(Stream::Stdout, line.as_bytes());
                    shown = true;
                }
            }
        };
        if shown {
            let line = line(label, so_far(), total, begun.elapsed());
            output.write(Stream::Stdout, format!("{line}\n").as_bytes());
        }
        done
    }
}

fn line(label: &str, bytes: u64, total: Option<u64>, elapsed: Duration) -> String {
    let total = total.map_or_else(String::new, |total| format!("/{}", size(total as f64, 2)));
    let rate = bytes as f64 / elapsed.as_secs_f64().max(f64::EPSILON);
    format!("\r{label} {}{total} ({}/s){CLEAR}", size(bytes as f64, 2), size(rate, 1))
}

/// `999 B`, `12.34 MB`: in units of a thousand.
fn size(bytes: f64, decimals: usize) -> String {
    let (mut amount, mut unit) = (bytes, "B");
    for larger in ["KB", "MB", "GB", "TB", "PB", "EB"] {
        if amount < 1000.0 {
            break;
        }
        (amount, unit) = (amount / 1000.0, larger);
    }
    if unit == "B" { format!("{amount:.0} B") } else { format!("{amount:.decimals$} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Kept;

    #[test]
    fn sizes() {
        for (bytes, text) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1000.0, "1.00 KB"),
            (12_340_000.0, "12.34 MB"),
            (5e12, "5.00 TB"),
        ] {
            assert_eq!(size(bytes, 2), text);
        }
        assert_eq!(size(1_234_567.0, 1), "1.2 MB");
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_transfer_is_seen_and_a_short_one_not() {
        let kept = Kept::default();
        let meter = Meter::every(Duration::from_secs(1));
        let transfer = |seconds: u64| tokio::time::sleep(Duration::from_millis(seconds * 1000 + 500));
        meter.show("Uploading artifacts", Some(4000), &|| 2000, &kept, transfer(0)).await;
        assert_eq!(kept.text(), "");
        meter.show("Uploading artifacts", Some(4000), &|| 2000, &kept, transfer(2)).await;
        let first = format!("\rUploading artifacts 2.00 KB/4.00 KB (2.0 KB/s){CLEAR}");
        assert!(kept.text().starts_with(&first), "{:?}", kept.text());
        assert_eq!(kept.text().matches('\r').count(), 3);
        assert!(kept.text().ends_with(&format!("(800 B/s){CLEAR}\n")), "{:?}", kept.text());
    }

    #[tokio::test(start_paused = true)]
    async fn zero_is_never() {
        let kept = Kept::default();
        let transfer = tokio::time::sleep(Duration::from_secs(100));
        Meter::every(Duration::ZERO).show("x", None, &|| 0, &kept, transfer).await;
        assert_eq!(kept.text(), "");
    }
}
