"""A proxy before a server that stops in the middle, so that a test can act while rows are being copied."""

import os
import select
import socket
import threading

import pgtools


class StallingProxy:
    """Listens on a unix socket of its own. A connection stalls once it has sent `limit` bytes to the server,
    until release(); new connections are still served."""

    def __init__(self, cluster, directory, limit):
        self.limit = limit
        self.backend = f"{cluster.socket}/.s.PGSQL.{cluster.port}"
        self.directory = pgtools.make_dir(directory)
        self.stalled = threading.Event()
        self.released = threading.Event()
        self.closed = threading.Event()
        self.server = socket.socket(socket.AF_UNIX)
        path = f"{directory}/.s.PGSQL.5432"
        self.server.bind(path)
        os.chmod(path, 0o777)
        self.server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def conninfo(self, db="shop"):
        return f"host={self.directory} port=5432 dbname={db} user=postgres"

    def release(self):
        self.released.set()

    def close(self):
        self.closed.set()
        self.released.set()
        self.server.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        backend = socket.socket(socket.AF_UNIX)
        try:
            backend.connect(self.backend)
            self._relay(client, backend)
        except OSError:
            pass
        finally:
            client.close()
            backend.close()

    def _relay(self, client, backend):
        sent = 0
        while not self.closed.is_set():
            hold = sent > self.limit and not self.released.is_set()
            if hold:
                self.stalled.set()
            poll = select.poll()
            poll.register(client, select.POLLRDHUP | (0 if hold else select.POLLIN))
            poll.register(backend, select.POLLIN)
            for fd, event in poll.poll(100):
                if fd == client.fileno() and not event & select.POLLIN:
                    return
                source, target = (client, backend) if fd == client.fileno() else (backend, client)
                data = source.recv(65536)
                if not data:
                    return
                target.sendall(data)
                sent += len(data) if source is client else 0
