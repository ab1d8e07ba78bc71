#!/usr/bin/env python3
"""keiin-client against a ledger that lies and forgets: what it believes of answers, rosters and
the receipts that it keeps."""

import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
sys.dont_write_bytecode = True

import fake_ledger as fake  # noqa: E402
from client_lab import CLIENT, Case, line, main  # noqa: E402


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
    main()
