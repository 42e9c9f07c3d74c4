"""Ask for quotes: the lead, and nothing that names the person."""

import json
import urllib.error
import urllib.request

ping = json.loads(r"""@PING@""")
request = urllib.request.Request(
    "@ADDRESS@/pings",
    data=json.dumps(ping).encode(),
    headers={
        "Authorization": "Bearer @KEY@",
        "Content-Type": "application/json",
    },
)
try:
    with urllib.request.urlopen(request, timeout=10) as answer:
        print(answer.read().decode())
except urllib.error.HTTPError as refusal:
    # A problem document: branch on its code.
    raise SystemExit(refusal.read().decode()) from None
