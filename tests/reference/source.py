"""Where a ledger is read from: a directory or a URL prefix, equal in what they hold.

Absent and unreadable are different answers: an absent file is a fact about the
ledger, an unreadable one only says that this audit did not see it.
"""

import errno
import http.client
import os
import stat
import urllib.error
import urllib.request

CHUNK_BYTES = 64 * 1024
TIMEOUT_SECONDS = 60


class Absent(Exception):
    """There is no such file."""


class Unreadable(Exception):
    """The file could not be read, for any other reason."""


class Stream:
    """Bytes of one file in order; a size that is asked for allocates nothing."""

    def __init__(self, handle):
        self._handle = handle

    def read(self, size):
        """Return `size` bytes, fewer only where the file ends before."""
        chunks = []
        while size > 0:
            chunk = self._chunk(min(size, CHUNK_BYTES))
            if not chunk:
                break
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)

    def skip(self, size):
        """Pass over `size` bytes; False where the file ends before."""
        while size > 0:
            chunk = self._chunk(min(size, CHUNK_BYTES))
            if not chunk:
                return False
            size -= len(chunk)
        return True

    def _chunk(self, size):
        try:
            chunk = self._handle.read(size)
        except (OSError, http.client.HTTPException) as error:
            raise Unreadable(str(error)) from error
        # A connection that breaks off looks like an end; what remains of the
        # announced length tells the two apart.
        if not chunk and getattr(self._handle, "length", None):
            raise Unreadable("connection ended early")
        return chunk

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._handle.close()


class Directory:
    def __init__(self, path):
        self._path = path

    def open(self, name):
        # Without O_NONBLOCK a pipe in place of a file would hold the audit up
        # for ever.
        try:
            descriptor = os.open(
                os.path.join(self._path, name), os.O_RDONLY | os.O_NONBLOCK
            )
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                raise Absent(name) from error
            raise Unreadable(str(error)) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Unreadable(name + " is not a regular file")
        return Stream(os.fdopen(descriptor, "rb"))


class _RefuseRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Prefix:
    def __init__(self, url):
        self._url = url.rstrip("/")
        self._opener = urllib.request.build_opener(
            _RefuseRedirect, urllib.request.ProxyHandler({})
        )

    def open(self, name):
        request = urllib.request.Request(
            self._url + "/" + name, headers={"Accept-Encoding": "identity"}
        )
        try:
            response = self._opener.open(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                raise Absent(name) from error
            raise Unreadable(str(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreadable(str(error)) from error
        coding = response.headers.get("Content-Encoding", "identity")
        if response.status != 200 or coding != "identity":
            response.close()
            raise Unreadable("status or content coding")
        return Stream(response)


def open_source(location):
    if location.startswith(("http://", "https://")):
        return Prefix(location)
    return Directory(location)


def read_file(source, name, limit):
    """Return the file's bytes, at most one more than `limit`."""
    with source.open(name) as stream:
        return stream.read(limit + 1)
