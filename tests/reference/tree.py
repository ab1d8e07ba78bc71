"""The Merkle tree of RFC 6962 section 2.1."""

from encoding import sha256

EMPTY_ROOT = sha256()


def leaf_hash(data):
    return sha256(b"\x00", data)


def node_hash(left, right):
    return sha256(b"\x01", left, right)


class Frontier:
    """The roots of the complete subtrees of a growing tree, largest first."""

    def __init__(self):
        self.size = 0
        self._subtrees = []

    def append(self, leaf):
        node = leaf
        size = self.size
        while size & 1:
            node = node_hash(self._subtrees.pop(), node)
            size >>= 1
        self._subtrees.append(node)
        self.size += 1

    def root(self):
        if not self._subtrees:
            return EMPTY_ROOT
        root = self._subtrees[-1]
        for subtree in reversed(self._subtrees[:-1]):
            root = node_hash(subtree, root)
        return root


def root_of(leaves):
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def root_from_inclusion(leaf, index, size, proof):
    """Return the root that an inclusion proof leads to, None where its length is wrong."""
    if not 0 <= index < size:
        return None
    node = leaf
    last = size - 1
    for sibling in proof:
        if last == 0:
            return None
        if index & 1 or index == last:
            node = node_hash(sibling, node)
            # The last node of a level without a sibling rises unchanged.
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        index >>= 1
        last >>= 1
    return node if last == 0 else None


def is_consistent(old_size, old_root, new_size, new_root, proof):
    """Verify a consistency proof between two trees, the old one not empty."""
    if not 1 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    index, last = old_size - 1, new_size - 1
    while index & 1:
        index >>= 1
        last >>= 1
    path = list(proof)
    # An old tree that is one complete subtree is not repeated in the proof.
    if index == 0:
        path.insert(0, old_root)
    if not path:
        return False
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            new_node = node_hash(new_node, sibling)
        index >>= 1
        last >>= 1
    return last == 0 and old_node == old_root and new_node == new_root
