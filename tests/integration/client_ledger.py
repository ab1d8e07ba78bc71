#!/usr/bin/env python3
"""keiin-client against a ledger that fails, lies and forgets: nothing lost, nothing twice."""

import json
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
sys.path.insert(0, str(SRC / "tests" / "tools"))
sys.dont_write_bytecode = True

import fake_ledger as fake  # noqa: E402

CLIENT = str(BIN / "keiin-client")


def line(i, **more):
    record = {"action": "query", "at": 1700000000000 + i, "actor": f"p-{i}", "count": i}
    return json.dumps({**record, **more})


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-client-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.ledger = fake.Ledger()
        self.key = self.ledger.add_writer("agency.test/a")
        self.key.write(self.dir / "key")
        (self.dir / "roster").write_bytes(self.ledger.publish_roster())
        self.server = fake.Server(self.ledger)
        self.addCleanup(self.server.stop)
        self.folder = self.dir / "client"

    def client(self, *args, stdin="", expect=0, env=None):
        done = subprocess.run(
            [CLIENT, *map(str, args)], input=stdin, capture_output=True, text=True, timeout=60,
            env={**os.environ, "KEIIN_DIR": str(self.folder), **(env or {})},
        )
        self.assertEqual(done.returncode, expect, f"{args}\n{done.stdout}{done.stderr}")
        if expect:
            self.assertEqual(done.stderr.count("\n"), 1 + done.stderr.count(" kept in "), done.stderr)
        return done.stdout + done.stderr

    def init(self):
        return self.client(
            "init", "--ledger", self.server.url, "--key", self.dir / "key", "--roster",
            self.dir / "roster", self.folder,
        )

    def submit(self, lines, *args, expect=0):
        text = "".join(l + "\n" for l in lines)
        return self.client("submit", "--timeout", "2", *args, stdin=text, expect=expect)

    def records(self):
        """What the ledger stored, without its own entries."""
        out = []
        for entry in self.ledger.entries:
            out += [fake.unpack(record) for record in entry.records]
        return out

    def assert_actors(self, count):
        """Each record once, in order."""
        self.assertEqual([r["actor"] for r in self.records()], [f"p-{i}" for i in range(count)])

    def assert_receipts(self, count):
        out = self.client("receipts", "check")
        self.assertIn(f"{count} receipts verify", out)
        self.assertIn(f"{count} of them are provisional", out)
        self.assertEqual(len(list((self.folder / "receipts").iterdir())), count)


class Sound(Case):
    def test_init_once(self):
        out = self.init()
        id = self.ledger.id.hex()
        self.assertIn(" ".join(id[i : i + 4] for i in range(0, 64, 4)), out)
        before = (self.folder / "state").read_bytes()
        self.client(
            "init", "--ledger", self.server.url, "--key", self.dir / "key", "--roster",
            self.dir / "roster", self.folder, expect=1,
        )
        self.assertEqual((self.folder / "state").read_bytes(), before)
        self.assertEqual(self.ledger.posts, 0)

    def test_init_refuses_an_unlisted_key(self):
        fake.Key("agency.test/a", "writer").write(self.dir / "other")
        out = self.client(
            "init", "--ledger", self.server.url, "--key", self.dir / "other", "--roster",
            self.dir / "roster", self.folder, expect=1,
        )
        self.assertIn("does not list this key", out)
        self.assertFalse(self.folder.exists())

    def test_usage(self):
        self.client("submit", "a", "b", expect=64)
        self.client("nothing", expect=64)
        self.client("log", "--nothing", expect=64)
        self.client("submit", "--batch", "1025", expect=64)
        self.client("status", expect=64, env={"KEIIN_DIR": ""})
        self.client("init", "--ledger", "x", expect=64)

    def test_batches(self):
        self.init()
        out = self.submit([line(i) for i in range(600)])
        self.assertIn("600 records sent; the last has number 600", out)
        self.assert_actors(600)
        self.assertEqual([len(e.records) for e in self.ledger.entries], [0, 256, 256, 88])
        self.assert_receipts(3)
        self.submit([line(i) for i in range(600, 610)], "--batch", "3")
        self.assert_actors(610)
        self.assertEqual(len(self.ledger.entries), 8)
        self.assertIn("number 610, the same head", self.client("status"))
        salts = {r["salt"] for r in self.records()}
        self.assertEqual((len(salts), {len(s) for s in salts}), (610, {16}))

    def test_large_records_are_cut_by_bytes(self):
        self.init()
        self.submit([line(i, **{"x-a": "y" * 50000}) for i in range(100)])
        self.assert_actors(100)
        self.assertEqual(len(self.ledger.entries), 3)

    def test_the_same_input_twice_is_two_inputs(self):
        self.init()
        self.submit([line(0)])
        self.submit([line(0)])
        self.assertEqual(len(self.records()), 2)

    def test_log(self):
        self.init()
        out = self.client(
            "log", "action=query", "actor=p-0", "count=5", "parents=a", "parents=b",
            "criteria=" + "ab" * 32, "emergency=true", "retain_until=2026-10-01T09:30:00+09:00",
            "reason=two words",
        )
        self.assertEqual(out, "recorded as 1.0, number 1\n")
        (record,) = self.records()
        self.assertLess(abs(record.pop("at") - time.time() * 1000), 60000)
        del record["salt"]
        self.assertEqual(record, {
            "action": "query", "actor": "p-0", "count": 5, "parents": ["a", "b"],
            "criteria": b"\xab" * 32, "emergency": True, "retain_until": 1790814600000,
            "reason": "two words",
        })
        for bad in ("count=x", "count=-1", "emergency=1", "nothing=1", "actor=a b", "criteria=ab"):
            out = self.client("log", "action=query", bad, expect=1)
            self.assertIn(bad.split("=")[0], out)
        self.client("log", "action", expect=64)
        self.assertEqual(len(self.records()), 1)

    def test_passphrase(self):
        """A key that is not opened is an error before anything is chained."""
        self.init()
        (self.dir / "key").rename(self.dir / "gone")
        self.submit([line(0)], expect=1)
        self.assertFalse((self.folder / "pending").exists())


