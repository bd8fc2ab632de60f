"""What the benchmarks share: a server, a mount, dropped caches, pairs in alternating order, tables."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
LARDER = BUILD / "larder"
READ_FILE = BUILD / "read_file"

MIB = 1 << 20
GIB = 1 << 30


def check_built():
    for program in (LARDER, READ_FILE):
        if not program.exists():
            sys.exit(f"bench: {program} is missing: scripts/build release")
    if os.geteuid() != 0:
        sys.exit("bench: run as root: caches are dropped and passthrough needs CAP_SYS_ADMIN")


@contextlib.contextmanager
def work_folder():
    """A folder on a disk (not a tmpfs), gone at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="larder-bench.", dir=os.environ.get("TMPDIR", "/var/tmp")))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def nginx(root, work, listing="json"):
    """Serves `root` on loopback, with listings in "json" or "html"; yields (URL, path of the access log)."""
    folder = work / "nginx"
    folder.mkdir()
    port = free_port()
    conf = folder / "nginx.conf"
    temp = " ".join(f"{kind}_temp_path {folder}/{kind};"
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    conf.write_text(f"""
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2; user root;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/access.log; {temp} sendfile on; keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{port}; root {root}; autoindex on; autoindex_format {listing}; }}
}}
""")
    server = subprocess.Popen(["/usr/sbin/nginx", "-c", conf, "-p", folder])
    wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None, "nginx")
    try:
        yield f"http://127.0.0.1:{port}/", folder / "access.log"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > end:
            sys.exit(f"bench: {what} did not come up within {seconds} s")
        time.sleep(0.02)


class Mount:
    """A larder mount with a cache of its own; unmounted at the end."""

    def __init__(self, source, work, name="mnt", options=(), cache_size="64GiB"):
        self.path = work / name
        self.path.mkdir(exist_ok=True)
        self.cache = work / f"{name}-cache"
        self.command = [LARDER, "mount", source, self.path, "--cache-dir", self.cache,
                        "--cache-size", str(cache_size), "--min-free", "0", *options]

    def __enter__(self):
        subprocess.run(self.command, check=True)
        return self

    def __exit__(self, *_):
        subprocess.run([LARDER, "umount", self.path], check=True)

    def status(self):
        answer = subprocess.run([LARDER, "status", self.path, "--json"], check=True,
                                capture_output=True)
        return json.loads(answer.stdout)

    def forget(self):
        """Drops the cache, for another cold pass. Only while unmounted."""
        shutil.rmtree(self.cache, ignore_errors=True)


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")


def settle(seconds=1.0):
    """Until the disk has nothing left to write."""
    os.sync()
    time.sleep(seconds)


def timed(command, **options):
    start = time.monotonic()
    subprocess.run([str(word) for word in command], check=True, **options)
    return time.monotonic() - start


def pairs(count, first, second):
    """[(seconds of first, seconds of second)], the order alternating; one pair before is not counted."""
    results = []
    for turn in range(count + 1):
        if turn % 2:
            b, a = second(), first()
        else:
            a, b = first(), second()
        if turn:
            results.append((a, b))
    return results


def median(values):
    return statistics.median(values)


def table(title, columns, rows):
    print(f"\n### {title}\n")
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    sys.stdout.flush()
