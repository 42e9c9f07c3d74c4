"""`python -m supervise services -- CMD`: real servers, gone with their last user."""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from supervise.home import Home
from supervise.lock import FileLock
from supervise.services import is_held_by_others
from supervise.state import write_state
from tests.supervise.conftest import Copy, wait_until

NAMES = ("DATABASE_URL", "OWNER_DATABASE_URL", "VALKEY_URL", "VALKEY_VOLATILE_URL", "SECRET_KEY", "MASTER_KEY", "PEPPER")
ROLES = """
import json, os, psycopg
rights = "rolname, rolsuper, rolbypassrls, rolcreatedb, rolinherit, rolcanlogin"
who = "SELECT current_user"
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as app:
    found = {row[0]: row[1:] for row in app.execute(f"SELECT {rights} FROM pg_roles WHERE rolname !~ '^pg_'")}
    roles = ("portal", "engine", "identity")
    switched = [app.execute(f"SET ROLE {role}") and app.execute(who).fetchone()[0] for role in roles]
    owner = app.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()").fetchone()[0]
print(json.dumps([found, switched, owner]))
"""
SETTINGS = """
import os, psycopg
with psycopg.connect(os.environ["OWNER_DATABASE_URL"]) as owner:
    names = ("password_encryption", "fsync", "synchronous_commit", "server_encoding", "TimeZone")
    socket = f".s.PGSQL.{owner.info.port}" in open("/proc/net/unix").read()
    print([owner.execute(f"SHOW {name}").fetchone()[0] for name in names], socket)
"""


def python(copy: Copy, code: str, *options: str) -> str:
    done = copy.call("services", *options, "--", sys.executable, "-c", code)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_exit_code_and_environment(copy: Copy) -> None:
    given = json.loads(python(copy, "import os, json; print(json.dumps(dict(os.environ)))"))
    assert [name for name in NAMES if not given.get(name)] == []
    assert [len(base64.b64decode(given[name])) for name in ("MASTER_KEY", "PEPPER")] == [32, 32]
    assert given["LEADWRIGHT_HOME"] == str(copy.home)
    assert copy.call("services", "--", "sh", "-c", "exit 7").returncode == 7
    assert copy.processes() == []
    assert not (copy.home / "env").exists()


def test_the_home_of_an_exchange_is_left_alone(copy: Copy) -> None:
    copy.home.mkdir(parents=True, exist_ok=True)
    mark = copy.home / ".leadwright"
    mark.touch()
    before = {path.name for path in copy.home.iterdir()}
    said = python(copy, "import os; print(os.environ['LEADWRIGHT_HOME'])")
    after = {path.name for path in copy.home.iterdir()}
    mark.unlink()
    assert (said, after - before) == (f"{copy.home}/test\n", {"test"})


def test_roles(copy: Copy) -> None:
    found, switched, owner = json.loads(python(copy, ROLES))
    #                         super  bypass createdb inherit login
    assert found == {
        "engine": [False, False, False, True, False],
        "identity": [False, False, False, True, False],
        "leadwright_app": [False, False, False, False, True],
        "leadwright_owner": [False, False, True, True, True],
        "portal": [False, False, False, True, False],
        "postgres": [True, True, True, True, True],
    }
    assert switched == ["portal", "engine", "identity"]
    assert owner == "leadwright_owner"


@pytest.mark.parametrize(("options", "fsync"), [((), "off"), (("--durable",), "on")])
def test_settings(copy: Copy, options: tuple[str, ...], fsync: str) -> None:
    assert python(copy, SETTINGS, *options) == f"['scram-sha-256', '{fsync}', 'on', 'UTF8', 'UTC'] False\n"