class BadLines(Case):
    def test_where_and_what(self):
        self.init()
        cases = [
            ('{"action":"query","at":1,"count":1.5}', "count"),
            ('{"action":"query","at":1,"count":1e3}', "count"),
            ('{"action":"query","at":1,"at":2}', "at"),
            ('{"action":"query","at":1,"colour":"red"}', "colour"),
            ('{"action":"query","at":1,"actor":"a b"}', "actor"),
            ('{"action":"query","at":1,"actor":"\\u3042"}', "actor"),
            ('{"action":"query","at":1,"emergency":false}', "emergency"),
            ('{"action":"query","at":1,"actor":null}', "actor"),
            ('{"action":"query","at":"yesterday"}', "at"),
            ('{"action":"query","at":1,"criteria":{"hex":"00"}}', "criteria"),
            ('{"action":"query","at":1,"criteria":{"hex":"0g"}}', "criteria"),
            ('{"action":"query","at":1,"reason":"\\u202e"}', "reason"),
            ('{"action":"query","at":1,"sealed":{"hex":"%s"}}' % ("00" * 32), "sealed"),
            ('{"action":"query","at":1,"x-a":{"b":{"c":{"d":1}}}}', "x-a"),
            ('{"action":"query","at":1,"x-a":[1.0]}', "x-a"),
            ('{"action":"query","at":1,"x-a":{"hex":"XY"}}', "x-a"),
            ('{"action":"query","at":9007199254740992}', "at"),
            ('{"action":"query","at":-1}', "at"),
            ('{"action":"query"}', "at"),
            ('{"at":1}', "action"),
            ("[1]", "JSON"),
            ('{"action":"query","at":1', "JSON"),
            ("\udcff", "JSON"),
        ]
        for text, what in cases:
            with self.subTest(text):
                out = subprocess.run(
                    [CLIENT, "-C", self.folder, "submit"], capture_output=True,
                    input=(line(0) + "\n\n").encode() + text.encode(errors="surrogateescape") + b"\n",
                )
                err = out.stderr.decode()
                self.assertEqual((out.returncode, err.count("\n")), (1, 1), err)
                self.assertIn("line 3", err)
                self.assertIn(what, err)
                self.assertIn("nothing was sent", err)
        self.assertEqual(self.records(), [])

    def test_good_values(self):
        self.init()
        self.submit([json.dumps({
            "action": "provide", "at": "2026-10-01T00:00:00.5Z", "content": {"hex": "0f" * 32},
            "salt": {"hex": "11" * 16}, "parents": ["b", "a"], "x-b": {"z": [1, True], "a": {"hex": ""}},
            "count": 2**53 - 1,
        })])
        (record,) = self.records()
        self.assertEqual(record, {
            "action": "provide", "at": 1790812800500, "content": b"\x0f" * 32, "salt": b"\x11" * 16,
            "parents": ["b", "a"], "x-b": {"a": b"", "z": [1, True]}, "count": 2**53 - 1,
        })

    def test_what_was_sent_stays_and_is_not_repeated(self):
        self.init()
        lines = [line(i) for i in range(300)]
        out = self.submit(lines[:290] + ["{}"] + lines[291:], "--batch", "100", expect=1)
        self.assertIn("line 291", out)
        self.assertIn("200 records, up to line 200, are sent", out)
        self.assert_actors(200)
        self.submit(lines, "--batch", "100")
        self.assert_actors(300)
        self.assert_receipts(3)


