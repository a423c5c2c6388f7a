"""A study as a page to look around in: one HTML file with everything in it, which opens without a server or network.

A surface or map over two axes, slices along both, sliders for the axes that are left, the path of training on top, and
under the pointer the value with the digits that are certified, or the reason why there is none.
"""

from __future__ import annotations

import base64
import json
import math
from html import escape
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from chentsov.geometry.exact.errors import InputError
from chentsov.geometry.grids.labels import meanings

from .plots import SIGNED, colour_scale
from .plots_grid import is_study, title_of_study, wide_axes

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ExploreError", "explorer_page", "read_study"]

#: Numbers that a page holds at most; a browser keeps them all in memory.
MOST_NUMBERS = 8_000_000


class ExploreError(InputError):
    """A dataset that cannot be explored, or nothing to draw it with."""


def read_study(path: Any) -> xr.Dataset:
    """A stored study: a NetCDF file or a Zarr store.

    Raises:
        ExploreError: it cannot be read, or is none of ours.
    """
    from pathlib import Path

    import xarray as xr

    path = Path(path)
    if not path.exists():
        raise ExploreError(f"cannot read '{path}': no such file")
    if not (path.is_file() or path.is_dir()):
        raise ExploreError(f"cannot read '{path}': it is no file")
    try:
        found = xr.open_zarr(path) if path.suffix.lower() == ".zarr" else xr.load_dataset(path, engine="h5netcdf")
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise ExploreError(f"cannot read '{path}': it is no NetCDF file or Zarr store of numbers ({reason})") from None
    if not is_study(found):
        raise ExploreError(f"'{path}' is no study of ours: it says nothing of conventions; make one by `chentsov grid`")
    return found


def explorer_page(study: xr.Dataset) -> str:
    """The page of a study, as HTML.

    Raises:
        ExploreError: a dataset of another origin, without axes, or too large; plotly is not installed.
    """
    if not is_study(study):
        raise ExploreError("this dataset is no study of ours: it says nothing of conventions; make one by on_grid")
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise ExploreError("this needs plotly: install it with  pip install 'chentsov[explore]'") from None
    content = json.dumps(_content(study), ensure_ascii=False).replace("</", "<\\/")
    page = files("chentsov").joinpath("explore.html").read_text(encoding="utf-8")
    for mark, text in (
        ("TITLE", escape(title_of_study(study) or "study")),
        ("LIBRARY", get_plotlyjs()),
        ("STUDY", content),
    ):
        page = page.replace(f"<!--{mark}-->", text, 1)
    return page


def _content(study: xr.Dataset) -> dict[str, Any]:
    """Everything that the page shows, as plain data; arrays in base64."""
    axes = _grid_axes(study)
    fields = []
    for name, variable in study.data_vars.items():
        inner = [d for d in variable.dims if d not in axes]
        if name == "status" or variable.dtype.kind not in "fiu" or not set(axes) & set(variable.dims):
            continue
        if any(study.sizes[d] > 16 for d in inner):
            continue
        for index in product(*(range(variable.sizes[d]) for d in inner)):
            part = variable.isel(dict(zip(inner, index)))
            marks = [str(variable[d].values[k]) if d in variable.coords else str(k) for d, k in zip(inner, index)]
            label = variable.attrs.get("long_name", str(name).replace("_", " "))
            fields.append(_field(str(name), label + (f" [{', '.join(marks)}]" if marks else ""), part, axes))
    if not fields:
        raise ExploreError("the study has no quantity over an axis of more than one point: there is nothing to explore")
    rtol: Any = study.attrs.get("rtol")
    digits = math.floor(-math.log10(float(rtol)) + 1e-9) if _is_tolerance(rtol) else 0
    return {
        "title": title_of_study(study) or "study",
        "axes": [{"name": d, "values": [float(v) for v in study[d].values]} for d in axes],
        "fields": fields,
        "digits": digits,
        "status": _status(study, axes),
        "path": _path(study, axes),
    }


def _is_tolerance(value: Any) -> bool:
    try:
        return 0 < float(value) < 1
    except (TypeError, ValueError):
        return False


def _grid_axes(study: xr.Dataset) -> list[str]:
    """The axes of the grid: those of `status` where there is one, else of what has most of them."""
    wide = wide_axes(study)
    if "status" in study:
        dims = [str(d) for d in study["status"].dims]
    else:
        every = [[str(d) for d in v.dims if d in wide] for v in study.data_vars.values()]
        dims = max(every, key=len, default=[])[:2]
    found = [d for d in dims if d in wide]
    if not found:
        raise ExploreError("the study has no axis of more than one point: there is nothing to explore")
    cells = math.prod(study.sizes[d] for d in found)
    if cells * len(study.data_vars) > MOST_NUMBERS:
        raise ExploreError(
            f"the study has {cells} cells, too many for a page: take a part, e.g. every tenth point "
            "(dataset.isel(NAME=slice(None, None, 10)))"
        )
    return found


def _field(name: str, label: str, part: xr.DataArray, axes: list[str]) -> dict[str, Any]:
    own = [d for d in axes if d in part.dims]
    values = np.ascontiguousarray(part.transpose(*own).values, dtype="<f8")
    scale = colour_scale(values, True if name in SIGNED else None)
    return {
        "name": name,
        "label": label,
        "symbol": part.attrs.get("latex", ""),
        "axes": own,
        "signed": scale.colour_map == "RdBu_r",
        "logarithmic": "logarithmic" in scale.kind,
        "least": float(getattr(scale.norm, "linthresh", None) or max(scale.norm.vmin, 0) or 1),
        "values": base64.b64encode(values.tobytes()).decode(),
    }


def _status(study: xr.Dataset, axes: list[str]) -> dict[str, Any] | None:
    if "status" not in study or "flag_meanings" not in study["status"].attrs:
        return None
    status = study["status"]
    codes_of_cells = status.squeeze(drop=True).transpose(*axes).values
    return {
        "meanings": {str(code): name.replace("_", " ") for code, name in meanings(status).items()},
        "codes": base64.b64encode(np.ascontiguousarray(codes_of_cells, dtype="i1").tobytes()).decode(),
    }


def _path(study: xr.Dataset, axes: list[str]) -> dict[str, list[float | None]] | None:
    """The path of training, by axis and by the quantities along it; None where the study has none."""
    columns = {
        str(name).removeprefix("path_"): v for name, v in study.data_vars.items() if str(name).startswith("path_")
    }
    if not set(axes) <= set(columns) or len(axes) != 2:
        return None
    length = columns[axes[0]].size
    step = max(1, length // 2000)
    kept = {n: v for n, v in columns.items() if v.ndim == 1 and v.size == length and v.dtype.kind in "fiu"}
    return {n: [float(x) if math.isfinite(x) else None for x in v.values[::step]] for n, v in kept.items()}
