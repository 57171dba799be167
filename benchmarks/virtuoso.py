"""A Virtuoso of our own on loopback, for measurements beside it and for tests that need a real SPARQL 1.1 server."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

_INI = """[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
MaxClientConnections = 10
CheckpointInterval = 60
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
DirsAllowed = {allowed}
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
MaxClientConnections = 10
ServerThreads = 10
MaxKeepAlives = 10
KeepAliveTimeout = 10
[SPARQL]
ResultSetMaxRows = 1000000
MaxQueryExecutionTime = {seconds}
"""
# Whoever reaches the port of this server may change it.
GRANTS = """GRANT SPARQL_UPDATE TO "SPARQL"; DB.DBA.RDF_DEFAULT_USER_PERMS_SET ('nobody', 7);"""
# A buffer is a page of 8 KB; three quarters of them may be dirty (the manual's rule).
SMALL, LARGE = 20_000, 170_000


class Unavailable(Exception):
    """There is no Virtuoso here, or it did not do what it was told."""


def missing() -> str:
    """Why there can be no Virtuoso here, or an empty text."""
    absent = [name for name in ("virtuoso-t", "isql-vt") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not installed (Debian: virtuoso-opensource-7)" if absent else ""


@contextlib.contextmanager
def running(
    folder: Path, *, commands: str = "", buffers: int = SMALL, allowed: Path | None = None, seconds: int = 60
) -> Iterator[str]:
    """The address of the SPARQL endpoint of a server whose files are in `folder`; it ends with the block.

    `commands` are run before by its own SQL tool; they may read files of `allowed`. `seconds` bound one query (0: no
    bound). Raises `Unavailable` where it is not installed, does not start, or refuses the commands.
    """
    if missing():
        raise Unavailable(missing())
    sql, http = _free_port(), _free_port()
    memory = {"buffers": buffers, "dirty": buffers * 3 // 4}
    settings = _INI.format(folder=folder, sql=sql, http=http, allowed=allowed or ".", seconds=seconds, **memory)
    (folder / "virtuoso.ini").write_text(settings, encoding="utf-8")
    server = subprocess.Popen(
        ["virtuoso-t", "+foreground", "+configfile", str(folder / "virtuoso.ini")],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(http, server)
        if commands:
            _told(sql, commands)
        yield f"http://127.0.0.1:{http}/sparql"
    finally:
        server.kill()
        server.wait()


def _told(port: int, commands: str) -> None:
    """Run commands as the administrator; the port may be open a while before the server listens to them."""
    said = ""
    for _ in range(60):
        done = subprocess.run(
            ["isql-vt", f"127.0.0.1:{port}", "dba", "dba", f"EXEC={commands}"],
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stderr.strip()
        if done.returncode == 0 and "Error" not in said:
            return
        time.sleep(0.5)
    raise Unavailable(f"Virtuoso did not do as it was told: {said[:200]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if server.poll() is not None:
            raise Unavailable("Virtuoso ended at once; see virtuoso.log")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.5)
    raise Unavailable("Virtuoso did not open its port")
