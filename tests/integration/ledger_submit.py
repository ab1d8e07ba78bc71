#!/usr/bin/env python3
"""Submissions to a running keiin-ledger (SPEC.md section 8): refusals in their order,
replays, evidence of two heads for one number, rosters, and what each stores or does not."""

import os
import pathlib
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import Key, check_body, lab, pack, record, sha256, unpack  # noqa: E402

MSGPACK = {"Content-Type": "application/msgpack"}


def show_refusals_in_order(l, a):
    size = l.checkpoint()[0]
    good = a.sign([record()], move=False)

    def refused(answer, status, code):
        assert (answer.status, answer.code) == (status, code), (answer.status, answer.body)
        assert answer.headers["content-type"] == "application/msgpack"
        assert isinstance(answer.value["detail"], str)
        if status in (429, 503):
            assert int(answer.headers["retry-after"]) >= 1
        return answer.value

    refused(l.ask("PUT", "/nowhere", b"x" * 10), 404, "path")
    refused(l.ask("PUT", "/records", b"x" * 10), 405, "method")
    assert l.ask("GET", "/records").headers["allow"] == "POST"
    refused(l.ask("GET", "/roster"), 405, "method")
    refused(l.ask("POST", "/checkpoint", b""), 405, "method")
    refused(l.ask("POST", "/records", None, {"Transfer-Encoding": "chunked"}), 411, "length")
    refused(l.ask("POST", "/records", None), 411, "length")
    # Two lengths that may differ: whoever stands in front could have believed the other.
    refused(l.ask("POST", "/records", b"0\r\n\r\n", {"Transfer-Encoding": "chunked"}), 411, "length")
    # Nothing of the 4 MiB and one is sent: the answer comes before it is read.
    refused(l.ask("POST", "/records", None, {"Content-Length": str((4 << 20) + 1)}), 413,
            "too-large")
    refused(l.ask("POST", "/records", b"x" * 10, {"Content-Type": "text/plain"}), 415, "type")
    refused(l.ask("POST", "/records", b"x" * 10), 415, "type")
    for body in (b"", b"x", b"\xc1" * 100, good + b"\x00", good[:-1],
                 b"\x97\x01" + pack(a.key.hash) + b"\x01" + pack(a.current()) + b"\xdd\xff\xff\xff\xff",
                 a.sign([], move=False), a.sign([record()] * 1025, move=False),
                 a.sign([record(unknown=1)], move=False), a.sign([record()], number=0, move=False),
                 a.sign([pack({"action": "query", "at": 1})], move=False),
                 a.sign([record()], sealed=[b"s"], move=False),
                 a.sign([record(sealed=sha256(b"s"))], sealed=[b"t"], move=False),
                 a.sign([record(sealed=sha256(b"s"))], move=False),
                 a.sign([record()], number=2**53 - 1, move=False)[:-1]):
        refused(l.post(body), 400, "malformed")
    stranger = Key("stranger.test/s", "writer")
    # A stranger's malformed body is malformed, a well formed one is a stranger's.
    refused(l.post(a.sign([record(unknown=1)], key=stranger, move=False)), 400, "malformed")
    refused(l.post(a.sign([record(sealed=sha256(b"s"))], key=stranger, move=False)), 400,
            "malformed")
    refused(l.post(a.sign([record()], key=stranger, move=False)), 403, "writer-unknown")
    bad = unpack(good)
    bad[-1] = bytes([bad[-1][0] ^ 1]) + bad[-1][1:]
    refused(l.post(pack(bad)), 403, "signature")
    bad[-1] = b""
    refused(l.post(pack(bad)), 403, "signature")
    gap = refused(l.post(a.sign([record()], number=a.number + 2, move=False)), 409, "number")
    assert gap["number"] == a.number and gap["head"] == a.current()
    fork = refused(l.post(a.sign([record()], before=os.urandom(32), move=False)), 409, "before")
    assert fork["number"] == a.number and fork["head"] == a.current()
    assert l.checkpoint()[0] == size, "a refusal stored something"
    again = l.post(a.sign([record("after refusals")]))
    assert again.status == 201


def show_replays(l, a):
    body = a.sign([record(), record("two")])
    first = l.post(body)
    assert first.status == 201
    check_body(l, body, first)
    for _ in range(3):
        again = l.post(body)
        assert again.status == 200 and again.value[1:4] == first.value[1:4]
        check_body(l, body, again)
    later = a.sign([record()])
    assert l.post(later).status == 201
    old = l.post(body)
    assert old.status == 200 and old.value[1:4] == first.value[1:4]
    entry = check_body(l, body, old)
    served = l.get(f"/writers/{sha256(a.name.encode()).hex()}/{a.number - 1}").value
    assert served[1] == first.value[1] and served[6] == entry
    state = l.get(f"/writers/{sha256(a.name.encode()).hex()}").value
    assert state == [1, a.number, a.current()]


def show_many_numbers(l, a):
    """Every old number is found, whatever the shape of the way back."""
    first, indices = a.number + 1, {}
    for i in range(60):
        body = a.sign([record() for _ in range(1 + i % 3)])
        answer = l.post(body)
        assert answer.status == 201
        for number in range(unpack(body)[2], a.number + 1):
            indices[number] = answer.value[1]
    for number in range(first, a.number + 1):
        assert l.get(f"/writers/{sha256(a.name.encode()).hex()}/{number}").value[1] == indices[number]
    assert l.get(f"/writers/{sha256(a.name.encode()).hex()}/{a.number + 1}").status == 404
    assert l.get(f"/writers/{sha256(a.name.encode()).hex()}/0").status == 404


