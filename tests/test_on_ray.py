"""A tournament on a Ray cluster: the same bytes as here, and what is lost there is lost to nobody."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from arena import TurncoatError
from arena.contest import on_ray
from arena.contest.errand import Errand
from arena.contest.faults import Fault
from arena.contest.limits import Limits
from arena.contest.manifest import versions
from arena.contest.on_ray import LOSSES, Cluster, files, play
from arena.contest.store import STORE, Store
from arena.files import write
from tests.contestants import invoke, keys_in
from tests.test_workers import contents, errand

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'turncoat[ray]'")

# What Ray leaves open when it starts and ends processes on this machine.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(subprocess \\d+ is still running|unclosed file):ResourceWarning",
    "ignore:Tip. In future versions of Ray:FutureWarning",
)

HOSTILE = "tests/hostile/agents.py"
SMALL: dict[str, Any] = {"include_dashboard": False, "object_store_memory": 10**8}
COMMAND = ["tournament", "-s", "windfall", "-s", "deferral-ladder", "--controls", "none", "--trust", "--json"]


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNCOAT_TRUST", "1")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of two nodes with a processor each."""
    from ray.cluster_utils import Cluster as Nodes

    nodes: Any = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, **SMALL})
    nodes.add_node(num_cpus=1, **SMALL)
    yield nodes
    nodes.shutdown()


