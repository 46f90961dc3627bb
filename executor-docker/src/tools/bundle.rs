//! An image of one layer as an archive, in the form that engines save and load. (What they *import* takes its
//! settings in a way on which Docker and Podman do not agree.)

use super::stream::{END, Stopped, Take, padding, small_file, write};
use super::tree::Tree;
use archive::{TarKind, tar_header};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const LAYER: &[u8] = b"layer.tar";
const CONFIG: &str = "config.json";

/// What an image says besides its files.
pub(super) struct Settings {
    /// Name and tag.
    pub(super) name: String,
    /// What it is made for, as engines name it.
    pub(super) architecture: String,
    /// `NAME=value`.
    pub(super) environment: Vec<String>,
    /// Its labels.
    pub(super) labels: HashMap<String, String>,
}

/// Writes the image. The files are read twice, since the size and the hash of the layer come before it.
pub(super) fn bundle(tree: &Tree, settings: &Settings, take: &mut Take<'_>) -> Result<(), Stopped> {
    let (mut size, mut sum) = (0, Sha256::new());
    write(tree, &mut |piece| {
        size += piece.len() as u64;
        sum.update(&piece);
        Ok(())
    })?;
    let sum: String = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    // Prunings choose images by their age.
    let created = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    let config = json!({
        "architecture": settings.architecture,
        "os": "linux",
        "created": created,
        "config": { "Env": settings.environment, "Cmd": ["sh"], "Labels": settings.labels },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{sum}")] },
        "history": [{ "created": created, "created_by": "runner" }],
    });
    let manifest = json!([{
        "Config": CONFIG,
        "RepoTags": [settings.name],
        "Layers": [String::from_utf8_lossy(LAYER)],
    }]);
    take(small_file(CONFIG.as_bytes(), config.to_string().as_bytes()))?;
    take(small_file(b"manifest.json", manifest.to_string().as_bytes()))?;
    take(tar_header(LAYER, TarKind::File(size), 0o644, 0))?;
    write(tree, take)?;
    take([padding(size), END].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_layer_is_what_the_settings_say() {
        let folder = tempfile::tempdir().unwrap();
        let mut tree = Tree::default();
        tree.text("etc", "x");
        tree.copy(&std::env::current_exe().unwrap(), "bin").unwrap();
        tree.hash("").unwrap();
        let settings = Settings {
            name: "a:b".into(),
            architecture: "amd64".into(),
            environment: vec!["A=b".into()],
            labels: HashMap::new(),
        };
        let mut bytes = Vec::new();
        let made = bundle(&tree, &settings, &mut |piece| {
            bytes.extend(piece);
            Ok(())
        });
        assert!(made.is_ok());
        let path = folder.path().join("bundle");
        std::fs::write(&path, bytes).unwrap();
        let tar = Command::new("tar").arg("-xf").arg(&path).arg("-C").arg(folder.path()).output().unwrap();
        assert!(tar.status.success(), "{tar:?}");
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        let config: serde_json::Value = serde_json::from_slice(&read(CONFIG)).unwrap();
        let sum: String =
            Sha256::digest(read("layer.tar")).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(config["rootfs"]["diff_ids"][0], format!("sha256:{sum}"));
        let manifest: serde_json::Value = serde_json::from_slice(&read("manifest.json")).unwrap();
        assert_eq!(manifest[0]["RepoTags"][0], "a:b");
    }
}
