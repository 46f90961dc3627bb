use super::*;
use crate::docker::Registry;
use std::fs;

fn start(arguments: &[&str]) -> Option<PrivateEngine> {
    let engine = Engine::require()?;
    PrivateEngine::start_with(&engine, &["rig/web"], arguments)
}

fn service(engine: &Engine) -> String {
    engine.docker(&["run", "--detach", "--stop-timeout", "1", "--publish", "8080", "rig/web"])
}

fn is_running(engine: &Engine, id: &str) -> bool {
    engine.docker(&["inspect", "--format", "{{.State.Running}}", id]) == "true"
}

#[test]
fn it_stops_and_starts_again() {
    let Some(mut private) = start(&[]) else { return };
    let before = private.engine().inventory();
    let id = service(private.engine());
    assert_eq!(private.engine().inventory().since(&before).lines().count(), 1);
    private.stop();
    assert!(!private.engine().is_answering());
    private.start_again();
    assert!(!is_running(private.engine(), &id), "a stopped engine ended its containers");
    private.engine().docker(&["rm", &id]);
    assert!(private.engine().inventory().since(&before).is_empty());
}

#[test]
fn containers_may_outlive_its_death() {
    let Some(mut private) = start(&["--live-restore"]) else { return };
    let id = service(private.engine());
    private.kill();
    private.start_again();
    assert!(is_running(private.engine(), &id), "{}", private.log());
}

#[test]
fn this_machine_and_its_containers_reach_each_other() {
    let Some(private) = start(&[]) else { return };
    let engine = private.engine();
    let id = service(engine);
    let port = engine.docker(&["port", &id, "8080/tcp"]);
    let port = port.lines().next().and_then(|line| line.rsplit(':').next()).unwrap().parse::<u16>().unwrap();
    std::net::TcpStream::connect((private.address(), port)).expect("a published port is reached");

    let listener = std::net::TcpListener::bind((engine.machine_address(), 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let machine = engine.machine_address().to_string();
    let greet = || listener.accept().unwrap().0.write_all(b"hello").unwrap();
    engine.docker(&["network", "create", "own"]);
    for network in ["bridge", "own"] {
        let heard = std::thread::scope(|scope| {
            scope.spawn(greet);
            engine.docker(&[
                "run",
                "--rm",
                "--network",
                network,
                "rig/web",
                "nc",
                "-w",
                "30",
                &machine,
                &port,
            ])
        });
        assert_eq!(heard, "hello", "{network}");
    }
}

#[test]
fn nothing_outlives_it() {
    let Some(private) = start(&[]) else { return };
    service(private.engine());
    service(private.engine());
    let (folder, group) = (private.folder.path().to_owned(), private.group.clone());
    let pid = private.namespaces.id();
    private.engine().docker(&["run", "--privileged", "--rm", "rig/web", "true"]);
    drop(private);
    assert!(!folder.exists());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(&*folder.to_string_lossy()), "{mounts}");
    let hierarchies = fs::read_dir("/sys/fs/cgroup").unwrap().flatten().map(|entry| entry.path());
    let left: Vec<_> = hierarchies.map(|path| path.join(&group)).filter(|path| path.exists()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn it_can_be_a_swarm_of_one() {
    let Some(private) = start(&[]) else { return };
    let engine = private.engine();
    engine.docker(&["swarm", "init", "--advertise-addr", &private.address().to_string()]);
    // The swarm's own load balancer (IPVS) is not in every kernel.
    let publish = "mode=host,target=8080,published=18080";
    let create = ["service", "create", "--name", "web", "--publish", publish, "--no-resolve-image"];
    engine.docker(&[&create[..], &["rig/web"]].concat());
    assert!(engine.docker(&["service", "ls"]).contains("1/1"));
    std::net::TcpStream::connect((private.address(), 18080)).expect("the published port is reached");
}

#[test]
fn it_trusts_registries_of_this_machine() {
    let Some(private) = start(&[]) else { return };
    let engine = private.engine();
    let Some(address) = engine.require_registry_address() else { panic!("engines of tests trust it") };
    let Some(registry) = Registry::start(address, None) else { return };
    let image = registry.push(engine, "rig/web", "group/web:1");
    engine.docker(&["pull", "--quiet", &image]);
    assert_eq!(engine.image(&image), image);
}
