"""PostgreSQL clusters, and the program under test, for the end-to-end tests.

Everything lives in one directory under /tmp (short, because of the sockets in it). Servers never run as
root: started as root, they and pg_basebackup run as `postgres`, or `nobody` where there is no such user.
A server ends with the test run, even when the run is killed.
"""

import dataclasses
import datetime
import glob
import json
import os
import pathlib
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time

import psycopg

UTC = datetime.timezone.utc
SUFFIX = re.compile(r"_2[0-9]{13}$")
COMPRESSORS = {
    "plain": ("", "test ! -f {dir}/%f && cp %p {dir}/%f"),
    "gzip": (".gz", "gzip -c %p > {dir}/%f.gz"),
    "lz4": (".lz4", "lz4 -q -c %p > {dir}/%f.lz4"),
    "zstd": (".zst", "zstd -q -c %p > {dir}/%f.zst"),
}


def server_user():
    """The account that servers run as; None when we may run them ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise RuntimeError("started as root, and there is neither a user postgres nor nobody")


USER = server_user()


def find_bindir():
    if "PG_BINDIR" in os.environ:
        return pathlib.Path(os.environ["PG_BINDIR"])
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb") + glob.glob("/usr/pgsql-*/bin/initdb")
    if not found:
        path = shutil.which("initdb")
        if path is None:
            raise RuntimeError("no initdb found; run make setup, or set PG_BINDIR")
        return pathlib.Path(path).parent
    newest = max(found, key=lambda p: int(re.search(r"(\d+)/bin", p).group(1)))
    return pathlib.Path(newest).parent


BINDIR = find_bindir()


def as_user(argv, **kwargs):
    """subprocess.run as the servers' user, with everything caught; raises with the output on failure."""
    if USER is not None:
        kwargs |= {"user": USER.pw_uid, "group": USER.pw_gid, "extra_groups": []}
    env = clean_env() | kwargs.pop("env", {})
    done = subprocess.run(
        [str(a) for a in argv], env=env, cwd="/", text=True, capture_output=True, errors="replace", **kwargs
    )
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(map(str, argv))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def clean_env():
    """A small environment; the zone and the locale are not what the results should depend on."""
    kept = ("PATH", "HOME", "USER", "LOGNAME", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
    env = {k: os.environ[k] for k in kept if k in os.environ}
    return env | {"LC_ALL": "C.UTF-8", "TZ": "Asia/Kolkata", "TERM": "dumb"}


def make_dir(path, mode=0o755):
    """A directory that belongs to the servers' user."""
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    give(path)
    return path


def give(path):
    if USER is not None:
        os.chown(path, USER.pw_uid, USER.pw_gid)


def give_tree(path):
    for root, dirs, files in os.walk(path):
        for name in [root] + [os.path.join(root, f) for f in dirs + files]:
            if USER is not None:
                os.lchown(name, USER.pw_uid, USER.pw_gid)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s: {what}")
        time.sleep(0.05)


def iso(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def suffix(moment):
    return moment.astimezone(UTC).strftime("_%Y%m%d%H%M%S")


def assert_rows(got, want):
    """Fingerprints agree. The WAL knows a sequence only in steps of 32 values, and one: it may be ahead by that much."""
    got = dict(got)
    for name, noted in want.items():
        if len(noted) == 3 and name in got and got[name] != noted:
            last, called, step = noted
            assert called and got[name][1:] == (called, step), (name, got[name], noted)
            assert 0 <= (got[name][0] - last) // step <= 33, (name, got[name], noted)
            got[name] = noted
    assert got == want


def quote(name):
    return '"' + name.replace('"', '""') + '"'


class Cluster:
    """A PostgreSQL server of our own. `base` is its directory; nothing outside of it is touched."""

    def __init__(self, base, archive="plain", segment_mb=16, tcp=False, conf=None):
        self.base = make_dir(base)
        self.data = self.base / "data"
        self.socket = make_dir(self.base / "s")
        self.archive = make_dir(self.base / "wal")
        self.port = free_port() if tcp else 5432
        self.process = None
        as_user(
            [BINDIR / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
            + ["--locale=C.UTF-8", f"--wal-segsize={segment_mb}"]
        )
        settings = {
            "listen_addresses": "127.0.0.1" if tcp else "",
            "port": self.port,
            "unix_socket_directories": self.socket,
            "wal_level": "replica",
            "archive_mode": "on",
            "archive_command": COMPRESSORS[archive][1].format(dir=self.archive),
            "fsync": "off",
            "max_wal_size": "1GB",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
            "timezone": "America/New_York",
            "datestyle": "'German, DMY'",
            "intervalstyle": "sql_standard",
        } | (conf or {})
        lines = [f"{k} = {v if str(v).startswith(chr(39)) else chr(39) + str(v) + chr(39)}" for k, v in settings.items()]
        with open(self.data / "postgresql.auto.conf", "a", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        (self.data / "pg_hba.conf").write_text(
            "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        self.start()

    def start(self):
        log = open(self.base / "log", "ab")
        argv = ["setpriv", "--pdeathsig", "INT"]
        if USER is not None:
            argv += [f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--clear-groups"]
        argv += ["--", str(BINDIR / "postgres"), "-D", str(self.data)]
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_env(), cwd="/", start_new_session=True
        )
        log.close()
        wait_for(self.ready, 60, f"the server in {self.data} does not answer")

    def ready(self):
        if self.process.poll() is not None:
            raise RuntimeError("the server ended:\n" + (self.base / "log").read_text(errors="replace")[-3000:])
        try:
            self.connect("postgres").close()
            return True
        except psycopg.OperationalError:
            return False

    def stop(self, how=signal.SIGINT):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(30)
        self.process = None

    def connect(self, db="shop", user="postgres", **options):
        connection = psycopg.connect(
            host=str(self.socket), port=self.port, dbname=db, user=user, autocommit=True, **options
        )
        for setting in ("timezone = 'UTC'", "datestyle = 'ISO'", "intervalstyle = 'postgres'"):
            connection.execute(f"SET {setting}")
        return connection

    def conninfo(self, db="shop", user="postgres"):
        return f"host={self.socket} port={self.port} dbname={db} user={user}"

    def tcp_conninfo(self, db="shop", user="postgres"):
        return f"host=127.0.0.1 port={self.port} dbname={db} user={user}"

    def sql(self, db, text, params=None):
        """Runs statements; returns the rows of the last one that has any."""
        with self.connect(db) as connection:
            cursor = connection.execute(text, params)
            rows = []
            while True:
                if cursor.description is not None:
                    rows = cursor.fetchall()
                if not cursor.nextset():
                    return rows

    def one(self, db, text, params=None):
        rows = self.sql(db, text, params)
        assert len(rows) == 1, f"{text}: {len(rows)} rows"
        return rows[0][0]

    def psql(self, db, file):
        argv = [BINDIR / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.conninfo(db), "-f", "-"]
        return as_user(argv, input=pathlib.Path(file).read_text(encoding="utf-8"))

    def dump_schema(self, db, schema):
        """The schema's DDL as text, without what differs from run to run."""
        argv = [BINDIR / "pg_dump", "--schema-only", "-n", quote(schema), "-d", self.conninfo(db)]
        lines = as_user(argv).splitlines()
        drop = re.compile(r"^(--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict|$)")
        keep = re.compile(r"^SET default_tablespace")
        return [line for line in lines if keep.match(line) or not drop.match(line)]

    def schemas(self, db="shop"):
        rows = self.sql(db, "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'")
        return {row[0] for row in rows}

    def drop_schemas(self, names, db="shop"):
        for name in names:
            self.sql(db, f"DROP SCHEMA IF EXISTS {quote(name)} CASCADE")

    def fingerprint(self, db, schema):
        """Each table and materialized view with rows: count and checksum; each sequence: where it stands."""
        found = {}
        with self.connect(db) as connection:
            relations = connection.execute(
                "SELECT relname, relkind FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE"
                " nspname = %s) AND (relkind IN ('r', 'S') OR relkind = 'm' AND relispopulated) ORDER BY relname",
                (schema,),
            ).fetchall()
            for name, kind in relations:
                table = f"{quote(schema)}.{quote(name)}"
                if kind in (b"S", "S"):
                    query = f"SELECT last_value, is_called, seqincrement FROM {table}, pg_sequence WHERE seqrelid = '{table}'::regclass"
                else:
                    query = f"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM ONLY {table} t"
                found[name] = connection.execute(query).fetchone()
        return found

    def checkpoint(self):
        self.sql("postgres", "CHECKPOINT")

    def now(self):
        return self.one("postgres", "SELECT clock_timestamp()")

    def mark(self):
        """Waits for the next full second; what was committed before is in, what comes after is not."""
        moment = self.now().replace(microsecond=0) + datetime.timedelta(seconds=1)
        wait_for(lambda: self.now() > moment + datetime.timedelta(milliseconds=5), 5, "the clock stands still")
        return moment

    def switch_wal(self):
        """Ends the current segment and waits until it is in the archive; returns its name."""
        name = self.one("postgres", "SELECT pg_walfile_name(pg_switch_wal())")
        archived = "SELECT coalesce(last_archived_wal >= %s, false) FROM pg_stat_archiver"
        wait_for(lambda: self.one("postgres", archived, (name,)), 30, f"{name} is not archived")
        return name

    def basebackup(self, dest, fmt="plain", compress=None, wal="stream", tablespaces=None):
        dest = pathlib.Path(dest)
        make_dir(dest.parent)
        argv = [BINDIR / "pg_basebackup", "-D", dest, "-d", self.conninfo("postgres"), "-c", "fast", "--no-sync"]
        argv += ["-F", fmt, "-X", wal, "-l", dest.name]
        if compress is not None:
            argv += [f"--compress=server-{compress}:1"]
        for old, new in (tablespaces or {}).items():
            argv += ["-T", f"{old}={make_dir(new, 0o700)}"]
        as_user(argv)
        return dest

    def tablespace(self, name):
        path = make_dir(self.base / f"ts-{name}", 0o700)
        self.sql("postgres", f"CREATE TABLESPACE {quote(name)} LOCATION '{path}'")
        return path


def standby(primary, base):
    """A hot standby of this cluster, as it stood at a base backup made now."""
    make_dir(base)
    places = {str(path): base / path.name for path in primary.base.glob("ts-*")}
    made = Cluster.__new__(Cluster)
    made.base, made.socket, made.archive = base, make_dir(base / "s"), primary.archive
    made.port, made.process = 5432, None
    made.data = primary.basebackup(base / "data", tablespaces=places)
    with open(made.data / "postgresql.auto.conf", "a", encoding="utf-8") as f:
        f.write(f"unix_socket_directories = '{made.socket}'\narchive_mode = off\nhot_standby = on\n")
    (made.data / "standby.signal").touch()
    made.start()
    return made


def compress_archive(source, dest, how):
    """A copy of a WAL archive as a compressing archive_command would have made it."""
    ending, _ = COMPRESSORS[how]
    program = {"gzip": ["gzip", "-1", "-c"], "lz4": ["lz4", "-q", "-c"], "zstd": ["zstd", "-q", "-c"]}[how]
    make_dir(dest)
    for path in sorted(pathlib.Path(source).iterdir()):
        with open(dest / (path.name + ending), "wb") as out:
            subprocess.run(program + [str(path)], stdout=out, check=True)
    give_tree(dest)
    return dest


@dataclasses.dataclass
class Result:
    argv: list
    code: int
    out: str
    err: str
    seconds: float
    peak_kb: int

    @property
    def text(self):
        return self.out + self.err

    def events(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __str__(self):
        return f"$ {shlex.join(self.argv)}\n[exit {self.code}, {self.seconds:.1f} s]\n{self.out}{self.err}"


def default_signals():
    """Who runs the tests in the background of a shell has SIGINT ignored, and the tool respects that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Running:
    """The program while it runs."""

    def __init__(self, argv, env):
        self.argv = argv
        self.began = time.monotonic()
        self.peak_kb = 0
        self.process = subprocess.Popen(
            argv,
            env=env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=default_signals,
        )
        self.pid = self.process.pid
        self.chunks = {"out": [], "err": []}
        self.readers = [
            threading.Thread(target=self._read, args=(stream, self.chunks[name]), daemon=True)
            for name, stream in (("out", self.process.stdout), ("err", self.process.stderr))
        ]
        self.readers.append(threading.Thread(target=self._watch, daemon=True))
        for reader in self.readers:
            reader.start()

    @staticmethod
    def _read(stream, chunks):
        for chunk in iter(lambda: stream.read1(65536), b""):
            chunks.append(chunk)

    def _watch(self):
        while self.process.returncode is None:
            try:
                with open(f"/proc/{self.pid}/status", encoding="utf-8") as f:
                    peak = re.search(r"VmHWM:\s+(\d+)", f.read())
                self.peak_kb = max(self.peak_kb, int(peak.group(1)) if peak else 0)
            except OSError:
                return
            time.sleep(0.02)

    @property
    def err(self):
        return b"".join(self.chunks["err"]).decode(errors="replace")

    @property
    def out(self):
        return b"".join(self.chunks["out"]).decode(errors="replace")

    def alive(self):
        return self.process.poll() is None

    def wait_for(self, condition, seconds, what):
        """Like wait_for, but ends as soon as the program does."""

        def check():
            value = condition()
            assert value or self.alive(), f"ended with {self.process.returncode} before {what}\n{self.out}{self.err}"
            return value

        return wait_for(check, seconds, what + "\n" + self.err)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=120):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(30)
            raise AssertionError(f"still running after {seconds} s: {shlex.join(self.argv)}\n{self.out}{self.err}") from None
        for reader in self.readers:
            reader.join(15)
        return Result(self.argv, code, self.out, self.err, time.monotonic() - self.began, self.peak_kb)


class Tool:
    """Runs the program with a state and a scratch directory of its own, and finds what it left behind."""

    def __init__(self, base, target):
        default = pathlib.Path(__file__).parents[2] / "build" / "schemarestore"
        self.program = os.environ.get("SCHEMARESTORE_BIN", str(default))
        self.base = base
        self.state = base / "state"
        self.scratch = make_dir(base / "scratch", 0o1777)
        self.tmp = make_dir(base / "tmp")
        self.home = make_dir(base / "home")
        for path in (self.tmp, self.home):
            os.chown(path, os.geteuid(), os.getegid())
        self.target = target
        self.before = target.schemas() if target else set()
        self.shm_before = set(glob.glob("/dev/shm/*"))
        self.sockets_before = set(glob.glob("/tmp/.s.PGSQL.*"))
        self.kept = set()
        self.runs = []

    def env(self, extra=None):
        env = clean_env() | {
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "SCHEMARESTORE_STATE_DIR": str(self.state),
            "SCHEMARESTORE_SCRATCH_DIR": str(self.scratch),
            "SCHEMARESTORE_TEST_BASE": str(self.base),
        }
        return {k: v for k, v in (env | (extra or {})).items() if v is not None}

    def popen(self, *args, env=None, wrap=()):
        running = Running([*map(str, wrap), self.program, *map(str, args)], self.env(env))
        self.runs.append(running)
        return running

    def run(self, *args, env=None, timeout=180, wrap=()):
        return self.popen(*args, env=env, wrap=wrap).wait(timeout)

    def ok(self, *args, **kwargs):
        """Runs it and expects success; what it makes in the target is dropped when the test ends."""
        before = self.target.schemas()
        result = self.run(*args, **kwargs)
        assert result.code == 0, str(result)
        made = self.target.schemas() - before
        self.kept |= made
        return result

    def refused(self, code, *args, words=(), **kwargs):
        """Runs it and expects this exit code (or one of these), these words (without case), and nothing made."""
        before = self.target.schemas()
        result = self.run(*args, **kwargs)
        codes = code if isinstance(code, tuple) else (code,)
        assert result.code in codes, f"expected exit {code}\n{result}"
        for word in words:
            assert word.lower() in result.text.lower(), f"expected {word!r} in the message\n{result}"
        assert self.target.schemas() == before, str(result)
        self.check_gone()
        return result

    def operations(self):
        return sorted(self.state.glob("restore-*")) if self.state.is_dir() else []

    def processes(self):
        """What runs on our behalf: the program, its guardian, its servers; they inherit our environment."""
        mark = f"SCHEMARESTORE_TEST_BASE={self.base}\0".encode()
        found = {}
        for entry in glob.glob("/proc/[0-9]*"):
            try:
                with open(f"{entry}/cmdline", "rb") as f:
                    command = f.read()
                with open(f"{entry}/environ", "rb") as f:
                    environ = f.read() + b"\0"
            except OSError:
                continue
            if mark in environ or os.fsencode(str(self.scratch)) in command:
                found[int(entry.rpartition("/")[2])] = command.replace(b"\0", b" ").decode(errors="replace")
        return found

    def leftovers(self):
        """Everything that should not be there once an operation has ended, as text; empty when all is well."""
        found = [f"process {pid}: {command}" for pid, command in self.processes().items()]
        for directory in (self.scratch, self.tmp):
            found += [f"file: {path}" for path in directory.iterdir()]
        if self.target is not None and self.target.process is not None:
            found += [f"schema: {name}" for name in self.target.schemas() - self.before - self.kept]
        found += [f"socket: {path}" for path in set(glob.glob("/tmp/.s.PGSQL.*")) - self.sockets_before]
        found += [f"socket: /tmp/{op.name}" for op in self.operations() if os.path.exists(f"/tmp/{op.name}")]
        found += [f"shared memory: {path}" for path in self.lost_shm()]
        return found

    def lost_shm(self):
        """New segments of servers that nobody maps any more."""
        new = {p for p in set(glob.glob("/dev/shm/PostgreSQL.*")) - self.shm_before if owned_by_us(p)}
        if not new:
            return new
        for entry in glob.glob("/proc/[0-9]*/maps"):
            try:
                with open(entry, encoding="utf-8", errors="replace") as f:
                    text = f.read()
            except OSError:
                continue
            new = {p for p in new if p not in text}
        return new

    def check_gone(self, seconds=5):
        """Nothing is left; processes get a moment to end."""
        deadline = time.monotonic() + seconds
        while (found := self.leftovers()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not found, "left behind:\n" + "\n".join(found)

    def close(self):
        """Ends and removes whatever the test left, then complains about it."""
        try:
            self.check_gone()
        finally:
            for pid in self.processes():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if self.target is not None and self.target.process is not None:
                self.target.drop_schemas(self.target.schemas() - self.before)
            shutil.rmtree(self.base, ignore_errors=True)


def owned_by_us(path):
    try:
        uid = os.stat(path).st_uid
    except OSError:
        return False
    return uid == (USER.pw_uid if USER is not None else os.geteuid())


