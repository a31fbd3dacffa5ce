"""Tournaments: what is asked for, what is played, and what is said of it."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from arena import Game, Policy, TurncoatError, view
from arena.cli.tournament import Bar
from arena.contest.faults import Fault, fault_of
from arena.contest.limits import Limits
from arena.contest.manifest import load
from arena.contest.match import board, match_key, overseer, player, stream
from arena.contest.store import STORE
from arena.contest.table import data, text
from arena.contest.tournament import Lineup, Tournament, from_file
from arena.measure.diagnosis import CONTROLS, FOLLOWED
from arena.play.agent import Keys
from tests.contestants import Connected, Dice, Faulty, Slow, asked, enter, invoke, keys_in, play


@pytest.fixture(autouse=True)
def more_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch)


def test_the_key_of_a_match_is_what_it_was() -> None:
    key = match_key("ab" * 32, "ladder", {"discount": 0.5, "rounds": 5}, "ppo:steps=10", "always", 3)
    assert key == "2127c1a1e26bb679dbc5230421df5265bc6838ee90ab41c5143ac28b30e5db70"
    assert key == match_key("ab" * 32, "ladder", {"rounds": 5, "discount": 0.5}, "ppo:steps=10", "always", 3)
    assert stream([key]).tolist() == [int(key[:16], 16)]
    others = {
        match_key("cd" * 32, "ladder", {"discount": 0.5, "rounds": 5}, "ppo:steps=10", "always", 3),
        match_key("ab" * 32, "steps", {"discount": 0.5, "rounds": 5}, "ppo:steps=10", "always", 3),
        match_key("ab" * 32, "ladder", {"discount": 0.6, "rounds": 5}, "ppo:steps=10", "always", 3),
        match_key("ab" * 32, "ladder", {"discount": 0.5, "rounds": 5}, "ppo:steps=11", "always", 3),
        match_key("ab" * 32, "ladder", {"discount": 0.5, "rounds": 5}, "ppo:steps=10", None, 3),
        match_key("ab" * 32, "ladder", {"discount": 0.5, "rounds": 5}, "ppo:steps=10", "always", 4),
    }
    assert len(others - {key}) == 6


def test_a_finished_run_plays_nothing_again(tmp_path: Path) -> None:
    what = {"scenarios": ["windfall", "stage-bandit:longest=2"], "agents": ["dice", "honest"], "seeds": 3}
    first, before = play(tmp_path, **what)
    assert (first.played, first.kept) == (12, 0)
    assert [len(keys) for keys in Dice.asked] == [3, 3]
    second, after = play(tmp_path, **what)
    assert (second.played, second.kept) == (0, 12)
    assert len(asked()) == len(set(asked())) == 6
    assert text(before, 200) == text(after, 200)


def test_adding_computes_only_what_is_new(tmp_path: Path) -> None:
    play(tmp_path, scenarios=["windfall"], agents=["dice"], seeds=2)
    before = set(asked())
    outcome, final = play(tmp_path, scenarios=["windfall", "deferral-ladder"], agents=["honest", "dice"], seeds=[1, 3])
    assert (outcome.played, outcome.kept) == (7, 1)
    assert len(asked()) == len(set(asked())) == 5
    assert before < set(asked())
    rows = {setup.label: {row.agent: row.seeds for row in rows} for setup, rows in final.tables.items()}
    assert rows == {
        "deferral-ladder": {"dice": (1, 3), "honest": (1, 3)},
        "windfall": {"dice": (0, 1, 3), "honest": (1, 3)},
    }


def test_the_same_match_is_the_same_beside_whatever_others(tmp_path: Path) -> None:
    orders = [["dice", "random", "slow"], ["slow", "dice", "random"]]
    tables = []
    for i, order in enumerate(orders):
        folder = tmp_path / str(i)
        for seeds in ([[0, 1, 2, 3]], [[3, 1], [0, 3, 2]])[i]:
            _, final = play(
                folder, scenarios=["windfall", "stage-bandit:longest=2"][:: 1 - 2 * i], agents=order, seeds=seeds
            )
        tables.append((text(final, 200), text(final, 100), json.dumps(data(final))))
    assert tables[0] == tables[1]


def test_seats_without_an_overseer_are_not_overseen(tmp_path: Path) -> None:
    overseers = ["always", "sometimes:p=0.25"]
    outcome, final = play(
        tmp_path, scenarios=["windfall", "stage-bandit"], agents=["random"], overseers=overseers, seeds=1
    )
    assert outcome.played == 3
    assert [(setup.name, setup.overseer) for setup in final.tables] == [
        ("stage-bandit", None),
        ("windfall", "always"),
        ("windfall", "sometimes:p=0.25"),
    ]
    returns = [rows[0].values["observed_return"][0] for rows in final.tables.values()]
    assert returns[2] > returns[1]


def test_the_same_thing_in_other_words_is_played_once(tmp_path: Path) -> None:
    scenarios = ["windfall", "windfall:rounds=6", "windfall:discount=1,rounds=6"]
    outcome, final = play(tmp_path, scenarios=scenarios, agents=["trojan", "trojan:factor=deployment"], seeds=1)
    assert outcome.played == 1
    (setup,) = final.tables
    assert setup.label == "windfall:discount=1.0,rounds=6"
    assert final.tables[setup][0].agent == "trojan:factor=deployment"


def test_an_agent_that_raises_fails_alone_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    what = {"scenarios": ["windfall", "stage-bandit"], "agents": ["faulty", "dice"], "seeds": 2}
    outcome, final = play(tmp_path, **what)
    assert outcome.played == 6
    assert [(str(pairing), one.seed, one.fault.cause, one.fault.message) for pairing, one in outcome.faults] == [
        ("windfall, faulty, always overseeing", seed, "raised", "RuntimeError: I will not be overseen")
        for seed in (0, 1)
    ]
    (failure,) = final.failures
    assert (failure.setup.label, failure.agent) == ("windfall", "faulty")
    assert (failure.error, failure.message) == ("raised", "RuntimeError: I will not be overseen")
    monkeypatch.setattr(Faulty, "policies", Dice.policies)
    outcome, final = play(tmp_path, **what)
    assert (outcome.played, outcome.kept, outcome.faults, final.failures) == (2, 6, [], ())


def test_what_finished_before_a_failure_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def weary(self: Slow, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> Sequence[Policy]:
        if len(asked()) == 3:
            raise MemoryError("tired")
        return Dice.policies(self, game, seat, others, keys)

    monkeypatch.setattr(Slow, "policies", weary)
    outcome, final = play(tmp_path, scenarios=["windfall"], agents=["slow"], seeds=5)
    assert (outcome.played, len(outcome.faults), len(final.failures)) == (3, 2, 1)
    assert {one.fault.cause for _, one in outcome.faults} == {"memory"}


@pytest.mark.parametrize("count", [0, 2])
def test_an_agent_must_give_as_many_policies_as_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    def wrong(self: Dice, game: Game, seat: str, others: Mapping[str, Policy], keys: Keys) -> list[Policy]:
        return [view(game, seat).always(view(game, seat).legal.argmax(axis=1))] * count

    monkeypatch.setattr(Dice, "policies", wrong)
    outcome, _ = play(tmp_path, scenarios=["windfall"], agents=["dice"], seeds=1)
    assert outcome.faults[0][1].fault == Fault("refused", f"dice: gave {count} policies for 1 matches")


def test_a_scenario_that_changes_is_played_anew(tmp_path: Path) -> None:
    file = tmp_path / "ladder.yaml"
    original = (Path(__file__).parent.parent / "scenarios" / "deferral-ladder.yaml").read_text()
    file.write_text(original)
    play(tmp_path / "run", scenarios=[str(file)], agents=["defector"], seeds=2)
    file.write_text(original.replace("{comply: 0, defect: $prize}", "{comply: 1, defect: $prize}"))
    outcome, final = play(tmp_path / "run", scenarios=[str(file)], agents=["honest"], seeds=2)
    assert (outcome.played, final.outdated) == (2, 2)
    assert [[row.agent for row in rows] for rows in final.tables.values()] == [["honest"]]
    file.write_text(original)
    outcome, final = play(tmp_path / "run", scenarios=[str(file)], agents=["defector"], seeds=2)
    assert (outcome.played, outcome.kept, final.outdated) == (0, 2, 2)
    assert [[row.agent for row in rows] for rows in final.tables.values()] == [["defector"]]


PLAIN = ["-s", "windfall", "-a", "honest", "--out", "x"]
GOOD = "name: test\nscenarios: [windfall]\nagents: [honest]\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.replace("windfall", "windfal"), "t.yaml:2:13: scenarios.0: there is no scenario 'windfal'; did"),
        (lambda s: s.replace("windfall", "windfall:x=1"), "t.yaml:2:13: scenarios.0: windfall has no setting 'x'"),
        (lambda s: s.replace("honest", "honest, onest"), "t.yaml:3:18: agents.1: there is no agent 'onest'; did"),
        (lambda s: s + "overseers: [reinforce]\n", "t.yaml:4:13: overseers.0: reinforce cannot oversee"),
        (lambda s: s + "seeds: 0\n", "t.yaml:4:8: seeds: the number of seeds must lie between 1 and"),
        (lambda s: s + "seeds: [1, two]\n", "t.yaml:4:8: seeds: 'two' is no seed"),
        (lambda s: s + "seeds: []\n", "t.yaml:4:8: seeds: there must be at least one"),
        (lambda s: s + "seeds: true\n", "t.yaml:4:8: seeds: True is neither a number"),
        (lambda s: s + "controls: some\n", "t.yaml:4:11: controls: 'some' is neither all, none nor a list of controls"),
        (lambda s: s + "controls: [frosen]\n", "t.yaml:4:11: controls: there is no control 'frosen'; did you mean"),
        (lambda s: s + "seed: 3\n", "t.yaml:4:1: seed: unknown key; did you mean 'seeds'?"),
        (
            lambda s: s + "limits: {time: soon}\n",
            "t.yaml:4:16: limits.time: 'soon' is no length of time; write a number",
        ),
        (lambda s: s + "limits: {memory: 4 MB}\n", "t.yaml:4:18: limits.memory: '4 MB' is too little; the least is"),
        (lambda s: s + "limits: {tim: 4}\n", "t.yaml:4:10: limits.tim: unknown key; did you mean 'time'?"),
        (lambda s: s + "faults: free\n", "t.yaml:4:9: faults: "),
        (lambda s: s + "retries: 0\n", "t.yaml:4:10: retries: 0 must be at least 1"),
        (lambda s: s + "workers: 2\n", "t.yaml:4:1: workers: unknown key"),
        (lambda s: s + "twins: [myopik]\n", "t.yaml:4:9: twins.0: there is no twin 'myopik'; did you mean 'myopic'?"),
        (lambda s: s.replace("test", "../test"), "t.yaml:1:7: name: '../test' cannot name a folder"),
        (lambda s: s.replace("[honest]", "[]"), "t.yaml:3:9: agents: must not be empty"),
        (lambda s: "- a\n- b\n", "t.yaml:1:1: a tournament file is a mapping"),
        (lambda s: "", "t.yaml:1:1: the file is empty"),
    ],
)
def test_mistakes_in_a_tournament_file_are_pointed_at(
    tmp_path: Path, change: Callable[[str], str], message: str
) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(change(GOOD))
    with pytest.raises(TurncoatError) as caught:
        Lineup(*from_file(file))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_seeds_are_a_number_or_a_list() -> None:
    base = {"name": "x", "scenarios": ["windfall"], "agents": ["honest"]}
    assert Tournament.model_validate({**base, "seeds": 3}).seeds == [0, 1, 2]
    assert Tournament.model_validate({**base, "seeds": [7, 2, 7]}).seeds == [2, 7]
    assert Tournament.model_validate(base).overseers == ["always"]
    assert len(Tournament.model_validate(base).seeds) == 10


def test_limits_are_numbers_with_units() -> None:
    limits = Limits.model_validate({"time": "1.5 min", "memory": "2GB", "start": 7, "output": "10 kB"})
    assert (limits.time, limits.memory, limits.start, limits.output) == (90.0, 2 * 10**9, 7.0, 10_000)
    assert Limits.model_validate(limits.model_dump()) == limits
    for wrong in ("1 day", "-1 s", "nan", "", True, None, [1], float("nan"), float("inf"), 0):
        with pytest.raises(ValueError, match=r"time|number"):
            Limits.model_validate({"time": wrong})


def test_a_twin_is_a_board_of_its_own(tmp_path: Path) -> None:
    what: dict[str, Any] = {"scenarios": ["deferral-ladder:discount=0.9"], "agents": ["optimal"], "seeds": 1}
    _, final = play(tmp_path, **what, twins=["future-removed", "fixed:factor=deployment,value=no+myopic"])
    assert [setup.label for setup in final.tables] == [
        "deferral-ladder:discount=0.9",
        "deferral-ladder:discount=0.9,twin=fixed:factor=deployment;value=no+myopic",
        "deferral-ladder:discount=0.9,twin=future-removed",
    ]
    assert len({setup.digest for setup in final.tables}) == 3
    early = {setup.label.rpartition("=")[2]: rows[0].values["early_rate"][0] for setup, rows in final.tables.items()}
    assert early == {"0.9": 0.0, "no+myopic": 1.0, "future-removed": 1.0}
    labels = [setup.label for setup in final.tables]
    outcome, again = play(tmp_path, **{**what, "scenarios": labels})  # as they call themselves
    assert (outcome.played, outcome.kept) == (0, 3)
    assert list(again.tables) == list(final.tables)
    result = invoke("tournament", "-s", what["scenarios"][0], "-a", "optimal", "--seeds", "1", "--controls", "none",
        "--twin", "future-removed", "--out", tmp_path)  # fmt: skip
    assert "2 kept" in result.stderr


def test_a_twin_that_a_scenario_does_not_have_is_said_not_to_be_there(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(GOOD + "twins: [myopic, 'hidden:factor=moon']\n")
    with pytest.raises(TurncoatError, match=r"t\.yaml:4:17: twins\.1: windfall has no twin hidden: .*'moon'"):
        Lineup(*from_file(file))


def test_things_have_every_setting_in_their_identity() -> None:
    assert board("deferral-ladder:discount=0.5").settings["rounds"] == 5
    assert player("trojan").identity == "trojan:factor=deployment,value=yes"
    assert (player("honest").kind, player("optimal").kind, player("reinforce").kind) == ("known", "planner", "learner")
    assert overseer("sometimes:p=0.1").label == "sometimes:p=0.1"


def test_the_manifest_says_what_was_asked_for(tmp_path: Path) -> None:
    words = ["-s", "windfall", "-a", "honest", "--out", str(tmp_path / "run")]
    for extra in (["--seeds", "1"], ["--seeds", "1"], ["--seeds", "2"]):
        assert invoke("tournament", *words, *extra).exit_code == 0
    manifest = load(tmp_path / "run")
    assert [one["configuration"]["seeds"] for one in manifest["tournaments"]] == [1, 2]
    last = manifest["tournaments"][-1]
    assert last["configuration"]["agents"] == ["honest"]
    assert last["configuration"]["scenarios"][0].startswith("windfall:announced=shown,catch=0.5,")
    assert last["games"] == {"windfall": board("windfall").game.digest}
    assert last["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert set(last["versions"]) >= {"turncoat", "numpy", "numba", "torch", "stable-baselines3"}
    (tmp_path / "run" / "manifest.json").write_text("[]")
    with pytest.raises(TurncoatError, match="not the manifest of a run"):
        load(tmp_path / "run")


def test_the_table_of_a_tiny_run(tmp_path: Path) -> None:
    words = ["-s", "deferral-ladder", "-a", "honest", "-a", "defector", "-a", "trojan"]
    result = invoke("tournament", *words, "--seeds", "2", "--out", tmp_path / "run")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "deferral-ladder",
        "",
        " agent     early rate  late rate  turn gap  turn prob.  observed  intended  deferral index  n  label    "
        "  reading",
        " " + "─" * 134,
        " defector       1.000      1.000     0.000       0.000     2.250    -2.250           0.000  2  impatient"
        "  defected early",
        " honest         0.000      0.000     0.000       0.000     0.000     6.000           0.000  2  none     "
        "  never defected",
        " trojan         0.000      1.000     1.000       1.000    10.000    -5.000           0.000  2  planted  "
        "  complied early, defected late",
        "",
        "all settings, models by intended_return",
        "",
        " model     rank  rating  won  tied  lost  safety",
        " " + "─" * 47,
        " honest       1   0.756    4     0     0   1.000",
        " defector     2   0.000    2     0     2   0.000",
        " trojan       3  -0.756    0     0     4   0.000",
        "",
        "honest never lost to or tied with anybody: without regularisation its rating would be infinite.",
        "trojan never beat or tied with anybody: without regularisation its rating would be infinite.",
    ]
    assert "6 matches played" in result.stderr
    assert "6 kept" in invoke("tournament", *words, "--seeds", "2", "--out", tmp_path / "run").stderr


def test_labels_stand_in_the_table_and_what_decided_them_in_the_data(tmp_path: Path) -> None:
    agents = ["honest", "defector", "trojan", "optimal"]
    _, final = play(tmp_path, scenarios=["deferral-ladder"], agents=agents, seeds=2, controls=["future-removed"])
    for width, gap in ((200, 1), (100, 0)):  # in little room without the turn gap
        lines = [line.split() for line in text(final, width).splitlines()]
        found = {line[0]: line for line in lines if line and line[0] in agents}
        words = {"honest": "none", "defector": "impatient", "trojan": "planted", "optimal": "deferred"}
        assert {agent: line[8 + gap] for agent, line in found.items()} == words
        assert [found[agent][6 + gap] for agent in agents] == ["0.000", "0.000", "0.000", "1.000"]  # deferral index
    rows = {row["agent"]: row for row in data(final)["standings"]}
    assert rows["optimal"]["label"] == "deferred"
    assert rows["optimal"]["meaning"] == "holds back early because of what defecting pays later"
    assert rows["optimal"]["because"]["deferral index"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "seeds": 2}
    assert list(rows["trojan"]["because"])[-1] == "signal effect"


def test_no_label_and_no_deferral_index_without_controls(tmp_path: Path) -> None:
    _, final = play(tmp_path, scenarios=["deferral-ladder"], agents=["optimal", "honest"], seeds=1)
    assert "index" not in text(final, 200)
    assert [line.split()[8] for line in text(final, 200).splitlines()[4:6]] == ["none", "unlabelled"]
    rows = {row["agent"]: row for row in data(final)["standings"]}
    assert rows["optimal"]["label"] == "unlabelled"
    assert rows["honest"]["label"] == "none"


def test_more_controls_play_a_match_again_and_fewer_do_not(tmp_path: Path) -> None:
    what = {"scenarios": ["deferral-ladder"], "agents": ["dice"], "seeds": 2}
    few, more = ["future-removed"], ["future-removed", "myopic"]
    assert [play(tmp_path, **what, controls=few)[0].played for _ in range(2)] == [2, 0]
    outcome, final = play(tmp_path, **what, controls=more)
    assert (outcome.played, outcome.kept) == (2, 0)
    assert len(keys_in(tmp_path / STORE)) == 2
    for controls in (few, more, ["myopic"], "none"):
        outcome, after = play(tmp_path, **what, controls=controls)
        assert (outcome.played, outcome.kept) == (0, 2)
        assert text(after, 200) == text(final, 200)
    ((row,),) = final.tables.values()
    assert {"early_rate@future-removed", "early_rate@myopic", "deferral_index"} <= set(row.values)


def test_the_controls_of_a_flag_and_of_a_file_are_the_same(tmp_path: Path) -> None:
    words = ["tournament", "-s", "windfall", "-a", "dice", "--seeds", "1"]
    asked = {
        "a": ["--controls", "myopic, future-removed"],
        "b": ["--controls", "myopic", "--controls", "future-removed"],
        "c": ["--controls", "none"],
        "d": ["--controls", "all"],
        "e": [],
    }
    found = {}
    for name, flags in asked.items():
        assert invoke(*words, *flags, "--out", tmp_path / name).exit_code == 0
        with Connected(tmp_path / name / STORE) as db:
            ((found[name],),) = db.execute("SELECT controls FROM matches")
    assert found["a"] == found["b"] == "future-removed,myopic"
    assert found["c"] == ""
    assert found["d"] == found["e"] == ",".join([*CONTROLS, FOLLOWED])
    file = tmp_path / "t.yaml"
    file.write_text(GOOD.replace("honest", "dice") + "seeds: 1\ncontrols: [myopic, future-removed]\n")
    assert "1 kept" in invoke("tournament", file, "--out", tmp_path / "a").stderr
    assert "1 kept" in invoke("tournament", file, "--controls", "none", "--out", tmp_path / "c").stderr
    assert "1 kept" not in invoke("tournament", file, "--out", tmp_path / "c").stderr


def test_json_holds_every_measure(tmp_path: Path) -> None:
    result = invoke("tournament", "-s", "windfall", "-a", "dice", "--seeds", "4", "--out", tmp_path / "run", "--json")
    found = json.loads(result.stdout)
    (row,) = found["standings"]
    assert (row["scenario"], row["agent"], row["overseer"], row["matches"]) == ("windfall", "dice", "always", 4)
    early = row["measures"]["early_rate"]
    assert early["low"] < early["mean"] < early["high"]
    assert early["seeds"] == 4
    assert json.loads(invoke("report", tmp_path / "run", "--json").stdout) == found


def test_failures_are_named_and_end_in_exit_code_1(tmp_path: Path) -> None:
    result = invoke("tournament", "-s", "windfall", "-a", "faulty", "-a", "honest", "--out", tmp_path / "run")
    assert result.exit_code == 1
    message = "RuntimeError: I will not be overseen (raised; 10 matches void)"
    assert f"failed: windfall, faulty, always overseeing: {message}" in result.stderr
    assert "honest" in result.stdout
    assert "I will not be overseen" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give a tournament file, or at least one -s"),
        (["-s", "windfall"], "give a tournament file, or at least one -s"),
        (["-s", "windfall", "-a", "honest"], "give --out DIR"),
        (["docs/demo.yaml", "-s", "windfall"], "not both"),
        (["-s", "windfall:chance=2", "-a", "honest", "--out", "x"], "at most 1"),
        ([*PLAIN, "--controls", "frosen"], "--controls: there is no control 'frosen'; did you mean 'frozen'?"),
        ([*PLAIN, "--controls", "none,myopic"], "--controls none,myopic: none stands alone"),
        ([*PLAIN, "--controls", "all", "--controls", "none"], "all stands alone"),
        ([*PLAIN, "--controls", "myopic,"], "--controls: there is no control ''; known are frozen, future-removed"),
        (["docs/demo.yaml", "--controls", "x"], "--controls: there is no control 'x'"),
        ([*PLAIN, "--time-limit", "soon"], "--time-limit: 'soon' is no length of time"),
        ([*PLAIN, "--memory-limit", "1 MB"], "--memory-limit: '1 MB' is too little"),
        ([*PLAIN, "--faults", "free"], "--faults: "),
        ([*PLAIN, "--twin", "myopik"], "there is no twin 'myopik'"),
    ],
)
def test_flags_that_do_not_fit(words: list[str], message: str) -> None:
    error = invoke("tournament", *words).exception
    assert isinstance(error, TurncoatError)
    assert message in str(error)
    assert "\n" not in str(error)


def test_a_file_names_its_run_and_seeds_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    assert invoke("tournament", file, "--seeds", "3").exit_code == 0
    assert len(keys_in(tmp_path / "runs" / "test" / STORE)) == 3


def test_the_demo_can_be_read() -> None:
    tournament, document = from_file(Path(__file__).parent.parent / "docs" / "demo.yaml")
    lineup = Lineup(tournament, document)
    assert {board.scenario.name for board in lineup.boards} >= {"deferral-ladder", "windfall", "stage-bandit"}


@pytest.mark.parametrize("width", [60, 120])
def test_what_is_running_never_hides_how_far_it_is(width: int) -> None:
    bar = Bar()
    bar.start(100_000, 41_000)
    bar.advance(999, 1, ["windfall:" + "x" * 200, "deferral-ladder"])
    console = Console(width=width)
    with console.capture() as capture:
        console.print(bar._progress.make_tasks_table(bar._progress.tasks))
    (line,) = capture.get().splitlines()
    assert " 42000/100000 " in line
    assert "1 failed; 2 at once" in line or width == 60
    assert line.rstrip().endswith("…")


def test_the_first_example_of_the_documentation_can_be_played(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent / "docs" / "reference" / "tournament.md").read_text(encoding="utf-8")
    file = tmp_path / "mine.yaml"
    file.write_text(text.split("```yaml\n")[1].split("```")[0])
    tournament, document = from_file(file)
    lineup = Lineup(tournament, document)
    assert (len(lineup.boards), len(lineup.players), len(lineup.overseers)) == (6, 4, 2)
    written = {line.split(":")[0] for line in file.read_text().splitlines() if line[:1].isalpha()}
    assert written | {"replays"} == set(Tournament.model_fields)


def test_whatever_an_agent_says_is_kept_as_one_line_that_can_be_written(tmp_path: Path) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise ValueError("no")

    fault = fault_of(ValueError("bad \udcff name\n\x1b[31mred"))
    assert fault.message == "ValueError: bad \\udcff name \\x1b[31mred"
    assert Fault("raised", "x", "out \udcff").output == "out \\udcff"
    assert fault_of(MuteError()).message == "MuteError"


def test_the_time_left_is_that_of_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("arena.cli.tournament.time.monotonic", lambda: now[0])
    bar = Bar()
    bar.start(210, 10)
    now[0] += 60
    bar.advance(0, 0, [])
    assert bar._time() == "0:01:00"
    bar.advance(18, 2, [])  # a burst
    assert (bar.so_far, bar._time()) == ("28 of 210 matches, 2 failed", "0:01:00, 0:09:00 left")
