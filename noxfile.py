"""One command a habit: ``nox -s lint``, ``types``, ``tests``, ``slow``, ``build``, ``docs``; ``nox`` runs three."""

import hashlib
import tempfile
from pathlib import Path

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
def build(session: nox.Session) -> None:
    """Wheel and source archive of the last commit into dist/, made twice from clones of their own: the same bytes."""
    session.install("build")
    moment = session.run("git", "log", "-1", "--format=%ct", external=True, silent=True).strip()
    seen = []
    for target in (Path(tempfile.mkdtemp()), Path("dist").resolve()):
        clone = tempfile.mkdtemp()
        session.run("git", "clone", "--quiet", ".", clone, external=True)
        session.run("python", "-m", "build", "--outdir", str(target), clone, env={"SOURCE_DATE_EPOCH": moment})
        seen.append({p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in target.glob("chentsov-*")})
    first, second = seen
    if any(second.get(name) != digest for name, digest in first.items()):
        session.error(f"two builds differ: {first}, {second}")
    session.log("\n".join(f"{digest}  {name}" for name, digest in sorted(first.items())))


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site, into build/docs; a warning is an error, and no network is asked for."""
    session.install("-e", ".[docs,scale]")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "docs", "build/docs", *session.posargs)
