"""Clients: submissions, reads, long polls. They work while GO_ON exists, then wait for their jobs.

They never repeat a request, unless PATIENT is set: then what was not answered, or with 502 to 504, is sent again under the same
Idempotency-Key. Ends with 1 if a request failed for good, a submission became two jobs, a job was lost, or a story has more than
one comment.
"""

import base64
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
import uuid

CLIENTS = 8
PATIENT = "PATIENT" in os.environ
TRIES = 100
STORY = "SHOP-{}"

server = urllib.parse.urlparse(os.environ["JQA_URL"])
context = ssl._create_unverified_context()
lock = threading.Lock()
requests, repeated = collections.Counter(), collections.Counter()
failures, jobs = [], []


def send(method, path, body, headers):
    connection = http.client.HTTPSConnection(server.hostname, server.port, context=context, timeout=60)
    try:
        connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        return 0, repr(error).encode()
    finally:
        connection.close()


def call(method, path, body=None, token=None):
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    if PATIENT and method == "POST":
        headers["idempotency-key"] = str(uuid.uuid4())
    for n in range(TRIES if PATIENT else 1):
        status, text = send(method, path, body, headers)
        with lock:
            requests[method] += 1
            repeated[method] += n > 0
        if status not in (0, 502, 503, 504):
            break
        if PATIENT:
            time.sleep(0.2)
    if status == 0 or status >= 400:
        with lock:
            failures.append((method, path, status, text[:200]))
    return json.loads(text) if 200 <= status < 300 else None


def jobs_there(token):
    there, cursor = set(), ""
    while cursor is not None:
        page = call("GET", f"/jobs?limit=100{cursor and '&cursor='}{cursor}", token=token)
        there |= {job["id"] for job in page["items"]}
        cursor = page["next_cursor"]
    return there


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
    login = f"{os.environ['JQA_JIRA_EMAIL']}:{os.environ['JQA_JIRA_TOKEN']}".encode()
    auth.add_header("authorization", f"Basic {base64.b64encode(login).decode()}")
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
there = jobs_there(token)
written = {STORY.format(number): comments(number) for number in range(1, 5)}
duplicates = len(jobs) - len(set(jobs)) + len(there - set(jobs))
print(f"requests: {dict(requests)}, repeated: {dict(repeated)}, failed: {len(failures)}")
print(f"submissions answered: {len(jobs)}, jobs: {len(there)}, duplicates: {duplicates}, ended: {dict(outcomes)}, lost: {len(lost)}")
print(f"comments: {written}")
for failure in failures[:20]:
    print("failed:", *failure, file=sys.stderr)
is_well = not failures and not lost and not duplicates and set(outcomes) == {"succeeded"}
sys.exit(0 if is_well and all(count <= 1 for count in written.values()) else 1)
