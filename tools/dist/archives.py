"""Archives whose bytes follow from their content alone: sorted, with one time, one owner and two modes."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from native import epoch

#: A zip stores no date before 1980.
OLDEST_OF_ZIP = 315532800


def mode(executable: bool) -> int:
    """The permissions of a file in an archive, whatever the umask here."""
    return 0o755 if executable else 0o644


def is_executable(path: Path) -> bool:
    """Whether its owner may run a file."""
    return bool(path.stat().st_mode & stat.S_IXUSR)


def write_tar(to: Path, folder: Path) -> None:
    """A .tar.gz of a folder under the folder's own name; symbolic links stay links."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            entry = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}")
            entry.mtime = epoch()
            if path.is_symlink():
                entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
                tar.addfile(entry)
            elif path.is_file():
                entry.size, entry.mode = path.stat().st_size, mode(is_executable(path))
                with path.open("rb") as content:
                    tar.addfile(entry, content)
    with to.open("wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=0) as compressed:
        compressed.write(packed.getvalue())


def write_zip(to: Path, files: Mapping[str, bytes], executable: frozenset[str] = frozenset()) -> None:
    """A zip of files by their names in it. Python's `zipfile` compresses with zlib; libdeflate makes 5 % less of it."""
    import deflate  # only `make dist` has it

    year, month, day, hour, minute, second = time.gmtime(max(epoch(), OLDEST_OF_ZIP))[:6]
    when = hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
    packed, directory = bytearray(), bytearray()
    for name in sorted(files):
        content = deflate.deflate_compress(files[name], 12)
        sizes = zlib.crc32(files[name]), len(content), len(files[name])
        # Version 2.0, which is what deflate needs; names in UTF-8; deflate.
        common = struct.pack("<4H", 20, 1 << 11, zipfile.ZIP_DEFLATED, when[0]) + struct.pack("<H3I", when[1], *sizes)
        encoded = name.encode()
        attributes = (stat.S_IFREG | mode(name in executable)) << 16
        directory += b"PK\1\2" + struct.pack("<H", 3 << 8 | 20)  # made by Unix, so that the mode counts
        directory += common + struct.pack("<5H2I", len(encoded), 0, 0, 0, 0, attributes, len(packed)) + encoded
        packed += b"PK\3\4" + common + struct.pack("<2H", len(encoded), 0) + encoded + content
    end = b"PK\5\6" + struct.pack("<4H2IH", 0, 0, len(files), len(files), len(directory), len(packed), 0)
    to.write_bytes(packed + directory + end)


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of everything in an archive, or of the file itself if it is none."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)
    elif path.name.endswith((".tar.gz", ".tgz", ".crate")):
        with tarfile.open(path) as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isfile() else None
                yield entry.name, content.read() if content else entry.linkname.encode()
    else:
        yield path.name, path.read_bytes()


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
