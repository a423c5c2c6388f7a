"""`chentsov neuron` from end to end: the first time, with an empty cache, and the times after.

    python benchmarks/command/first_light.py [runs] [options of chentsov neuron]

Each run is a process of its own; wall and processor seconds include the start of Python and every import.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time

BARS = {"first": 30.0, "later": 10.0}  # wall seconds, on two quiet cores


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall and processor seconds of a command that must succeed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr or done.stdout)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    arguments = sys.argv[1:]
    runs = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 3
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "chentsov.command_line",
            "neuron",
            *arguments,
            "--output",
            os.path.join(folder, "out"),
        ]
        environment = {**os.environ, "CHENTSOV_CACHE": os.path.join(folder, "cache")}
        print(f"{'run':8}{'wall':>10}{'processor':>12}{'bar':>8}")
        late = False
        for number in range(1 + runs):
            kind = "first" if number == 0 else "later"
            wall, processor = timed(command, environment)
            late |= wall > BARS[kind]
            print(f"{kind:8}{wall:8.2f} s{processor:10.2f} s{BARS[kind]:6.0f} s", flush=True)
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
