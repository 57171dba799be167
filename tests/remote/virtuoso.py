"""A Virtuoso of our own on loopback, for the tests that need a real SPARQL 1.1 server."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

_INI = """
[Database]
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
NumberOfBuffers = 20000
MaxDirtyBuffers = 12000
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
MaxClientConnections = 10
ServerThreads = 10
MaxKeepAlives = 10
KeepAliveTimeout = 10
[SPARQL]
ResultSetMaxRows = 1000000
MaxQueryExecutionTime = 60
"""
_GRANTS = (
    'GRANT SPARQL_UPDATE TO "SPARQL";'
    "DB.DBA.RDF_DEFAULT_USER_PERMS_SET ('nobody', 7);"
)


def missing() -> str:
    """Why there can be no Virtuoso here, or an empty text."""
    absent = [name for name in ("virtuoso-t", "isql-vt") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not installed (Debian: virtuoso-opensource-7)" if absent else ""


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of the SPARQL endpoint of a server whose files are in `folder`; it ends with the block."""
    sql, http = _free_port(), _free_port()
    (folder / "virtuoso.ini").write_text(_INI.format(folder=folder, sql=sql, http=http), encoding="utf-8")
    server = subprocess.Popen(
        ["virtuoso-t", "+foreground", "+configfile", str(folder / "virtuoso.ini")],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(http, server)
        for _ in range(40):
            asked = ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", f"EXEC={_GRANTS}"]
            done = subprocess.run(asked, capture_output=True, text=True, check=False)
            if "Error" not in done.stderr and done.returncode == 0:
                break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{http}/sparql"
    finally:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if server.poll() is not None:
            raise RuntimeError("Virtuoso ended at once; see virtuoso.log")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.5)
    raise RuntimeError("Virtuoso did not open its port")
