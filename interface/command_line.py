"""The command line: ``chentsov <command>``. Each command is a file of its own in ``commands/``.

Whatever is wrong with the input ends in one line on the error stream and exit code 2; work that cannot be finished
(a time limit, no memory) in one line and exit code 1. With CHENTSOV_DEBUG set, errors come with their traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer

__all__ = ["app", "main"]

#: The modules of `chentsov.commands`, in the order of the help page; each has `register(app)`.
COMMANDS = ("neuron", "hopfield", "derive", "grid", "catalogue", "validate", "cache")

app = typer.Typer(
    name="chentsov",
    help="Symbolic differential geometry of models: derive, evaluate on grids, validate.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        from chentsov import __version__

        typer.echo(f"chentsov {__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", help="Show the version and leave.", callback=_show_version, is_eager=True
    ),
) -> None:
    pass


for _name in COMMANDS:
    import_module(f"chentsov.commands.{_name}").register(app)

# The base of the errors that the option parser raises, in whichever package this version of typer keeps it.
_UsageProblem: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def _fail(message: str, status: int) -> int:
    if os.environ.get("CHENTSOV_DEBUG"):
        raise  # the error being handled, as it is
    print(f"chentsov: error: {' '.join(message.split())}", file=sys.stderr)
    return status


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    try:
        status = app(
            args=list(arguments) if arguments is not None else None, prog_name="chentsov", standalone_mode=False
        )
        return int(status) if isinstance(status, int) else 0
    except _UsageProblem as problem:
        if type(problem).__name__ == "NoArgsIsHelpError":
            print(problem.format_message())
            return 2
        return _fail(problem.format_message(), 2)
    except ValueError as error:
        return _fail(str(error), 2)
    except MemoryError:
        return _fail("not enough memory: ask for fewer points", 1)
    except (typer.Abort, KeyboardInterrupt):
        return _fail("interrupted", 130)
    except RuntimeError as error:
        return _fail(str(error), 1)


def main() -> None:
    """The entry point of the installed command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Greek letters shows question marks
    try:
        status = run()
        sys.stdout.flush()
    except BrokenPipeError:  # `chentsov … | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    sys.exit(status)


if __name__ == "__main__":
    main()
