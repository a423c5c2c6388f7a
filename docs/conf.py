"""The documentation site: ``sphinx-build -W docs build/docs`` (or ``nox -s docs``), without a network.

Pages are Markdown (MyST), the reference is made from docstrings, the gallery runs its scripts, the notebooks of
``notebooks/`` are shown as pages.  Nothing under ``docs/generated`` is kept in the repository.
"""

import re
import shutil
from importlib import metadata
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import jupytext

DOCS = Path(__file__).parent
ROOT = DOCS.parent

project, author = "Chentsov", "the Chentsov authors"
release = metadata.version("chentsov")
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",  # a copy of MathJax in the site: formulas are drawn without a network
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["gallery/*", "generated/gallery/*.ipynb", "**/.ipynb_checkpoints"]
html_theme = "furo"
html_title = f"Chentsov {release}"
html_static_path = ["static", "generated/static"]

myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the tests run the notebooks and every example on a page

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
napoleon_google_docstring, napoleon_numpy_docstring = True, False

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "generated/gallery",
    "download_all_examples": False,
    "show_memory": False,
    "remove_config_comments": True,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "abort_on_example_error": True,
}


def bring_notebooks():
    """The notebooks as pages: ``notebooks/*.py`` (Jupytext) become ``generated/notebooks/*.ipynb``."""
    folder = DOCS / "generated" / "notebooks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source in sorted((ROOT / "notebooks").glob("*.py")):
        jupytext.write(jupytext.read(source), folder / f"{source.stem}.ipynb")


def bring_the_package():
    """What `try.md` runs in the browser: the three folders under the names that they are imported by."""
    folder = DOCS / "generated" / "static"
    folder.mkdir(parents=True, exist_ok=True)
    names = {"interface": "chentsov", "geometry": "chentsov/geometry", "models": "chentsov/models"}
    with ZipFile(folder / "chentsov.zip", "w", ZIP_DEFLATED) as archive:
        for source, name in names.items():
            for path in sorted((ROOT / source).rglob("*.py")):
                archive.write(path, f"{name}/{path.relative_to(ROOT / source).as_posix()}")


bring_notebooks()
bring_the_package()


def inside_the_site(app, page, source):
    """Links to files of the repository lead to the pages that show them, or are names."""
    here = Path(app.env.doc2path(page)).parent

    def lead(match):
        text, target, anchor = match.groups()
        file = (here / target).resolve()
        if not file.exists():
            file = (ROOT / target).resolve()
        to = lambda page: f"[{text}](/{page}{anchor or ''})"
        if file.is_relative_to(DOCS):
            return to(file.relative_to(DOCS).as_posix())
        if file.suffix == ".py" and file.parent == ROOT / "notebooks":
            return to(f"generated/notebooks/{file.stem}.ipynb")
        if file.parent == ROOT and (DOCS / "inside" / f"{file.stem.lower()}.md").exists():
            return to(f"inside/{file.stem.lower()}.md")
        return text if text.startswith("`") else f"`{text}`"

    source[0] = re.sub(r"(?<!!)\[([^\]\n]+)\]\((?![a-z]+:|#|/)([^)#\s]+)(#[^)\s]*)?\)", lead, source[0])


# Docstrings are prose with `code` in backticks, not reStructuredText: outside examples its marks are letters.
SECTIONS = re.compile(r"(Args|Arguments|Attributes|Example|Examples|Note|Raises|References|Returns|Warns|Yields):$")


def plain_prose(app, what, name, thing, options, lines):
    """Escape what reStructuredText would take for markup, and let continued lines stand in their paragraph."""
    out, example = [], False
    for line in lines:
        text = line.strip()
        if text.startswith(">>>"):
            if not example and out and out[-1].strip():
                out.append("")
            example = True
        elif not text:
            example = False
        if example or not text or SECTIONS.match(text):
            out.append(line)
            continue
        parts = re.split(r"(``[^`]+``|:\w+:`[^`]+`|`[^`]+`)", line)
        for k in range(0, len(parts), 2):
            parts[k] = re.sub(r"([\\*|`]|(?<=\w)_(?!\w)|\]_)", lambda m: "\\" + m[0], parts[k])
        for k in range(1, len(parts), 2):
            if not parts[k].startswith((":", "``")):
                parts[k] = f"``{parts[k].strip('`')}``"
        out.append("".join(parts))
    lines[:] = out


def setup(app):
    app.connect("source-read", inside_the_site)
    app.connect("autodoc-process-docstring", plain_prose, priority=400)
