//! `image`.

use super::{imageable, keys};
use crate::Node;
use crate::config::Image;
use crate::entry::Report;

/// The image that a job runs in (`Entry::Image`).
pub(crate) fn image(value: &Node, parent: &mut Report<'_>) -> Option<Image> {
    let mut report = parent.within("image");
    let before = report.count();
    let mut image = imageable::own(value, &mut report);
    keys::known(value, &imageable::KEYS, &mut report);
    super::below(before, &mut report, |report| imageable::children(value, &mut image, report));
    (report.count() == before).then_some(image)
}
