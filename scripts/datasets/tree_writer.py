"""What the makers of test data share: a folder that appears when it is whole, with its sums."""

import hashlib
import os
import random
import re
import shutil
import sys
import time

# Content is made this much at a time, so that a file of any size takes little memory.
BLOCK_BYTES = 1 << 20


class TreeWriter:
    """Writes files below TARGET.partial and renames it to TARGET at the end, so that TARGET is
    whole or absent. With a sums file, collects each file's SHA-256 in the format of sha256sum
    (paths relative to TARGET: check with `cd TARGET && sha256sum --check SUMS`)."""

    def __init__(self, target, sums):
        self.target = os.path.abspath(target)
        if os.path.lexists(self.target):
            sys.exit(f"{os.path.basename(sys.argv[0])}: {target} is there already; remove it to "
                     "have it made again")
        if sums and os.path.abspath(sums).startswith(self.target + os.sep):
            sys.exit(f"{os.path.basename(sys.argv[0])}: the sums belong beside {target}, not in it")
        self.partial = self.target + ".partial"
        self.sums = os.path.abspath(sums) if sums else None
        self.lines = []
        self.folders = set()
        self.files = 0
        self.bytes = 0
        self.started = time.monotonic()
        self.shown = self.started
        shutil.rmtree(self.partial, ignore_errors=True)
        os.makedirs(self.partial)

    def path(self, name):
        """Where to write name; its folder is made."""
        path = os.path.join(self.partial, name)
        folder = os.path.dirname(path)
        if folder not in self.folders:
            os.makedirs(folder, exist_ok=True)
            self.folders.add(folder)
        return path

    def add(self, name, blocks):
        """Writes a file of these blocks of bytes."""
        digest = hashlib.sha256() if self.sums else None
        with open(self.path(name), "wb") as file:
            for block in blocks:
                file.write(block)
                self.bytes += len(block)
                if digest:
                    digest.update(block)
        self.added(name, digest)

    def add_written(self, name):
        """Counts a file that was written to path(name) by other means."""
        digest = hashlib.sha256() if self.sums else None
        self.bytes += os.path.getsize(self.path(name))
        if digest:
            with open(self.path(name), "rb") as file:
                while block := file.read(BLOCK_BYTES):
                    digest.update(block)
        self.added(name, digest)

    def added(self, name, digest):
        self.files += 1
        if digest:
            self.lines.append(f"{digest.hexdigest()}  {name}\n")
        now = time.monotonic()
        if now - self.shown > 5:
            self.shown = now
            print(f"  {self.files} files, {self.bytes / 1e6:.0f} MB", flush=True)

    def finish(self):
        if self.sums:
            os.makedirs(os.path.dirname(self.sums), exist_ok=True)
            with open(self.sums + ".partial", "w", encoding="utf-8") as file:
                file.writelines(sorted(self.lines, key=lambda line: line[66:]))
            os.rename(self.sums + ".partial", self.sums)
        os.rename(self.partial, self.target)
        print(f"{self.target}: {self.files} files, {self.bytes / 1e6:.1f} MB, "
              f"{time.monotonic() - self.started:.1f} s")


def random_blocks(key, size):
    """size bytes that depend on key (a string) alone. No two blocks are alike, so that a read at
    the wrong offset or of the wrong file never goes unseen."""
    generator = random.Random(key)
    while size > 0:
        count = min(size, BLOCK_BYTES)
        yield generator.randbytes(count)
        size -= count


def parse_size(text):
    """'1GiB', '256MiB', '10kB' or bare bytes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)B?", text)
    if not match:
        raise ValueError(text)
    power = " KMGT".index(match.group(2).upper() or " ")
    return int(float(match.group(1)) * (1024 if match.group(3) else 1000) ** power)
