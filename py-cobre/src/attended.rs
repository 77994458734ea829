//! Long work in Rust, attended by the thread of Python that asked for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::PyClass;
use pyo3::prelude::*;

use crate::detached::guarded;
use crate::events::{Event, Events};
use crate::failure::Failure;
use crate::json;

/// How long Python's signals may wait.
const WAIT: Duration = Duration::from_millis(50);

/// A request to stop, which any thread may make at any time.
#[pyclass(module = "cobre", frozen, skip_from_py_object)]
#[derive(Debug, Clone, Default)]
pub(crate) struct StopRequest {
    raised: Arc<AtomicBool>,
}

impl StopRequest {
    pub(crate) fn raise(&self) {
        self.raised.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }
}

#[pymethods]
impl StopRequest {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn request(&self) {
        self.raise();
    }

    #[getter]
    fn is_requested(&self) -> bool {
        self.is_raised()
    }

    fn __repr__(&self) -> &'static str {
        if self.is_raised() { "StopRequest(requested)" } else { "StopRequest()" }
    }
}

/// What came of attended work.
pub(crate) struct Attended<T> {
    pub(crate) done: Result<T, Failure>,
    /// What Python raised meanwhile: a signal, or the listener's own failure. The work was asked to stop then.
    pub(crate) interruption: Option<PyErr>,
}

/// Does `work` on a thread of its own. The calling thread holds the lock of the interpreter only while it hands an event
/// to `listener` and while it looks for signals, at least every 50 ms; an exception then asks the work to stop. In the end
/// the listener is closed.
pub(crate) fn attend<T: Send>(
    py: Python<'_>,
    name: &str,
    listener: Option<&Bound<'_, PyAny>>,
    stop: &StopRequest,
    work: impl FnOnce(&Events) -> Result<T, Failure> + Send,
) -> Attended<T> {
    thread::scope(|scope| {
        let (sender, receiver) = channel();
        let events = Events::new(listener.map(|_| sender.clone()));
        // The channel closes when the work is done, and then the wait is over.
        let body = move || {
            let _open = sender;
            guarded(|| work(&events))
        };
        let worker = match thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, body) {
            Ok(worker) => worker,
            Err(error) => {
                let done = Err(Failure::threads(&format!("a thread could not be started: {error}")));
                return Attended { done, interruption: None };
            }
        };
        let mut interruption = hear(py, receiver, listener, stop);
        let done = py.detach(|| worker.join());
        let done = done.unwrap_or_else(|_| Err(Failure::panic("the thread of the work ended")));
        if let Some(Err(failed)) = listener.map(|listener| listener.call_method0("close")) {
            interruption.get_or_insert(failed);
        }
        Attended { done, interruption }
    })
}

/// Hands events over until there are no more. What Python raises meanwhile asks the work to stop.
fn hear(
    py: Python<'_>,
    mut events: Receiver<Event>,
    listener: Option<&Bound<'_, PyAny>>,
    stop: &StopRequest,
) -> Option<PyErr> {
    let mut interruption = None;
    loop {
        match py.detach(|| next(&mut events)) {
            Ok(event) if interruption.is_none() => interruption = tell(py, listener, &event).err(),
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return interruption,
        }
        if let Err(signal) = py.check_signals() {
            interruption.get_or_insert(signal);
        }
        if interruption.is_some() {
            stop.raise();
        }
    }
}

fn next(events: &mut Receiver<Event>) -> Result<Event, RecvTimeoutError> {
    events.recv_timeout(WAIT)
}

fn tell(py: Python<'_>, listener: Option<&Bound<'_, PyAny>>, event: &Event) -> PyResult<()> {
    if let Some(listener) = listener {
        listener.call1((json::to_python(py, event)?,))?;
    }
    Ok(())
}

impl<T> Attended<T> {
    /// The outcome as Python sees it. What was done before an interruption is the attribute `result` of the exception.
    pub(crate) fn conclude<'py, R: PyClass>(
        self,
        py: Python<'py>,
        wrap: impl FnOnce(T) -> PyResult<Bound<'py, R>>,
    ) -> PyResult<Bound<'py, R>> {
        match (self.done, self.interruption) {
            (Ok(done), None) => wrap(done),
            (Ok(done), Some(interruption)) => {
                let result = wrap(done)?;
                // An exception that takes no attributes is raised without.
                let _ = interruption.value(py).setattr("result", result);
                Err(interruption)
            }
            (Err(failure), interruption) => {
                let error = PyErr::from(failure);
                error.set_cause(py, interruption);
                Err(error)
            }
        }
    }
}
