"""What makes two things one: matches with what an agent plays, boards with their game, agents with their file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from arena import TurncoatError, view
from arena.contest.errand import Errand, carry_out
from arena.contest.limits import Limits
from arena.contest.match import Pairing, board, player
from arena.contest.on_ray import files
from arena.contest.tournament import Lineup, Tournament, from_file
from arena.contest.workers import enquire
from arena.learn.saved import save_policies
from arena.play.agent import Known, defaults, find, full_name
from arena.play.policy import Policy, View
from arena.plugins import TRUST
from tests.contestants import invoke
from tests.strategies import compiled

SCENARIOS = Path(__file__).parent.parent / "scenarios"
CODE = '''
from dataclasses import dataclass

from arena.play.agent import Known


@dataclass(frozen=True)
class Mine(Known):
    """Does the first thing."""

    path: str = ""

    def act(self, view):
        return view.always(view.legal.argmax(axis=1))
'''


@pytest.fixture(autouse=True)
def trusting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(TRUST, "1")
    monkeypatch.setenv("TURNCOAT_WORKERS", "0")
    monkeypatch.chdir(tmp_path)


def trained(path: Path, agent: str) -> Path:
    """A file of policies, as after a training: one that does what another agent does."""
    game = compiled("windfall")
    policies = find(agent).policies(game, "model", {}, np.zeros(1, np.uint64))
    told = {"scenario": "windfall", "settings": {}, "digest": game.digest, "agent": agent, "seat": "model"}
    save_policies(path, policies, view(game, "model"), {**told, "seeds": [0]})
    return path


def lineup(**what: object) -> Lineup:
    asked = {"name": "test", "scenarios": ["windfall"], "agents": ["honest"], "seeds": 1, **what}
    return Lineup(Tournament.model_validate(asked))


# The files that agents play


@pytest.mark.parametrize("name", ["saved", "sb3", "mine.py:Mine"])
def test_an_agent_is_the_content_of_the_file_that_it_plays(name: str) -> None:
    Path("mine.py").write_text(CODE)
    file, keys = Path("a #1.bin"), []
    for content in (b"one", b"two", b"one"):
        file.write_bytes(content)
        one = player(f"{name}:path={file}")
        assert one.label == f"{name}:path={file}"
        assert player(one.identity).identity == one.identity
        assert find(one.identity) == one.agent
        keys.append(Pairing(board("windfall"), one, None).key(0))
    assert keys[0] == keys[2] != keys[1]
    file.write_bytes(b"three")
    said = "^a #1.bin: the file has changed: it is [0-9a-f]{12} now, and [0-9a-f]{12} is asked for$"
    with pytest.raises(TurncoatError, match=said):
        player(one.identity)
    file.unlink()
    with pytest.raises(TurncoatError, match="the file has changed: it is gone now"):
        player(one.identity)


def test_a_tournament_plays_what_is_new_when_a_saved_policy_changes() -> None:
    file = Path("policies.npz")
    words = ["tournament", "-s", "windfall", "-a", f"saved:path={file}", "--seeds", "1", "--controls", "none"]
    words += ["--out", "run"]
    for agent in ("honest", "defector"):
        trained(file, agent)
        assert invoke(*words).stderr.startswith("1 matches played;")
        assert "0 matches played, 1 kept" in invoke(*words).stderr
    trained(file, "honest")
    assert "0 matches played, 1 kept" in invoke(*words).stderr


def test_a_worker_refuses_another_file_than_the_tournament_was_begun_with() -> None:
    where, who = board("windfall"), player(f"saved:path={trained(Path('p.npz'), 'honest')}")
    keys = (Pairing(where, who, None).key(0),)
    errand = Errand(where.found, where.settings, where.identity, who.identity, None, (0,), keys, ())
    assert set(files(errand)) == {"p.npz"}
    assert carry_out(errand)[0].values["late_rate"] == 0
    trained(Path("p.npz"), "defector")
    with pytest.raises(TurncoatError, match=r"^p\.npz: the file has changed"):
        carry_out(errand)


def test_others_are_called_what_they_were() -> None:
    """Nor is a text or a number in a setting of that name taken for a file."""
    assert full_name("saved") == "saved:path=,seed=0,transfer=false"
    for path in ("none.npz", ".", "x" * 5000, "\0"):
        assert full_name(f"saved:path={path}") == f"saved:path={path},seed=0,transfer=false"
    assert full_name("honest") == "honest"
    with pytest.raises(TurncoatError, match="plays no file, so it has no version 0a1b"):
        find("honest@0a1b")


# What is written


def test_a_setting_reaches_a_worker_as_it_was_written() -> None:
    """A player's identity is all that a worker is told of it."""
    for value in ("01", "1e3", "0x10", "1_000", "0110", "1.50"):
        one = player(f"trojan:value={value}")
        assert (one.label, one.identity) == (f"trojan:value={value}", f"trojan:factor=deployment,value={value}")
        assert vars(find(one.identity))["value"] == value
    assert player("sometimes:p=.5").identity == player("sometimes:p=5e-1").identity == "sometimes:p=0.5"