def at_once(l, bodies):
    answers = [None] * len(bodies)

    def send(i):
        answers[i] = l.post(bodies[i])

    threads = [threading.Thread(target=send, args=(i,)) for i in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def show_in_flight(l, a, b):
    for _ in range(20):
        size = l.checkpoint()[0]
        body = a.sign([record()])
        answers = at_once(l, [body] * 4)
        assert sorted(answer.status for answer in answers) == [200, 200, 200, 201]
        assert len({bytes(str(answer.value[1:4]), "ascii") for answer in answers}) == 1
        assert l.checkpoint()[0] == size + 1, "stored twice"
    # Two clients with one key: one wins the number, the other learns the head.
    for _ in range(20):
        number, before = b.number + 1, b.current()
        bodies = [b.sign([record(f"client {i}")], number=number, before=before, move=False)
                  for i in range(2)]
        answers = at_once(l, bodies)
        assert sorted(answer.status for answer in answers) == [201, 409]
        winner = bodies[0] if answers[0].status == 201 else bodies[1]
        b.number, b.head = number, sha256(b"\x02", before, sha256(unpack(winner)[4][0]))
        loser = answers[0] if answers[0].status == 409 else answers[1]
        assert loser.value["head"] == b.head and loser.value["number"] == b.number


def show_rosters(l, a):
    late = l.writer("late.test/w")
    assert l.post(late.sign([record()], move=False)).code == "writer-unknown"
    text, signed = l.roster()
    c = l.committee

    def refused(signed_note, code="roster", status=422, sender=None):
        answer = l.post((sender or c).sign_roster(signed_note, move=False), "/roster")
        assert (answer.status, answer.code) == (status, code), answer.body

    refused(signed, "role", 403, sender=a)
    refused(l.roster(serial=5)[1])
    refused(l.roster(parent=os.urandom(32))[1])
    refused(l.roster(signers=l.roots[:1])[1])
    refused(l.roster(logs=[Key(l.origin, "log")])[1])
    witness = Key("witness.test/w", "witness")
    cosigner = sha256(b"witness.test/w\n\x04" + witness.public)[:4].hex()
    import base64
    vkey = f"witness.test/w+{cosigner}+" + base64.b64encode(b"\x04" + witness.public).decode()
    refused(l.roster(quorum=vkey)[1])
    refused(b"no roster\n\n" + signed.split(b"\n\n")[1])
    malformed = l.post(c.sign_roster(b"no note\n\n\n", move=False), "/roster")
    assert (malformed.status, malformed.code) == (400, "malformed")
    assert l.get("/roster/1").status == 404 and l.get("/roster/1.tlog-proof").status == 404

    body = c.sign_roster(signed)
    answer = l.post(body, "/roster")
    assert answer.status == 201
    l.rosters.append((text, signed))
    check_body(l, body, answer, kind=2)
    assert l.post(body, "/roster").status == 200
    assert l.get("/roster/1").body == signed
    proof = l.get("/roster/1.tlog-proof")
    assert proof.status == 200 and proof.body.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert l.post(late.sign([record()])).status == 201

    # The operator's way, by the running server itself.
    l.writers.remove(late)
    text, signed = l.roster()
    (l.folder / "roster2").write_bytes(signed)
    assert "took the roster" in l.run("roster", str(l.folder / "roster2"))
    l.rosters.append((text, signed))
    assert l.get("/roster/2").body == signed
    l.run("roster", str(l.folder / "roster2"), expect=1)
    gone = l.post(late.sign([record()], move=False))
    assert (gone.status, gone.code) == (403, "writer-unknown")
    again = l.post(late.sign([record()], number=1, before=sha256(b"keiin/writer/v1\n", l.id,
                                                                late.name.encode()), move=False))
    assert again.status == 403, "a removed writer's other submission is no replay"
    # Its chain is still shown, and goes on when its name comes back with a new key.
    assert l.get(f"/writers/{sha256(late.name.encode()).hex()}").value[1] == 1
    late.key = Key(late.name, "writer")
    l.writers.append(late)
    text, signed = l.roster()
    l.rosters.append((text, signed))
    assert l.post(c.sign_roster(signed), "/roster").status == 201
    assert l.post(late.sign([record()])).status == 201


def show_evidence(l, a, b):
    out = l.run("check")
    assert "GOOD" in out, out
    assert out.count("writer-fork: the writer b.test/b signed two heads") == 16, out
    assert "keiin/records/v1" in out


def main():
    with lab(prefix="/led", settings={"commit__heartbeat_interval_s": 0}) as l:
        a, b = l.writer("a.test/a"), l.writer("b.test/b")
        l.init()
        l.start()
        assert l.get(f"/writers/{sha256(a.name.encode()).hex()}").value == [1, 0, a.current()]
        show_refusals_in_order(l, a)
        show_replays(l, a)
        show_many_numbers(l, a)
        show_in_flight(l, a, b)
        show_rosters(l, a)
        reference = [sys.executable, str(pathlib.Path(__file__).resolve().parents[1] /
                                         "reference/keiin_audit.py")]
        subprocess.run([*reference, "--roster", str(l.folder / "roster0"), l.url], check=True,
                       stdout=subprocess.DEVNULL)
        l.stop()
        show_evidence(l, a, b)
        l.start()
        assert l.post(a.sign([record()])).status == 201
        l.stop()


main()
