"""Who hears how training and simulation go: `logging`, a display, a callable of the user.

All of them are called on the thread that called `train`, `simulate` or `launch`, between two waits for the work, which
runs on threads without an interpreter and never waits for them.
"""

from __future__ import annotations

import html
import importlib
import logging
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

Event = Mapping[str, Any]
"""What has happened: a dictionary of plain data whose entry `type` says what kind of event it is."""

Progress = bool | Callable[[dict[str, Any]], object] | None
"""`None`: a display in a terminal and in Jupyter; `True`, `False`: one anywhere, none; or who is called with events."""

_LOGGER = logging.getLogger("cobre")
_REDRAW_SECONDS = 0.1
_BAR_WIDTH = 24


class _Display(Protocol):
    def show(self, line: str, share: float | None, *, is_last: bool) -> None: ...

    def close(self) -> None: ...


class Listener:
    """Hands events on: to the logger `cobre`, to a display, to a callable."""

    def __init__(self, call: Callable[[dict[str, Any]], object] | None, display: _Display | None) -> None:
        self._call = call
        self._display = display
        self._last_drawn = 0.0

    def __call__(self, event: dict[str, Any]) -> None:
        _log(event)
        if self._display is not None:
            self._draw(self._display, event)
        if self._call is not None:
            self._call(event)

    def close(self) -> None:
        """Leaves the display as it is."""
        if self._display is not None:
            self._display.close()

    def _draw(self, display: _Display, event: Event) -> None:
        if event["type"] not in ("progress", "terminated"):
            return
        now = time.monotonic()
        share = _share(event)
        is_last = event["type"] == "terminated" or share == 1.0
        if is_last or now - self._last_drawn >= _REDRAW_SECONDS:
            self._last_drawn = now
            display.show(describe(event), share, is_last=is_last)


def listener(progress: Progress) -> Listener:
    """Who listens, from the argument `progress`."""
    if progress is None or isinstance(progress, bool):
        return Listener(None, _display(progress))
    if not callable(progress):
        raise TypeError(f"progress is None, True, False or a callable; found {type(progress).__name__}")
    return Listener(progress, None)


def describe(event: Event) -> str:
    """One line for people."""
    match event["type"]:
        case "started":
            return (
                f"{event['case']}: {event['stages']} stages, {event['hydros']} hydros, {event['thermals']} thermals, "
                f"{event['buses']} buses, {event['lines']} lines; "
                f"{event['ranks']} ranks with {event['threads_per_rank']} threads"
            )
        case "progress" if event["phase"] == "training":
            limit = event.get("iteration_limit")
            gap = event["gap"]
            return (
                f"iteration {event['iteration']}"
                + (f"/{limit}" if limit is not None else "")
                + f"  lower bound {event['lower_bound']:.6e}  cost {event['upper_bound']:.4e}"
                + (f"  gap {gap:.2f} %" if gap is not None else "")
                + f"  {event['cuts']} cuts  {event['wall_time_ms'] / 1e3:.1f} s"
            )
        case "progress":
            return (
                f"simulated {event['scenarios_complete']}/{event['scenarios_total']} scenarios  "
                f"{event['elapsed_ms'] / 1e3:.1f} s"
            )
        case "terminated":
            return (
                f"trained {event['iterations']} iterations in {event['total_time_ms'] / 1e3:.1f} s: "
                f"lower bound {event['final_lb']:.6e}, {event['total_cuts']} cuts ({event['reason']})"
            )
        case "checkpoint":
            return f"checkpoint after iteration {event['iteration']}"
        case _:
            return str(event.get("message", event["type"]))


def _log(event: Event) -> None:
    level = {"warning": logging.WARNING, "progress": logging.DEBUG}.get(event["type"], logging.INFO)
    if event["type"] == "progress" and event["phase"] == "training":
        level = logging.INFO
    if _LOGGER.isEnabledFor(level):
        _LOGGER.log(level, "%s", describe(event), extra={"event": dict(event)})


def _share(event: Event) -> float | None:
    """How much is done, where that is known."""
    if event["type"] == "terminated":
        return 1.0
    if event["phase"] == "simulation":
        return float(event["scenarios_complete"]) / float(max(1, event["scenarios_total"]))
    limit = event.get("iteration_limit")
    return None if not limit else min(1.0, float(event["iteration"]) / float(limit))


def _display(wanted: bool | None) -> _Display | None:
    if wanted is False:
        return None
    if _is_jupyter():
        return _Notebook()
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    if is_terminal:
        return _Terminal()
    return _Lines() if wanted and sys.stderr is not None else None


def _is_jupyter() -> bool:
    """Whether this is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


def _bar(share: float) -> str:
    n_full = round(share * _BAR_WIDTH)
    return "█" * n_full + "░" * (_BAR_WIDTH - n_full) + "  "


class _Terminal:
    """A line that is redrawn."""

    def __init__(self) -> None:
        self._is_open = False

    def show(self, line: str, share: float | None, *, is_last: bool) -> None:
        bar = "" if share is None else _bar(share)
        sys.stderr.write(f"\r\x1b[2K{bar}{line}" + ("\n" if is_last else ""))
        sys.stderr.flush()
        self._is_open = not is_last

    def close(self) -> None:
        if self._is_open:
            sys.stderr.write("\n")
            sys.stderr.flush()
            self._is_open = False


class _Lines:
    """One line after the other, for a display that was asked for where there is no terminal."""

    def show(self, line: str, share: float | None, *, is_last: bool) -> None:
        del share, is_last
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def close(self) -> None:
        return


class _Notebook:
    """An output of a cell that is replaced."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, line: str, share: float | None, *, is_last: bool) -> None:
        del is_last
        # By name: it is there in a notebook, and no dependency elsewhere.
        ipython: Any = importlib.import_module("IPython.display")
        bar = "" if share is None else f'<progress value="{share:.4f}" max="1" style="width: 16em"></progress> '
        output = ipython.HTML(f"{bar}<code>{html.escape(line)}</code>")
        if self._handle is None:
            self._handle = ipython.display(output, display_id=True)
        else:
            self._handle.update(output)

    def close(self) -> None:
        return
