#!/usr/bin/env python3
"""keiin-client against a ledger that fails: what is given to it, once, wherever it stops."""

import json
import fcntl
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
sys.dont_write_bytecode = True

import fake_ledger as fake  # noqa: E402
from client_lab import CLIENT, Case, line, main  # noqa: E402


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


if __name__ == "__main__":
    main()
