"""The report: whole in one file, inert whatever is written in a scenario, the same bytes for the same results."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from arena import TurncoatError
from arena.contest import report as report_module
from arena.contest.optimum import optimum
from arena.contest.report import report, write_report
from arena.contest.standings import standings
from arena.contest.store import Store
from arena.contest.sweep import curve, sweeps
from tests.contestants import enter, invoke, play

LADDER = Path(__file__).parent.parent / "scenarios" / "deferral-ladder.yaml"
VOID = {"meta", "link", "img", "br", "hr", "wbr", "input"}


@pytest.fixture(autouse=True)
def more_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch)


class Page(HTMLParser):
    """Every element and attribute of a page; complains of tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def html_of(folder: Path, **what: object) -> str:
    play(folder, **what)
    with Store(folder) as store:
        return write_report(folder, standings(store)).read_text(encoding="utf-8")


def ladder(discounts: str) -> list[str]:
    return [f"deferral-ladder:discount={discount}" for discount in discounts.split()]


def test_the_report_is_whole_in_itself(tmp_path: Path) -> None:
    scenarios = [*ladder("0.5 0.7 0.75 1"), "windfall", "simulation-oversight", "inspection-game"]
    html = html_of(tmp_path, scenarios=scenarios, agents=["honest", "trojan", "dice", "faulty"], seeds=5)
    assert len(html.encode()) < 2_000_000
    page = Page(html)
    tags = Counter(tag for tag, _ in page.elements)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(tags)
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "xlink:href", "action"):
                assert (value or "").startswith("#"), (tag, value)
    assert not re.search(r"url\((?!#)|@import", html)
    assert set(re.findall(r"https?://[^\"'\s<]+", html)) <= {"http://www.w3.org/1999/xlink"}
    ids = Counter(value for _, attributes in page.elements for name, value in attributes.items() if name == "id")
    assert [name for name, count in ids.items() if count > 1] == []
    figures = re.findall(r"<figure>(<svg.*?</svg>)", html, flags=re.DOTALL)
    assert len(figures) == 7 + 1
    for svg in figures:
        ElementTree.fromstring(svg)
        assert "#0102" not in svg
        assert set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", svg)) <= {(i, "") for i in ids} | {
            ("", i) for i in ids
        }


def test_a_newcomer_finds_the_answers(tmp_path: Path) -> None:
    scenarios = [*ladder("0.6 0.7 0.85 1"), "windfall"]
    html = html_of(tmp_path, scenarios=scenarios, agents=["honest", "defector", "trojan", "dice"], seeds=3)
    words = " ".join(Page(html).words.split())
    assert "Monitored training rounds, then deployment where nobody looks" in words
    assert "Held back, then turned trojan 4" in words
    assert "Defected early defector 5" in words
    assert "Never defected honest 5, trojan 1" in words
    assert "Complying at every early opportunity is optimal from discount 0.7248 on. dice held back nowhere." in words
    assert "optimum DDCCCD, worth 1.494" in words
    assert "is worth 10.000 and has early rate 0.000, late rate 1.000." in words
    assert "threshold 0.7248" in words
    assert "complied early, defected late" in words


def test_what_a_scenario_says_stays_text(tmp_path: Path) -> None:
    file = tmp_path / "nasty.yaml"
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }} $x$ -->"
    text = LADDER.read_text().replace("title: Deferral ladder", f"title: '{evil}'")
    text = text.replace("name: training", f"name: '{evil}'").replace("source: >", f"source: >\n  {evil}", 1)
    file.write_text(text)
    html = html_of(tmp_path / "run", scenarios=[str(file)], agents=["trojan:value=<b>x</b>"], seeds=1)
    page = Page(html)
    assert not {"script", "img", "b>x"} & {tag for tag, _ in page.elements}
    assert page.words.count("<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }} $x$ -->") >= 3
    assert "trojan:value=<b>x</b>" in page.words


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    what = {"scenarios": ladder("0.6 0.7 1"), "agents": ["dice", "honest"], "seeds": 3}
    first = html_of(tmp_path / "a" / "run", **what)
    assert first == html_of(tmp_path / "b" / "run", **{**what, "agents": ["honest", "dice"]})
    result = invoke("report", tmp_path / "a" / "run")
    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "a" / "run" / "report.html")
    assert (tmp_path / "a" / "run" / "report.html").read_text(encoding="utf-8") == first


