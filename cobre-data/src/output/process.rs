use serde::{Deserialize, Serialize};

/// Where a writer runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Name of the machine, if it tells.
    pub host: Option<String>,
    /// What gives numbers to processes there: one start of one machine, or a container in it. Machines may share a name.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Process on that machine.
    pub pid: u32,
    /// When the process began, in the machine's own count: tells it from a later one with the same number.
    #[serde(default)]
    pub pid_started: Option<u64>,
}

/// What can be known of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcessState {
    Running,
    Gone,
    /// On another machine, or on a system that does not tell.
    Elsewhere,
}

impl Process {
    /// This process.
    pub(super) fn current() -> Self {
        let pid = std::process::id();
        Self { host: host_name(), namespace: namespace(), pid, pid_started: start_time(pid) }
    }

    pub(super) fn state(&self) -> ProcessState {
        let is_here = self.host.is_some() && self.host == host_name() && self.namespace == namespace();
        if !is_here || start_time(std::process::id()).is_none() {
            return ProcessState::Elsewhere;
        }
        match (start_time(self.pid), self.pid_started) {
            (None, _) => ProcessState::Gone,
            (Some(now), Some(then)) if now != then => ProcessState::Gone,
            _ => ProcessState::Running,
        }
    }
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host.as_deref().unwrap_or("an unnamed machine"))
    }
}

/// Identity of the machine's last start and of the namespace of processes (`pid_namespaces(7)`).
fn namespace() -> Option<String> {
    let start = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let processes = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", start.trim(), processes.display()))
}

/// Name of this machine, if it tells.
pub(crate) fn host_name() -> Option<String> {
    let from_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    from_kernel
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_string())
        .filter(|name| !name.is_empty())
}

/// Start of a running process in clock ticks since the machine's start (field 22 of `/proc/<pid>/stat`, proc(5)); none
/// when there is no such process, or it has ended and only waits to be noticed by its parent.
fn start_time(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in parentheses, may hold spaces and parentheses itself.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let state = fields.first()?;
    if matches!(*state, "Z" | "X") { None } else { fields.get(19)?.parse().ok() }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_an_ended_one_is_gone() {
        let me = Process::current();
        assert_eq!(me.state(), ProcessState::Running);
        let mut child = std::process::Command::new("true").spawn().expect("a program");
        let pid = child.id();
        child.wait().expect("it ends");
        assert_eq!(Process { pid, pid_started: None, ..me.clone() }.state(), ProcessState::Gone);
        let other_start = me.pid_started.map(|ticks| ticks + 1);
        assert_eq!(Process { pid_started: other_start, ..me.clone() }.state(), ProcessState::Gone);
        let elsewhere = ProcessState::Elsewhere;
        assert_eq!(Process { namespace: Some("another start".into()), pid, ..me.clone() }.state(), elsewhere);
        assert_eq!(Process { host: Some("elsewhere".into()), ..me }.state(), elsewhere);
    }
}
