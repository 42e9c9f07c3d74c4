"""Take only the webhooks that the exchange signed: PORT=8000 python webhook.py"""

import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = base64.b64decode("@SECRET@".removeprefix("whsec_"))


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message_id = self.headers.get("webhook-id", "")
        stamp = self.headers.get("webhook-timestamp", "")
        given = self.headers.get("webhook-signature", "").split()
        signed = f"{message_id}.{stamp}.".encode() + body
        digest = hmac.digest(KEY, signed, hashlib.sha256)
        wanted = "v1," + base64.b64encode(digest).decode()
        fresh = stamp.isdigit() and abs(time.time() - int(stamp)) <= 300
        if fresh and any(hmac.compare_digest(wanted, one) for one in given):
            # The same id may come twice: act once.
            print(json.loads(body)["type"], message_id, flush=True)
            self.send_response(204)
        else:
            self.send_response(400)
        self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Receiver).serve_forever()
