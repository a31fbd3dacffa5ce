"""Workers: the same results however many there are, and what ends one of them costs nobody else anything."""

import gc
import json
import os
import pickle
import resource
import signal
import sys
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from arena import TurncoatError
from arena.contest import worker
from arena.contest.errand import Enquiry, Errand, carry_out
from arena.contest.faults import CAUSES, Fault, fault_of_exit
from arena.contest.limits import Limits
from arena.contest.match import Pairing, Player, board, player
from arena.contest.run import KILLED, Outcome, run
from arena.contest.standings import standings
from arena.contest.store import STORE, Faulted, Store
from arena.contest.table import data, text
from arena.contest.tournament import Lineup, Tournament
from arena.contest.worker import COMES_UP, HEAD, Worker, say
from arena.contest.workers import Inline, Workers, enquire
from tests.contestants import Connected, Silent, invoke

HERE = "tests/hostile/agents.py"


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURNCOAT_TRUST", "1")


def errand(agent: str, seeds: int = 2, scenario: str = "windfall") -> Errand:
    where, who = board(scenario), player(agent)
    keys = tuple(Pairing(where, who, player("always")).key(seed) for seed in range(seeds))
    return Errand(where.found, where.settings, where.identity, who.identity, "always", tuple(range(seeds)), keys, ())


def play(folder: Path, agents: list[str], workers: int = 1, limits: Any = None, **what: Any) -> tuple[Outcome, Store]:
    asked = {"name": "test", "scenarios": ["windfall"], "controls": "none", "seeds": 2, "agents": agents, **what}
    lineup = Lineup(Tournament.model_validate(asked | {"limits": limits or {}}))
    with Store(folder, writing=True) as store:
        outcome = run(lineup, store, Silent(), Workers(workers, lineup.tournament.limits) if workers else None)
    return outcome, Store(folder)


def causes(outcome: Outcome) -> list[tuple[str, int, str, int]]:
    return [
        (pairing.model.label.rpartition(":")[2], one.seed, one.fault.cause, one.tries)
        for pairing, one in outcome.faults
    ]


def contents(folder: Path) -> dict[str, list[Any]]:
    """All that a store holds, without the numbers of its rows, which say in which order they came."""
    queries = {
        "matches": "SELECT key, s.label, m.label, o.label, seed, controls FROM matches JOIN scenarios AS s ON s.id ="
        " scenario JOIN players AS m ON m.id = model LEFT JOIN players AS o ON o.id = overseer ORDER BY key",
        "measures": "SELECT key, name, value FROM measures JOIN matches ON id = match ORDER BY key, name",
        "players": "SELECT name, label, kind FROM players ORDER BY name",
        "faults": "SELECT key, seed, cause, message, tries, policy FROM faults ORDER BY key",
    }
    with Connected(folder / STORE) as db:
        return {name: db.execute(query).fetchall() for name, query in queries.items()}


def test_results_are_the_same_with_any_number_of_workers(tmp_path: Path) -> None:
    agents = ["honest", "optimal", "reinforce:episodes=60", f"{HERE}:Learns", f"{HERE}:Raises"]
    what: dict[str, Any] = {"scenarios": ["windfall"], "twins": ["myopic"], "controls": ["frozen"]}
    seen = []
    for workers in (0, 1, 2, 4):
        _, store = play(tmp_path / str(workers), agents, workers, seeds=3, **what)
        final = standings(store)
        seen.append((text(final, 200), json.dumps(data(final)), contents(tmp_path / str(workers))))
    assert len(seen[0][2]["matches"]) == 2 * 4 * 3
    assert len(seen[0][2]["faults"]) == 2 * 3
    assert all(one == seen[0] for one in seen)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_command_plays_in_as_many_processes_as_it_is_told(tmp_path: Path, workers: str) -> None:
    folder, log = tmp_path / "run", tmp_path / "log"
    words = ["-s", "windfall", "-a", f"{HERE}:Learns:log={log}", "--seeds", "2", "--controls", "none"]
    result = invoke("tournament", *words, "--workers", workers, "--out", folder)
    assert result.exit_code == 0
    assert "2 matches played" in result.stderr
    played_here = str(os.getpid()) in log.read_text().split()
    assert played_here == (workers == "0")


