"""The installed command, and ``python -m chentsov``: an interrupt while the modules load is one line, too."""

from __future__ import annotations

import os
import signal
from types import FrameType

__all__ = ["main"]


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, b"chentsov: error: interrupted\n")
    os._exit(130)


def main() -> None:
    """Run the command line."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    from chentsov.command_line import main as run

    signal.signal(signal.SIGINT, handler)
    run()


if __name__ == "__main__":
    main()
