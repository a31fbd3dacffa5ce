"""The rounds of an episode in lines: what was true and seen, what was done, what it paid, and what the lenses say."""

from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

from arena.game.columns import NOTHING
from arena.show.choice import percent
from arena.show.lanes import Row, lanes, signs
from arena.show.replay import Replay
from arena.show.telling import number
from renderers.text_marks import COMPLIES, DEFECTS, LEARNS, LENS, LOUD, QUIET, chances, ink, shade

LONG = 16
"""An episode of more rounds is told with those in which nothing happens taken together."""

FEWEST = 3
"""So many are worth taking together."""

SAME = 0.05
"""A probability has changed if it has by more than this."""

TOLD = 0.005
"""What a lens shows is told if it differs by as much."""


def stages(replay: Replay) -> Iterator[range]:
    """The rounds of each stage."""
    moments = replay.moments
    for _, group in groupby(range(replay.rounds), lambda at: (moments[at].stage, moments[at].window)):
        rounds = list(group)
        yield range(rounds[0], rounds[-1] + 1)


def parts(replay: Replay, stage: range) -> Iterator[range]:
    """The rounds of a stage, one by one, or those together in which nothing happens."""
    if replay.rounds <= LONG:
        yield from (range(at, at + 1) for at in stage)
        return
    for still, group in groupby(stage, lambda at: at > stage.start and quiet(replay, at)):
        rounds = list(group)
        if still and len(rounds) >= FEWEST:
            yield range(rounds[0], rounds[-1] + 1)
        else:
            yield from (range(at, at + 1) for at in rounds)


def quiet(replay: Replay, at: int) -> bool:
    """Whether a round is like the one before it: no event, no other signal, the same chance of defecting."""
    if replay.defected(at) or note(replay, at):
        return False
    words = [[row.told for row in lanes(replay, one)] for one in (at - 1, at)]
    before, now = replay.defects(at - 1), replay.defects(at)
    changed = before is not None and now is not None and abs(now - before) > SAME
    return words[0] == words[1] and not changed


def heading(replay: Replay, at: int) -> Text:
    """The stage, its phase and its window."""
    moment = replay.moments[at]
    phase = "deployment" if moment.deployment else "training"
    words = [phase] if phase != moment.stage else []
    words += [f"{moment.window} window"] if moment.window in ("early", "late") else []
    style = DEFECTS if moment.window == "late" else LOUD
    return ink(f"━━ {moment.stage} ━━", style) + ink(f"  {', '.join(words)}", QUIET)


def truth(replay: Replay, at: int) -> Text:
    """The true factors, in [] where the seat sees nothing of them and {} where it sees something else."""
    others = {name for name, _ in replay.seats if name != replay.seat}
    return ink(", ", QUIET).join(
        ink(f"{row.name} {row.true}", QUIET) if row.name in others else _true(row)
        for row in lanes(replay, at)
        if row.true is not None and (row.told != "as it is" or replay.moments[at].board < 0 or not signs(row.true))
    )


def _true(row: Row) -> Text:
    words = f"{row.name} {row.true}"
    return (
        ink(f"[{words}]")
        if row.told == "hidden"
        else ink(f"{{{words}}}", LOUD)
        if row.told == "otherwise"
        else ink(words)
    )


def sees(replay: Replay, at: int) -> Text:
    """What the seat is shown."""
    here = replay.moments[at]
    pairs = [
        (name, "not shown" if value == NOTHING else value)
        for name, value in zip(replay.sights, here.sees, strict=True)
        if here.seen < 0 or not signs(value)
    ]
    return ink(", ".join(f"{name} {value}" for name, value in pairs) or "nothing")


def deed(replay: Replay, at: int) -> Text:
    """The action, how likely it was, and what came of it."""
    moment, action = replay.moments[at], replay.action(at)
    assert action is not None
    text = ink(f"{replay.actions[action]:<{max(map(len, replay.actions))}} ", shade(replay, at, action))
    text += chances(replay, at, action)
    text += ink("  ← turns" if at == replay.turned else "", DEFECTS)
    text += ink("" if moment.experienced else "  not experienced", QUIET)
    text += ink("" if moment.free else "  corrected", QUIET)
    return text + ink(f"  {words}" if (words := note(replay, at)) else "", LOUD)


def note(replay: Replay, at: int) -> str:
    """What happened in a round, if anything."""
    before, after = replay.moments[at].note, replay.moments[at + 1].note
    return after if after != before else ""


def pay(replay: Replay, rounds: range) -> Text:
    """What the rounds paid in every channel."""
    sums = [sum(replay.deeds[at].pays[channel] for at in rounds) for channel in range(3)]
    text = ink(f"{sums[0] + 0.0:+.6g}") + ink(f", principal {sums[1] + 0.0:+.6g}", QUIET)
    secret = any(one.pays[2] for one in replay.deeds)
    return text + ink(f", private {sums[2] + 0.0:+.6g}" if secret else "", QUIET)


def lens(replay: Replay, at: int) -> Text | None:
    """How likely it would be to defect under each lens; None where that is no different."""
    parts = [
        ink(f"{replay.lenses[one].name}: defects {percent(chance)}", LENS)
        for one, chance in differing(replay, at).items()
    ]
    return ink(", ", QUIET).join(parts) if parts else None


def differing(replay: Replay, at: int) -> dict[int, float]:
    """The lenses under which it would be more or less likely to defect, and how likely."""
    chance = replay.defects(at)
    others = {lens: replay.defects(at, lens) for lens in range(len(replay.lenses))}
    return {
        lens: other
        for lens, other in others.items()
        if other is not None and chance is not None and abs(other - chance) >= TOLD
    }


def update(replay: Replay, at: int) -> Text | None:
    """How likely it is to defect there after its update; None where that makes no difference."""
    before, after = replay.defects(at), replay.updated(at)
    if before is None or after is None or exactly(before) == exactly(after):
        return None
    return ink(f"after its update: defects {exactly(before)} → {exactly(after)}", LEARNS)


def exactly(chance: float) -> str:
    """A probability to a tenth of a percent."""
    return f"{chance:.1%}"


def folded(replay: Replay, rounds: range) -> Text:
    """What was done in rounds that are told together."""
    names = [replay.actions[one] for at in rounds if (one := replay.action(at)) is not None]
    tempted = any(replay.moments[at].opportunity for at in rounds)
    runs = [(name, len(list(group))) for name, group in groupby(names)]
    if len(runs) > 6:
        counts = {name: names.count(name) for name in dict.fromkeys(names)}
        runs = sorted(counts.items(), key=lambda one: -one[1])
    words = ", ".join(name if times == 1 else f"{name} {times}×" for name, times in runs)
    text = ink(words, COMPLIES if tempted else QUIET)
    known = [chance for at in rounds if (chance := replay.defects(at)) is not None]
    if known:
        low, high = percent(min(known)), percent(max(known))
        text += ink(f"  defects {low if low == high else f'{low} to {high}'}", QUIET)
    return text


def total(replay: Replay) -> str:
    """The returns in every channel in a few words."""
    words = f"observed {number(replay.returns(0))}, principal {number(replay.returns(1))}"
    secret = any(one.pays[2] for one in replay.deeds)
    return words + (f", private {number(replay.returns(2))}" if secret else "")