def test_an_errand_needs_nothing_but_itself() -> None:
    one = errand("reinforce:episodes=20", 3)
    whole = carry_out(one)
    assert [carry_out(single)[0] for single in one.singly()] == whole
    phases: list[str] = []
    carry_out(one, phases.append)
    assert phases == ["start", "board", "play"]


def _paid(ladder: str, compliance: float) -> str:
    before = "{comply: 0, defect: $prize}"
    assert before in ladder
    return ladder.replace(before, f"{{comply: {compliance}, defect: $prize}}")


def test_an_errand_for_a_game_that_is_another_one_now_is_refused(tmp_path: Path) -> None:
    original = (Path(__file__).parent.parent / "scenarios" / "deferral-ladder.yaml").read_text()
    file = tmp_path / "ladder.yaml"
    file.write_text(_paid(original, 0.0625))  # a pay of its own: a board that any other test keeps would do
    one = errand("honest", scenario=str(file))
    file.write_text(_paid(original, 0.125))
    gc.collect()  # a board that is still about is not compiled again
    with pytest.raises(TurncoatError, match="has changed while the tournament ran"):
        carry_out(one)


def test_a_fault_is_found_at_the_match_it_happened_in(tmp_path: Path) -> None:
    outcome, store = play(tmp_path, [f"{HERE}:Moody"], seeds=9)
    pairing, _ = outcome.faults[0]
    guilty = [seed for seed in range(9) if int(pairing.key(seed)[:16], 16) % 3 == 0]
    assert 0 < len(guilty) < 9
    assert sorted(causes(outcome)) == [("Moody", seed, "crashed", 1) for seed in guilty]
    assert outcome.played == 9 - len(guilty)
    assert [one.seed for one in sorted(store.faults(), key=lambda one: one.seed)] == guilty
    assert all("SIGABRT" in one.fault.message and "Fatal Python error" in one.fault.output for one in store.faults())


def test_what_one_agent_leaves_behind_is_not_held_against_the_next(tmp_path: Path) -> None:
    agents = [f"{HERE}:Poisons", f"{HERE}:Delicate"]
    outcome, _ = play(tmp_path, agents)
    assert (outcome.played, outcome.faults) == (4, [])


@pytest.mark.parametrize(
    ("price", "tries", "faults"),
    [("retry", 3, []), ("void", 1, [("void", 1)]), ("forfeit", 1, [("forfeit", 1)])],
)
def test_what_a_fault_costs_is_declared(tmp_path: Path, price: str, tries: int, faults: list[Any]) -> None:
    log = tmp_path / "log"
    agents = [f"{HERE}:Recovers:log={log}"]
    _, store = play(tmp_path / "run", agents, seeds=1, faults=price, retries=2)
    assert [(one.policy, one.tries) for one in store.faults()] == faults
    assert log.stat().st_size == tries
    again, store = play(tmp_path / "run", agents, seeds=1, faults="retry", retries=9)  # the same command again
    assert (again.played + again.kept, store.faults()) == (1, [])


def test_retries_come_to_an_end(tmp_path: Path) -> None:
    agents = [f"{HERE}:Recovers:log={tmp_path / 'log'},good=99"]
    outcome, _ = play(tmp_path / "run", agents, seeds=1, faults="retry", retries=2)
    assert [one[2:] for one in causes(outcome)] == [("crashed", 3)]
    assert outcome.faults[0][1].policy == "void"


class Killing(Silent):
    """Kills a worker in the middle of the first errand that it hears of."""

    def __init__(self, crew: Workers) -> None:
        self.crew, self.killed = crew, 0

    def advance(self, played: int, failed: int, running: Any) -> None:
        if running and not self.killed:
            self.killed = self.crew._workers[0]._process.pid or 0
            os.kill(self.killed, signal.SIGKILL)


def test_a_worker_that_is_killed_costs_no_match(tmp_path: Path) -> None:
    asked = {"name": "x", "scenarios": ["windfall"], "agents": [f"{HERE}:Learns:work=30000000"], "seeds": 3}
    lineup = Lineup(Tournament.model_validate({**asked, "controls": "none"}))
    crew = Workers(1, Limits())
    killing = Killing(crew)
    with Store(tmp_path, writing=True) as store:
        outcome = run(lineup, store, killing, crew)
    assert killing.killed
    assert (outcome.played, outcome.faults) == (3, [])


