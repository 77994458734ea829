"""Reports the lines of the Python package that its tests reach, and fails where a file is below the threshold.

python dev.d/coverage.py PYTHON.json RUST.txt
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
THRESHOLD = 0.90
LINE = re.compile(r"^ *\d+\| *(\d+)\|")


def of_python(path: Path) -> dict[str, tuple[int, int]]:
    """Lines reached and lines there are, by file, of a report of coverage.py."""
    files = json.loads(path.read_text())["files"]
    found = {}
    for name, file in files.items():
        _, _, within = name.partition("/cobre/")
        summary = file["summary"]
        if within and summary["num_statements"]:
            found[f"py-cobre/python/cobre/{within}"] = (summary["covered_lines"], summary["num_statements"])
    return found


def of_rust(path: Path) -> dict[str, tuple[int, int]]:
    """The same of the annotated source that `cov show` prints: the name of a file, then its lines with their counts."""
    found: dict[str, tuple[int, int]] = {}
    name = None
    for line in path.read_text().splitlines():
        if line.startswith("/"):
            inside = line.startswith(f"{ROOT}/py-cobre/src/")
            name = line.removeprefix(f"{ROOT}/") if inside else None
        elif name and (match := LINE.match(line)):
            reached, there = found.get(name, (0, 0))
            found[name] = (reached + (match[1] != "0"), there + 1)
    return found


def main() -> int:
    python, rust = (Path(argument) for argument in sys.argv[1:3])
    files = of_python(python) | of_rust(rust)
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "py-cobre" / "src").rglob("*.rs")}
    below = []
    for name, (reached, there) in sorted(files.items()):
        share = reached / there
        print(f"{share:7.1%} {reached:5d} of {there:5d}  {name}")
        if share < THRESHOLD:
            below.append(name)
    # A file without a single line of code, such as one that only declares modules, is in no report.
    silent = sorted(name for name in sources - set(files) if "fn " in (ROOT / name).read_text())
    reached, there = (sum(counts) for counts in zip(*files.values(), strict=True))
    print(f"{reached / there:7.1%} {reached:5d} of {there:5d}  all")
    for name in below:
        print(f"error: {name} is below {THRESHOLD:.0%}", file=sys.stderr)
    for name in silent:
        print(f"error: {name} has code and was not measured", file=sys.stderr)
    return 1 if below or silent else 0


if __name__ == "__main__":
    sys.exit(main())
