"""Receives webhooks and verifies them with the library of Standard Webhooks. JQA_URL and JQA_TOKEN name the server."""

import json
import os
import queue
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

received = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        received.put((body, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def call(method, path, body=None):
    headers = {"authorization": f"Bearer {os.environ['JQA_TOKEN']}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{os.environ['JQA_URL']}/api/v1{path}", data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def message():
    return received.get(timeout=60)


def is_refused(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return True
    return False


server = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
endpoint = call("POST", "/webhooks", {"url": f"http://127.0.0.1:{server.server_port}/hook"})

call("POST", f"/webhooks/{endpoint['id']}/test")
body, headers = message()
assert Webhook(endpoint["secret"]).verify(body, headers)["type"] == "webhook.test"
assert is_refused(endpoint["secret"], body.replace(b"test", b"tost"), headers)
assert is_refused("whsec_" + "A" * 32, body, headers)
print("verified: a test")

job = call("POST", "/generate/acceptance-criteria", {"issue_key": "SHOP-2"})
body, headers = message()
told = Webhook(endpoint["secret"]).verify(body, headers)
assert (told["type"], told["data"]["job_id"]) == ("job.succeeded", job["id"]), told
print("verified: the end of a job")

rotated = call("POST", f"/webhooks/{endpoint['id']}/rotate-secret")
assert rotated["secret"] != endpoint["secret"]
call("POST", f"/webhooks/{endpoint['id']}/test")
body, headers = message()
for secret in (endpoint["secret"], rotated["secret"]):
    assert Webhook(secret).verify(body, headers)["type"] == "webhook.test"
print("verified: with both secrets while one is rotated")

delivery = call("GET", f"/webhooks/{endpoint['id']}/deliveries")["items"][0]
assert headers["webhook-id"] == delivery["message_id"], delivery
call("POST", f"/deliveries/{delivery['id']}/redeliver")
again, its_headers = message()
assert (again, its_headers["webhook-id"]) == (body, headers["webhook-id"])
assert Webhook(rotated["secret"]).verify(again, its_headers)
print("verified: sent again under the same id")