def test_a_worker_that_is_killed_while_an_agent_is_looked_for_is_replaced(tmp_path: Path) -> None:
    file, log = tmp_path / "once.py", tmp_path / "log"
    file.write_text(
        "import os, pathlib\nfrom arena.play.agent import Known\n"
        f"log = pathlib.Path({str(log)!r})\nif not log.exists():\n    log.touch()\n    os.kill(os.getpid(), 9)\n"
        "class Once(Known):\n    def act(self, view):\n        return view.always(view.legal.argmax(axis=1))\n"
    )
    found = enquire(f"{file}:Once", Limits())
    assert isinstance(found, Player)
    assert (found.label, found.kind) == (f"{file}:Once", "known")
    assert isinstance(enquire(f"{HERE}:StartsSlowly", Limits(start=0.5)), Fault)
    with pytest.raises(TurncoatError, match="there is no class 'Nobody' in it"):
        enquire(f"{HERE}:Nobody", Limits())


def test_what_is_always_killed_is_a_fault_in_the_end(tmp_path: Path) -> None:
    outcome, _ = play(tmp_path, [f"{HERE}:Kills"], seeds=1, faults="forfeit")
    assert causes(outcome) == [("Kills", 0, "killed", KILLED)]


def test_workers_that_do_not_start_are_said_not_to() -> None:
    crew = Workers(1, Limits.model_construct(memory=10**7, start=60.0, time=60.0, output=10**6))
    begun = time.monotonic()
    crew.submit(errand("honest"))
    with crew, pytest.raises(TurncoatError, match="workers do not start: its process"):
        list(crew.results())
    assert time.monotonic() - begun < COMES_UP


class Puppet:
    """In place of what starts a worker, and of its process: what a worker says, the test says."""

    exitcode, sentinel = None, 0
    Pipe = staticmethod(get_context("spawn").Pipe)

    def Process(self, args: tuple[Any, ...], **_: Any) -> "Puppet":  # noqa: N802
        self.pipe = Connection(os.dup(args[0].fileno()))
        return self

    def start(self) -> None: ...

    def join(self, seconds: float) -> None: ...


@pytest.fixture
def puppet() -> tuple[Worker, Connection]:
    """A worker with an errand, and what it says things with."""
    context: Any = Puppet()
    one = Worker(context, 10**9)
    say(context.pipe, "at", "")
    assert one.news(Limits()) is None
    assert one.up
    one.give(Enquiry("honest"))
    return one, context.pipe


def test_half_a_message_keeps_nobody_waiting(puppet: tuple[Worker, Connection]) -> None:
    one, pipe = puppet
    say(pipe, "at", "play")
    found = pickle.dumps(("done", Fault("raised", "x" * 10**6)))
    whole = len(found).to_bytes(HEAD) + found
    for first in range(0, len(whole), 10**5):
        assert one.news(Limits()) is None
        assert one.waits_on()[0].poll() is False  # type: ignore[union-attr]
        os.write(pipe.fileno(), whole[first : first + 10**5])
    assert one.news(Limits()) == Fault("raised", "x" * 10**6)
    one.give(Enquiry("honest"))
    say(pipe, "at", "play")
    os.write(pipe.fileno(), whole[:3])
    assert one.news(Limits()) is None
    time.sleep(0.1)
    assert one.news(Limits(time=0.1)) == Fault("time", "no answer within 0.1 s")


@pytest.mark.parametrize("said", [b"\xff" * HEAD, (3).to_bytes(HEAD) + b"abc", b""])
def test_what_is_no_message_is_the_end_of_a_worker(puppet: tuple[Worker, Connection], said: bytes) -> None:
    one, pipe = puppet
    say(pipe, "at", "play")
    os.write(pipe.fileno(), said)
    pipe.close()
    found = one.news(Limits())
    assert isinstance(found, Fault)
    assert (found.cause, one.gone) == ("exited", True)
    assert "closed the pipe that results come through, or wrote into it" in found.message


