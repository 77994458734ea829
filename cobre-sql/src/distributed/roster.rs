use std::io;
use std::sync::{PoisonError, RwLock};

use datafusion::error::{DataFusionError, Result};
use datafusion_distributed::WorkerResolver;
use futures::future::join_all;
use url::Url;

use super::channels::{Absence, Channels};

/// Which workers take part: those that answered when they were last asked.
#[derive(Debug)]
pub(super) struct Roster {
    all: Vec<Url>,
    present: RwLock<Vec<Url>>,
}

impl Roster {
    pub(super) fn new(all: Vec<Url>) -> Self {
        Self { all, present: RwLock::default() }
    }

    /// Asks all who is there. Those that do not answer are left out until they do.
    ///
    /// # Errors
    /// When nobody answers, or one that does cannot be used: its answers might be others.
    pub(super) async fn call(&self, channels: &Channels) -> Result<()> {
        let asked = join_all(self.all.iter().map(|url| channels.check(url))).await;
        let (mut present, mut silent) = (Vec::new(), Vec::new());
        for (url, answer) in self.all.iter().zip(asked) {
            match answer {
                Ok(()) => present.push(url.clone()),
                Err(Absence::Silent(why)) => silent.push(format!("{url}: {why}")),
                Err(Absence::Unfit(why)) => {
                    return Err(unusable(format!("worker {url} cannot be used: {why}")));
                }
            }
        }
        if present.is_empty() {
            return Err(unusable(format!("no worker answers\n{}", silent.join("\n"))));
        }
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = present;
        Ok(())
    }

    fn present(&self) -> Vec<Url> {
        self.present.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who does each of some tasks: one after the other in turn.
    pub(super) fn assign(&self, n_tasks: usize) -> Vec<Url> {
        self.present().iter().cycle().take(n_tasks).cloned().collect()
    }
}

fn unusable(message: String) -> DataFusionError {
    DataFusionError::IoError(io::Error::other(message))
}

impl WorkerResolver for Roster {
    fn get_urls(&self) -> Result<Vec<Url>> {
        Ok(self.present())
    }
}
