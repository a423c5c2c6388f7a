"""The house rules that no single module can see: import direction, packaging, a light import."""

import ast
import configparser
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A room may import rooms at its own height or below.
HEIGHT = {
    "exact": 0,
    "kernels": 1,
    "expectation": 2,
    "manifolds": 3,
    "flows": 4,
    "grids": 4,
    "validation": 4,
    "models": 5,
    "interface": 6,
}


def _room(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] != "chentsov":
        return None
    if len(parts) == 1 or parts[1] not in ("geometry", "models"):
        return "interface"
    if parts[1] == "models":
        return "models"
    return parts[2] if len(parts) > 2 and parts[2] in HEIGHT else None


def _module_level_imports(path: Path, package: str):
    """Absolute names of what a file imports outside of any function."""
    pending = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")
            if node.level:
                base = base[: len(base) - node.level + 1]
                stem = ".".join(base + ([node.module] if node.module else []))
            else:
                stem = node.module or ""
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ClassDef)):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                continue
            pending.extend(ast.iter_child_nodes(node))


def _sources():
    names = {"geometry": "chentsov.geometry", "models": "chentsov.models", "interface": "chentsov"}
    for folder, prefix in names.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            inner = path.relative_to(ROOT / folder).with_suffix("").parts
            package = ".".join((prefix, *inner[:-1]))
            module = package if inner[-1] == "__init__" else f"{package}.{inner[-1]}"
            yield path, module, package


@pytest.mark.parametrize("path, module, package", [pytest.param(*s, id=s[1]) for s in _sources()])
def test_imports_run_one_way(path, module, package):
    here = _room(module)
    if here is None:
        return
    for target in _module_level_imports(path, package):
        there = _room(target)
        if there is not None:
            assert HEIGHT[there] <= HEIGHT[here], f"{module} ({here}) imports {target} ({there}) upwards"


def test_every_package_is_listed_in_setup_cfg():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    found = {package for path, _, package in _sources() if path.name == "__init__.py"}
    assert listed == found


def test_import_is_light():
    heavy = ["sympy", "numpy", "numba", "scipy", "xarray", "matplotlib", "einsteinpy", "flint", "typer", "rich"]
    code = f"import chentsov, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_resolves():
    import chentsov
    import chentsov.models

    for package in (chentsov, chentsov.models):
        for name in package.__all__:
            assert getattr(package, name) is not None


def test_an_unknown_public_name_is_an_attribute_error():
    import chentsov

    with pytest.raises(AttributeError, match="no_such_name"):
        chentsov.no_such_name


def test_the_folder_geometry_is_not_taken_for_a_package():
    done = subprocess.run([sys.executable, "-c", "import geometry"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "imported as `chentsov.geometry`" in done.stderr.splitlines()[-1]
