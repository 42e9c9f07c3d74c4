"""How the one page takes a file that is too large for memory: straight to the folder where it will lie, as it comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from scoring.history.files import folder

View = Callable[..., HttpResponseBase]


def to_disk(view: View) -> View:
    """Let the files of a page's form go to disk. The check of the form's token reads the form, so it comes after that choice."""
    checked = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def run(request: HttpRequest, *places: Any, **ids: Any) -> HttpResponseBase:
        request.upload_handlers = [_ToFolder(request)]
        return checked(request, *places, **ids)

    return run


class _Incoming(TemporaryUploadedFile):
    """A file that is arriving, readable by its owner only; it is gone with its request unless somebody keeps it."""

    def __init__(self, *about: Any) -> None:
        UploadedFile.__init__(self, NamedTemporaryFile(suffix=".upload", dir=folder()), *about)  # noqa: SIM115


class _ToFolder(TemporaryFileUploadHandler):
    """Writes what arrives to the folder of the imports instead of the system's own."""

    def new_file(self, *about: Any, **more: Any) -> None:
        super(TemporaryFileUploadHandler, self).new_file(*about, **more)
        self.file = _Incoming(self.file_name, self.content_type, 0, self.charset, self.content_type_extra)
