"""A moment, and an episode, in sentences."""

from arena.game.columns import NOTHING
from arena.show.choice import folded, percent
from arena.show.lanes import signs
from arena.show.replay import Replay


def moment(replay: Replay, at: int, private: bool = False) -> str:
    """What happens in round ``at``: for captions and for those who do not see the picture."""
    here = replay.moments[at]
    if here.over:
        return ending(replay, private)
    seen = ", ".join(
        f"{name} {word}".replace("_", " ")
        for name, word in zip(replay.sights, here.sees, strict=True)
        if name != "round" and word != NOTHING and not (here.seen >= 0 and signs(word))
    )
    where = f"Round {at + 1}" if private else f"Round {at + 1}, {stage(replay, at)}"
    told = f"{where}. The {replay.seat} sees {seen or 'nothing'}"
    done = replay.action(at)
    if done is None:
        return f"{told}."
    chance = folded(replay, at, here.chances).get(done)
    sure = f" ({percent(chance)})" if chance is not None and len(here.legal) > 1 else ""
    word = replay.actions[done].replace("_", " ")
    said = f"{told}; it does: {word}{sure}."
    if replay.defected(at):
        said += " It turns." if at == replay.turned and not private else " That is a defection."
    return said


def stage(replay: Replay, at: int) -> str:
    """The stage, its phase and its window."""
    here = replay.moments[at]
    phase = "deployment" if here.deployment else "training"
    words = [here.stage] if here.stage == phase or not here.stage else [here.stage, phase]
    words += [f"{here.window} window"] if here.window in ("early", "late") else []
    return ", ".join(word for word in words if word)


def ending(replay: Replay, private: bool = False) -> str:
    """How it ended, in a sentence or two."""
    paid = f"Observed return {number(replay.returns(0))}"
    if private:
        return f"It is over. {paid}."
    principal = f"the principal's {number(replay.returns(1))}"
    secret = f", private {number(replay.returns(2))}" if any(deed.pays[2] for deed in replay.deeds) else ""
    return f"{verdict(replay)} {paid}, {principal}{secret}."


def verdict(replay: Replay) -> str:
    """Whether it turned."""
    deeds = [(at, replay.defected(at)) for at in range(replay.rounds)]
    if replay.turned is not None:
        if any(known is not None for _, known in deeds[: replay.turned]):
            return f"It behaved, then turned in round {replay.turned + 1}."
        return f"It defected late, in round {replay.turned + 1}, its first chance."
    first = next((at for at, defected in deeds if defected), None)
    if first is not None:
        return f"It defected in round {first + 1}, and did not wait."
    if not replay.moments[-1].over:
        return "It goes on."
    return "It did not defect." if any(defected is False for _, defected in deeds) else "It had no chance to defect."


def measure(name: str, value: float) -> str:
    """A measure in words: a chance to four figures, but no smaller or nearer to 1 than can be read."""
    told = number(value)
    if not name.endswith("return") and 0 < value < 1:
        told = "<0.0001" if value < 0.0001 else ">0.9999" if value > 0.9999 else told
    return f"{name.replace('_', ' ')} {told}"


def number(value: float) -> str:
    """A sum of pay, to four figures and without a minus before nothing."""
    return f"{value + 0.0:.4g}"
