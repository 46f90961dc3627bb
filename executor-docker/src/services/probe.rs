//! Whether something listens: by connecting.
//!
//! Where the container's network is out of this process's reach (a remote engine, a rootless one), the same loop
//! runs in a container of the job; see [`Prober`].

use executor::CancellationToken;
use futures_util::future::select_ok;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// First pause between two tries; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// Longest pause: what a service that listens may be noticed too late.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// How long one connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// If in this time nothing at all came back from a host of the engine, it cannot be reached from here.
const SILENCE: Duration = Duration::from_secs(3);

/// Looks from a place that reaches the job's services.
#[allow(async_fn_in_trait, reason = "a job runs on one thread; its futures need not be Send")]
pub trait Prober {
    /// Waits until one of the ports accepts a connection, and says which. Soon after `stop` is cancelled it
    /// ends, whatever it answers then.
    ///
    /// # Errors
    /// [`ProbeError`]: it cannot be told from there.
    async fn probe(&self, host: IpAddr, ports: &[u16], stop: &CancellationToken) -> Result<u16, ProbeError>;
}

/// It cannot be told whether a service listens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot tell whether a port is open: {reason}")]
pub struct ProbeError {
    /// Why not.
    pub reason: String,
}

impl ProbeError {
    /// An error with a reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// Looks from this process. Only for engines on this machine: an address of another machine's containers may be
/// somebody else's here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Direct;

impl Prober for Direct {
    async fn probe(&self, host: IpAddr, ports: &[u16], stop: &CancellationToken) -> Result<u16, ProbeError> {
        let heard = AtomicBool::new(false);
        let silent = async {
            sleep(SILENCE).await;
            if heard.load(Ordering::Relaxed) {
                std::future::pending().await
            } else {
                ProbeError::new(format!("{host} does not answer"))
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(ProbeError::new("stopped")),
            port = first_open(host, ports, &heard) => port,
            error = silent => Err(error),
        }
    }
}

/// Waits until one of the ports of a host accepts a connection, for as long as it takes.
///
/// # Errors
/// There is no port.
pub async fn until_open(host: IpAddr, ports: &[u16]) -> Result<u16, ProbeError> {
    first_open(host, ports, &AtomicBool::new(false)).await
}

async fn first_open(host: IpAddr, ports: &[u16], heard: &AtomicBool) -> Result<u16, ProbeError> {
    if ports.is_empty() {
        return Err(ProbeError::new("there is no port"));
    }
    let loops = ports.iter().map(|port| Box::pin(one_open(SocketAddr::new(host, *port), heard)));
    select_ok(loops).await.map(|(port, _)| port)
}

async fn one_open(address: SocketAddr, heard: &AtomicBool) -> Result<u16, ProbeError> {
    let mut pause = FIRST_PAUSE;
    while !connects(address, heard).await {
        sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
    Ok(address.port())
}

/// Tries once. `heard` is set when the host answered, be it a refusal.
async fn connects(address: SocketAddr, heard: &AtomicBool) -> bool {
    match timeout(CONNECT_LIMIT, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => {
            heard.store(true, Ordering::Relaxed);
            // On one's own machine a connection may be given the very port that it asks for, and meet itself.
            !matches!((stream.local_addr(), stream.peer_addr()), (Ok(own), Ok(other)) if own == other)
        }
        Ok(Err(error)) => {
            if error.kind() == std::io::ErrorKind::ConnectionRefused {
                heard.store(true, Ordering::Relaxed);
            }
            false
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// A port on which nobody listens, and the socket that keeps others from it.
    fn closed_port() -> (u16, std::net::UdpSocket) {
        loop {
            let keeper = std::net::UdpSocket::bind((HERE, 0)).unwrap();
            let port = keeper.local_addr().unwrap().port();
            if TcpListener::bind((HERE, port)).is_ok() {
                return (port, keeper);
            }
        }
    }

    #[tokio::test]
    async fn the_first_port_that_accepts_is_found() {
        let (closed, _keeper) = closed_port();
        let listener = TcpListener::bind((HERE, 0)).unwrap();
        let open = listener.local_addr().unwrap().port();
        assert_eq!(until_open(HERE, &[closed, open]).await, Ok(open));
        assert!(until_open(HERE, &[]).await.is_err());
    }

    #[tokio::test]
    async fn a_port_that_opens_late_is_found() {
        let (port, _keeper) = closed_port();
        let looks = tokio::spawn(async move { until_open(HERE, &[port]).await });
        // Long enough for pauses to be as long as they get.
        sleep(4 * LONGEST_PAUSE).await;
        assert!(!looks.is_finished());
        let _listener = TcpListener::bind((HERE, port)).unwrap();
        assert_eq!(looks.await.unwrap(), Ok(port));
    }

    #[tokio::test]
    async fn a_probe_ends_when_it_is_stopped() {
        let (port, _keeper) = closed_port();
        let stop = CancellationToken::new();
        stop.cancel();
        assert_eq!(Direct.probe(HERE, &[port], &stop).await, Err(ProbeError::new("stopped")));
    }

    #[tokio::test]
    async fn silence_is_told_from_refusal() {
        // The addresses that are for discarding: nobody answers, whether packets get lost or have no way to go.
        let nowhere: IpAddr = "100::1".parse().unwrap();
        let error = Direct.probe(nowhere, &[9], &CancellationToken::new()).await.unwrap_err();
        assert!(error.reason.contains("does not answer"), "{error}");
        let (port, _keeper) = closed_port();
        let (ports, stop) = ([port], CancellationToken::new());
        let refused = timeout(SILENCE + Duration::from_secs(1), Direct.probe(HERE, &ports, &stop)).await;
        assert!(refused.is_err(), "a host that refuses is there: the wait goes on");
    }
}
