"""Stands in for Django's command line: the supervisor's tests need processes, not a market."""

import json
import os
import sys
import time
from pathlib import Path

verb = sys.argv[1]
home = Path(os.environ["LEADWRIGHT_HOME"])
print(f"stand-in {verb}", flush=True)
if os.environ.get("STANDIN_FAILS") == verb:
    sys.exit(f"{verb} was told to fail")
if verb == "prepare":
    demo = {
        "base_url": os.environ["BASE_URL"],
        "publisher_key": "lx_test_standin",
        "logins": [{"email": "a@example.com", "password": "b"}],
    }
    (home / "demo.json").write_text(json.dumps(demo))
if verb in ("journal", "demo_traffic"):
    while True:
        time.sleep(1)
