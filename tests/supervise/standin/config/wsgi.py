"""Stands in for the wsgi pool: answers with what it received."""

import json
import os

NAME = "wsgi"


def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    seen = {name: environ.get(f"HTTP_{name}") for name in ("X_REQUEST_ID", "X_FORWARDED_FOR", "X_FORWARDED_PROTO", "HOST")}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"pool": NAME, "pid": os.getpid(), "path": environ["PATH_INFO"], "bytes": len(body), **seen}).encode()]
