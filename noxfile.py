"""One command a habit: ``nox -s lint``, ``types``, ``tests``, ``slow``, ``docs``; ``nox`` runs the first three."""

import nox

nox.options.sessions = ["lint", "types", "tests"]


@nox.session
def lint(session: nox.Session) -> None:
    """Layout and rules, as `pyproject.toml` has them."""
    session.install("ruff")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy on the installed package."""
    session.install("mypy", ".")
    session.run("mypy", "--config-file", "setup.cfg", "-p", "chentsov")


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """The default tests, on every version of Python that is promised and present."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """The long studies."""
    session.install("-e", ".[test]")
    session.run("pytest", "-m", "slow", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site, into build/docs; a warning is an error, and no network is asked for."""
    session.install("-e", ".[docs,scale]")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "docs", "build/docs", *session.posargs)