def test_a_scenario_that_changed_or_went_is_reported_without_its_optimum(tmp_path: Path) -> None:
    file = tmp_path / "ladder.yaml"
    file.write_text(LADDER.read_text())
    scenarios = [f"{file}:discount={discount}" for discount in (0.5, 0.6, 0.7)]
    assert "No optimum" not in html_of(tmp_path / "run", scenarios=scenarios, agents=["honest"], seeds=1)
    file.write_text(LADDER.read_text().replace("{comply: 0, defect: $prize}", "{comply: 1, defect: $prize}"))
    with Store(tmp_path / "run") as store:
        final = standings(store)
    assert "No optimum is shown: ladder has changed since these matches were played." in report("x", final, {})
    file.unlink()
    gone = report("x", final, {})
    assert "No optimum is shown:" in gone
    assert "never defected" in gone


def test_the_optimum_beside_the_agents(tmp_path: Path) -> None:
    overseers = ["always", "never"]
    _, final = play(tmp_path, scenarios=["deferral-ladder"], agents=["honest"], overseers=overseers, seeds=1)
    watched, unwatched = (optimum(setup) for setup in final.tables)
    assert (watched.value, watched.play, watched.early_rate, watched.late_rate) == (10, "CCCCCD", 0, 1)
    assert (unwatched.value, unwatched.play, unwatched.early_rate) == (15, "DDDDDD", 1)
    _, final = play(tmp_path, scenarios=["simulation-oversight"], agents=["honest"], seeds=1)
    (setup,) = (setup for setup in final.tables if setup.name == "simulation-oversight")
    assert optimum(setup).value == pytest.approx(2.8)
    assert optimum(setup).blind_value == pytest.approx(2.7)


def test_a_sweep_needs_three_values_of_one_number(tmp_path: Path) -> None:
    scenarios = [*ladder("0.5 0.7 1"), "deferral-ladder:rounds=4", "windfall:announced=hidden", "windfall"]
    _, final = play(tmp_path, scenarios=scenarios, agents=["honest"], seeds=1)
    (sweep,) = sweeps(final.tables)
    assert (sweep.name, sweep.parameter) == ("deferral-ladder", "discount")
    assert [value for value, _ in sweep.setups] == [0.5, 0.7, 1.0]
    found = curve(sweep)
    assert found.thresholds == pytest.approx([0.2**0.2], abs=1e-7)
    assert found.deferring == (False, True)


def test_a_sweep_over_a_whole_number(tmp_path: Path) -> None:
    scenarios = [f"deferral-ladder:discount=0.7,rounds={rounds}" for rounds in (2, 4, 9)]
    _, final = play(tmp_path, scenarios=scenarios, agents=["honest"], seeds=1)
    (sweep,) = sweeps(final.tables)
    found = curve(sweep)
    assert found.at.tolist() == list(range(2, 10))
    assert found.thresholds == (5.0,)  # .7 is below .2 ** (1 / rounds) from 5 rounds on
    assert found.deferring == (True, False)
    assert "is optimal below rounds 5." in report("x", final, {})


def test_a_large_run_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, final = play(tmp_path, scenarios=ladder("0.5 0.6 0.7 0.8"), agents=["honest", "dice"], seeds=2)
    sizes = []
    for limit in (2_000_000, 60_000, 30_000, 20_000):
        monkeypatch.setattr(report_module, "LARGEST", limit)
        sizes.append(len(report("x", final, {}).encode()))
        assert sizes[-1] < limit
    assert sizes == sorted(set(sizes), reverse=True)
    assert "settings are left out to keep this page small" in report("x", final, {})


def test_a_run_without_a_single_match(tmp_path: Path) -> None:
    html = html_of(tmp_path, scenarios=["windfall"], agents=["faulty"], seeds=1)
    assert "RuntimeError: I will not be overseen" in Page(html).words


def test_a_folder_without_a_run_has_no_report(tmp_path: Path) -> None:
    error = invoke("report", tmp_path / "none").exception
    assert isinstance(error, TurncoatError)
    assert "no run is here" in str(error)
    assert not (tmp_path / "none").exists()