def test_two_users_share_and_the_last_one_ends_it(copy: Copy) -> None:
    code = "import os, time; print(os.environ['DATABASE_URL'], flush=True); time.sleep({})"
    first = copy.begin("services", "--", sys.executable, "-c", code.format(4))
    address = first.stdout.readline()
    second = copy.begin("services", "--", sys.executable, "-c", code.format(7))
    assert second.stdout.readline() == address
    first.communicate(timeout=30)
    assert copy.state()["state"] == "ready"
    second.communicate(timeout=30)
    assert (first.returncode, second.returncode) == (0, 0)
    assert copy.processes() == []


def test_a_killed_user_leaves_nothing(copy: Copy) -> None:
    user = copy.begin("services", "--", "sleep", "60")
    wait_until(lambda: (copy.home / "env").exists() and copy.state()["state"] == "ready")
    user.kill()
    user.communicate()
    wait_until(lambda: copy.processes() == [])


def test_killed_keeper_and_servers_do_not_hinder_the_next_start(copy: Copy) -> None:
    user = copy.begin("services", "--", "sleep", "60")
    wait_until(lambda: (copy.home / "env").exists() and copy.state()["state"] == "ready")
    state = copy.state()
    for pid in [state["pid"], *(row["pid"] for row in state["processes"])]:
        os.kill(pid, signal.SIGKILL)
    user.terminate()
    user.communicate(timeout=30)
    assert python(copy, "print('up')") == "up\n"
    assert copy.processes() == []


def test_a_keeper_that_is_about_to_end_is_no_user(tmp_path: Path) -> None:
    """The keeper takes the users' lock alone before it says that it stops: a leaving user waits for it all the same."""
    home = Home(tmp_path)
    home.create()
    write_state(home, {"state": "ready"})
    for shared, held in ((False, False), (True, True)):
        with FileLock(home.users_lock) as lock:
            assert lock.try_acquire(shared=shared)
            assert is_held_by_others(home) is held
    assert not is_held_by_others(home)


def test_a_missing_command_is_explained(copy: Copy) -> None:
    done = copy.call("services", "--", "no-such-command")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "No command no-such-command.")


def test_exchange_refuses_the_home_of_a_test_run(copy: Copy) -> None:
    user = copy.begin("services", "--", "sleep", "60")
    wait_until(lambda: (copy.home / "env").exists() and copy.state()["state"] == "ready")
    done = copy.call("run")
    user.terminate()
    user.communicate(timeout=30)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Throw-away test services use {copy.home}.")


def test_own_servers_are_used_as_they_are(copy: Copy) -> None:
    """The exchange of a user who brings PostgreSQL and Valkeys starts none of them."""
    code = "\n".join(
        [
            "import json, os, subprocess, sys",
            "env = {**os.environ, 'LEADWRIGHT_HOME': os.environ['OTHER']}",
            "run = subprocess.run([sys.executable, '-m', 'supervise', 'run'], env=env)",
            "state = json.load(open(os.environ['OTHER'] + '/processes.json'))",
            "stop = subprocess.run([sys.executable, '-m', 'supervise', 'stop'], env=env)",
            "print(json.dumps([run.returncode, stop.returncode, [row['name'] for row in state['processes']]]))",
        ]
    )
    other = Path(copy.folder) / "other"
    done = copy.call("services", "--", sys.executable, "-c", code, OTHER=str(other))
    names = ["market", "portal", "live", "journal", "worker", "learner", "beat", "traffic", "front"]
    assert done.stdout.splitlines()[-1] == json.dumps([0, 0, names]), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x"}, "DATABASE_URL is set, OWNER_DATABASE_URL is not."),
        (
            {"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x", "OWNER_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x"},
            "DATABASE_URL does not work (127.0.0.1:1).",
        ),
        ({"VALKEY_URL": "redis://127.0.0.1:1/0"}, "VALKEY_URL does not work."),
    ],
)
def test_servers_that_do_not_work_are_explained(copy: Copy, settings: dict[str, str], sentence: str) -> None:
    done = copy.call("run", **settings)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == sentence
    assert copy.processes() == []
