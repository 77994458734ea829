use std::io;

use tokio::runtime::{Builder, Runtime};

/// Stack of a thread (bytes). Statements may be thousands of operators deep, and what is built of them is walked, copied
/// and dropped by recursion. The system gives memory to what is touched only.
const STACK: usize = 256 << 20;

/// The threads of a server; none for all cores.
///
/// # Errors
/// When the system gives no threads.
pub fn build_runtime(threads: Option<usize>) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    builder.thread_name("cobre-serve").thread_stack_size(STACK).enable_all().build()
}
