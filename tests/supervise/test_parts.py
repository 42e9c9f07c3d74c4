"""The small parts of the supervisor, without any server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from supervise import ports
from supervise.bootstrap import pinned_block
from supervise.credentials import MAKERS, load_credentials
from supervise.failure import Failure
from supervise.front import configuration
from supervise.home import Home, read_pairs, write_pairs
from supervise.leftovers import end_leftovers
from supervise.lock import FileLock, is_held
from supervise.logs import rotate, tail
from supervise.postgres import clear_stale_pid
from supervise.state import boot_id, start_ticks, write_state
from tests.supervise.conftest import wait_until

ROOT = Path(__file__).resolve().parents[2]


def test_lock_is_free_after_kill_nine(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    imports = "from supervise.lock import FileLock; from pathlib import Path; import time"
    code = f"{imports}; lock = FileLock(Path({str(path)!r})); lock.try_acquire(); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        assert is_held(path)
        with pytest.raises(Failure, match="Waited 0 s"):
            FileLock(path).acquire(seconds=0.1, why="somebody else", command="ps")
        holder.kill()
    assert not is_held(path)


def test_shared_lock_keeps_others_from_having_it_alone(tmp_path: Path) -> None:
    with FileLock(tmp_path / "users") as one, FileLock(tmp_path / "users") as two, FileLock(tmp_path / "users") as alone:
        assert one.try_acquire(shared=True)
        assert two.try_acquire(shared=True)
        assert not alone.try_acquire()
        one.release()
        assert not alone.try_acquire()
        two.release()
        assert alone.try_acquire()


def test_ports_are_remembered_until_taken(tmp_path: Path) -> None:
    home = Home(path=tmp_path)
    first = ports.remembered_ports(home, ("a", "b"))
    assert ports.remembered_ports(home, ("a", "b")) == first
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", first["a"]))
        holder.listen()
        assert not ports.is_free(first["a"])
        assert ports.holder_of(first["a"]).startswith(f"process {os.getpid()} (")
        moved = ports.remembered_ports(home, ("a", "b"))
    assert moved["a"] != first["a"]
    assert moved["b"] == first["b"]
    assert ports.remembered_ports(home, ("a", "b")) == moved


def test_torn_port_file_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"a": 2')
    assert 20000 <= ports.remembered_ports(Home(path=tmp_path), ("a",))["a"] <= 32000


def test_pairs_survive_a_round_trip(tmp_path: Path) -> None:
    pairs = {"A": "1", "KEY": "a=b==", "EMPTY": ""}
    write_pairs(tmp_path / "env", pairs)
    assert read_pairs(tmp_path / "env") == pairs
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_credentials_are_made_once(tmp_path: Path) -> None:
    home = Home(path=tmp_path)
    first = load_credentials(home)
    assert set(first) == set(MAKERS)
    assert load_credentials(home) == first
    kept = {name: value for name, value in first.items() if name != "PEPPER"}
    write_pairs(tmp_path / "secrets", kept)
    again = load_credentials(home)
    assert {name: again[name] for name in kept} == kept
    assert again["PEPPER"] != first["PEPPER"]


def test_rotation_keeps_two_files_and_open_writers(tmp_path: Path) -> None:
    path = tmp_path / "market.log"
    with open(path, "ab", buffering=0) as writer:
        for letter in (b"a", b"b", b"c"):
            writer.write(letter * 11)
            assert rotate(path, limit=10)
        writer.write(b"d")
    assert [(tmp_path / name).read_text() for name in ("market.log", "market.log.1", "market.log.2")] == ["d", "c" * 11, "b" * 11]
    assert not rotate(path, limit=10)


def test_tail(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("one\ntwo\nthree\n")
    assert tail(tmp_path / "x.log", lines=2) == "    two\n    three"
    assert tail(tmp_path / "absent.log") == ""


def test_stale_pid_of_another_program_is_removed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    path = data / "postmaster.pid"
    path.write_text(f"{os.getpid()}\n{data}\n")
    clear_stale_pid(data)
    assert not path.exists()


def test_pid_of_a_living_server_stays(tmp_path: Path) -> None:
    path = tmp_path / "postmaster.pid"
    with subprocess.Popen([sys.executable, "-c", "input()", "-D", str(tmp_path)], stdin=subprocess.PIPE) as server:
        path.write_text(f"{server.pid}\n")
        wait_until(lambda: Path(f"/proc/{server.pid}/cmdline").read_bytes() != b"")
        clear_stale_pid(tmp_path)
        server.kill()
    assert path.exists()


def leftover(home: Home, *, ticks: int | None = None, boot: str | None = None) -> tuple[list[int], subprocess.Popen[bytes]]:
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    recorded = start_ticks(child.pid) if ticks is None else ticks
    row = {"name": "x", "pid": child.pid, "started_ticks": recorded}
    write_state(home, {"boot_id": boot_id() if boot is None else boot, "processes": [row]})
    return end_leftovers(home), child


def test_leftovers_are_ended(tmp_path: Path) -> None:
    ended, child = leftover(Home(path=tmp_path))
    assert ended == [child.pid]
    assert child.wait(timeout=5) == -15


@pytest.mark.parametrize(("ticks", "boot"), [(1, None), (None, "another boot")])
def test_strangers_with_a_recorded_pid_are_left_alone(tmp_path: Path, ticks: int | None, boot: str | None) -> None:
    ended, child = leftover(Home(path=tmp_path), ticks=ticks, boot=boot)
    assert (ended, child.poll()) == ([], None)
    child.kill()
    child.wait()


def test_front_configuration_has_no_open_place() -> None:
    text = configuration(listen="127.0.0.1", port=8000, pools={"market": 20001, "portal": 20002, "live": 20003})
    assert "listen 127.0.0.1:8000 " in text
    assert [f"127.0.0.1:{port}" in text for port in (20001, 20002, 20003)] == [True, True, True]
    assert [word for word in text.split() if word.startswith("@") and word.rstrip(";") not in ("@too_large", "@away")] == []
    assert "listen [::1]:8000 " in configuration(listen="::1", port=8000, pools={"market": 1, "portal": 2, "live": 3})


def test_pinned_block_takes_one_requirement_with_its_hashes() -> None:
    text = "aa==1 \\\n    --hash=sha256:1\nuv==2 ; python_version > '3' \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\nzz==1\n"
    assert pinned_block(text, "uv==2") == "uv==2 ; python_version > '3' \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"
    with pytest.raises(Failure, match="uv==9 is not pinned"):
        pinned_block(text, "uv==9")


def test_the_installer_of_the_bootstrap_is_the_pinned_one() -> None:
    from supervise.bootstrap import DEVELOPMENT, INSTALLER

    assert pinned_block(DEVELOPMENT.read_text(), INSTALLER).count("--hash=sha256:") >= 1


def test_failure_says_what_why_and_command() -> None:
    assert str(Failure("It broke.", why="no reason", command="make run")) == "It broke.\n  why: no reason\n  try: make run"
    assert str(Failure("It broke.")) == "It broke."
