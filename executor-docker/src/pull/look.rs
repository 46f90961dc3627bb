//! Asking the engine what it knows of an image.

use super::failure::{Class, Failure};
use super::image::{ImageInfo, Odd};
use crate::platform::Platform;
use bollard::errors::Error as EngineError;
use bollard::{BollardRequest, ClientVersion, Docker};

/// From here on engines that keep an image for several platforms can be asked for one of them.
const KNOWS_PLATFORMS: ClientVersion = ClientVersion { major_version: 1, minor_version: 49 };

/// What a look came to.
#[derive(Debug)]
pub(super) enum Look {
    /// The engine has it.
    Here(Box<ImageInfo>),
    /// It has not.
    Absent,
    /// It has it, but for this other platform.
    Other(String),
}

/// Looks an image up, by a name that is known to be one.
pub(super) async fn look(docker: &Docker, name: &str, platform: Option<&Platform>) -> Result<Look, Failure> {
    let answer = match platform.filter(|_| docker.client_version() >= KNOWS_PLATFORMS) {
        None => docker.inspect_image(name).await,
        Some(platform) => {
            let query = query(platform);
            let asking = docker.clone().with_request_modifier(move |request| with_query(request, &query));
            asking.inspect_image(name).await
        }
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(EngineError::DockerResponseServerError { status_code: 404, .. }) => return Ok(Look::Absent),
        Err(error) => return Err(Failure::of_engine(&error)),
    };
    let image = ImageInfo::read(answer).map_err(|odd| match odd {
        Odd::Nameless => {
            Failure { class: Class::Engine, ..Failure::configuration("the engine gives the image no id") }
        }
        Odd::TooLong => Failure::configuration("the image's configuration is longer than 1 MiB"),
    })?;
    Ok(match platform.filter(|wanted| !image.suits(wanted)) {
        Some(_) => Look::Other(image.platform),
        None => Look::Here(Box::new(image)),
    })
}

/// The platform as this request wants it: JSON, with everything but letters and digits escaped.
fn query(platform: &Platform) -> String {
    let mut json = serde_json::json!({ "os": platform.os, "architecture": platform.architecture });
    if !platform.variant.is_empty() {
        json["variant"] = platform.variant.as_str().into();
    }
    let escape = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let escaped: String = json.to_string().bytes().map(escape).collect();
    format!("platform={escaped}")
}

/// The request with a query, which the client has no way to say.
fn with_query(mut request: BollardRequest, query: &str) -> BollardRequest {
    if let Ok(uri) = format!("{}?{query}", request.uri()).parse() {
        *request.uri_mut() = uri;
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_escaped() {
        let query = query(&Platform::parse("linux/arm64/v8").unwrap());
        let expected = "platform=%7B%22architecture%22%3A%22arm64%22%2C%22os%22%3A%22linux%22%2C%22variant%22%3A%22v8%22%7D";
        assert_eq!(query, expected);
    }
}
