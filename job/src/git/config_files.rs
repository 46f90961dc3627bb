//! The configuration files that a job's git reads, all of them outside the work tree.

use super::config_text::{ConfigWriter, Unwritable};
use super::credentials::{Remotes, WhileFetching};
use crate::StageError;
use crate::variables::gitlab_env::Environment;
use crate::variables::{EXT_CONFIG_FILE, GIT_CONFIG_GLOBAL_FILE, JobView, PrivateDir};
use nix::sys::stat::Mode;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Directory that fresh repositories are made after.
const TEMPLATE_DIR: &str = "git-template";
/// The variable in which scripts, and their git, find the job's token.
const SCRIPT_TOKEN: &str = "CI_JOB_TOKEN";
/// The variable in which the runner's own git commands find it, whatever a job sets the other to.
pub(super) const FETCH_TOKEN: &str = "GLR_FETCH_TOKEN";
/// Readable for the owner alone.
const SECRET: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// Where the files of a job are.
pub(super) struct ConfigFiles {
    /// What every repository of the job includes: credentials, headers, certificates.
    pub(super) ext: PathBuf,
    /// What fresh repositories are made after.
    pub(super) template: PathBuf,
}

impl ConfigFiles {
    pub(super) fn of(view: JobView<'_>) -> Self {
        let temp = &view.workspace.temp_dir;
        Self { ext: temp.join(EXT_CONFIG_FILE), template: temp.join(TEMPLATE_DIR) }
    }

    /// The text by which other configurations include [`Self::ext`].
    pub(super) fn ext_text(&self) -> String {
        self.ext.to_string_lossy().into_owned()
    }

    /// Writes the files that git needs to fetch.
    pub(super) fn write_for_fetching(
        &self,
        view: JobView<'_>,
        remotes: &Remotes,
        environment: &Environment,
    ) -> Result<(), StageError> {
        self.write_template()?;
        let WhileFetching { rewrites, helper_servers } = remotes.while_fetching();
        let text = ext_text(view, remotes, &rewrites, (&helper_servers, FETCH_TOKEN)).map_err(unwritable)?;
        self.write_ext(view, &text, environment)
    }

    /// Writes the files as scripts find them.
    pub(super) fn write_for_scripts(
        &self,
        view: JobView<'_>,
        remotes: &Remotes,
        environment: &Environment,
    ) -> Result<(), StageError> {
        let helper = (remotes.helper_servers.as_slice(), SCRIPT_TOKEN);
        let text = ext_text(view, remotes, &remotes.rewrites, helper).map_err(unwritable)?;
        self.write_ext(view, &text, environment)
    }

    /// Writes the files that scripts need where git is not used: credentials by a helper, or nothing.
    pub(super) fn write_helper_only(
        &self,
        view: JobView<'_>,
        remotes: &Remotes,
        environment: &Environment,
    ) -> Result<(), StageError> {
        if remotes.helper_servers.is_empty() {
            return Ok(());
        }
        let mut writer = ConfigWriter::default();
        helper(&mut writer, (&remotes.helper_servers, SCRIPT_TOKEN)).map_err(unwritable)?;
        self.write_ext(view, &writer.into_text(), environment)
    }

    /// Writes the files for a job without any credentials of its own: git works as its user's does.
    pub(super) fn write_plain(&self, view: JobView<'_>, environment: &Environment) -> Result<(), StageError> {
        self.write_ext(view, "", environment)
    }

    fn write_ext(&self, view: JobView<'_>, text: &str, environment: &Environment) -> Result<(), StageError> {
        let failed = |error| StageError::system(format!("cannot write git's configuration: {error}"));
        let dir = PrivateDir::open(&view.workspace.temp_dir).map_err(failed)?;
        dir.write(EXT_CONFIG_FILE, text.as_bytes(), SECRET).map_err(failed)?;
        if view.flags.is_on("FF_GIT_URLS_WITHOUT_TOKENS") {
            let global = global_text(environment, &self.ext_text()).map_err(unwritable)?;
            dir.write(GIT_CONFIG_GLOBAL_FILE, global.as_bytes(), SECRET).map_err(failed)?;
        }
        Ok(())
    }

    /// Makes the template. Nothing but its configuration stays in it: whatever is there would be copied into
    /// fresh repositories, hooks included.
    fn write_template(&self) -> Result<(), StageError> {
        let failed = |error| StageError::system(format!("cannot write git's template: {error}"));
        let dir = PrivateDir::open(&self.template).map_err(failed)?;
        for entry in std::fs::read_dir(&self.template).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if name != OsStr::new("config") {
                dir.remove(&name.to_string_lossy()).map_err(failed)?;
            }
        }
        let text = template_text(&self.ext_text()).map_err(unwritable)?;
        if !matches!(dir.read("config", 65_536), Ok(Some(old)) if old == text.as_bytes()) {
            dir.write("config", text.as_bytes(), Mode::from_bits_truncate(0o666)).map_err(failed)?;
        }
        Ok(())
    }
}

fn unwritable(error: Unwritable) -> StageError {
    StageError::system(error.to_string())
}

fn template_text(ext: &str) -> Result<String, Unwritable> {
    let mut writer = ConfigWriter::default();
    writer.section("init", None, &[("defaultBranch", "none")])?;
    writer.section("fetch", None, &[("recurseSubmodules", "false")])?;
    writer.section("credential", None, &[("interactive", "never")])?;
    writer.section("gc", None, &[("autoDetach", "false")])?;
    writer.section("include", None, &[("path", ext)])?;
    Ok(writer.into_text())
}

