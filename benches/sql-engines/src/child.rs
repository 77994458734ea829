use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::Outcome;

/// Time that a process has to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// A port of this machine that is free now.
pub(crate) fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Starts this program again in another part, and waits until it listens; it ends when the handle is dropped.
pub(crate) async fn start(part: &str, ports: &[u16]) -> Outcome<Child> {
    let child = Command::new(std::env::current_exe()?)
        .arg(part)
        .args(ports.iter().map(u16::to_string))
        .kill_on_drop(true)
        .spawn()?;
    let listens = async {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, ports[0])).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, listens).await.map_err(|_| format!("the {part} does not listen"))?;
    Ok(child)
}
