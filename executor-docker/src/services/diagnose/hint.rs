//! From signs and facts to what is to be done.

use super::facts::{Engine, Job};
use super::symptom::{Endpoint, Symptom};

/// Docker's port without TLS.
pub(super) const PLAIN: u16 = 2375;
/// Docker's port with TLS.
pub(super) const TLS: u16 = 2376;

/// What is known to cause the symptoms, most likely first. Empty where nothing known fits.
pub(super) fn hints(symptoms: &[Symptom], job: &Job, engines: &[Engine]) -> Vec<String> {
    if symptoms.is_empty() {
        return Vec::new();
    }
    // Where an engine is gone, all else follows from it.
    let ended: Vec<String> = engines.iter().filter_map(ended).collect();
    if !ended.is_empty() {
        return ended;
    }
    let mut hints = Vec::new();
    for symptom in symptoms {
        let hint = match engines {
            [] => without_engine(symptom, job),
            [first, ..] => {
                let named = |engine: &&Engine| {
                    asked_host(symptom, job).is_some_and(|host| engine.aliases.contains(&host))
                };
                with_engine(symptom, job, engines.iter().find(named).unwrap_or(first))
            }
        };
        hints.extend(hint.filter(|hint| !hints.contains(hint)));
    }
    hints
}

fn ended(engine: &Engine) -> Option<String> {
    let end = engine.ended.as_ref()?;
    let rights =
        engine.unprivileged.map(|why| format!(" It is not privileged, which an engine has to be: {why}."));
    Some(format!("No Docker engine answers: {end}.{}{}", rights.unwrap_or_default(), last_lines(engine)))
}

fn last_lines(engine: &Engine) -> String {
    let logs = engine.logs.trim_end();
    if logs.is_empty() { String::new() } else { format!(" Its last log lines:\n{logs}") }
}

fn asked(symptom: &Symptom, job: &Job) -> Option<Endpoint> {
    match symptom {
        Symptom::NoAnswer(Some(endpoint)) => Some(endpoint.clone()),
        _ => job.endpoint(),
    }
}

fn asked_host(symptom: &Symptom, job: &Job) -> Option<String> {
    match (symptom, asked(symptom, job)) {
        (Symptom::NoSuchHost(name), _) => Some(name.clone()),
        (_, Some(Endpoint::Port(host, _))) => Some(host),
        _ => None,
    }
}

fn without_engine(symptom: &Symptom, job: &Job) -> Option<String> {
    if matches!(symptom, Symptom::Forbidden) {
        return Some(forbidden());
    }
    let asked = asked(symptom, job);
    let at_socket = matches!(asked, None | Some(Endpoint::Socket(_)));
    match (job.has_socket(), at_socket) {
        (true, true) => Some(
            "The socket of an engine is mounted into the job, but no engine listens there: see whether the source of \
             that volume is right."
                .to_owned(),
        ),
        (true, false) => Some(format!(
            "No service of this job is a Docker engine, but an engine's socket is mounted: without DOCKER_HOST{} \
             commands use that.",
            asked.map(|at| format!(" ({at})")).unwrap_or_default()
        )),
        (false, _) => Some(
            "No service of this job is a Docker engine, and no engine's socket is mounted. Either add `docker:dind` to \
             `services`, or let the runner's configuration mount a socket: \
             `volumes = [\"/var/run/docker.sock:/var/run/docker.sock\"]`."
                .to_owned(),
        ),
    }
}

fn forbidden() -> String {
    "The job's user may not use the engine's socket: run as root, or add the socket's group to `group_add` of the \
     runner's configuration."
        .to_owned()
}

fn with_engine(symptom: &Symptom, job: &Job, engine: &Engine) -> Option<String> {
    match symptom {
        Symptom::NoAnswer(_) => no_answer(symptom, job, engine),
        Symptom::NoSuchHost(name) => Some(wrong_name(name, engine)),
        Symptom::TlsWanted => Some(unequal_variables(job, engine).unwrap_or_else(|| use_tls(engine))),
        Symptom::TlsUnknown => Some(format!(
            "Service {:?} does not use TLS, but the job's commands do: set neither DOCKER_TLS_VERIFY nor \
             DOCKER_CERT_PATH, or turn TLS on with the variable `DOCKER_TLS_CERTDIR: \"/certs\"` and port {TLS}.",
            engine.image
        )),
        Symptom::NoCertificates => Some(no_certificates(job, engine)),
        Symptom::WrongCertificates => Some(format!(
            "The certificates in the job are not those of service {:?}. A volume at {} outlives jobs: those of an \
             earlier job may lie there.",
            engine.image,
            client_directory(engine)
        )),
        Symptom::Forbidden => Some(forbidden()),
    }
}

fn no_answer(symptom: &Symptom, job: &Job, engine: &Engine) -> Option<String> {
    match asked(symptom, job) {
        None | Some(Endpoint::Socket(_)) if job.has_socket() => Some(format!(
            "The host's engine socket is mounted into the job and into service {:?} alike, so the two cannot be \
             combined: do without one of them.",
            engine.image
        )),
        None | Some(Endpoint::Socket(_)) => Some(no_docker_host(job, engine)),
        Some(Endpoint::Port(host, _)) if is_loopback(&host) => Some(format!(
            "{host} is the job's own container; service {:?} is another one: use its name {} in DOCKER_HOST.",
            engine.image,
            names(engine)
        )),
        Some(Endpoint::Port(host, _)) if !engine.aliases.contains(&host) && !is_address(&host) => {
            Some(wrong_name(&host, engine))
        }
        Some(Endpoint::Port(host, port)) => wrong_port(&host, port, job, engine),
    }
}

