"""Training and simulation beside other work of an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, TypeVar

from cobre._cobre.case import Case
from cobre._cobre.policy import Policy
from cobre._cobre.simulation import SimulationResult, simulate
from cobre._cobre.training import StopRequest, TrainingResult, train
from cobre._progress import Listener, Progress, listener

R = TypeVar("R")


class _Task(Generic[R]):
    """Work on a thread of its own, which the event loop waits for.

    Awaiting it gives the result, any number of times. When it was cancelled, or the task that awaits it is, awaiting
    raises `asyncio.CancelledError`, and the work stops at its next safe point: the end of an iteration or of a bucket.
    """

    def __init__(self, work: Callable[..., R], progress: Progress) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = StopRequest()
        self._display: Listener = listener(progress)
        self._events: list[dict[str, Any]] = []
        self._changed = asyncio.Event()
        self._is_cancelled = False
        self._failure: Exception | None = None
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cobre")
        self._future = self._loop.run_in_executor(executor, partial(work, progress=self._hear, stop=self._stop))
        self._future.add_done_callback(self._end)
        executor.shutdown(wait=False)

    def _hear(self, event: dict[str, Any]) -> None:
        # On the thread of the work.
        try:
            self._loop.call_soon_threadsafe(self._tell, event)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            self._stop.request()

    def _tell(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        self._wake()
        if self._failure is None:
            try:
                self._display(event)
            except Exception as failure:
                # As on a thread: work that is not listened to as wanted ends, and the failure is told to who awaits it.
                self._failure = failure
                self._stop.request()

    def _end(self, future: asyncio.Future[R]) -> None:
        del future
        self._display.close()
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def __await__(self) -> Generator[Any, None, R]:
        return self._wait().__await__()

    async def _wait(self) -> R:
        try:
            # The thread cannot be cancelled; it is asked to stop.
            result = await asyncio.shield(self._future)
        except asyncio.CancelledError:
            self.cancel()
            raise
        if self._failure is not None:
            raise self._failure
        if self._is_cancelled:
            raise asyncio.CancelledError
        return result

    def cancel(self) -> None:
        """Asks the work to stop at its next safe point. Awaiting it raises `asyncio.CancelledError` then."""
        if not self._future.done():
            self._is_cancelled = True
            self._stop.request()

    def cancelled(self) -> bool:
        """Whether it was cancelled before it had ended by itself."""
        return self._is_cancelled

    def done(self) -> bool:
        """Whether the work has ended."""
        return self._future.done()

    @property
    def result_so_far(self) -> R | None:
        """What was done, once the work has ended: after a cancellation, too; `None` before, and after an error."""
        if not self._future.done() or self._future.cancelled() or self._future.exception() is not None:
            return None
        return self._future.result()

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """The events, from the first one on, as they come; ends with the work."""
        n_seen = 0
        while True:
            changed = self._changed
            while n_seen < len(self._events):
                n_seen += 1
                yield self._events[n_seen - 1]
            if self._future.done():
                return
            await changed.wait()

    def __repr__(self) -> str:
        state = "cancelled" if self._is_cancelled else "done" if self.done() else "running"
        return f"{type(self).__name__}({state}, {len(self._events)} events)"


class TrainingTask(_Task[TrainingResult]):
    """A training that runs beside the event loop; see `train_async`."""


class SimulationTask(_Task[SimulationResult]):
    """A simulation that runs beside the event loop; see `simulate_async`."""


def train_async(
    case: Case,
    config_overrides: dict[str, Any] | None = None,
    *,
    progress: Progress = False,
    **options: Any,
) -> TrainingTask:
    """Starts a training; to be called, without `await`, where an event loop runs.

    The loop stays free: the training runs on a thread by `run_in_executor`, on an executor of its own.

    Args:
        case: the case.
        config_overrides: changes of its configuration, as for `train`.
        progress: as for `train`, but without a display by default; callables are called on the thread of the loop.
        options: the other keyword arguments of `train`, except `stop`.

    Returns:
        What can be awaited for the `TrainingResult`, cancelled, and iterated over by `async for event in
        task.progress()`.

    Example:
        >>> import asyncio
        >>> case = cobre.CaseLoader.load("datasets/four-reservoirs")
        >>> limit = {"training": {"stopping_rules": [{"type": "iteration_limit", "limit": 2}]}}
        >>> async def main():
        ...     task = cobre.train_async(case, limit)
        ...     steps = [event["iteration"] async for event in task.progress() if event["type"] == "progress"]
        ...     return steps, (await task).iterations
        >>> asyncio.run(main())
        ([1, 2], 2)
    """
    return TrainingTask(partial(train, case, config_overrides, **options), progress)


def simulate_async(
    case: Case,
    policy: Policy | TrainingResult,
    config_overrides: dict[str, Any] | None = None,
    *,
    progress: Progress = False,
    **options: Any,
) -> SimulationTask:
    """Starts a simulation; to be called, without `await`, where an event loop runs.

    Args:
        case: the case.
        policy: the policy, or the result of the training that made it.
        config_overrides: changes of the configuration, as for `simulate`.
        progress: as for `simulate`, but without a display by default; callables are called on the thread of the loop.
        options: the other keyword arguments of `simulate`, except `stop`.

    Returns:
        What can be awaited for the `SimulationResult`, cancelled, and iterated over by `async for event in
        task.progress()`.
    """
    return SimulationTask(partial(simulate, case, policy, config_overrides, **options), progress)
