use std::sync::Arc;
use std::time::Duration;

use ballista::prelude::{SessionConfigExt, SessionContextExt};
use ballista_core::config::TaskSchedulingPolicy;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::process::Child;

use crate::Outcome;
use crate::child::{free_port, start};

/// A scheduler of Ballista and its executors. Tasks are pushed: to be asked for, they would wait up to 100 ms.
pub(crate) struct Cluster {
    port: u16,
    _processes: Vec<Child>,
}

impl Cluster {
    pub(crate) async fn start(n: usize) -> Outcome<Self> {
        let port = free_port()?;
        let mut processes = vec![start("scheduler", &[port]).await?];
        for _ in 0..n {
            processes.push(start("executor", &[free_port()?, free_port()?, port]).await?);
        }
        // They register after they listen.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(Self { port, _processes: processes })
    }

    pub(crate) async fn context(&self, partitions: usize) -> Outcome<SessionContext> {
        let config = SessionConfig::new_with_ballista().with_target_partitions(partitions);
        let state = SessionStateBuilder::new().with_default_features().with_config(config).build();
        Ok(SessionContext::remote_with_state(&format!("df://127.0.0.1:{}", self.port), state).await?)
    }
}

/// Is the scheduler.
pub(crate) async fn schedule(port: u16) -> Outcome<()> {
    let config = SchedulerConfig::default()
        .with_hostname("127.0.0.1")
        .with_port(port)
        .with_scheduler_policy(TaskSchedulingPolicy::PushStaged);
    let config = Arc::new(config);
    let cluster = BallistaCluster::new_from_config(&config).await?;
    Ok(start_server(cluster, format!("127.0.0.1:{port}").parse()?, config).await?)
}

/// Is an executor.
pub(crate) async fn execute(port: u16, grpc_port: u16, scheduler_port: u16) -> Outcome<()> {
    let config = ExecutorProcessConfig {
        port,
        grpc_port,
        scheduler_port,
        bind_host: "127.0.0.1".into(),
        external_host: Some("127.0.0.1".into()),
        scheduler_host: "127.0.0.1".into(),
        task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
        vcores: 1,
        scheduler_connect_timeout_seconds: 20,
        ..Default::default()
    };
    Ok(start_executor_process(Arc::new(config)).await?)
}
