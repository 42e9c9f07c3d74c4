"""The one place that loads LightGBM's shared library, also on a machine without an OpenMP runtime.

Serving calls the C library itself, because importing the Python package costs each process a second and 60 MB; training imports
the package after `load_library()`, so both use the same copy.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

OPENMP = b"libgomp.so.1"


@cache
def load_library() -> ctypes.CDLL:
    """Load LightGBM's C library once per process; raises OSError where neither the system nor scikit-learn has OpenMP."""
    path = str(_package("lightgbm") / "lib" / "lib_lightgbm.so")
    try:
        return ctypes.CDLL(path)
    except OSError as error:
        if OPENMP.decode() not in str(error):
            raise
    _lend_openmp()
    return ctypes.CDLL(path)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise OSError(f"the package {name} is not installed")
    return Path(spec.submodule_search_locations[0])


def _lend_openmp() -> None:
    # Slim images have no libgomp.so.1, and LightGBM's wheel brings none. scikit-learn's wheel does, but under a name with
    # a hash in it, so importing it first does not help: the loader looks for the name. We load a copy in memory that carries
    # the plain name.
    folder = _package("sklearn").parent / "scikit_learn.libs"
    bundled = next(iter(sorted(folder.glob("libgomp-*.so*"))), None)
    if bundled is None:
        raise OSError("LightGBM needs libgomp.so.1 and scikit-learn brought none: install the system's OpenMP runtime (libgomp1)")
    image = _renamed(bundled.read_bytes(), bundled.name.encode())
    handle = os.memfd_create("libgomp")
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(image)
        ctypes.CDLL(f"/proc/self/fd/{handle}", mode=ctypes.RTLD_GLOBAL)
    finally:
        os.close(handle)


def _renamed(image: bytes, name: bytes) -> bytes:
    """Put the plain name over the hashed one in the library's string table; lengths stay, zeros fill the rest."""
    return image.replace(name + b"\0", OPENMP.ljust(len(name), b"\0") + b"\0")