class Interrupted(Case):
    def test_answers_lost(self):
        self.init()
        self.ledger.script.extend([
            fake.drop_before, fake.drop_after, fake.status(503), fake.status(429, 1),
            fake.status(500), None, fake.drop_after, fake.drop_after,
        ])
        self.client("submit", "--batch", "10", "--timeout", "30",
            stdin="".join(line(i) + "\n" for i in range(30)))
        self.assert_actors(30)
        self.assert_receipts(3)

    def test_unknown_is_kept_and_goes_out_again(self):
        self.init()
        self.submit([line(i) for i in range(5)])
        self.ledger.script.extend([fake.drop_after] * 100)
        out = self.submit([line(i) for i in range(5, 10)], expect=2)
        self.assertIn("5 are signed and kept", out)
        pending = (self.folder / "pending").read_bytes()
        out = self.submit([line(i) for i in range(10, 12)], expect=2)
        self.assertEqual((self.folder / "pending").read_bytes(), pending)
        self.assertIn("pending      5 records", self.client("status"))
        self.ledger.script.clear()
        self.client("submit")
        self.assertFalse((self.folder / "pending").exists())
        self.assert_actors(10)
        self.assert_receipts(2)

    def test_not_reached(self):
        self.init()
        self.server.stop()
        self.submit([line(0)], expect=2)
        self.client("log", "action=query", "--timeout", "1", expect=2)
        self.client("status", "--timeout", "1", expect=2)
        self.server = fake.Server(self.ledger, int(self.server.url.rsplit(":", 1)[1]))
        self.addCleanup(self.server.stop)
        self.submit([line(0)])
        self.assert_actors(1)

    def test_killed_anywhere(self):
        """SIGKILL at arbitrary moments; the same input goes on where it was."""
        self.init()
        path = self.dir / "lines"
        path.write_text("".join(line(i) + "\n" for i in range(400)))
        command = [CLIENT, "-C", str(self.folder), "submit", "--batch", "7", str(path)]
        delay, kills = 0.004, 0
        for _ in range(400):
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            try:
                code = child.wait(delay)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
                kills += 1
                delay = delay * 1.15 if kills % 9 == 0 else delay
                continue
            self.assertEqual(code, 0)
            break
        else:
            self.fail("never came to its end")
        self.assertGreater(kills, 10)
        self.assert_actors(400)
        # Who was killed after the last step cannot know it, and gives the file again.
        self.assertIn("0 records sent", self.client("submit", str(path)))
        self.assert_actors(400)
        with open(path, "a") as file:
            file.write(line(400) + "\n")
        self.client("submit", str(path))
        self.assert_actors(401)
        self.client("receipts", "check")

    def test_every_state_between_two_steps(self):
        """The files as each step of a submission leaves them, put together by hand."""
        self.init()
        self.submit([line(0)])
        old = {name: (self.folder / name).read_bytes() for name in ("state",)}
        self.ledger.script.append(fake.drop_after)
        self.ledger.script.extend([fake.drop_before] * 100)
        self.submit([line(1)], expect=2)
        pending = (self.folder / "pending").read_bytes()
        self.ledger.script.clear()
        self.client("submit")
        new_state = (self.folder / "state").read_bytes()
        receipt = self.folder / "receipts" / "2.tlog-proof"
        kept = receipt.read_bytes()
        # Sent or not, and the receipt not yet written.
        receipt.unlink()
        (self.folder / "state").write_bytes(old["state"])
        (self.folder / "pending").write_bytes(pending)
        self.client("submit")
        # The receipt written, the state not.
        (self.folder / "state").write_bytes(old["state"])
        (self.folder / "pending").write_bytes(pending)
        self.client("receipts", "check")
        self.client("submit")
        # The state written, pending not yet removed.
        (self.folder / "pending").write_bytes(pending)
        self.client("submit")
        self.assertFalse((self.folder / "pending").exists())
        self.assertEqual((self.folder / "state").read_bytes(), new_state)
        self.assertEqual(receipt.read_bytes(), kept)
        self.assert_actors(2)
        self.assert_receipts(2)

    def test_state_gone(self):
        """Without its state nobody knows what the folder has signed: it is not used again."""
        self.init()
        self.submit([line(0)])
        (self.folder / "state").unlink()
        posts = self.ledger.posts
        out = self.submit([line(1)], expect=1)
        self.assertIn("its state is gone", out)
        self.assertEqual(self.ledger.posts, posts)

    def test_pending_of_another_time(self):
        """A pending submission that is neither the next nor the last: nothing is sent."""
        self.init()
        self.ledger.script.extend([fake.drop_before] * 100)
        self.submit([line(0)], expect=2)
        pending = (self.folder / "pending").read_bytes()
        self.ledger.script.clear()
        self.client("submit")
        for number in (1, 2):
            self.submit([line(number)])
        (self.folder / "pending").write_bytes(pending)
        posts = self.ledger.posts
        out = self.submit([line(3)], expect=1)
        self.assertIn("do not fit", out)
        self.assertEqual(self.ledger.posts, posts)
        self.assert_actors(3)

    def test_one_process_at_a_time(self):
        self.init()
        with self.client_in_the_folder() as first:
            first.stdin.write((line(0) + "\n").encode())
            first.stdin.flush()
            out = self.client("log", "action=query", expect=2)
            self.assertIn("in use", out)
            first.stdin.close()
        self.assert_actors(1)

    def client_in_the_folder(self):
        """A `submit` that has the folder; asking may be in its way, and then it starts anew."""
        first = None
        deadline = time.time() + 30
        while not self.is_locked():
            self.assertLess(time.time(), deadline, "submit does not take the folder")
            if first is None or first.poll() is not None:
                if first is not None:
                    first.stdin.close()
                first = subprocess.Popen([CLIENT, "-C", str(self.folder), "submit"],
                                         stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            time.sleep(0.02)
        return first

    def is_locked(self):
        """Whether another process holds the folder; asks the lock itself, not for a status."""
        with open(self.folder / "lock") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


class Lies(Case):
    def refused(self, step, text, code=1):
        """The answer is not believed: nothing moves, and it is kept as evidence."""
        before = (self.folder / "state").read_bytes()
        self.ledger.script.append(step)
        out = self.submit([line(len(self.records()))], expect=code)
        self.assertIn(text, out)
        self.assertEqual((self.folder / "state").read_bytes(), before)
        self.assertTrue((self.folder / "pending").exists())
        self.assertTrue(list((self.folder / "evidence").iterdir()))
        shutil.rmtree(self.folder / "evidence")
        self.client("submit")  # the truth settles it
        self.assertFalse((self.folder / "pending").exists())

    def test_lies(self):
        self.init()
        self.submit([line(0)])
        stranger = fake.Key(self.ledger.origin, "log")
        other = fake.Key("another.test/log", "log")
        for name, step, text in [
            ("garbage", fake.garbage, "no receipt"),
            ("stranger's signature", fake.lie(key=stranger), "not signed by a log key"),
            ("another ledger", fake.lie(note=lambda l, i: fake.note(
                f"another.test/log\n9\n{fake.b64(bytes(32))}\n", other)), "another ledger"),
            ("another root", fake.lie(root=bytes(32)), "is not at place"),
            ("another place", fake.lie(index=0), "is not at place"),
            ("a later time", fake.lie(received=2**50), "is not at place"),
            ("another chain", fake.lie(prev=bytes(32)), "is not at place"),
            ("no proof", fake.lie(proof=[]), "is not at place"),
            ("no checkpoint", fake.lie(note=b"nothing"), "checkpoint"),
        ]:
            with self.subTest(name):
                self.refused(step, text)
        self.assert_actors(10)

    def test_wrong_signature_by_the_known_key(self):
        self.init()

        def spoil(ledger, index):
            text, _, signature = ledger.checkpoint().partition(b"\n\n")
            return text + b"\n\n" + signature.replace(
                signature[-20:-10], signature[-20:-10].swapcase())

        self.refused(fake.lie(note=spoil), "checkpoint")

        def spoil_one_of_two(ledger, index):
            """The right line, and beside it one by the same key over another text."""
            return ledger.checkpoint() + ledger.log.line("another text\n").encode()

        self.refused(fake.lie(note=spoil_one_of_two), "wrong signature by a known key")

    def test_rollback_and_fork(self):
        self.init()
        self.submit([line(0)])
        # An honest answer for a smaller tree than the one seen cannot be made; a second
        # ledger that forgot the last entry makes it.
        entries, leaves, heads = self.ledger.entries[:], self.ledger.leaves[:], dict(self.ledger.heads)
        self.ledger.add_writer("agency.test/b")
        for _ in range(3):
            self.submit([line(len(self.records()))])
        saved = self.ledger.entries[:], self.ledger.leaves[:], dict(self.ledger.heads)

        def forgetful(handler, ledger, body):
            ledger.entries, ledger.leaves = entries[:], leaves[:]
            ledger.heads = dict(saved[2])
            handler.reply(*ledger.submit(body))
            ledger.entries, ledger.leaves, ledger.heads = saved[0][:], saved[1][:], dict(saved[2])

        self.refused(forgetful, "has place")

    def lying(self, change):
        """The ledger stores it, then `change` makes another history, which its key signs."""

        def step(handler, ledger, body):
            saved = ledger.entries[:], ledger.leaves[:], dict(ledger.heads)
            ledger.submit(body)
            place = change(ledger)
            ledger.leaves = [fake.sha256(b"\0", stored.entry) for stored in ledger.entries]
            handler.reply(201, ledger.receipt(place))
            ledger.entries, ledger.leaves, ledger.heads = saved

        return step

    @staticmethod
    def restate(stored, **changes):
        """The entry with other elements, and what the ledger keeps of it."""
        elements = fake.unpack(stored.entry)
        for name, value in changes.items():
            elements[["kind", "received", "prev"].index(name)] = value
        return stored._replace(entry=fake.pack(elements), **changes)

    def test_histories_that_the_log_signed(self):
        """Each is whole in itself; only what the client remembers shows that it is another."""
        self.init()
        other = self.ledger.add_writer("agency.test/b")
        self.submit([line(0)])
        # A stranger's entries, so that the tree that the client saw reaches beyond its own.
        for number in range(3):
            self.ledger._append(other, 1, [fake.sha256(b"%d" % number)], None, [])
        self.submit([line(1)])

        def earlier(ledger):
            ledger.entries[-1] = self.restate(ledger.entries[-1], received=1)
            return len(ledger.entries) - 1

        def unchained(ledger):
            ledger.entries[-1] = self.restate(ledger.entries[-1], prev=bytes(32))
            return len(ledger.entries) - 1

        def moved_to(place):
            def change(ledger):
                ledger.entries[place:] = [ledger.entries[-1]]
                return place

            return change

        self.refused(self.lying(earlier), "time went back")
        # What comes right after it: the client has the receipt of what it is chained to.
        self.refused(self.lying(unchained), "not chained to the one before")
        self.refused(self.lying(moved_to(1)), "the submission before has place")

    def test_checkpoints_that_went_back(self):
        """The tree that an answer shows is smaller than one seen, or another of its size."""
        self.init()
        other = self.ledger.add_writer("agency.test/b")

        def grow(handler, ledger, body):
            ledger.submit(body)
            place = len(ledger.entries) - 1
            for number in range(3):
                ledger._append(other, 1, [fake.sha256(b"%d" % number)], None, [])
            handler.reply(201, ledger.receipt(place))

        def forget(count):
            def change(ledger):
                ledger.entries[-1 - count : -1] = []
                return len(ledger.entries) - 1

            return change

        for forgotten, text in ((2, "went back from size 5 to 4"), (1, "two roots for size 10")):
            self.ledger.script.append(grow)
            self.submit([line(len(self.records()))])  # three more than its own in the tree
            self.refused(self.lying(forget(forgotten)), text)

    def test_genesis_of_another_ledger(self):
        """A first submission at place 0, where only the first roster can be."""
        self.init()

        def first(ledger):
            ledger.entries[:] = [self.restate(ledger.entries[-1], prev=bytes(32))]
            return 0

        self.refused(self.lying(first), "does not begin this ledger")

    def test_chain_known_differently(self):
        """A folder restored from a copy is stopped, and takes nothing over."""
        self.init()
        self.submit([line(0)])
        shutil.copytree(self.folder, self.dir / "copy")
        self.submit([line(1)])
        shutil.rmtree(self.folder)
        shutil.copytree(self.dir / "copy", self.folder)
        out = self.client("status", expect=1)
        self.assertIn("restored from a copy", out)
        before = (self.folder / "state").read_bytes()
        for _ in range(2):
            out = self.submit([line(2)], expect=1)
            self.assertIn("take a new writer name", out)
            self.assertEqual((self.folder / "state").read_bytes(), before)
        self.assert_actors(2)

    def test_the_ledger_forgot(self):
        self.init()
        self.submit([line(0)])
        del self.ledger.heads[self.key.name]
        out = self.client("status", expect=1)
        self.assertIn("lacks records", out)
        before = (self.folder / "state").read_bytes()
        out = self.submit([line(1)], expect=1)
        self.assertIn("it is older than this folder knows it", out)
        self.assertNotIn("new writer name", out)
        self.assertEqual((self.folder / "state").read_bytes(), before)

    def test_refused(self):
        self.init()
        self.ledger.script.append(lambda h, l, b: h.reply(
            403, fake.pack({"code": "role", "detail": "auditors do not write"})))
        out = self.submit([line(0)], expect=1)
        self.assertIn("403 role: auditors do not write", out)
        self.client("submit")
        self.assert_actors(1)
        self.ledger.script.append(fake.status(507))
        self.submit([line(1)], expect=1)
        self.client("submit")
        self.assert_actors(2)

    def test_endless_answer(self):
        self.init()

        def endless(handler, ledger, body):
            handler.send_response(201)
            handler.end_headers()
            try:
                while True:
                    handler.wfile.write(bytes(65536))
            except OSError:
                handler.close_connection = True

        self.ledger.script.extend([endless] * 3)
        self.client("submit", "--timeout", "20", stdin=line(0) + "\n")
        self.assert_actors(1)


class Rosters(Case):
    def test_new_log_key(self):
        """A log key that is not known makes the client fetch and check the next roster."""
        self.init()
        self.submit([line(0)])
        self.ledger.log = fake.Key(self.ledger.origin, "log")
        self.ledger.publish_roster()
        self.submit([line(1)])
        self.assertTrue((self.folder / "rosters" / "1").exists())
        self.assert_receipts(2)

    def test_false_roster(self):
        self.init()
        root, self.ledger.root = self.ledger.root, fake.Key("root.test/r", "root")
        old, self.ledger.log = self.ledger.log, fake.Key(self.ledger.origin, "log")
        self.ledger.publish_roster()
        out = self.submit([line(0)], expect=1)
        self.assertIn("roster 1", out)
        self.assertFalse((self.folder / "rosters" / "1").exists())
        self.ledger.root, self.ledger.log = root, old
        self.client("submit")
        self.assert_actors(1)

    def test_init_with_a_later_roster(self):
        self.ledger.add_writer("agency.test/b")
        (self.dir / "roster").write_bytes(self.ledger.publish_roster())
        self.init()
        self.submit([line(0)])
        self.assert_receipts(1)
        self.assertEqual(sorted(p.name for p in (self.folder / "rosters").iterdir()), ["0", "1"])

    def test_init_walks_back_or_fails(self):
        self.ledger.publish_roster()
        (self.dir / "roster").write_bytes(self.ledger.publish_roster())
        self.ledger.rosters[1] = self.ledger.rosters[0]
        out = self.client(
            "init", "--ledger", self.server.url, "--key", self.dir / "key", "--roster",
            self.dir / "roster", self.folder, expect=1,
        )
        self.assertIn("roster 1", out)
        self.assertFalse(self.folder.exists())

    def test_init_walks_back_by_hashes(self):
        """A roster of the right serial and origin, well signed, and not the one that is named."""
        self.ledger.publish_roster()
        (self.dir / "roster").write_bytes(self.ledger.publish_roster())
        other = fake.Key("agency.test/other", "writer")
        text = fake.roster_text(
            self.ledger.origin, 1, fake.sha256(self.ledger.rosters[0][0].encode()),
            self.ledger.root, [self.ledger.log], [(self.key, "agency", "ag"), (other, "agency", "x")],
        )
        self.ledger.rosters[1] = (text, fake.note(text, self.ledger.root))
        out = self.client(
            "init", "--ledger", self.server.url, "--key", self.dir / "key", "--roster",
            self.dir / "roster", self.folder, expect=1,
        )
        self.assertIn("is not the one that its successor names", out)
        self.assertFalse(self.folder.exists())


class Receipts(Case):
    def test_each_damage_is_found(self):
        self.init()
        for i in range(3):
            self.submit([line(i)])
        receipt = self.folder / "receipts" / "2.tlog-proof"
        sound = receipt.read_bytes()
        # The signature's base64 is the one part that a flipped bit may leave readable.
        for at in range(0, len(sound), 7):
            spoiled = bytearray(sound)
            spoiled[at] ^= 1
            receipt.write_bytes(bytes(spoiled))
            with self.subTest(at=at):
                self.client_finds("receipt 2")
        receipt.unlink()
        self.client_finds("no receipt covers records 2 to 2")
        receipt.write_bytes((self.folder / "receipts" / "1.tlog-proof").read_bytes())
        self.client_finds("receipt 2: is that of entry 1")
        receipt.write_bytes(sound)
        self.assert_receipts(3)
        (self.folder / "receipts" / "3.tlog-proof").unlink()
        out = self.client("receipts", "check", expect=1)
        self.assertIn("is gone", out)

    def test_receipts_beyond_the_state(self):
        """A state restored from a copy: the receipts know of more than it does."""
        self.init()
        self.submit([line(0)])
        state = (self.folder / "state").read_bytes()
        for i in (1, 2):
            self.submit([line(i)])
        (self.folder / "state").write_bytes(state)
        self.client_finds("there are receipts up to record 3 and the state is at 1")

    def receipt_of(self, place, number, value, sign=False):
        """A receipt of the entry at a place with one element changed, in a tree that the log
        signed; `sign` is whether the writer signed the change too."""
        ledger = self.ledger
        elements = fake.unpack(ledger.entries[place].entry)
        elements[number] = value
        if sign:
            head = fake.sha256(b"\x02", elements[5], *elements[6])
            last = elements[4] + len(elements[6]) - 1
            text = (f"keiin/records/v1\n{fake.b64(ledger.id)}\n{self.key.name}\n{last}\n"
                    f"{fake.b64(head)}\n")
            elements[7] = fake.ed25519_sign.sign(self.key.seed, text.encode())
        entry = fake.pack(elements)
        leaves = ledger.leaves[:]
        leaves[place] = fake.sha256(b"\0", entry)
        root = fake.b64(fake.tree_root(leaves))
        lines = ["c2sp.org/tlog-proof@v1", "extra " + fake.b64(fake.pack([entry])), f"index {place}"]
        lines += [fake.b64(item) for item in fake.tree_proof(leaves, place)]
        checkpoint = fake.note(f"{ledger.origin}\n{len(leaves)}\n{root}\n", ledger.log)
        return "\n".join(lines).encode() + b"\n\n" + checkpoint

    def test_receipts_that_the_log_signed(self):
        """Whole in themselves; what the writer signed, and the other receipts, contradict."""
        self.init()
        for i in range(3):
            self.submit([line(i)])
        receipt = self.folder / "receipts" / "2.tlog-proof"
        for number, value, sign, text in (
            (7, bytes(64), False, "the writer's signature in it is wrong"),
            (5, bytes(32), True, "does not go on where the receipt before it ended"),
            (1, 1, False, "was received before the one at the place before it"),
        ):
            with self.subTest(text):
                receipt.write_bytes(self.receipt_of(2, number, value, sign))
                self.client_finds("receipt 2: " + text)

    def client_finds(self, text):
        done = subprocess.run([CLIENT, "-C", self.folder, "receipts", "check"], capture_output=True)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(text, done.stderr.decode())


if __name__ == "__main__":
    if not os.access(CLIENT, os.X_OK):
        print(f"{CLIENT} is not built", file=sys.stderr)
        sys.exit(77)
    unittest.main()
