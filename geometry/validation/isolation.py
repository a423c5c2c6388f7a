"""Calls in a process of their own: native code that never returns, or that crashes, then ends only that process."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import pickle
import signal
import sys
import tempfile
import weakref
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Any

from ..exact.errors import ChentsovError

__all__ = ["ChildEnded", "Worker", "can_isolate"]

# Beyond its time limit a call has this long to come back by itself (the limit works between bytecodes).
_GRACE = 1.0


class ChildEnded(ChentsovError):
    """The child gave no answer; the message says how it ended, ``hung`` whether it had to be ended."""

    def __init__(self, message: str, hung: bool):
        super().__init__(message)
        self.hung = hung


def can_isolate() -> bool:
    """Whether the system can fork."""
    return hasattr(os, "fork")


class Worker:
    """A forked child that carries out the calls of one function; made anew after it was ended.

    The child knows everything that the parent knew when it was forked. What it prints, by whatever means,
    goes to a file.
    """

    def __init__(self, work: Callable[..., Any]):
        self._work = work
        self._pid = 0
        self._pipe: Connection | None = None
        self._said: Any = None
        self._finalizer: Any = weakref.finalize(self, lambda: None)

    def ask(self, seconds: float, *arguments: Any) -> tuple[Any, str]:
        """``work(*arguments)`` as the child computes it, and what was written to its output meanwhile.

        Raises:
            ChildEnded: the child crashed, or did not answer within ``seconds`` and a grace.
        """
        if self._pipe is None:
            self._start()
        assert self._pipe is not None
        try:
            self._pipe.send(arguments)
            if not self._pipe.poll(seconds + _GRACE):
                self.close()
                raise ChildEnded(
                    f"no answer within {seconds:g} s, and no reaction to the time limit: the process was ended", True
                )
            answer = self._pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise ChildEnded(self._how_it_ended(), False) from None
        return answer, self._output()

    def close(self) -> None:
        """End the child, if there is one."""
        self._finalizer()
        self._pid, self._pipe = 0, None

    def _start(self) -> None:
        ours, theirs = Pipe()
        self._said = tempfile.TemporaryFile()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                ours.close()
                self._serve(theirs)
                status = 0
            finally:
                os._exit(status)
        theirs.close()
        self._pid, self._pipe = pid, ours
        self._finalizer = weakref.finalize(self, _end, pid, ours, self._said)

    def _serve(self, pipe: Connection) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
        faulthandler.disable()
        sys.stdin = open(os.devnull)
        os.dup2(sys.stdin.fileno(), 0)
        for descriptor in (1, 2):
            os.dup2(self._said.fileno(), descriptor)
        while True:
            try:
                arguments = pipe.recv()
            except EOFError:
                return
            answer = self._work(*arguments)
            pipe.send_bytes(pickle.dumps(answer))

    def _output(self) -> str:
        self._said.seek(0)
        text = self._said.read(2000).decode(errors="replace")
        if text:
            self._said.seek(0)
            self._said.truncate()
        return str(text)

    def _how_it_ended(self) -> str:
        pid, self._pid = self._pid, 0
        _, status = os.waitpid(pid, 0)
        self._finalizer.detach()
        self._pipe = None
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            with contextlib.suppress(ValueError):
                return f"ends its process by signal {number} ({signal.Signals(number).name})"
            return f"ends its process by signal {number}"
        return f"ends its process with exit status {os.waitstatus_to_exitcode(status)}"


def _end(pid: int, pipe: Connection, said: Any) -> None:
    pipe.close()
    said.close()
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