fn ext_text(
    view: JobView<'_>,
    remotes: &Remotes,
    rewrites: &[(String, String)],
    helper_servers: (&[String], &str),
) -> Result<String, Unwritable> {
    let mut writer = ConfigWriter::default();
    if let Some(id) = correlation_id(view) {
        writer.section("http", None, &[("extraHeader", &format!("X-Gitaly-Correlation-ID: {id}"))])?;
    }
    if view.flags.is_on("FF_USE_GIT_BUNDLE_URIS") {
        writer.section("transfer", None, &[("bundleURI", "true")])?;
    }
    if let Some(server) = remotes.server.as_ref().filter(|s| s.is_http()) {
        let files: Vec<(&str, String)> = [
            ("sslCAInfo", "CI_SERVER_TLS_CA_FILE"),
            ("sslCert", "CI_SERVER_TLS_CERT_FILE"),
            ("sslKey", "CI_SERVER_TLS_KEY_FILE"),
        ]
        .into_iter()
        .map(|(key, variable)| (key, view.variables.get(variable).into_owned()))
        .filter(|(_, path)| !path.is_empty())
        .collect();
        let settings: Vec<(&str, &str)> = files.iter().map(|(key, path)| (*key, path.as_str())).collect();
        if !settings.is_empty() {
            writer.section("http", Some(&server.text()), &settings)?;
        }
    }
    for (with, without) in rewrites {
        writer.section("url", Some(with), &[("insteadOf", without)])?;
    }
    helper(&mut writer, helper_servers)?;
    Ok(writer.into_text())
}

/// A helper for some servers, that answers with what a variable holds. An empty one comes first, which discards
/// all that other configurations name.
fn helper(writer: &mut ConfigWriter, (servers, variable): (&[String], &str)) -> Result<(), Unwritable> {
    let answer = format!("!f(){{ if [ \"$1\" = get ]; then echo \"password=${{{variable}}}\"; fi; }}; f");
    for server in servers {
        let settings = [("helper", ""), ("helper", answer.as_str()), ("username", "gitlab-ci-token")];
        writer.section("credential", Some(server), &settings)?;
    }
    Ok(())
}

/// What stands in for the user's own configuration, which it includes.
fn global_text(environment: &Environment, ext: &str) -> Result<String, Unwritable> {
    let mut writer = ConfigWriter::default();
    let home = environment.get(OsStr::new("HOME")).map(PathBuf::from).filter(|home| home.is_absolute());
    for own in home.iter().flat_map(|home| [home.join(".gitconfig"), home.join(".config/git/config")]) {
        if is_readable(&own) {
            writer.section("include", None, &[("path", &own.to_string_lossy())])?;
        }
    }
    writer.section("include", None, &[("path", ext)])?;
    Ok(writer.into_text())
}

fn is_readable(path: &Path) -> bool {
    !path.as_os_str().as_bytes().contains(&b'\n')
        && nix::unistd::access(path, nix::unistd::AccessFlags::R_OK).is_ok()
}

/// The id that ties requests of git to the job request; nothing where it is switched off or unfit for a header.
pub(super) fn correlation_id(view: JobView<'_>) -> Option<&str> {
    let id = view.order.correlation_id.as_str();
    let fit = !id.is_empty() && id.len() <= 255 && id.bytes().all(|b| b.is_ascii_graphic());
    (fit && view.flags.is_on("FF_USE_GITALY_CORRELATION_ID")).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::testing::{Resolved, order};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_and_their_modes() {
        let root = tempfile::tempdir().unwrap();
        let mut order = order(&[("FF_GIT_URLS_WITHOUT_TOKENS", "true")]);
        order.tls.ca = "PEM".to_owned();
        order.payload.git_info.repo_url = "https://gitlab-ci-token:job-token@gitlab.example/g/p.git".into();
        let resolved = Resolved::new(order, root.path());
        let view = resolved.view();
        let files = ConfigFiles::of(view);
        std::fs::create_dir_all(files.template.join("hooks")).unwrap();
        std::fs::write(files.template.join("hooks/post-checkout"), "evil").unwrap();
        let home = root.path().join("home");
        std::fs::create_dir(&home).unwrap();
        std::fs::write(home.join(".gitconfig"), "").unwrap();
        let environment = Environment::from([("HOME".into(), home.clone().into())]);
        files.write_for_fetching(view, &Remotes::of(view), &environment).unwrap();
        files.write_for_scripts(view, &Remotes::of(view), &environment).unwrap();

        assert!(!files.template.join("hooks").exists());
        assert_eq!(std::fs::metadata(&files.ext).unwrap().permissions().mode() & 0o777, 0o600);
        let ext = std::fs::read_to_string(&files.ext).unwrap();
        let temp = view.workspace.temp_dir.to_str().unwrap();
        assert_eq!(
            ext,
            format!(
                "[http]\n\textraHeader = X-Gitaly-Correlation-ID: abc\n[transfer]\n\tbundleURI = true\n\
                 [http \"https://gitlab.example\"]\n\tsslCAInfo = {temp}/CI_SERVER_TLS_CA_FILE\n\
                 [credential \"https://gitlab.example\"]\n\thelper = \"\"\n\
                 \thelper = \"!f(){{ if [ \\\"$1\\\" = get ]; then echo \\\"password=${{CI_JOB_TOKEN}}\\\"; fi; }}; f\"\n\
                 \tusername = gitlab-ci-token\n"
            )
        );
        let global = std::fs::read_to_string(view.workspace.temp_dir.join(".glr.gconf")).unwrap();
        assert_eq!(
            global,
            format!(
                "[include]\n\tpath = {}/.gitconfig\n[include]\n\tpath = {}\n",
                home.display(),
                files.ext_text()
            )
        );
    }
}
