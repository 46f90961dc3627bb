//! How a page looks, and pictures of it.

use super::page::Page;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::path::Path;

/// Pictures are not taller, whatever the page.
const TALLEST: f64 = 4000.0;

impl Page {
    /// Makes the window so wide and so high, in pixels of style sheets.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn size(&self, w: u32, h: u32) {
        let order = json!({ "width": w, "height": h, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", order).await;
    }

    /// As on a machine whose user likes dark windows, or light ones.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn dark(&self, on: bool) {
        let value = if on { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The language that the page is asked for in, as in `Accept-Language`.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn language(&self, tag: &str) {
        self.call("Network.setExtraHTTPHeaders", json!({ "headers": { "Accept-Language": tag } })).await;
    }

    /// Writes a picture of the whole page, as PNG.
    ///
    /// # Panics
    /// When the picture cannot be taken or written.
    pub async fn screenshot(&self, path: &Path) {
        let layout = self.call("Page.getLayoutMetrics", json!({})).await;
        let whole = layout["cssContentSize"]["height"].as_f64().expect("a size");
        // A window as high as the page has no scroll bar, and is broader by that.
        let width = self.eval("innerWidth").await;
        let clip = json!({
            "x": 0, "y": 0, "width": width, "height": whole.min(TALLEST), "scale": 1,
        });
        let order = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.call("Page.captureScreenshot", order).await;
        let bytes = STANDARD.decode(picture["data"].as_str().expect("a picture")).expect("base64");
        std::fs::write(path, bytes).expect("a file");
    }
}
