"""Nine faults and two honest agents in one tournament: it finishes, and the honest ones notice nothing."""

import json
from pathlib import Path
from typing import Any

from arena.contest.store import Store
from tests.contestants import invoke
from tests.test_workers import contents

HERE = "tests/hostile/agents.py"
HONEST = ["honest", "reinforce:episodes=50"]
CAUSES = {
    "Segfaults": "crashed",
    "Exits": "exited",
    "Kills": "killed",
    "Loops": "time",
    "Hoards": "memory",
    "Raises": "raised",
    "NotANumber": "illegal",
    "Floods": "output",
    "StartsSlowly": "start",
}
LIMITS = "{time: 3 s, memory: 800 MB, start: 2 s, output: 100 kB}"


def tournament(folder: Path, agents: list[str], out: str, limits: str = "{}") -> tuple[int, Any, str]:
    file = folder / f"{out}.yaml"
    file.write_text(
        f"name: {out}\nscenarios: [windfall]\nagents: {json.dumps(agents)}\nseeds: 1\n"
        f"controls: none\nfaults: forfeit\nlimits: {limits}\n"
    )
    result = invoke("tournament", file, "--trust", "--workers", "2", "--json", "--out", folder / out)
    return result.exit_code, json.loads(result.stdout), result.stderr


def test_every_fault_is_attributed_and_the_honest_are_untouched(tmp_path: Path) -> None:
    code, alone, _ = tournament(tmp_path, HONEST, "alone")  # which also has the kernels compiled, within no limit
    assert code == 0
    code, together, messages = tournament(
        tmp_path, [*(f"{HERE}:{name}" for name in CAUSES), *HONEST], "together", LIMITS
    )
    assert code == 1
    assert [row for row in together["standings"] if row["agent"] in HONEST] == alone["standings"]
    assert len(together["standings"]) == len(HONEST)
    for table in ("matches", "measures"):
        assert contents(tmp_path / "together")[table] == contents(tmp_path / "alone")[table]

    with Store(tmp_path / "together") as store:
        labels = dict(store.rows("SELECT id, label FROM players"))
        faults = {labels[one.place.model].rpartition(":")[2]: one for one in store.faults()}
        assert len(store.faults()) == len(CAUSES)
    assert {name: one.fault.cause for name, one in faults.items()} == CAUSES
    assert {one.policy for one in faults.values()} == {"forfeit"}
    assert "Segmentation fault" in faults["Segfaults"].fault.output
    assert faults["Floods"].fault.output.startswith("blah blah")
    assert len(faults["Floods"].fault.output) == 10_000
    lines = [line for line in messages.splitlines() if line.startswith("failed: ")]
    assert len(lines) == len(CAUSES)
    assert any("Loops" in line and "no answer within 3 s (time; 1 match forfeit)" in line for line in lines)
