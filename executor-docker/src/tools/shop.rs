//! Finds what is there, makes what is not.

use super::agent_parts::{self, AgentParts, Form};
use super::helper_parts::{self, HelperParts};
use super::record::Records;
use super::search::Search;
use super::sweep::{self, Keep};
use super::{Request, ToolsError, given, image, volume};
use bollard::Docker;
use executor::{Output, Stream};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use trace::Line;

/// How often everything is looked at again because a file was replaced meanwhile.
const TRIES: usize = 3;

/// One run of [`super::ensure`].
pub(super) struct Shop<'a> {
    pub(super) docker: &'a Docker,
    pub(super) request: &'a Request<'a>,
    pub(super) records: Records,
    pub(super) owner: &'a str,
    pub(super) output: &'a dyn Output,
}

/// The executable in the engine.
pub(super) struct Agent {
    pub(super) volume: String,
    pub(super) form: Form,
    /// What it is made for, as engines name it.
    pub(super) machine: String,
}

/// What is remembered of the executable besides its key.
type Build = (Form, String);

impl Shop<'_> {
    /// The agent volume.
    pub(super) async fn agent(&self) -> Result<Agent, ToolsError> {
        let known = self.records.key::<Build>(agent_parts::RECIPE, self.executable());
        if let Some((key, (form, machine))) = known
            && let Some(volume) = self.known_volume(&key).await?
        {
            return Ok(Agent { volume, form, machine });
        }
        let mut last = None;
        for _ in 0..TRIES {
            match self.made_agent().await {
                Err(error @ ToolsError::Changed { .. }) => last = Some(error),
                done => return done,
            }
        }
        Err(last.unwrap_or(ToolsError::Changed { path: self.request.executable.to_owned() }))
    }

    /// The remembered volume needs one request, one that somebody else has made two.
    async fn known_volume(&self, key: &str) -> Result<Option<String>, ToolsError> {
        let remembered = self.records.seen(self.request.engine).volume.filter(|(other, _)| other == key);
        if let Some((_, volume)) = remembered
            && volume::is_there(self.docker, key, &volume).await?
        {
            return Ok(Some(volume));
        }
        let found = volume::find(self.docker, key).await?;
        if let Some(volume) = &found {
            self.records.keep_volume(self.request.engine, key, volume);
        }
        Ok(found)
    }

    async fn made_agent(&self) -> Result<Agent, ToolsError> {
        let parts = agent_parts::collect(self.request.executable).await?;
        let (form, machine) = (parts.form, parts.machine.docker_name().to_owned());
        let build: Build = (form, machine.clone());
        let witnesses = parts.tree.witnesses();
        self.records.keep_key(agent_parts::RECIPE, self.executable(), &parts.key, build, witnesses);
        let lock = self.records.lock(self.request.engine).await;
        let volume = match self.known_volume(&parts.key).await? {
            Some(volume) => volume,
            None => self.make_volume(parts, lock.as_ref()).await?,
        };
        Ok(Agent { volume, form, machine })
    }

    async fn make_volume(&self, parts: AgentParts, lock: Option<&File>) -> Result<String, ToolsError> {
        self.say("Copying the runner into the engine (once for each version)...");
        let key = parts.key.clone();
        let name = volume::make(self.docker, parts, self.owner).await?;
        self.records.keep_volume(self.request.engine, &key, &name);
        let keep = Keep { owner: self.owner, key: &key, name: &name, alone: lock.is_some() };
        swept(sweep::volumes(self.docker, keep).await);
        Ok(name)
    }

    /// The runner's own helper image.
    pub(super) async fn own_image(&self, machine: &str) -> Result<String, ToolsError> {
        let search = Search::new(self.request.path);
        let of = search.identity();
        if let Some((key, ())) = self.records.key(helper_parts::RECIPE, &of)
            && self.has_image(&key).await?
        {
            return Ok(image::name(&key));
        }
        let mut last = None;
        for _ in 0..TRIES {
            match self.made_image(&search, machine).await {
                Err(error @ ToolsError::Changed { .. }) => last = Some(error),
                done => return done,
            }
        }
        Err(last.unwrap_or(ToolsError::Changed { path: "git".into() }))
    }

    async fn has_image(&self, key: &str) -> Result<bool, ToolsError> {
        if !self.request.doubt && self.remembers(&image::name(key)) {
            return Ok(true);
        }
        let there = image::is_there(self.docker, key).await?;
        if there {
            self.records.keep_image(self.request.engine, &image::name(key));
        }
        Ok(there)
    }

    async fn made_image(&self, search: &Search, machine: &str) -> Result<String, ToolsError> {
        let mut parts = helper_parts::collect(search).await?;
        let witnesses = std::mem::take(&mut parts.witnesses);
        self.records.keep_key(helper_parts::RECIPE, &search.identity(), &parts.key, (), witnesses);
        let lock = self.records.lock(self.request.engine).await;
        if self.has_image(&parts.key).await? {
            return Ok(image::name(&parts.key));
        }
        self.make_image(parts, machine, lock.as_ref()).await
    }

    async fn make_image(
        &self,
        parts: HelperParts,
        machine: &str,
        lock: Option<&File>,
    ) -> Result<String, ToolsError> {
        let key = parts.key.clone();
        let name = image::name(&key);
        let lacks = match parts.lacks.as_slice() {
            [] => String::new(),
            lacks => format!(", without {}, which this machine does not have", lacks.join(" and ")),
        };
        self.say(&format!(
            "Making helper image {name} of this machine's git (once for each version){lacks}..."
        ));
        image::make(self.docker, parts, machine, self.owner).await?;
        self.records.keep_image(self.request.engine, &name);
        let keep = Keep { owner: self.owner, key: &key, name: &name, alone: lock.is_some() };
        swept(sweep::images(self.docker, keep).await);
        Ok(name)
    }

    /// The configured helper image is looked into once.
    pub(super) async fn given_image(&self, image: &str, machine: &str) -> Result<(), ToolsError> {
        if self.request.doubt || !self.remembers(image) {
            given::check(self.docker, image, machine, self.owner).await?;
            self.records.keep_image(self.request.engine, image);
        }
        Ok(())
    }

    fn remembers(&self, image: &str) -> bool {
        self.records.seen(self.request.engine).images.iter().any(|seen| seen == image)
    }

    fn executable(&self) -> &[u8] {
        self.request.executable.as_os_str().as_bytes()
    }

    fn say(&self, text: &str) {
        self.output.write(Stream::Stdout, Line::Plain.format(text).as_bytes());
    }
}

/// Jobs go on although something old is left.
fn swept(result: Result<(), ToolsError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "Cannot remove what earlier versions of the runner have left on the engine");
    }
}
