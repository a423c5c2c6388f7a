"""``import chentsov.xarray`` gives every dataset ``.chentsov``: `plot`, `explore`, `status_table`."""

from chentsov.geometry.grids.accessor import StudyAccessor

__all__ = ["StudyAccessor"]
