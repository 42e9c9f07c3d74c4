"""Sell the lead on its quotes. Sending the same again gives the first answer again."""

import json
import urllib.error
import urllib.request

post = json.loads(r"""@POST@""")
request = urllib.request.Request(
    "@ADDRESS@/posts",
    data=json.dumps(post).encode(),
    headers={
        "Authorization": "Bearer @KEY@",
        "Content-Type": "application/json",
    },
)
try:
    with urllib.request.urlopen(request, timeout=20) as answer:
        print(answer.read().decode())
except urllib.error.HTTPError as refusal:
    # A problem document: branch on its code.
    raise SystemExit(refusal.read().decode()) from None
