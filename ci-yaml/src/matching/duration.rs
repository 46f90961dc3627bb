//! Durations.

/// How many seconds a duration has; nothing where it is none.
pub fn seconds(text: &str) -> Option<f64> {
    let _ = text;
    None
}
