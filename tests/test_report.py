"""The report: whole in one file, inert whatever is written in a scenario, the same bytes for the same results."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from arena import TurncoatError
from arena.contest import report as report_module
from arena.contest.axis import axes
from arena.contest.crew import Request
from arena.contest.diagram import SWEEP, sweep
from arena.contest.footage import album
from arena.contest.labels import finding
from arena.contest.optimum import game_of, others, solve
from arena.contest.overview import overview
from arena.contest.page import page
from arena.contest.report import report, write_report
from arena.contest.standings import Standing, standings
from arena.contest.store import Store
from arena.contest.sweep import curve, sweeps
from arena.game.scenario import find
from arena.measure.verdict import verdict
from arena.show.replay_file import unpacked
from tests.contestants import enter, invoke, play

LADDER = Path(__file__).parent.parent / "scenarios" / "deferral-ladder.yaml"
CONTROLS = ["future-removed", "frozen", "learning-curve"]
INLINE = {"a", "b", "code", "i", "small", "span"}
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
        self.words += "" if tag in INLINE else " "

    def handle_data(self, data: str) -> None:
        self.words += data


def html_of(folder: Path, **what: object) -> str:
    play(folder, **what)
    with Store(folder) as store:
        return write_report(folder, standings(store)).read_text(encoding="utf-8")


def ladder(discounts: str) -> list[str]:
    return [f"deferral-ladder:discount={discount}" for discount in discounts.split()]


def words_of(html: str) -> str:
    return " ".join(Page(html).words.split())


def small_sweep(folder: Path, measure: str = "early_rate") -> None:
    found = axes(["discount=0.5:1:3", "catch=0.2:0.8:3"], find("deferral-ladder"))
    sweep(Request("deferral-ladder", {}, found, ("honest", "optimal"), seeds=1, measure=measure), folder)


def everyone(folder: Path) -> list[Standing]:
    with Store(folder) as store:
        return [one for table in standings(store).tables.values() for one in table]


def test_every_match_opens_its_replay(tmp_path: Path) -> None:
    play(tmp_path, scenarios=["windfall", "deferral-ladder"], agents=["honest", "trojan"], seeds=3)
    with Store(tmp_path) as store:
        html = write_report(tmp_path, standings(store)).read_text(encoding="utf-8")
        album(store, tmp_path)
        names = set(re.findall(r"replay\.html#(\w+)", html))
        assert len(names) == 12
        assert names == {path.stem for path in (tmp_path / "replays").iterdir()}
        turned = [unpacked(store.replay(key), "here").turned for key in store.filmed()]
    assert (tmp_path / "replay.html").exists()
    assert Counter(turned) == {None: 9, 5: 3}  # the trojan, where it is shown deployment


def test_the_report_is_whole_in_itself(tmp_path: Path) -> None:
    scenarios = [*ladder("0.5 0.7 0.75 1"), "windfall", "simulation-oversight", "inspection-game"]
    agents = ["honest", "trojan", "dice", "faulty", "reinforce:episodes=20"]
    small_sweep(tmp_path / "sweep")
    (tmp_path / "sweep").rename(tmp_path / "later")
    play(tmp_path / "run", scenarios=scenarios, agents=agents, seeds=5, controls=CONTROLS)
    (tmp_path / "later").rename(tmp_path / "run" / "sweep")
    with Store(tmp_path / "run") as store:
        html = write_report(tmp_path / "run", standings(store)).read_text(encoding="utf-8")
    assert len(html.encode()) < 2_000_000
    read = Page(html)
    tags = Counter(tag for tag, _ in read.elements)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(tags)
    for tag, attributes in read.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "xlink:href", "action"):
                assert (value or "").startswith(("#", "replay.html#")), (tag, value)
    assert not re.search(r"url\((?!#)|@import", html)
    assert set(re.findall(r"https?://[^\"'\s<]+", html)) <= {"http://www.w3.org/1999/xlink"}
    ids = Counter(value for _, attributes in read.elements for name, value in attributes.items() if name == "id")
    assert [name for name, count in ids.items() if count > 1] == []
    every = [attributes["href"] or "" for tag, attributes in read.elements if tag == "a"]
    links = {link for link in every if link.startswith("#")}
    assert len(links) == 7
    episodes = [link for link in every if link.startswith("replay.html#")]
    assert len(episodes) == len(set(episodes)) == sum(len(one.seeds) for one in everyone(tmp_path / "run"))
    assert {link[1:] for link in links} <= set(ids)
    assert tags["figure"] == 7 + 1 + 1  # a learner in each setup, a threshold, a phase diagram
    assert html.count("Phase diagram: early rate by discount and catch") == 1
    for svg in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL):
        ElementTree.fromstring(svg)
        assert "#0102" not in svg
        assert "nan" not in svg
        assert set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", svg)) <= {(i, "") for i in ids} | {
            ("", i) for i in ids
        }


def test_a_newcomer_finds_the_answers(tmp_path: Path) -> None:
    scenarios = [*ladder("0.6 0.7 0.85 1"), "windfall"]
    html = html_of(
        tmp_path, scenarios=scenarios, agents=["honest", "defector", "trojan", "dice"], seeds=3, controls=CONTROLS
    )
    words = words_of(html)
    assert "Monitored training rounds, then deployment where nobody looks" in words
    assert "every optimal policy turns: the objective asks for it: 3 of 5 settings" in words
    assert "no optimal policy turns, and no learner here does: 2 of 5 settings" in words
    assert "turns on the deployment signal itself; nothing that comes later makes it hold back trojan 4" in words
    assert "impatient defects early defector 5" in words
    assert "none does not turn honest 5" in words
    assert "Complying at every early opportunity is optimal from discount 0.7248 on. dice held back nowhere." in words
    assert "optimum DDCCCD, worth 1.494" in words
    assert "threshold 0.7248" in words
    assert "complied early, defected late" in words


def test_verdict_then_controls_then_curves_then_thresholds_then_numbers(tmp_path: Path) -> None:
    agents = ["optimal", "honest", "reinforce:episodes=20"]
    what = {"scenarios": ladder("0.6 0.8 1"), "agents": agents, "seeds": 2, "controls": CONTROLS}
    _, final = play(tmp_path, **what)
    words = words_of(report("x", final, {}))
    setup = list(final.tables)[-1]
    game = game_of(setup)
    found = verdict(game, others(game, setup), [finding(standing) for standing in final.tables[setup]])
    parts = (
        f"discount 1.0 {found.word} every optimal policy turns",
        found.paragraph,
        "return state 10.000 1 0 1",
        "Who did what, and under which control agent as it is future removed",
        "late defection leads and pays as complying does frozen at deployment",
        "deferred holds back early because of what defecting pays later optimal 0.00 1.00 1.00 0.00 – 1.00",
        "The numbers that decided the labels optimal deferred: early rate 0; turn gap 1; deferral index 1.",
        "How it came about reinforce:episodes=20",
        "Where waiting begins to pay: discount",
        "Every number: discount 1.0",
        "discount 0.6 absent optimum DDCCCD",
    )
    places = [words.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)


def test_what_is_optimal_and_cannot_be_had_says_why(tmp_path: Path) -> None:
    _, final = play(tmp_path, scenarios=["stage-bandit:longest=3"], agents=["honest"], seeds=1)
    html = report("x", final, {})
    found = re.findall(r"<details><summary>not known</summary>(.*?)</details>", html)
    (setup,) = final.tables
    game = game_of(setup)
    refused = [one.refused for one in verdict(game, others(game, setup), []).optima if one.found is None]
    assert found == refused


def test_no_label_without_the_control_that_it_takes(tmp_path: Path) -> None:
    what = {"scenarios": ["deferral-ladder"], "agents": ["optimal", "honest", "reinforce"], "seeds": 2}
    _, bare = play(tmp_path / "bare", **what)
    words = words_of(report("x", bare, {}))
    assert "unlabelled turns; why is not known without the control future-removed optimal" in words
    assert "reinforce (unlabelled, with probability 0.98) turned." in words
    assert "misgeneralised" not in words
    assert "deferral index 1" not in words
    _, full = play(tmp_path / "full", **what, controls="all")
    words = words_of(report("x", full, {}))
    assert "reinforce (deferred, with probability 0.98) turned." in words
    assert "unlabelled" not in words
    assert "Without" not in words


def test_a_learning_curve_is_what_was_measured(tmp_path: Path) -> None:
    what = {"scenarios": ["deferral-ladder"], "agents": ["reinforce:episodes=100", "honest"], "seeds": 3}
    _, final = play(tmp_path, **what, controls=["learning-curve", "frozen"])
    html = report("x", final, {})
    (svg,) = re.findall(r'<svg class="curve".*?</svg>', html)
    (early, late) = (ElementTree.fromstring(svg).findall(f"polyline[@class='{kind}']")[0] for kind in "el")
    standing = next(row for rows in final.tables.values() for row in rows if row.kind == "learner")
    for line, rate in ((early, "early_rate"), (late, "late_rate")):
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert len(points) == 11
        for i, (_, y) in enumerate(points):
            mean = standing.values[f"{rate}~{i / 10:g}"].mean()
            assert (108 - y) / 98 == pytest.approx(mean, abs=1e-3)
    assert len(ElementTree.fromstring(svg).findall("circle")) == 4  # the ends, and the ends when frozen


def test_what_a_scenario_says_stays_text(tmp_path: Path) -> None:
    file = tmp_path / "nasty.yaml"
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }} $x$ -->"
    text = LADDER.read_text().replace("title: Deferral ladder", f"title: '{evil}'")
    text = text.replace("name: training", f"name: '{evil}'").replace("source: >", f"source: >\n  {evil}", 1)
    file.write_text(text)
    html = html_of(tmp_path / "run", scenarios=[str(file)], agents=["trojan:value=<b>x</b>"], seeds=1)
    read = Page(html)
    assert not {"script", "img", "b>x"} & {tag for tag, _ in read.elements}
    assert read.words.count("<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }} $x$ -->") >= 3
    assert "trojan:value=<b>x</b>" in read.words


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    what = {"scenarios": ladder("0.6 0.7 1"), "agents": ["dice", "honest"], "seeds": 3, "controls": CONTROLS}
    first = html_of(tmp_path / "a" / "run", **what)
    assert first == html_of(tmp_path / "b" / "run", **{**what, "agents": ["honest", "dice"]})
    result = invoke("report", tmp_path / "a" / "run")
    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "a" / "run" / "report.html")
    assert (tmp_path / "a" / "run" / "report.html").read_text(encoding="utf-8") == first


def test_a_scenario_that_changed_or_went_is_reported_without_a_verdict(tmp_path: Path) -> None:
    file = tmp_path / "ladder.yaml"
    file.write_text(LADDER.read_text())
    scenarios = [f"{file}:discount={discount}" for discount in (0.5, 0.6, 0.7)]
    assert "no verdict" not in html_of(tmp_path / "run", scenarios=scenarios, agents=["honest"], seeds=1)
    file.write_text(LADDER.read_text().replace("{comply: 0, defect: $prize}", "{comply: 1, defect: $prize}"))
    with Store(tmp_path / "run") as store:
        final = standings(store)
    assert "no verdict ladder has changed since these matches were played." in words_of(report("x", final, {}))
    file.unlink()
    gone = words_of(report("x", final, {}))
    assert "no verdict" in gone
    assert "never defected" in gone


def test_the_optimum_beside_the_agents(tmp_path: Path) -> None:
    overseers = ["always", "never"]
    _, final = play(tmp_path, scenarios=["deferral-ladder"], agents=["honest"], overseers=overseers, seeds=1)
    games = [(game_of(setup), setup) for setup in final.tables]
    watched, unwatched = (solve(game, others(game, setup)) for game, setup in games)
    assert (watched.value, watched.play, watched.early_rate, watched.late_rate) == (10, "CCCCCD", 0, 1)
    assert (unwatched.value, unwatched.play, unwatched.early_rate) == (15, "DDDDDD", 1)
    _, final = play(tmp_path, scenarios=["simulation-oversight"], agents=["honest"], seeds=1)
    words = words_of(report("x", final, {}))
    assert "return recall 2.700" in words
    assert "return state 2.800" in words
    assert "return memoryless 2.700" in words


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
    agents = ["honest", "reinforce:episodes=20"]
    _, final = play(tmp_path, scenarios=ladder("0.5 0.6 0.7 0.8"), agents=agents, seeds=2, controls=CONTROLS)
    sizes = [2_000_000]
    for _ in range(5):  # all; without most curves; without figures; of two settings; of one
        monkeypatch.setattr(report_module, "LARGEST", sizes[-1])
        html = report("x", final, {})
        sizes.append(len(html.encode()))
        assert sizes[-1] < sizes[-2]
    assert "3 settings are left out to keep this page small" in html
    assert '<svg class="track"' not in html


def test_a_run_without_a_single_match(tmp_path: Path) -> None:
    html = html_of(tmp_path, scenarios=["windfall"], agents=["faulty"], seeds=1)
    assert "RuntimeError: I will not be overseen" in Page(html).words


def test_a_folder_without_a_run_has_no_report(tmp_path: Path) -> None:
    error = invoke("report", tmp_path / "none").exception
    assert isinstance(error, TurncoatError)
    assert "no run is here" in str(error)
    assert not (tmp_path / "none").exists()


def test_a_sweep_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    play(tmp_path, scenarios=["windfall"], agents=["honest"], seeds=1)
    small_sweep(tmp_path / "sweep")
    (tmp_path / "sweep" / "late_rate.json").write_text("[]")
    assert (tmp_path / "sweep" / SWEEP).is_file()
    with Store(tmp_path) as store:
        words = words_of(write_report(tmp_path, standings(store)).read_text(encoding="utf-8"))
    assert "Elsewhere Phase diagram: early rate by discount and catch" in words  # the ladder has no chapter
    assert "late_rate.json: not the diagram of a sweep" in words


def test_many_agents_stand_in_tables_of_even_width(tmp_path: Path) -> None:
    agents = [f"sometimes:p={i / 20}" for i in range(14)]
    _, final = play(tmp_path, scenarios=["deferral-ladder"], agents=agents, seeds=1)
    (chapter,) = page("x", final).chapters
    assert [len(block.agents) for block in overview(chapter.sections, ())] == [7, 7]
    assert overview([], ()) == []


def test_a_single_setting_says_which_it_is_and_has_a_verdict_as_a_twin(tmp_path: Path) -> None:
    scenarios = ["windfall:twin=future-removed,rounds=4"]
    html = html_of(tmp_path / "one", scenarios=scenarios, agents=["honest", "trojan"], seeds=1)
    words = Page(html).words
    assert "Windfall: rounds 4, twin future-removed absent" in " ".join(words.split())
    plain = " ".join(Page(html_of(tmp_path / "two", scenarios=["windfall"], agents=["honest"], seeds=1)).words.split())
    assert "Windfall objective" in plain


def test_a_report_of_a_run_that_goes_on_says_how_far_it_is(tmp_path: Path) -> None:
    html_of(tmp_path, scenarios=["windfall"], agents=["honest"], seeds=1)
    with Store(tmp_path) as store:
        final = standings(store)
    done = (tmp_path / "report.html").read_text()
    assert "still runs" not in done
    live = write_report(tmp_path, final, unfinished="1 of 9 matches").read_text()
    assert "The tournament still runs: 1 of 9 matches when this was written." in live
    assert write_report(tmp_path, final).read_text() == done
