"""Runs a command and prints, as JSON, what it used. Imports next to nothing, and is started without site packages.

    python -I -S benches/suite_child.py COMMAND [ARGUMENT ...]

Linux counts towards the peak of a process what its parent held when it was started: beside a small parent that is
less than any program of the suite needs, beside one that has Arrow loaded it is not.
"""

import os
import sys
import time


def main() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    started = time.perf_counter()
    process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)])
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    print(
        f'{{"code": {code}, "cpu_seconds": {used.ru_utime + used.ru_stime}, "wall_seconds": {wall}, '
        f'"peak_mb": {used.ru_maxrss / 1024}}}'
    )


if __name__ == "__main__":
    main()
