//! The network between this machine and a private engine.

use super::bounded::run_bounded;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{File, OpenOptions};
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Duration;

/// How long one change of the network may take.
const WITHIN: Duration = Duration::from_secs(10);

/// How many private engines may live at once.
const SLOTS: u8 = 16;

/// A range of addresses that nobody else has, 32 times 256 of those meant for tests of networks (198.18.0.0/15), and a
/// pair of interfaces in it. The lock on the range and the interfaces go with the value.
#[derive(Debug)]
pub(super) struct Network {
    slot: u8,
    _lock: Flock<File>,
}

impl Network {
    /// Takes a free range.
    ///
    /// # Panics
    /// When there is none.
    pub(super) fn take() -> Self {
        let lock = |slot| {
            let path = std::env::temp_dir().join(format!("runner-tests-network-{slot}.lock"));
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).ok()?;
            let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).ok()?;
            Some(Self { slot, _lock: lock })
        };
        (0..SLOTS).find_map(lock).expect("fewer private engines at once than ranges of addresses")
    }

    fn address(&self, third: u8, fourth: u8) -> Ipv4Addr {
        Ipv4Addr::new(198, 18 + self.slot / 8, (self.slot % 8) * 32 + third, fourth)
    }

    /// This machine, as the engine and its containers see it.
    pub(super) fn machine(&self) -> Ipv4Addr {
        self.address(0, 1)
    }

    /// The engine, as this machine sees it: where published ports are.
    pub(super) fn engine(&self) -> Ipv4Addr {
        self.address(0, 2)
    }

    /// What the engine is told about it.
    pub(super) fn arguments(&self) -> [String; 2] {
        let pool = self.address(16, 0);
        [format!("--bip={}/24", self.address(1, 1)), format!("--default-address-pool=base={pool}/20,size=26")]
    }

    /// Connects the network namespace of a process with this machine.
    ///
    /// # Panics
    /// When that is not allowed here.
    pub(super) fn connect(&self, pid: u32) {
        // The kernel may still be busy with the namespace of the range's last owner, if that was killed.
        self.disconnect();
        let outside = self.outside();
        let inside = format!("kit{}i", self.slot);
        let (machine, engine) = (format!("{}/30", self.machine()), format!("{}/30", self.engine()));
        let pid = pid.to_string();
        let peer = ["peer", "name", &inside, "netns", &pid];
        ip(&[&["link", "add", &outside, "type", "veth"], &peer[..]].concat());
        ip(&["address", "add", &machine, "dev", &outside]);
        ip(&["link", "set", &outside, "up"]);
        let within = |arguments: &[&str]| {
            run(Command::new("nsenter").args(["--target", &pid, "--net", "ip"]).args(arguments));
        };
        within(&["address", "add", &engine, "dev", &inside]);
        within(&["link", "set", &inside, "up"]);
        within(&["route", "add", "default", "via", &self.machine().to_string()]);
    }

    fn outside(&self) -> String {
        format!("kit{}o", self.slot)
    }

    fn disconnect(&self) {
        let mut command = Command::new("ip");
        // Mostly there is nothing to remove.
        run_bounded(command.args(["link", "delete", &self.outside()]), b"", WITHIN);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.disconnect();
    }
}

fn ip(arguments: &[&str]) {
    run(Command::new("ip").args(arguments));
}

fn run(command: &mut Command) {
    let output = run_bounded(command, b"", WITHIN);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_apart() {
        let (one, two) = (Network::take(), Network::take());
        assert_ne!(one.machine(), two.machine());
        assert_ne!(one.arguments(), two.arguments());
        let third = |network: &Network| network.engine().octets()[2];
        assert!(third(&one).is_multiple_of(32) && third(&two).is_multiple_of(32));
    }
}
