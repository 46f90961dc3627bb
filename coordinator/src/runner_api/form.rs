//! The form that an artifact comes in: one file, and perhaps what it is.

use super::answer::Refusal;
use super::params::Params;
use crate::files::{Incoming, IncomingError, Received};
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};

/// Fields of a form.
const MOST_FIELDS: usize = 16;
/// The longest value of a field that is no file, in bytes.
const MOST_TEXT: usize = 1024;

/// What came.
pub(super) struct Uploaded {
    pub(super) received: Received,
    /// What the file is called.
    pub(super) filename: String,
    /// What the fields beside it say.
    pub(super) params: Params,
}

/// Reads a form to its end: one that broke off is no upload. `on_piece` hears of every piece of the file.
pub(super) async fn read(
    form: &mut Multipart,
    incoming: Incoming,
    on_piece: impl Fn() + Send,
) -> Result<Uploaded, Refusal> {
    let mut incoming = Some(incoming);
    let mut file = None;
    let mut said = String::new();
    for _ in 0..MOST_FIELDS {
        let Some(field) = form.next_field().await.map_err(broken)? else {
            let (received, filename) = file.ok_or_else(|| Refusal::bad("file is missing"))?;
            return Ok(Uploaded { received, filename, params: Params::of_query(&said) });
        };
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let incoming = incoming.take().ok_or_else(|| Refusal::bad("there is more than one file"))?;
            let filename = file_name(field.file_name().unwrap_or_default());
            file = Some((receive(field, incoming, &on_piece).await?, filename));
        } else if matches!(name.as_str(), "artifact_type" | "artifact_format" | "expire_in") {
            let value = encoded(&text(field).await?);
            said.extend(["&", &name, "=", &value]);
        } else {
            text(field).await?;
        }
    }
    Err(Refusal::bad("the form has too many fields"))
}

async fn receive(
    mut field: Field<'_>,
    mut incoming: Incoming,
    on_piece: &(impl Fn() + Send),
) -> Result<Received, Refusal> {
    while let Some(bytes) = field.chunk().await.map_err(broken)? {
        on_piece();
        incoming.add(bytes).await.map_err(refused)?;
    }
    incoming.finish().await.map_err(refused)
}

async fn text(mut field: Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(more) = field.chunk().await.map_err(broken)? {
        if bytes.len() + more.len() > MOST_TEXT {
            return Err(Refusal::bad("a field of the form is too long"));
        }
        bytes.extend_from_slice(&more);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn broken(error: MultipartError) -> Refusal {
    tracing::debug!(%error, "an upload broke off");
    Refusal::bad("the form is not whole")
}

fn refused(error: IncomingError) -> Refusal {
    match error {
        IncomingError::TooLarge { .. } => Refusal::too_large(),
        IncomingError::Disk(error) => error.into(),
    }
}

/// As values of addresses are written.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The last part of a name, as far as it can be shown.
fn file_name(given: &str) -> String {
    let base = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = base.chars().filter(|c| !c.is_control()).collect();
    let name = name.get(..name.floor_char_boundary(255)).unwrap_or_default().trim();
    if matches!(name, "" | "." | ".." | ".zip") { "artifacts.zip".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for (given, name) in [
            ("d.zip", "d.zip"),
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\y.zip", "y.zip"),
            ("a\r\nb", "ab"),
            ("", "artifacts.zip"),
            ("..", "artifacts.zip"),
            ("x/", "artifacts.zip"),
            (".zip", "artifacts.zip"),
            (".env.gz", ".env.gz"),
        ] {
            assert_eq!(file_name(given), name);
        }
        assert!(file_name(&"ü".repeat(200)).len() <= 255);
    }

    #[test]
    fn values_are_carried_as_they_are() {
        let params = Params::of_query(&format!("&expire_in={}", encoded("1 week & more=%")));
        assert_eq!(params.text("expire_in").as_deref(), Some("1 week & more=%"));
    }
}