fn no_docker_host(job: &Job, engine: &Engine) -> String {
    let why = if job.replaces_entrypoint {
        "The job replaces the entrypoint of its image, which would set it"
    } else {
        "Only the entrypoint of the `docker` image sets it by itself"
    };
    let host = engine.aliases.first().map_or("docker", String::as_str);
    let settings = if engine.listening.contains(&TLS) && !engine.listening.contains(&PLAIN) {
        format!(
            "`DOCKER_HOST: tcp://{host}:{TLS}`, `DOCKER_TLS_VERIFY: \"1\"` and `DOCKER_CERT_PATH: \"{}\"`",
            client_directory(engine)
        )
    } else {
        format!("`DOCKER_HOST: tcp://{host}:{PLAIN}`")
    };
    format!(
        "DOCKER_HOST is not set, so commands look for an engine in the job's own container. {why}. For service \
             {:?} it takes {settings}.",
        engine.image
    )
}

fn wrong_name(name: &str, engine: &Engine) -> String {
    if engine.aliases.iter().any(|alias| alias == name) {
        return format!(
            "Service {:?} is named {name}, but the job's container does not find it: its name servers may be its own \
             (`dns` of the runner's configuration), or its entries in /etc/hosts were replaced.",
            engine.image
        );
    }
    format!(
        "No service is named {name}: service {:?} is found as {}. Add `alias: {name}` to it, or change DOCKER_HOST.",
        engine.image,
        names(engine)
    )
}

fn wrong_port(host: &str, port: u16, job: &Job, engine: &Engine) -> Option<String> {
    let image = &engine.image;
    match engine.listening.as_slice() {
        open if open.contains(&port) => None,
        [TLS] => unequal_variables(job, engine).or_else(|| Some(format!(
            "Service {image:?} listens on port {TLS}, with TLS, but commands ask tcp://{host}:{port}. Either turn TLS \
             off with the variable `DOCKER_TLS_CERTDIR: \"\"` in .gitlab-ci.yml, or set `DOCKER_HOST: \
             tcp://{host}:{TLS}`, `DOCKER_TLS_VERIFY: \"1\"` and `DOCKER_CERT_PATH: \"{}\"`.",
            client_directory(engine)
        ))),
        [open, ..] => Some(format!(
            "Service {image:?} listens on port {open}{}, but commands ask tcp://{host}:{port}. Either set \
             `DOCKER_HOST: tcp://{host}:{open}`{}, or turn TLS on with the variable `DOCKER_TLS_CERTDIR: \"/certs\"`.",
            if *open == PLAIN { ", without TLS" } else { "" },
            if job.verifies { " without DOCKER_TLS_VERIFY" } else { "" },
        )),
        [] => Some(format!(
            "Service {image:?} runs, but listens on none of the ports {PLAIN}, {TLS}{}.{}",
            if matches!(port, PLAIN | TLS) { String::new() } else { format!(", {port}") },
            last_lines(engine)
        )),
    }
}

/// An empty `DOCKER_TLS_CERTDIR` that the service does not see: it is no variable of the file.
fn unequal_variables(job: &Job, engine: &Engine) -> Option<String> {
    (job.certificates.as_deref() == Some("") && engine.wants_tls()).then(|| {
        format!(
            "DOCKER_TLS_CERTDIR is empty for the job, but service {:?} has {:?} and uses TLS: variables of a project or \
             group do not reach services. Set it in .gitlab-ci.yml.",
            engine.image,
            engine.certificates.as_deref().unwrap_or_default()
        )
    })
}

fn use_tls(engine: &Engine) -> String {
    format!(
        "Service {:?} uses TLS, but the job's commands do not. Either turn TLS off with the variable \
         `DOCKER_TLS_CERTDIR: \"\"` in .gitlab-ci.yml and use port {PLAIN}, or set `DOCKER_TLS_VERIFY: \"1\"` and \
         `DOCKER_CERT_PATH: \"{}\"`.",
        engine.image,
        client_directory(engine)
    )
}

fn no_certificates(job: &Job, engine: &Engine) -> String {
    let directory = client_directory(engine);
    if !engine.wants_tls() {
        return format!(
            "Service {:?} makes no certificates, because DOCKER_TLS_CERTDIR is empty for it: set neither \
             DOCKER_TLS_VERIFY nor DOCKER_CERT_PATH, and use port {PLAIN}.",
            engine.image
        );
    }
    if job.shares(&directory) {
        return format!("Service {:?} has left no certificates in {directory} yet.", engine.image);
    }
    format!(
        "The client's certificates lie in {directory} of service {:?}, which it does not share with the job: the \
         runner's configuration needs {directory:?} in `volumes`.",
        engine.image
    )
}

fn client_directory(engine: &Engine) -> String {
    let directory =
        engine.certificates.as_deref().filter(|directory| !directory.is_empty()).unwrap_or("/certs");
    format!("{}/client", directory.trim_end_matches('/'))
}

fn names(engine: &Engine) -> String {
    engine.aliases.join(", ")
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests;
