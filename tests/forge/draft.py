"""A ledger under damage: what was changed, and then signed again as far as the keys go.

Whoever has the log's key chains the entries anew (`prev` is nobody's word but the
operator's), builds the tree again and signs a checkpoint of it; whoever has witnesses' keys
cosigns that. Without the log's key the tiles are made to fit all the same, and the old
checkpoint stays.
"""

import reference_path  # noqa: F401
import checkpoint as checkpoints
import entry as entries
import proof as proofs
import roster as rosters
import tree
from encoding import Malformed, b64_encode, sha256

import forge
from forge import WIDTH_FULL
from keyring import Keyring
from ledger_copy import Item, RosterFile, Unsuitable, signatures
from packing import pack


def is_met(policy, signers):
    """Say whether these witnesses' keys meet the quorum of a roster."""

    def holds(name):
        if name in policy.witnesses:
            return policy.witnesses[name] in signers
        group = policy.groups[name]
        return sum(map(holds, group.members)) >= group.threshold

    return policy.is_none() or holds(policy.quorum)


class Draft:
    """What a damage changes. `found` are codes of findings about the ledger as a whole."""

    def __init__(self, copy, keyring, random, where=None):
        self.copy = copy
        self.keys = keyring
        self.random = random
        self.where = where
        self.items = [item.copied() for item in copy.items]
        self.rosters = [
            RosterFile(file.roster, file.note, file.proof) for file in copy.rosters
        ]
        self.writer_names = {}
        for file in self.rosters:
            self.know_writers(file.roster)
        self.checkpoint_note = copy.checkpoint_note
        self.signed = copy.signed
        self.found = set()
        self.ends_at = None  # entries from here on cannot be read
        self.unread_records = set()  # indexes of entries whose records cannot be
        self.is_checkpoint_read = True
        self.options = ()
        self.signing = {}  # what of Ledger.checkpoint is to be otherwise
        self.receipt = None  # of the kinds that damage one
        self._files = {}

    # Choosing what is damaged

    def pick(self, candidates):
        """Choose one of several indexes or addresses, or the one that was asked for."""
        candidates = list(candidates)
        if self.where is not None:
            candidates = [item for item in candidates if item == self.where]
        if not candidates:
            raise Unsuitable("no entry or record of this ledger serves")
        return self.random.choice(candidates)

    def indexes(self, kind=entries.KIND_RECORDS):
        return [index for index, item in enumerate(self.items) if item.entry.kind == kind]

    def addresses(self, is_sealed=None):
        """Return all (index, position) of records that are there."""
        return [
            (index, position)
            for index, item in enumerate(self.items)
            for position, (data, sealed) in enumerate(item.pairs)
            if data and position not in item.missing
            and (is_sealed is None or bool(sealed) == is_sealed)
        ]

    def effective_orders(self):
        """Return the addresses of orders that name something that is not there."""
        gone = {
            "%d.%d" % (index, position)
            for index, item in enumerate(self.items)
            for position in item.missing
        }
        orders = []
        for index, position in self.addresses():
            fields = self.items[index].fields(position)
            named = {name.removesuffix("/sealed") for name in fields.get("records", ())}
            if fields["action"] == "erase.record" and named & gone:
                orders.append((index, position))
        return orders

    # Who is who

    def know_writers(self, roster):
        for digest, writer in roster.writers.items():
            self.writer_names[digest] = writer.name

    def name_of(self, item):
        return self.writer_names.get(item.entry.key)

    def last_roster(self):
        return self.rosters[-1].roster

    def writer_key(self, role):
        """Return a key that is held of a writer of this role, None when there is none."""
        for writer in self.last_roster().writers.values():
            if writer.role == role and self.keys.of(writer.key) is not None:
                return self.keys.of(writer.key)
        return None

    def next_of(self, index):
        """Return the index of the next entry of the same writer's name, None at its last."""
        name = self.name_of(self.items[index])
        for later in range(index + 1, len(self.items)):
            if self.name_of(self.items[later]) == name:
                return later
        return None

    def chain_end(self, name, before=None):
        """Return the number and head that a writer's next entry has to state."""
        end = 1, entries.first_head(self.copy.ledger_id, name)
        for item in self.items[:before]:
            if self.name_of(item) == name and not item.is_malformed:
                end = item.entry.last_number + 1, item.entry.head
        return end

    def add_key(self, key):
        self.keys = Keyring([*self.keys.keys, key])

    # Entries

    def sign(self, item, key):
        entry = item.entry
        text = entries.signed_text(
            self.copy.ledger_id, key.name, entry.last_number, entry.head
        )
        item.change(signature=key.sign(text))
        item.is_signed = True

    def set_digests(self, item, digests):
        """Change what an entry says of its records; its signature is wrong from then on."""
        item.change(digests=digests)
        item.is_signed = False

    def new_item(self, key, pairs, index=None, kind=entries.KIND_RECORDS, digests=None):
        """Insert an entry that is right for its place and signed by `key`, at the end
        unless `index` says where."""
        index = len(self.items) if index is None else index
        number, before = self.chain_end(key.name, index)
        received = self.items[index - 1].entry.received
        if digests is None:
            digests = [sha256(data) for data, _ in pairs]
        entry = entries.Entry(
            kind, received, bytes(32), key.digest, number, before, digests, bytes(64)
        )
        item = Item(entry, [list(pair) for pair in pairs])
        self.writer_names.setdefault(key.digest, key.name)
        self.sign(item, key)
        self.items.insert(index, item)
        return item

    def continue_chains(self):
        """Where an attacker has a writer's key, make that writer's later entries fit."""
        ends = {}
        for item in self.items:
            name = self.name_of(item)
            if name is None or item.is_malformed:
                continue
            first = 1, entries.first_head(self.copy.ledger_id, name)
            number, before = ends.get(name, first)
            key = self.keys.by_digest(item.entry.key)
            fits = (item.entry.number, item.entry.before) == (number, before)
            if key is not None and not item.keeps_signature:
                if not item.keeps_place and not fits:
                    item.change(number=number, before=before)
                    item.is_signed = False
                if not item.is_signed:
                    self.sign(item, key)
            ends[name] = item.entry.last_number + 1, item.entry.head

    def chain_anew(self):
        """Let every entry's `prev` be the leaf hash of the one before it."""
        prev = entries.genesis_prev(self.copy.ledger_id)
        for item in self.items:
            if not item.is_malformed and not item.keeps_prev:
                item.change(prev=prev)
            prev = tree.leaf_hash(item.raw)

    # Sealing

    def all_of(self, what):
        keys = []
        for file in self.rosters:
            keys += self.keys.all_of(getattr(file.roster, what))
        return list(dict.fromkeys(keys))

    def has_log_key(self):
        return bool(self.all_of("logs"))

    def need_log_key(self):
        """Give up where without the log's key nothing would be seen of what is added."""
        if not self.has_log_key():
            raise Unsuitable("without the log's key nothing can be added")

    def seal(self):
        """Sign again what the keys can sign again."""
        self.continue_chains()
        if self.leaves() != self.copy.leaves and self.has_log_key():
            self.chain_anew()
        leaves = self.leaves()
        if leaves != self.copy.leaves or self.signing:
            self._prove_again(leaves)
            if self.has_log_key():
                self.checkpoint_note = self.checkpoint(leaves, **self.signing)
                note = checkpoints.parse(self.checkpoint_note).note
                self.signed = signatures(note, self.rosters)

    def leaves(self):
        return [tree.leaf_hash(item.raw) for item in self.items]

    def checkpoint(self, leaves, size=None, origin=None, root=None, time=None):
        """Sign a checkpoint with every log's and witness's key that is held."""
        size = len(leaves) if size is None else size
        root = tree.root_of(leaves[:size]) if root is None else root
        origin = self.copy.checkpoint.origin if origin is None else origin
        text = b"%s\n%d\n%s\n" % (origin, size, b64_encode(root))
        if time is None:
            time = max(self.copy.signed.times.values(), default=0) + 1
        lines = [key.line(text) for key in self.all_of("logs")]
        lines += [key.line(text, time) for key in self.all_of("witnesses")]
        return text + b"\n" + b"".join(lines)

    def roster_index(self, serial):
        """Return the index of the entry that holds a roster, None when there is none."""
        digest = self.rosters[serial].roster.digest
        for index, item in enumerate(self.items):
            if item.is_roster and item.entry.digests == [digest] and not item.is_malformed:
                return index
        return None

    def can_prove(self, serial):
        """Say whether the keys suffice for the proof of a roster's entry."""
        before = self.rosters[serial - 1].roster
        witnesses = {key.public for key in self.keys.all_of(before.witnesses)}
        logs = before.logs + self.rosters[serial].roster.logs
        return bool(self.keys.all_of(logs)) and is_met(before.policy, witnesses)

    def prove(self, serial, leaves, **signed):
        index = self.roster_index(serial)
        hashes = forge.inclusion(index, leaves)
        extra = pack([self.items[index].raw])
        return forge.proof_file(extra, index, hashes, self.checkpoint(leaves, **signed))

    def _prove_again(self, leaves):
        for serial in range(1, len(self.rosters)):
            index = self.roster_index(serial)
            file = self.rosters[serial]
            if index is None or file.proof_fault is not None or not self.can_prove(serial):
                continue
            if file.proof is None or not self.is_proof_true(serial, leaves):
                file.proof = self.prove(serial, leaves)

    def is_proof_true(self, serial, leaves):
        """Say whether a roster's proof is for this entry in this very tree."""
        proof = proofs.parse(self.rosters[serial].proof)
        size = proof.checkpoint.size
        return (
            proof.index == self.roster_index(serial)
            and proof.extra_elements()[0] == self.items[proof.index].raw
            and (size > len(leaves) or proof.checkpoint.root == tree.root_of(leaves[:size]))
        )

    # Rosters

    def append_roster(self, signers, sender=None, parent=None, serial=None, **lines):
        """Put a further roster beside the ledger and, where `sender` is a key, into it.

        `lines` has, by the first word of a roster's lines, what stands in their place.
        """
        before = self.last_roster()
        text = roster_text(
            before,
            before.serial + 1 if serial is None else serial,
            before.digest if parent is None else parent,
            lines,
        )
        note = text + b"\n" + b"".join(key.line(text) for key in signers)
        file = RosterFile(rosters.parse_text(text), note)
        self.rosters.append(file)
        self.know_writers(file.roster)
        if sender is not None:
            kind = entries.KIND_ROSTER
            self.new_item(sender, [], kind=kind, digests=[file.roster.digest])
        return file

    # Files

    def put(self, name, data):
        """Serve these bytes, ABSENT or UNREADABLE in place of a file, whatever is true."""
        self._files[name] = data

    def files(self):
        """Return everything that the damaged ledger publishes."""
        files = {"checkpoint": self.checkpoint_note, "latest-checkpoint": self.checkpoint_note}
        size = self.published_size()
        items = self.items[:size]
        raws, parts = [item.raw for item in items], [item.part for item in items]
        leaves = [tree.leaf_hash(raw) for raw in raws]
        if len(raws) == size:
            files.update(forge.tile_files(raws, parts, leaves))
        else:
            files.update(_cut_tile_files(raws, parts, leaves, size))
        for serial, file in enumerate(self.rosters):
            files["roster/%d" % serial] = file.note
            if file.proof is not None:
                files["roster/%d.tlog-proof" % serial] = file.proof
        return {**files, **self._files}

    def published_size(self):
        """Return the size that the checkpoint states, by which the files are named."""
        try:
            size = checkpoints.parse(self.checkpoint_note).size
        except Malformed:
            return len(self.items)
        return size if size <= len(self.items) + WIDTH_FULL else len(self.items)


def _cut_tile_files(raws, parts, leaves, size):
    """Name the files of a ledger as if it had `size` entries, which it does not."""
    names = forge.tile_files([b""] * size, [b""] * size, [bytes(32)] * size)
    files = forge.tile_files(raws, parts, leaves)
    whole = {name.split(".p/")[0]: data for name, data in files.items()}
    return {name: whole.get(name.split(".p/")[0], b"") for name in names}


def roster_text(before, serial, parent, lines):
    """Write a roster like the one before it, with some lines in place of its own.

    `lines` maps a first word to a list of lines of that word, `origin` to another origin.
    """
    old = before.text.decode().split("\n")[4:-1]
    words = "root threshold log witness group quorum writer reader".split()
    body = []
    for word in words:
        own = [line for line in old if line.split(" ")[0] == word]
        body += lines.get(word, own)
    origin = lines.get("origin", before.origin.decode())
    head = ["keiin/roster/v1", origin, str(serial), b64_encode(parent).decode()]
    return ("\n".join(head + body) + "\n").encode()

