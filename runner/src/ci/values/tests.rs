use super::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

/// A repository and a home of their own.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["repo", "home"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn secrets(&self, text: &str) -> PathBuf {
        self.write("home/.config/runner/variables.toml", text)
    }

    fn read_with(&self, args: &ValueArgs) -> Result<Values, String> {
        let home = self.folder.path().join("home");
        let environment: Environment = [("HOME", home)].into_iter().collect();
        let place = self.folder.path().display().to_string();
        let root = self.folder.path().join("repo");
        let files = super::Place { root: &root, current: &root, project: "group/app" };
        read(args, files, &environment).map_err(|error| error.render().replace(&place, "PLACE"))
    }

    fn read(&self) -> Result<Values, String> {
        self.read_with(&ValueArgs::default())
    }

    fn found(&self) -> Vec<(String, String)> {
        let list = self.read().unwrap().list;
        list.into_iter().map(|value| (value.variable.name, value.variable.value)).collect()
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_files_come_in_their_order() {
    let place = Place::new();
    assert_eq!(place.found(), []);
    let given = place.write("given", "A=given");
    place.secrets("[variables]\nA = \"user\"\n");
    place.write("repo/.env", "A=dotenv");
    place.write("repo/.runner/variables.toml", "[variables]\nA = \"ours\"\n");
    place.write("repo/.gitlab-ci-local-variables.yml", "A: theirs\n");
    assert_eq!(place.found(), pairs(&[("A", "theirs"), ("A", "ours"), ("A", "dotenv"), ("A", "user")]));
    let args = ValueArgs { variables_file: vec![given], no_variables_files: false };
    let values = place.read_with(&args).unwrap();
    assert_eq!(values.list.len(), 5);
    assert!(values.list[4].place.ends_with("given:1"));
    assert_eq!(values.list[2].place, ".env:1");
    assert_eq!(values.variables()[4].value, "given");
    let alone = place.read_with(&ValueArgs::only(&args.variables_file)).unwrap();
    assert_eq!(alone.list.len(), 1);
}

#[test]
fn secrets_are_hidden_and_say_so_where_they_cannot_be() {
    let place = Place::new();
    place.secrets(
        "[variables]\nTOKEN = \"abcd\"\nSHORT = \"abc\"\nEMPTY = \"\"\n\n\
         OPEN = { value = \"abcdefgh\", masked = false }\nPORT = 5432\n",
    );
    place.write("repo/.env", "DOT=abcdefgh");
    let values = place.read().unwrap();
    let masked: Vec<&str> = values
        .list
        .iter()
        .filter(|value| value.variable.masked)
        .map(|value| value.variable.name.as_str())
        .collect();
    assert_eq!(masked, ["TOKEN", "PORT"]);
    let [warning] = values.warnings.as_slice() else { panic!("{:?}", values.warnings) };
    assert!(
        warning.ends_with(
            "variables.toml:3: `SHORT` is too short to be hidden in logs (fewer than 4 characters)"
        )
    );
}

#[test]
fn projects_have_their_own() {
    let place = Place::new();
    place.secrets(
        "[projects.\"group/app\"]\nA = \"exact\"\n[projects.\"group/*\"]\nA = \"pattern\"\n\
         [projects.\"other/*\"]\nA = \"other\"\nFILE = { path = \"/nonexistent\" }\n[variables]\nA = \"all\"\n",
    );
    assert_eq!(place.found(), pairs(&[("A", "all"), ("A", "pattern"), ("A", "exact")]));
}

#[test]
fn a_variable_may_be_all_that_gitlab_knows() {
    let place = Place::new();
    place.write("home/cert.pem", "pem\n");
    place.write("home/.config/runner/beside", "beside");
    place.secrets(
        "[variables]\nCERT = { path = \"~/cert.pem\", file = true }\nBESIDE = { path = \"beside\" }\n\
         KEY = [\n  { value = \"staging\", scope = \"staging\" },\n  { value = \"prod\", scope = \"production\", \
         protected = true, raw = true },\n]\n[[variables.TABLES]]\nvalue = true\n",
    );
    insta::assert_debug_snapshot!(place.read().unwrap().variables());
}

#[test]
fn gitlab_ci_local_knows_types_and_environments() {
    let place = Place::new();
    place.write(
        "repo/.gitlab-ci-local-variables.yml",
        "PLAIN: $OTHER\nNUMBER: 012\nFLAG: true\nSCOPED:\n  type: file\n  values:\n    '*': all\n    prod*: one\n",
    );
    insta::assert_debug_snapshot!(place.read().unwrap().variables());
}

#[test]
fn secrets_that_others_may_read_are_refused() {
    let place = Place::new();
    let path = place.secrets("[variables]\nA = \"hunter2hunter2\"\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    insta::assert_snapshot!(place.read().unwrap_err());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(place.found().len(), 1);
    // What the repository holds is no secret.
    let path = place.write("repo/.env", "B=1");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(place.found().len(), 2);
}

#[test]
fn a_repository_does_not_reach_out_of_itself() {
    let place = Place::new();
    place.write("home/secret", "A=hunter2hunter2");
    symlink(place.folder.path().join("home/secret"), place.folder.path().join("repo/.env")).unwrap();
    let error = place.read().unwrap_err();
    assert!(
        error.contains("it leads out of the repository") && error.contains("--no-variables-files"),
        "{error}"
    );
    fs::remove_file(place.folder.path().join("repo/.env")).unwrap();
    for path in ["../home/secret", "/etc/passwd", "~/secret", "/dev/zero"] {
        place.write("repo/.runner/variables.toml", &format!("[variables]\nA = {{ path = \"{path}\" }}\n"));
        let error = place.read().unwrap_err();
        assert!(error.contains(".runner/variables.toml:2: `A`: cannot read "), "{error}");
    }
    // Within it, links are nobody's business.
    fs::remove_file(place.folder.path().join("repo/.runner/variables.toml")).unwrap();
    place.write("repo/env.local", "A=1");
    symlink("env.local", place.folder.path().join("repo/.env")).unwrap();
    assert_eq!(place.found(), pairs(&[("A", "1")]));
}

#[test]
fn odd_files_are_named() {
    let place = Place::new();
    let mut out = String::new();
    let mut case = |path: &str, text: &str| {
        let path = place.write(path, text);
        out += &place.read().unwrap_err();
        fs::remove_file(path).unwrap();
    };
    case("repo/.env", "A=1\nhunter2 hunter2");
    case("repo/.gitlab-ci-local-variables.yml", "A: 1\nB: [hunter2]\n");
    case("repo/.gitlab-ci-local-variables.yml", "A: {value: hunter2}\n");
    case("repo/.gitlab-ci-local-variables.yml", "A: {type: hunter2, values: {}}\n");
    case("repo/.gitlab-ci-local-variables.yml", "A: {type: file}\n");
    case("repo/.gitlab-ci-local-variables.yml", "- hunter2\n");
    case("repo/.gitlab-ci-local-variables.yml", "A-B: hunter2\n");
    case("repo/.gitlab-ci-local-variables.yml", "A: 'hunter2\n");
    case("repo/.runner/variables.toml", "[variables]\nA = 'hunter2\n");
    case("repo/.runner/variables.toml", "A = 'hunter2'\n");
    case("repo/.runner/variables.toml", "[variable]\nA = 'hunter2'\n");
    case("repo/.runner/variables.toml", "[variables]\nA = 1.5\n");
    case("repo/.runner/variables.toml", "[variables]\n\nA = { value = 'hunter2', mask = true }\n");
    case("repo/.runner/variables.toml", "[variables]\nA = { value = 'hunter2', masked = 'hunter2' }\n");
    case("repo/.runner/variables.toml", "[variables]\nA = { value = 'hunter2', path = 'hunter2' }\n");
    case("repo/.runner/variables.toml", "[variables]\nA = ['hunter2']\n");
    case("repo/.runner/variables.toml", "[projects]\nA = 'hunter2'\n");
    assert!(!out.contains("hunter2"), "{out}");
    insta::assert_snapshot!(out);
}

#[test]
fn files_that_are_given_must_be_there() {
    let place = Place::new();
    let missing = ValueArgs::only(&[place.folder.path().join("none")]);
    let error = place.read_with(&missing).unwrap_err();
    assert!(error.starts_with("error: --variables-file: cannot read PLACE/none\n"), "{error}");
    let large = place.write("large", &"#".repeat(1 + (1 << 20)));
    let error = place.read_with(&ValueArgs::only(&[large])).unwrap_err();
    assert!(error.contains("more than 1048576 bytes"), "{error}");
    let binary = place.write("binary", "");
    fs::write(&binary, [0xff]).unwrap();
    assert!(place.read_with(&ValueArgs::only(&[binary])).unwrap_err().contains("not UTF-8"));
}