def start(nodes: Any, *words: str | Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from arena.cli import main; main()", *COMMAND, *map(str, words)]
    command += ["--on", f"ray:{nodes.address}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(true: Callable[[], object], patience: float = 60) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]
    return False


def test_two_nodes_give_what_one_process_gives(cluster: Any, tmp_path: Path) -> None:
    words: list[str | Path] = [
        *COMMAND,
        "-a",
        "honest",
        "-a",
        "optimal",
        "-a",
        "reinforce:episodes=60",
        "-a",
        f"{HOSTILE}:Learns",
    ]
    seen: list[Any] = []
    for where in (["--workers", "0"], ["--on", f"ray:{cluster.address}"]):
        result = invoke(*words, "--seeds", "4", *where, "--out", folder := tmp_path / str(len(seen)))
        assert result.exit_code == 0, result.stderr
        seen.append((result.stdout, (folder / "report.html").read_bytes(), contents(folder)))
    assert len(seen[0][2]["matches"]) == 2 * 4 * 4
    assert seen[0] == seen[1]


def test_whoever_is_killed_no_match_is_lost_or_repeated(cluster: Any, tmp_path: Path) -> None:
    """First the parent, then in the same command again a node."""
    log, folder = tmp_path / "log", tmp_path / "run"
    words: list[str | Path] = [
        "-a",
        "trojan",
        "-a",
        f"{HOSTILE}:Learns:work=10000000,log={log}",
        "--seeds",
        "6",
        "--out",
        folder,
    ]
    first = start(cluster, *words)
    until(lambda: log.exists() and len(keys_in(folder / STORE)) > 2)  # of 24, and half is quick
    first.kill()
    first.communicate()
    workers = {int(pid) for pid in log.read_text().split()}
    until(lambda: not any(map(alive, workers)), 20)
    kept = keys_in(folder / STORE)
    assert 2 < len(kept) < 24
    second = start(cluster, *words)
    until(lambda: len(keys_in(folder / STORE)) > len(kept))
    *_, node = cluster.worker_nodes
    cluster.remove_node(node, allow_graceful=False)
    assert len(keys_in(folder / STORE)) < 24
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    assert [line for line in err.splitlines() if "of 24 matches" not in line] == [
        f"{24 - len(kept)} matches played, {len(kept)} kept; {folder}/report.html"
    ]
    cluster.add_node(num_cpus=1, **SMALL)
    assert len(log.read_text().split()) <= 12 + 4 + 2  # what was given out and not kept is played again, no more
    calm = invoke(*COMMAND, *words[:-1], tmp_path / "calm", "--workers", "0")
    assert out == calm.stdout
    assert contents(folder)["measures"] == contents(tmp_path / "calm")["measures"]


def test_faults_have_the_causes_that_they_have_here(cluster: Any, tmp_path: Path) -> None:
    words = [part for name in ("Raises", "Exits", "Loops") for part in ("-a", f"{HOSTILE}:{name}")]
    words = ["tournament", "-s", "windfall", "--controls", "none", "-a", "honest", *words, "--seeds", "1"]
    result = invoke(*words, "--time-limit", "4 s", "--on", f"ray:{cluster.address}", "--out", tmp_path)
    assert result.exit_code == 1
    assert "1 matches played; " in result.stderr
    with Store(tmp_path) as store:
        labels = dict(store.rows("SELECT id, label FROM players"))
        faults = {labels[one.place.model].rpartition(":")[2]: one.fault for one in store.faults()}
    assert {name: fault.cause for name, fault in faults.items()} == {
        "Raises": "raised",
        "Exits": "exited",
        "Loops": "time",
    }
    assert "about to raise" in faults["Raises"].output


def test_a_node_with_other_versions_stops_the_run(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.contest.on_ray.versions", lambda: {"numpy": "1.0"})
    words: list[str | Path] = [
        "-a",
        "honest",
        "--seeds",
        "1",
        "--out",
        tmp_path / "run",
        "--on",
        f"ray:{cluster.address}",
    ]
    with pytest.raises(TurncoatError, match=r"^node \S+: numpy \d\S+, not 1\.0: results could differ; install"):
        raised(invoke(*COMMAND, *words))
    assert not ray.is_initialized()


def raised(result: Result) -> None:
    assert result.exception is not None
    raise result.exception


def origin(folder: Path) -> on_ray.Origin:
    return on_ray.Origin(str(folder), False, versions())


def test_a_file_that_a_node_lacks_or_has_otherwise_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = Path(__file__).parent.parent / "scenarios" / "deferral-ladder.yaml"
    write(scenario := tmp_path / "mine.yaml", source.read_bytes())
    write(agent := Path("mine.py"), (Path(__file__).parent / "hostile" / "agents.py").read_bytes())
    one = errand("mine.py:Learns", scenario=str(scenario))
    known = files(one)
    assert set(known) == {str(scenario), "mine.py"}
    assert files(replace(one, model="sb3:path=mine.py,algorithm=ppo")).keys() == known.keys()
    assert files(replace(one, model="saved:path=none.npz")).keys() == {str(scenario)}
    agent.unlink()
    with pytest.raises(TurncoatError, match=re.escape(f"{tmp_path}/mine.py: there is no such file; every node")):
        play(one, known, Limits(), origin(tmp_path))
    write(scenario, b"name: another\n")
    with pytest.raises(TurncoatError, match=r"^node \S+: .*mine\.yaml: it is another file there; every node"):
        play(one, known, Limits(), origin(tmp_path))


def asked_again(crew: Cluster, one: Errand, error: Exception, monkeypatch: pytest.MonkeyPatch) -> Any:
    def get(task: object) -> Any:
        raise error

    monkeypatch.setattr(ray, "get", get)
    return crew._found(object(), one)  # type: ignore[arg-type]


def test_only_what_is_not_the_nodes_doing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    crew, one, gone = Cluster("", Limits()), errand("honest"), ray.exceptions
    lost = [asked_again(crew, one, gone.NodeDiedError("gone"), monkeypatch) for _ in range(LOSSES)]
    assert lost == [None] * (LOSSES - 1) + [Fault("killed", f"its node was lost {LOSSES} times")]
    died = asked_again(crew, one, gone.WorkerCrashedError(), monkeypatch)
    assert (died.cause, died.message.startswith("The worker died unexpectedly")) == ("killed", True)
    for cause, line in (
        (TurncoatError("node a: no"), "^node a: no$"),
        (ImportError("No module\nx"), "^a node cannot play: No"),
    ):
        with pytest.raises(TurncoatError, match=line):
            asked_again(crew, one, gone.RayTaskError("play", "", cause), monkeypatch)


@pytest.mark.parametrize(
    ("on", "line"),
    [
        ("dask", "--on dask: there is only ray, as in --on ray or"),
        ("ray:nonsense", "--on ray:nonsense: invalid literal"),
        ("ray:127.0.0.1:9", r"--on ray:127\.0\.0\.1:9: .*refused; 'ray start --head' starts a cluster"),
    ],
)
def test_there_is_a_line_for_every_address_that_is_none(on: str, line: str, tmp_path: Path) -> None:
    with pytest.raises(TurncoatError, match=line):
        raised(invoke(*COMMAND, "-a", "honest", "--seeds", "1", "--out", tmp_path / "run", "--on", on))


def test_without_ray_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(TurncoatError, match=re.escape("--on ray needs Ray: pip install 'turncoat[ray]'")):
        Cluster.named("ray", Limits())


@pytest.mark.study
def test_ctrl_c_stops_it_and_the_same_command_goes_on(cluster: Any, tmp_path: Path) -> None:
    words: list[str | Path] = [
        "-a",
        f"{HOSTILE}:Learns:work=10000000",
        "--seeds",
        "2",
        "--out",
        folder := tmp_path / "run",
    ]
    first = start(cluster, *words)
    until(lambda: keys_in(folder / STORE))
    first.send_signal(signal.SIGINT)
    out, err = first.communicate(timeout=30)
    assert (first.returncode, out, err) == (130, "", "stopped; the same command goes on from here\n")
    assert 0 < len(keys_in(folder / STORE)) < 4
