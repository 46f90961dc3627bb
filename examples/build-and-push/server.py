"""Counts words: POST a text to port 8000, get JSON back. Python's own library is all it needs."""

import json
import signal
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8000
LIMIT = 1 << 20


def count(text):
    """How often each word occurs, most frequent first, equals in their order."""
    return dict(Counter(text.lower().split()).most_common())


class Handler(BaseHTTPRequestHandler):
    """POST counts, anything else is refused."""

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > LIMIT:
            self.send_error(413)
            return
        text = self.rfile.read(length).decode("utf-8", "replace")
        body = json.dumps(count(text)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    # As a container's first process Python would take no notice of SIGTERM.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()