def test_a_scenario_that_is_never_compiled_ends_an_errand(
    puppet: tuple[Worker, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, pipe = puppet
    say(pipe, "at", "board")
    assert one.news(Limits()) is None
    (soon, late) = (one.due(Limits(time=seconds)) for seconds in (1, 2 * COMES_UP))
    assert soon is not None
    assert late == soon + COMES_UP
    monkeypatch.setattr(worker, "COMES_UP", 0.1)
    time.sleep(0.2)
    assert one.news(Limits(time=0.1)) == Fault("refused", "the scenario was not compiled within 0.1 s")
    assert one.gone


@pytest.mark.skipif(sys.platform != "linux", reason="no other system refuses memory")
@pytest.mark.parametrize(("hard", "kept"), [(resource.RLIM_INFINITY, 10**9), (10**8, 10**8), (10**10, 10**9)])
def test_a_limit_that_is_there_is_not_raised(monkeypatch: pytest.MonkeyPatch, hard: int, kept: int) -> None:
    limits: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "getrlimit", lambda what: (hard, hard))
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    worker._bound(10**9)
    assert limits[resource.RLIMIT_DATA] == (kept, kept)


def test_a_process_that_plays_itself_gives_the_same_faults() -> None:
    with Inline() as crew:
        crew.submit(errand(f"{HERE}:Raises"))
        crew.submit(errand(f"{HERE}:NotANumber"))
        found = [one[1] for one in crew.results() if one is not None]
    assert [one.cause for one in found if isinstance(one, Fault)] == ["raised", "illegal"]


def test_causes_are_told_from_exit_codes() -> None:
    codes = {0: "exited", 3: "exited", -signal.SIGKILL: "killed", -signal.SIGTERM: "killed", -signal.SIGSEGV: "crashed"}
    assert {code: fault_of_exit(code, "").cause for code in codes} == codes
    assert fault_of_exit(-signal.SIGABRT, "what(): std::bad_alloc").cause == "memory"
    assert fault_of_exit(-60, "").message.endswith("signal 60")
    with pytest.raises(ValueError, match="no cause"):
        Fault("bored", "")
    assert set(CAUSES) >= set(codes.values())


def test_a_fault_survives_the_store(tmp_path: Path) -> None:
    outcome, store = play(tmp_path, [f"{HERE}:Raises", "honest"], seeds=1)
    (kept,) = store.faults()
    assert kept == outcome.faults[0][1]
    assert isinstance(kept, Faulted)
    assert kept.fault.message == "RuntimeError: I will not"
    assert kept.fault.output.startswith("about to raise\n")
    assert "I will\nnot" in kept.fault.output


def test_an_agent_in_a_file_that_cannot_be_imported_harms_nobody(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text("import os\nos.abort()\n")
    words = ["tournament", "-s", "windfall", "-a", f"{file}:Bad", "-a", "honest", "--seeds", "1", "--workers", "1"]
    words += ["--controls", "none", "--out", str(tmp_path / "run")]
    result = invoke(*words)
    assert result.exit_code == 1
    assert "SIGABRT (crashed; 1 match void)" in result.stderr
    assert "honest" in result.stdout
    good = "from arena.play.agent import Known\nclass Bad(Known):\n    def act(self, view):\n"
    file.write_text(good + "        return view.always(view.legal.argmax(axis=1))\n")
    result = invoke(*words)
    assert (result.exit_code, Store(tmp_path / "run").faults()) == (0, [])
    assert [label for _, label, _ in contents(tmp_path / "run")["players"]] == [f"{file}:Bad", "always", "honest"]
    assert "1 matches played, 1 kept" in result.stderr


@pytest.mark.study
def test_two_workers_are_nearly_twice_as_quick(tmp_path: Path) -> None:
    """Prints the throughput of one and of two workers; the machine must have nothing else to do."""
    agents = [f"reinforce:trace={trace},episodes=200000" for trace in (0, 1)] + ["ppo:steps=20000"]
    scenarios = ["windfall", "deferral-ladder", "stage-bandit:longest=3"]
    what: dict[str, Any] = {"scenarios": scenarios, "seeds": 24}
    play(tmp_path / "warm", agents, 2, **{**what, "seeds": 1})
    rates = {}
    for workers in (1, 2):
        begun, spent = time.perf_counter(), os.times()
        outcome, _ = play(tmp_path / str(workers), agents, workers, **what)
        took, now = time.perf_counter() - begun, os.times()
        rates[workers] = outcome.played / took
        cpu = now.children_user + now.children_system - spent.children_user - spent.children_system
        print(f"{workers} workers: {outcome.played} matches, {took:.1f} s, {cpu:.1f} s of the processors' time")  # noqa: T201
    print(f"{rates[2] / rates[1]:.2f} times the throughput")  # noqa: T201
    assert rates[2] / rates[1] >= 1.85
