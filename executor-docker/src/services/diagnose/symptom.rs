//! What the output of a script says of a Docker engine that does not do its work.

use std::fmt;

/// Where a docker command looked for its engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// A socket, by its path.
    Socket(String),
    /// A port of a host.
    Port(String, u16),
}

impl Endpoint {
    /// Reads an address as `DOCKER_HOST` has it. A host without a port has Docker's own.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://")?;
        match scheme {
            "unix" => Some(Self::Socket(rest.to_owned())),
            "tcp" | "http" | "https" => {
                let place = rest.split(['/', '?', '"']).next()?;
                let (host, port) = match place.rsplit_once(':') {
                    Some((host, port)) => (host, port.parse().ok()?),
                    None => (place, 2375),
                };
                (!host.is_empty()).then(|| Self::Port(host.trim_matches(['[', ']']).to_owned(), port))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "unix://{path}"),
            Self::Port(host, port) => write!(f, "tcp://{host}:{port}"),
        }
    }
}

/// A sign that a docker command did not reach its engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Symptom {
    /// Nobody answers there, if the output says where.
    NoAnswer(Option<Endpoint>),
    /// Nobody has that name.
    NoSuchHost(String),
    /// The engine wants TLS, the command did not use it.
    TlsWanted,
    /// The command used TLS, the engine has none.
    TlsUnknown,
    /// The files for TLS are not there.
    NoCertificates,
    /// They do not fit.
    WrongCertificates,
    /// The user may not use the socket.
    Forbidden,
}

/// Finds signs in the last output of a script, each once.
pub(super) fn find(said: &str) -> Vec<Symptom> {
    let mut found = Vec::new();
    for line in said.lines() {
        if let Some(symptom) = in_line(line)
            && !found.contains(&symptom)
        {
            found.push(symptom);
        }
    }
    found
}

/// Beginnings of messages of Docker's client that mean that it found no engine.
const UNREACHABLE: [&str; 4] = [
    "cannot connect to the docker daemon",
    "failed to connect to the docker api",
    "error during connect",
    "unable to resolve docker endpoint",
];

fn in_line(line: &str) -> Option<Symptom> {
    let lower = line.to_lowercase();
    let has = |text: &str| lower.contains(text);
    let is_dockers = UNREACHABLE.iter().any(|text| has(text));
    if has("permission denied while trying to connect to the docker") {
        return Some(Symptom::Forbidden);
    }
    if has("client sent an http request to an https server") {
        return Some(Symptom::TlsWanted);
    }
    if is_dockers
        && (has("server gave http response to https client") || has("first record does not look like a tls"))
    {
        return Some(Symptom::TlsUnknown);
    }
    if has(".pem")
        && (has("no such file") || has("could not read"))
        && (is_dockers || has("ca.pem") || has("cert.pem"))
    {
        return Some(Symptom::NoCertificates);
    }
    if is_dockers && (has("x509:") || has("bad certificate") || has("certificate required")) {
        return Some(Symptom::WrongCertificates);
    }
    if let Some(name) = unknown_name(&lower)
        && (is_dockers || name == "docker")
    {
        return Some(Symptom::NoSuchHost(name));
    }
    is_dockers.then(|| Symptom::NoAnswer(endpoint(line)))
}

/// The name in `lookup NAME on …: no such host` and in `bad address 'NAME'`.
fn unknown_name(line: &str) -> Option<String> {
    let name_after = |mark: &str| {
        let rest = line.split_once(mark)?.1.trim_start_matches(['\'', '"', '`']);
        let end = |c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c));
        rest.split(end)
            .next()
            .filter(|name| !name.is_empty())
            .map(|name| name.trim_end_matches('.').to_owned())
    };
    let fails =
        ["no such host", "server misbehaving", "name resolution", "i/o timeout", "name or service not known"];
    if line.contains("lookup ") && fails.iter().any(|fail| line.contains(fail)) {
        return name_after("lookup ");
    }
    ["bad address ", "could not resolve host: "].into_iter().find_map(name_after)
}

/// The first address of an engine in a line.
fn endpoint(line: &str) -> Option<Endpoint> {
    let end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | ',' | ')');
    line.split(end).find_map(|word| {
        let start =
            ["unix://", "tcp://", "https://", "http://"].iter().find_map(|scheme| word.find(scheme))?;
        Endpoint::parse(word.get(start..)?.trim_end_matches(['.', ':']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(host: &str, port: u16) -> Option<Endpoint> {
        Some(Endpoint::Port(host.into(), port))
    }

    #[test]
    fn what_clients_write() {
        use Symptom::*;
        for (line, expected) in [
            (
                "Cannot connect to the Docker daemon at tcp://docker:2375. Is the docker daemon running?",
                NoAnswer(port("docker", 2375)),
            ),
            (
                "ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
                NoAnswer(Some(Endpoint::Socket("/var/run/docker.sock".into()))),
            ),
            (
                "failed to connect to the docker API at tcp://docker:2376: dial tcp 172.17.0.3:2376: connect: connection refused",
                NoAnswer(port("docker", 2376)),
            ),
            (
                "error during connect: Get \"http://docker:2375/v1.24/info\": dial tcp: lookup docker on 10.0.0.2:53: no such host",
                NoSuchHost("docker".into()),
            ),
            (
                "error during connect: Post \"http://engine:2375/v1.24/auth\": dial tcp: lookup engine: Temporary failure in name resolution",
                NoSuchHost("engine".into()),
            ),
            ("wget: bad address 'docker:2375'", NoSuchHost("docker".into())),
            ("Error response from daemon: Client sent an HTTP request to an HTTPS server.", TlsWanted),
            (
                "error during connect: Get \"https://docker:2375/v1.24/info\": http: server gave HTTP response to HTTPS client",
                TlsUnknown,
            ),
            (
                "unable to resolve docker endpoint: open /certs/client/ca.pem: no such file or directory",
                NoCertificates,
            ),
            ("could not read CA certificate \"/certs/client/ca.pem\": open …", NoCertificates),
            (
                "error during connect: Get \"https://docker:2376/v1.24/info\": x509: certificate signed by unknown authority",
                WrongCertificates,
            ),
            (
                "Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: …",
                Forbidden,
            ),
            (
                "error during connect: this error may indicate that the docker daemon is not running",
                NoAnswer(None),
            ),
        ] {
            assert_eq!(find(line), [expected], "{line}");
        }
    }

    #[test]
    fn what_means_something_else() {
        for line in [
            "hello",
            "dial tcp: lookup registry.example.com: no such host",
            "Error response from daemon: Get \"https://reg/v2/\": x509: certificate signed by unknown authority",
            "cat: can't open 'key.pem': No such file or directory",
            "docker: command not found",
        ] {
            assert_eq!(find(line), [], "{line}");
        }
    }

    #[test]
    fn each_sign_once() {
        let line =
            "Cannot connect to the Docker daemon at tcp://docker:2375. Is the docker daemon running?\n";
        assert_eq!(find(&line.repeat(3)).len(), 1);
    }

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("tcp://docker:2375/", port("docker", 2375)),
            ("tcp://docker", port("docker", 2375)),
            ("tcp://[::1]:2376", port("::1", 2376)),
            ("unix:///s", Some(Endpoint::Socket("/s".into()))),
            ("ssh://x", None),
            ("docker:2375", None),
            ("tcp://:1", None),
            ("tcp://h:99999", None),
        ] {
            assert_eq!(Endpoint::parse(text), expected, "{text}");
        }
    }
}
