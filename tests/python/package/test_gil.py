"""Other threads of Python run while policies are trained, simulated and evaluated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import cobre
from studies import iterations, scenarios


class Counter:
    """A thread that counts as fast as it can."""

    def __init__(self) -> None:
        self.count = 0
        self._goes_on = True
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while self._goes_on:
            self.count += 1

    def __enter__(self) -> Counter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._goes_on = False
        self._thread.join()


def longest_pause(work: Callable[[], Any]) -> tuple[float, float]:
    """The longest time for which another thread did not run while `work` did, and how long that took (s)."""
    pauses = [0.0]
    goes_on = True

    def tick() -> None:
        last = time.perf_counter()
        while goes_on:
            time.sleep(0.0005)
            now = time.perf_counter()
            pauses.append(now - last)
            last = now

    thread = threading.Thread(target=tick)
    thread.start()
    begun = time.perf_counter()
    try:
        work()
    finally:
        seconds = time.perf_counter() - begun
        goes_on = False
        thread.join()
    return max(pauses), seconds


def test_another_thread_counts_while_a_policy_is_trained(case: cobre.Case) -> None:
    with Counter() as counter:
        before = counter.count
        cobre.train(case, iterations(30), threads=1)
        assert counter.count - before > 10_000


def test_nothing_holds_the_lock_for_long(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    policy = trained.policy
    states = np.tile(policy.initial_state, (400_000, 1))
    works: list[Callable[[], Any]] = [
        lambda: cobre.train(case, iterations(150), threads=1, progress=lambda _: None),
        lambda: cobre.simulate(case, policy, scenarios(2000), threads=1),
        lambda: [policy.evaluate(states) for _ in range(160)],
    ]
    for work in works:
        pause, seconds = longest_pause(work)
        # With the lock held, the pause would be the whole time.
        assert seconds > 0.1
        assert pause < 0.5 * seconds
