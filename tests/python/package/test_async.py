"""Training and simulation beside an event loop."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

import cobre
from studies import LONG, SMALL, iterations


def test_a_training_can_be_awaited(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    async def main() -> cobre.TrainingResult:
        task = cobre.train_async(case, SMALL)
        assert repr(task).startswith("TrainingTask(running, ")
        result = await task
        assert task.done()
        assert not task.cancelled()
        assert task.result_so_far is result
        assert await task is result
        assert repr(task).startswith("TrainingTask(done, ")
        return result

    assert asyncio.run(main()).policy == trained.policy


def test_a_simulation_can_be_awaited(
    case: cobre.Case, trained: cobre.TrainingResult, simulated: cobre.SimulationResult
) -> None:
    async def main() -> cobre.SimulationResult:
        return await cobre.simulate_async(case, trained, SMALL)

    assert asyncio.run(main()).mean_cost == simulated.mean_cost


def test_the_loop_stays_free(case: cobre.Case) -> None:
    async def main() -> tuple[int, float]:
        begun = time.monotonic()
        task = cobre.train_async(case, iterations(40), threads=1)
        n_turns = 0
        while not task.done():
            n_turns += 1
            await asyncio.sleep(0.001)
        return n_turns, time.monotonic() - begun

    n_turns, seconds = asyncio.run(main())
    # One turn takes 1 ms and what the machine adds to it.
    assert n_turns > 20 * seconds


def test_progress_comes_as_it_happens(case: cobre.Case) -> None:
    async def main() -> None:
        task = cobre.train_async(case, iterations(5))
        seen: list[dict[str, Any]] = []
        done_before = []
        async for event in task.progress():
            seen.append(event)
            done_before.append(task.done())
        assert [event["iteration"] for event in seen if event["type"] == "progress"] == [1, 2, 3, 4, 5]
        assert (seen[0]["type"], seen[-1]["type"]) == ("started", "terminated")
        assert not done_before[0]
        assert [event async for event in task.progress()] == seen
        await task

    asyncio.run(main())


def test_two_trainings_run_side_by_side(case: cobre.Case, trained: cobre.TrainingResult) -> None:
    async def main() -> list[cobre.TrainingResult]:
        return list(await asyncio.gather(*(cobre.train_async(case, SMALL, threads=1) for _ in range(2))))

    assert [result.policy for result in asyncio.run(main())] == [trained.policy] * 2


def test_a_cancelled_training_ends_with_what_was_done(case: cobre.Case) -> None:
    async def main() -> None:
        task = cobre.train_async(case, LONG)
        async for event in task.progress():
            if event.get("iteration") == 2:
                task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
        so_far = task.result_so_far
        assert so_far is not None
        assert so_far.stopped
        more = iterations(so_far.iterations + 1)
        went_on = await cobre.train_async(case, more, resume_from=so_far)
        assert went_on.policy == (await cobre.train_async(case, more)).policy
        task.cancel()
        assert went_on.iterations == so_far.iterations + 1

    asyncio.run(main())


def test_a_time_out_stops_the_training(case: cobre.Case) -> None:
    async def main() -> cobre.TrainingTask:
        task = cobre.train_async(case, LONG)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(task, 0.3)
        async for _ in task.progress():
            pass
        return task

    task = asyncio.run(main())
    assert task.cancelled()
    assert task.done()
    assert task.result_so_far is not None


def test_errors_come_to_who_awaits(case: cobre.Case) -> None:
    async def main() -> None:
        task = cobre.train_async(case, solver="simplex")
        with pytest.raises(cobre.ArgumentError, match="no solver"):
            await task
        assert task.result_so_far is None

    asyncio.run(main())


def test_an_exception_of_who_listens_stops_the_training(case: cobre.Case) -> None:
    def hear(event: dict[str, Any]) -> None:
        if event["type"] == "progress":
            raise LookupError("seen enough")

    async def main() -> None:
        task = cobre.train_async(case, LONG, progress=hear)
        with pytest.raises(LookupError, match="seen enough"):
            await task
        assert task.result_so_far is not None

    asyncio.run(main())


def test_a_task_wants_a_loop(case: cobre.Case) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        cobre.train_async(case, SMALL)
