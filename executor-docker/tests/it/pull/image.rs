//! A small image as a registry has it.

use super::server::{Asked, Reply};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One image with one layer.
#[derive(Clone)]
pub(super) struct Image {
    layer: Vec<u8>,
    config: String,
    manifest: String,
}

fn digest(bytes: impl AsRef<[u8]>) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

impl Image {
    /// An image for an architecture that differs from others by `mark`. Its layer is a tar archive of about
    /// `size` bytes with one file.
    pub(super) fn new(mark: &str, architecture: &str, size: usize) -> Self {
        let layer = layer(mark, size);
        let config = json!({
            "architecture": architecture, "os": "linux", "created": "2026-01-01T00:00:00Z",
            "config": {
                "User": "app:7", "Env": [format!("MARK={mark}")], "ExposedPorts": { "80/tcp": {} },
                "Healthcheck": { "Test": ["CMD-SHELL", "true"], "Interval": 2_000_000_000u64 },
                "Cmd": ["/true"],
            },
            "rootfs": { "type": "layers", "diff_ids": [digest(&layer)] },
            "history": [{ "created": "2026-01-01T00:00:00Z" }],
        })
        .to_string();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": config.len(), "digest": digest(&config),
            },
            "layers": [{
                "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                "size": layer.len(), "digest": digest(&layer),
            }],
        })
        .to_string();
        Self { layer, config, manifest }
    }

    /// The id that the engine gives it.
    pub(super) fn id(&self) -> String {
        digest(&self.config)
    }

    /// What a registry answers. Of the layer only `share` of 1 is sent.
    pub(super) fn reply(&self, asked: &Asked, share: f64) -> Reply {
        let (_, path) = asked.line.split_once(' ').unwrap();
        let kind = "application/vnd.docker.distribution.manifest.v2+json";
        match path {
            "/v2/" => Reply::json(200, &json!({})),
            path if path.contains("/manifests/") => Reply::new(200, kind, &self.manifest),
            path if path.ends_with(&digest(&self.config)) => {
                Reply::new(200, "application/json", &self.config)
            }
            path if path.ends_with(&digest(&self.layer)) => {
                let length = (self.layer.len() as f64 * share) as usize;
                Reply::of_length(200, "application/octet-stream", self.layer.len(), &self.layer[..length])
            }
            _ => error(404, "BLOB_UNKNOWN", "blob unknown"),
        }
    }
}

/// An error as registries word it.
pub(super) fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "errors": [{ "code": code, "message": message, "detail": Value::Null }] }))
}

/// A tar archive with one file of `size` zeros.
fn layer(mark: &str, size: usize) -> Vec<u8> {
    let mut header = [0u8; 512];
    let mut field = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    field(0, &format!("mark-{mark}"));
    field(100, "0000644\0");
    field(108, "0000000\0");
    field(116, "0000000\0");
    field(124, &format!("{size:011o}\0"));
    field(136, "00000000000\0");
    field(148, "        ");
    field(156, "0");
    field(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut tar = header.to_vec();
    tar.resize(512 + size.div_ceil(512) * 512 + 1024, 0);
    tar
}
