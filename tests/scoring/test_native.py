from __future__ import annotations

import ctypes

import pytest

from scoring import native


@pytest.fixture
def uncached():
    native.load_library.cache_clear()
    yield
    native.load_library.cache_clear()


def test_the_library_is_loaded_once():
    assert native.load_library() is native.load_library()
    assert native.load_library().LGBM_BoosterFree is not None


def test_without_an_openmp_runtime_scikit_learns_copy_is_lent_under_the_plain_name(monkeypatch, uncached):
    opened = []

    def picky(path: str, mode: int = ctypes.DEFAULT_MODE) -> str:
        opened.append(path)
        if len(opened) == 1:
            raise OSError("libgomp.so.1: cannot open shared object file: No such file or directory")
        if path.startswith("/proc/self/fd/"):
            with open(path, "rb") as file:
                image = file.read()
            assert image.startswith(b"\x7fELF")
            assert b"\0libgomp.so.1\0" in image
            assert not any(part.startswith(b"libgomp-") and part.endswith(b".so.1.0.0") for part in image.split(b"\0"))
        return path

    monkeypatch.setattr(native.ctypes, "CDLL", picky)
    assert native.load_library() == opened[0] == opened[2]
    assert opened[1].startswith("/proc/self/fd/")


def test_another_failure_is_not_hidden(monkeypatch, uncached):
    def broken(path: str, mode: int = 0) -> None:
        raise OSError("wrong ELF class")

    monkeypatch.setattr(native.ctypes, "CDLL", broken)
    with pytest.raises(OSError, match="wrong ELF class"):
        native.load_library()


def test_the_plain_name_replaces_the_hashed_one_and_nothing_moves():
    image = b"\0abc\0libgomp-0123.so.1.0.0\0GOMP_4.0\0"
    renamed = native._renamed(image, b"libgomp-0123.so.1.0.0")
    assert len(renamed) == len(image)
    assert renamed == b"\0abc\0libgomp.so.1" + b"\0" * 10 + b"GOMP_4.0\0"
