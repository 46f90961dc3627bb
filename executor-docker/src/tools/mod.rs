//! The runner's executable and git, brought into the engine.
//!
//! Everything goes through the engine's interface and comes from the file system that this process sees, so that
//! it makes no difference whether the engine is on this machine and whether the runner is itself in a container.
//!
//! - The *agent volume* holds the executable with its loader and libraries. It is mounted read-only at
//!   [`AGENT_DIR`] in build and helper containers, where it runs whatever the image has or lacks.
//! - The *helper image* holds git, a shell and the usual tools of this machine. It has no runner in it: the agent
//!   volume is mounted there as well. `helper_image` of the configuration replaces it.
//!
//! Both are made once per engine and content. After that a job costs one request, which asks for the volume.

mod agent_parts;
mod bundle;
mod elf;
mod engine;
mod error;
mod given;
mod helper_parts;
mod image;
mod labels;
mod libraries;
mod record;
mod search;
mod shop;
mod stream;
mod sweep;
mod toolbox;
mod tree;
mod volume;
mod witness;

pub use agent_parts::AGENT_DIR;
pub use elf::ElfError;
pub use error::ToolsError;
pub use image::HELPER_HOME;

use bollard::Docker;
use executor::Output;
use record::{Records, short_hash};
use shop::Shop;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What is to be in the engine, and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The engine's address; only tells engines apart.
    pub engine: &'a str,
    /// The runner's executable. `/proc/self/exe` is right even after an upgrade has replaced the file.
    pub executable: &'a Path,
    /// The runner's `PATH`, where git and the other tools are looked for before the usual places.
    pub path: &'a OsStr,
    /// A directory of the runner's own for what it remembers; made when it is not there. Without one every job
    /// looks at everything again, which takes about half a second.
    pub records: Option<&'a Path>,
    /// Who this is, such as the machine's id: what a caller with the same name has made before is removed when
    /// something newer is made.
    pub owner: &'a str,
    /// The helper image.
    pub helper: Helper<'a>,
    /// Whether to ask the engine even for what is remembered to be there: after it has said that it is not.
    pub doubt: bool,
}

/// Which helper image a job needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Helper<'a> {
    /// None.
    Absent,
    /// The runner's own.
    Own,
    /// The configured one, which the engine has: its id, or a name that stands for the same image for ever.
    Given(&'a str),
}

/// What is in the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// The agent volume.
    pub volume: String,
    /// The image of helper containers, if one was asked for.
    pub helper_image: Option<String>,
    /// The command that starts the runner in a container, to be followed by its arguments.
    pub agent: Vec<String>,
    /// The same for [`executor::Executor::worker`].
    pub worker: Vec<OsString>,
}

impl Tools {
    /// The mount of the agent volume, as an entry of `HostConfig.Binds`. The engine does not fill it from the
    /// image.
    pub fn bind(&self) -> String {
        format!("{}:{AGENT_DIR}:ro,nocopy", self.volume)
    }

    /// A script for `sh -c` that becomes the runner; `arguments` are plain words.
    pub fn script(&self, arguments: &[&str]) -> String {
        crate::agent::command_line(&self.words(arguments))
    }

    /// The runner with arguments, as words for a shell.
    pub fn words(&self, arguments: &[&str]) -> String {
        let words = self.agent.iter().map(String::as_str).chain(arguments.iter().copied());
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Makes sure that the engine has the tools.
///
/// `output` gets a line for everything that has to be made first, which takes a second or two.
///
/// # Errors
/// [`ToolsError`].
pub async fn ensure(
    docker: &Docker,
    request: &Request<'_>,
    output: &dyn Output,
) -> Result<Tools, ToolsError> {
    let owner =
        &short_hash(&[request.owner.as_bytes(), b"\0", request.executable.as_os_str().as_bytes()].concat());
    let shop = Shop { docker, request, records: Records::new(request.records), owner, output };
    let agent = shop.agent().await?;
    let helper_image = match request.helper {
        Helper::Absent => None,
        Helper::Own => Some(shop.own_image(&agent.machine).await?),
        Helper::Given(image) => {
            shop.given_image(image, &agent.machine).await?;
            Some(image.to_owned())
        }
    };
    let command = agent.form.command();
    let worker = command.iter().map(OsString::from).collect();
    Ok(Tools { volume: agent.volume, helper_image, agent: command, worker })
}
