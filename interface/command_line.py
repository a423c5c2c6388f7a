"""The command line: ``chentsov <command>``. Each command is a file of its own in ``commands/``.

Whatever is wrong with the input ends in one line on the error stream and exit code 2; work that cannot be finished
(a time limit, no memory) in one line and exit code 1. With CHENTSOV_DEBUG set, errors come with their traceback.
"""

from __future__ import annotations

import inspect
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

import typer
from chentsov.geometry.exact.errors import InputError

__all__ = ["app", "main"]

#: The modules of `chentsov.commands`, in the order of the help page; each has `register(app)`.
COMMANDS = ("neuron", "mnist", "hopfield", "derive", "grid", "plot", "explore", "catalogue", "validate", "cache")

#: Characters of an error line; a long input is not echoed whole.
MAX_MESSAGE = 600

#: Options whose one text holds several names.
_NAMES = ("coordinates", "constants", "positive")

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


def _show_every_default(app: typer.Typer) -> None:
    """What happens without an option stands in the help: "[default: …]" of its text, "none" and "off" where nothing."""
    for command in app.registered_commands:
        for parameter in inspect.signature(command.callback or _options).parameters.values():
            info = parameter.default
            info.help, marked, said = (info.help or "").rpartition("[default: ")
            if marked:  # what stands in brackets would be taken for a style
                info.help, info.show_default = info.help.rstrip(), said.removesuffix("]")
            else:
                info.help = said
            if isinstance(info.show_default, bool) and info.default in (None, "", []):
                info.show_default = "none"
            elif info.default is False:
                info.show_default = "off"


# What a problem is made of. Of two metrics neither is dropped without a word; of two settings, as shells do, the last.
_STATED_ONCE = {
    *("metric", "line", "potential", "embedding", "density", "log_density", "covariates", "coordinates", "positive"),
    *("constants", "functions", "file", "data", "weights"),
}


class _Command(typer.core.TyperCommand):
    """A command whose problem is stated once."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given: Any = self.make_parser(ctx).parse_args(args=list(args))[-1]
        for option in given:
            if option.name in _STATED_ONCE and not option.multiple and given.count(option) > 1:
                several = ": one text holds all names, separated by commas" if option.name in _NAMES else ""
                raise InputError(f"{option.opts[0]} is given twice{several}")
        return super().parse_args(ctx, args)


for _name in COMMANDS:
    import_module(f"chentsov.commands.{_name}").register(app)
for _command in app.registered_commands:
    _command.cls = _Command
_show_every_default(app)

# The base of the errors that the option parser raises, in whichever package this version of typer keeps it.
_UsageProblem: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def _fail(message: str, status: int) -> int:
    if os.environ.get("CHENTSOV_DEBUG"):
        raise  # the error being handled, as it is
    line = " ".join(message.split())
    if len(line) > MAX_MESSAGE:
        line = f"{line[: MAX_MESSAGE // 2]} … {line[-MAX_MESSAGE // 2 :]}"
    with suppress(OSError, AttributeError):  # nobody listens
        print(f"chentsov: error: {line}", file=sys.stderr, flush=True)
    return status


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    try:
        status = app(
            args=list(arguments) if arguments is not None else None, prog_name="chentsov", standalone_mode=False
        )
        if status == 130:  # how some versions of typer end what was interrupted, without a word
            raise KeyboardInterrupt
        return int(status) if isinstance(status, int) else 0
    except _UsageProblem as problem:
        if type(problem).__name__ == "NoArgsIsHelpError":
            print(problem.format_message())
            return 2
        return _fail(problem.format_message(), 2)
    except (ValueError, ZeroDivisionError) as error:
        return _fail(str(error), 2)
    except MemoryError:
        return _fail("not enough memory: ask for fewer points", 1)
    except (typer.Abort, KeyboardInterrupt):
        return _fail("interrupted", 130)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _fail(f"{error.filename or 'the output'}: {(error.strerror or str(error)).lower()}", 2)
    except RuntimeError as error:
        return _fail(str(error), 1)


def main() -> None:
    """The command as a process: exit codes, and streams that are closed, full or cut off."""
    if sys.stdout is None:  # closed by the caller: `>&-`
        sys.exit(_fail("the output is closed: leave it open, or send it to a file", 2))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Greek letters shows question marks
    try:
        status = run()
        sys.stdout.flush()
    except BrokenPipeError:  # `chentsov … | head` has read enough
        status = 141
    except OSError as error:
        status = _fail(f"cannot write the output: {(error.strerror or str(error)).lower()}", 2)
    if status == 130:  # threads of libraries may be at work still: an orderly end would pull the ground from under them
        os._exit(status)
    with suppress(OSError, ValueError):  # what could not be written is not tried again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


if __name__ == "__main__":
    main()
