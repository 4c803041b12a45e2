"""Clients that never repeat a request: submissions, reads, long polls. They work while GO_ON exists, then wait for their jobs.

Ends with 1 if a request failed, a job was lost, or a story has more than one comment.
"""

import collections
import http.client
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse
import urllib.request

CLIENTS = 8
STORY = "SHOP-{}"

server = urllib.parse.urlparse(os.environ["JQA_URL"])
context = ssl._create_unverified_context()
lock = threading.Lock()
requests = collections.Counter()
failures, jobs = [], []


def call(method, path, body=None, token=None):
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    connection = http.client.HTTPSConnection(server.hostname, server.port, context=context, timeout=60)
    started = time.monotonic()
    try:
        connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        status, text = answer.status, answer.read()
    except OSError as error:
        status, text = 0, repr(error).encode()
    finally:
        connection.close()
    with lock:
        requests[method] += 1
        if status == 0 or status >= 400:
            failures.append((method, path, status, text[:200], round(time.monotonic() - started, 1)))
    return json.loads(text) if 200 <= status < 300 else None


def work(number, token):
    while os.path.exists(os.environ["GO_ON"]):
        body = {"issue_key": STORY.format(1 + number % 4), "publish": [{"mode": "comment", "what": "criteria"}]}
        job = call("POST", "/generate/acceptance-criteria", body, token)
        if job:
            with lock:
                jobs.append(job["id"])
            call("GET", f"/jobs/{job['id']}?wait=1s", token=token)
        call("GET", "/jobs?limit=10", token=token)
        call("GET", "/history?limit=10", token=token)


def ended(token):
    left, until = set(jobs), time.monotonic() + 120
    outcomes = collections.Counter()
    while left and time.monotonic() < until:
        for job in sorted(left):
            row = call("GET", f"/jobs/{job}?wait=5s", token=token)
            if row and row["status"] in ("succeeded", "failed", "cancelled"):
                outcomes[row["status"]] += 1
                left.discard(job)
    return outcomes, left


def comments(number):
    auth = urllib.request.Request(f"{os.environ['JIRA_URL']}/rest/api/3/issue/{STORY.format(number)}/comment?maxResults=1000")
    auth.add_header("authorization", "Basic bWVAcm9sbGluZy50ZXN0OnNhbmRib3g=")
    with urllib.request.urlopen(auth) as answer:
        return sum("jqa" in json.dumps(comment) for comment in json.load(answer)["comments"])


login = call("POST", "/auth/login", {"email": os.environ["JQA_ADMIN_EMAIL"], "password": os.environ["JQA_ADMIN_PASSWORD"]})
token = login["access_token"]
threads = [threading.Thread(target=work, args=(number, token)) for number in range(CLIENTS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
outcomes, lost = ended(token)
written = {STORY.format(number): comments(number) for number in range(1, 5)}
print(f"requests: {dict(requests)}, failed: {len(failures)}")
print(f"jobs: {len(jobs)}, different: {len(set(jobs))}, ended: {dict(outcomes)}, lost: {len(lost)}")
print(f"comments: {written}")
for failure in failures[:20]:
    print("failed:", *failure, file=sys.stderr)
is_well = not failures and not lost and len(set(jobs)) == len(jobs) and set(outcomes) == {"succeeded"}
sys.exit(0 if is_well and all(count <= 1 for count in written.values()) else 1)