@pytest.mark.parametrize("text", ["a,b", " a", "a\n"])
def test_a_default_that_could_not_be_read_back_is_refused(text: str) -> None:
    @dataclass(frozen=True)
    class Wordy(Known):
        """Has much to say."""

        words: str = text

        def act(self, view: View) -> Policy:
            raise NotImplementedError

    with pytest.raises(TurncoatError, match=r"^Wordy\.words: a text has no comma and no blanks around it$"):
        defaults(Wordy)


# Boards


def test_two_games_of_one_name_and_settings_are_refused() -> None:
    text = (SCENARIOS / "off-switch.yaml").read_text()
    for folder, payoff in (("va", "switch: -10"), ("vb", "switch: -11"), ("vc", "switch: -10")):
        Path(folder).mkdir()
        Path(folder, "mine.yaml").write_text(text.replace("switch: -10", payoff))
    va, vb, vc = (f"{folder}/mine.yaml:rounds=5" for folder in ("va", "vb", "vc"))
    what = f"{Path('va/mine.yaml').resolve()} and {Path('vb/mine.yaml').resolve()} are two games of one name"
    with pytest.raises(TurncoatError, match=f"^{what} and settings; rename one$"):
        lineup(scenarios=[va, vb])
    Path("t.yaml").write_text(f"name: t\nscenarios: ['{va}', '{vb}']\nagents: [honest]\n")
    with pytest.raises(TurncoatError, match=rf"^t\.yaml:2:12: scenarios: {what}"):
        Lineup(*from_file(Path("t.yaml")))
    assert len(lineup(scenarios=[va, vc, str(Path("va").resolve() / "mine.yaml:rounds=5")]).boards) == 1
    assert len(lineup(scenarios=[va, "vb/mine.yaml:rounds=6"]).boards) == 2


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("hidden: factor = deployment", "hidden:factor=deployment"),
        (" hidden:factor=deployment ", "hidden:factor=deployment"),
        ("fixed:value=no,factor=deployment", "fixed:factor=deployment;value=no"),
        ("fixed: factor=deployment, value=no + myopic", "fixed:factor=deployment;value=no+myopic"),
        ("hidden:", "hidden"),
        ("myopic", "myopic"),
    ],
)
def test_a_twin_is_one_board_in_whatever_way_it_is_written(written: str, canonical: str) -> None:
    one = board("deferral-ladder:rounds=3", of_it=written)
    same = board(f"deferral-ladder:twin={canonical},rounds=3")
    assert one.settings["twin"] == canonical
    assert (one.identity, one.label, one.game.name) == (same.identity, same.label, same.game.name)
    assert one.label == f"deferral-ladder:rounds=3,twin={canonical}"
    assert len(lineup(scenarios=["deferral-ladder:rounds=3"], twins=[written, canonical.replace(";", ",")]).boards) == 2


# Lineups


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os\nos.abort()\n", r"^bad\.py:Bad cannot oversee: its process was ended by SIGABRT$"),
        ("import os\nos._exit(3)\n", r"^bad\.py:Bad cannot oversee: its process ended itself with code 3$"),
        ("1 / 0\n", r"^bad\.py:1:1: ZeroDivisionError"),
    ],
)
def test_why_an_overseer_cannot_be_loaded_is_said(code: str, said: str) -> None:
    Path("bad.py").write_text(code)
    tournament = Tournament.model_validate(
        {"name": "t", "scenarios": ["windfall"], "agents": ["honest"], "overseers": ["bad.py:Bad"]}
    )
    with pytest.raises(TurncoatError, match=said):
        Lineup(tournament, find=lambda text: enquire(text, Limits()))


def test_a_file_by_two_paths_is_one_agent() -> None:
    Path("mine.py").write_text(CODE)
    Path("other.py").write_text(CODE)
    paths = ["mine.py", str(Path("mine.py").resolve()), "./mine.py", "../" + Path.cwd().name + "/mine.py"]
    one = lineup(agents=[f"{path}:Mine" for path in paths], overseers=[f"{path}:Mine" for path in paths])
    assert [one.identity for one in (*one.players, *one.overseers)] == [full_name("mine.py:Mine")] * 2
    assert len(lineup(agents=["mine.py:Mine", "mine.py:Mine:path=x", "other.py:Mine"]).players) == 3
