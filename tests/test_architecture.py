"""The house rules that no single module can see: import direction, packaging, a light import."""

import ast
import configparser
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# exact → kernels → expectation → manifolds → flows | grids | validation → models → interface: a room imports what stands
# before it, and no room at its own height.
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

# The late imports upwards, each inside a function: what a user asks of an object that stands below the answer.
FACADES = {
    ("chentsov.geometry.manifolds.chart", "grids"): "manifold.on_grid",
    ("chentsov.geometry.manifolds.riemannian", "flows"): "exp, log, distance, transport, … of a manifold",
    ("chentsov.geometry.manifolds.statistical", "flows"): "confidence_region of a family",
    ("chentsov.geometry.manifolds.formal", "grids"): "on_grid of a metric that holds integrals",
    ("chentsov.geometry.manifolds.statistical_certified", "grids"): "on_grid of a certified integral",
    ("chentsov.geometry.manifolds.statistical_numbers", "grids"): "on_grid of a density without a closed form",
    ("chentsov.models.model", "interface"): "model.plot",
    ("chentsov.geometry.grids.accessor", "interface"): "dataset.chentsov",
}
# What loads its plug-ins by name: kinds of generators, the catalogue, commands.
LOADERS = {"chentsov.geometry.exact.rules", "chentsov.models.registry", "chentsov.command_line"}


def _room(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] != "chentsov":
        return None
    if len(parts) == 1 or parts[1] not in ("geometry", "models"):
        return "interface"
    if parts[1] == "models":
        return "models"
    return parts[2] if len(parts) > 2 and parts[2] in HEIGHT else None


@cache
def _imports(path: Path, package: str) -> tuple[tuple[str, bool], ...]:
    return tuple(_read_imports(path, package))


def _read_imports(path: Path, package: str):
    """Absolute names of what a file imports, late imports inside functions too; what type checkers alone see is none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for inner in ast.walk(node)
    }
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending.extend(node.orelse)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node in late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")
            if node.level:
                base = base[: len(base) - node.level + 1]
                stem = ".".join(base + ([node.module] if node.module else []))
            else:
                stem = node.module or ""
            yield stem, node in late
            yield from ((f"{stem}.{alias.name}", node in late) for alias in node.names)
        else:
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
    for target, late in _imports(path, package):
        there = _room(target)
        if there in (None, here) or late and (module, there) in FACADES:
            continue
        assert HEIGHT[there] < HEIGHT[here], f"{module} ({here}) imports {target} ({there}), which does not stand below"


def test_every_facade_is_used():
    used = {(module, _room(target)) for path, module, package in _sources() for target, _ in _imports(path, package)}
    assert set(FACADES) <= used


def test_no_circle_of_files_is_larger_than_a_pair():
    packages = {module for path, module, _ in _sources() if path.name == "__init__.py"}
    files = {module for _, module, _ in _sources()} - packages
    graph = {
        module: {target for target, _ in _imports(path, package)} & files - {module}
        for path, module, package in _sources()
        if module in files
    }
    reached = {module: _reached(graph, module) for module in graph}
    circles = {frozenset(other for other in reached[m] if m in reached[other]) for m in graph}
    assert [sorted(circle) for circle in circles if len(circle) > 2] == []


def test_modules_are_loaded_by_composed_names_in_few_places():
    found = {
        module
        for path, module, _ in _sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module")
        if node.args and isinstance(node.args[0], ast.JoinedStr)
    }
    assert found == LOADERS


def _reached(graph, start):
    """What a file imports, directly or through others."""
    seen, pending = set(), [start]
    while pending:
        new = graph[pending.pop()] - seen
        seen |= new
        pending.extend(new)
    return seen


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


def test_the_version_stands_in_one_place():
    import chentsov

    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config["metadata"]["version"] == "attr: chentsov.__version__"
    assert f"\nversion: {chentsov.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
