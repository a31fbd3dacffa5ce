"""Networks: the literal rule is autograd's, learners depend on their key alone, and fits carry a true certificate."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import arena
from agents.networks import Gradient
from arena.errors import TurncoatError
from arena.game.game import Bools, Floats, Game
from arena.game.unroll import unroll
from arena.learn import network_online, surrogate_network
from arena.learn.copies import Copies
from arena.learn.learner import Resumable
from arena.learn.network_online import online
from arena.learn.networks import GRU, MLP, Network
from arena.learn.practice import Practice
from arena.learn.regime import Regime
from arena.learn.surrogate import UnboundedObjectiveError, refit
from arena.learn.surrogate_network import TOLERANCE, Surrogate, begin
from arena.measure.measure import measures
from arena.play.agent import Keys, find
from arena.play.evaluate import evaluate
from arena.solve.objective import first_rounds
from tests.strategies import compiled

KEYS = np.random.default_rng(20261121).integers(0, 2**63, 12, dtype=np.uint64)


def practice(name: str = "deferral-ladder", **settings: float | str) -> Practice:
    return Practice(arena.scenario(name).compile(**settings), "model", {})


class Table(Network):
    """A logit for every line and action: the tabular learner as a network."""

    memory = 0

    def __init__(self, told: arena.View) -> None:
        super().__init__(told)
        self.features = torch.eye(len(self.features), dtype=torch.float64)

    @property
    def layers(self) -> tuple[tuple[tuple[int, int], float], ...]:
        return (((len(self.features), self.actions), 0.0),)

    def step(self, parts: list[Tensor], seen: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        return torch.bmm(seen, parts[0]), memory


def chances(network: Network, theta: Tensor, lines: list[int]) -> Tensor:
    """Log-probabilities after seeing ``lines`` in turn, for one learner, written out plainly. ``[A]``"""
    shapes = [shape for shape, _ in network.layers]
    sizes = [rows * columns for rows, columns in shapes]
    parts = [part.reshape(shape) for part, shape in zip(torch.split(theta, sizes), shapes, strict=True)]
    inputs = network.features[lines]
    if isinstance(network, Table):
        logits = parts[0][lines[-1]]
    elif isinstance(network, MLP):
        logits = (torch.tanh(inputs[-1] @ parts[0] + parts[1][0]) @ parts[2]) + parts[3][0]
    else:
        memory = torch.zeros(1, network.hidden, dtype=torch.float64)
        for seen in inputs:
            memory = torch.gru_cell(
                seen[None], memory, parts[0].T, parts[2].T, parts[1][0], torch.zeros_like(parts[1][0])
            )
        logits = (memory @ parts[3])[0] + parts[4][0]
    legal = network.legal[lines[-1] % len(network.legal)]
    return torch.where(legal, logits, -torch.inf).log_softmax(0)


def play(
    room: Practice, network: Network, theta: list[Tensor], key: int, episodes: int
) -> Iterator[tuple[Tensor, ...]]:
    """Play under ``theta[0]``, which the caller may change; log P(a_t), r_t, experienced, over, each round."""
    copies = Copies(room, Regime.ONLINE, network.begin(np.asarray([key], np.uint64)).rng, episodes)
    seen: list[int] = []
    while copies.left.any():
        learned = bool(copies.learned[0])
        log_policy = chances(network, theta[0], [*seen, int(copies.lines[0])])
        seen = [*seen, int(copies.lines[0])] if learned else seen
        copies.play(log_policy.detach().exp().numpy()[None])
        over = bool(copies.over[0])
        yield (
            log_policy[int(copies.actions[0])],
            torch.tensor(copies.paid[0]),
            torch.tensor(learned),
            torch.tensor(over),
        )
        seen = [] if over else seen


NETWORKS = [lambda told: Table(told), lambda told: MLP(told, 5), lambda told: GRU(told, 4)]


@pytest.mark.parametrize("make", NETWORKS, ids=["table", "mlp", "gru"])
@pytest.mark.parametrize("name", ["deferral-ladder", "simulation-oversight"])
def test_the_literal_rule_is_autograds(name: str, make: type[Network]) -> None:
    """theta_{t+1} = theta_t + r_t grad log P(a_t | pi_theta_t)."""
    room = practice(name)
    network = make(room.view)
    for key in (0, 1, 2):
        learners = network.begin(np.asarray([key], np.uint64))
        theta = [torch.tensor(learners.table[0, 0], requires_grad=True)]
        for log_p, r, experienced, _ in play(room, network, theta, key, 6):
            if experienced:
                (gradient,) = torch.autograd.grad(log_p, theta[0])
                theta[0] = (theta[0] + r * gradient).detach().requires_grad_()
        online(room, network, learners, 6, alpha=1.0, trace=0.0)
        np.testing.assert_allclose(learners.table[0, 0], theta[0].detach().numpy(), atol=1e-12)
        if isinstance(network, Table):
            kernel = room.begin(np.asarray([key], np.uint64))
            room.online(kernel, 6, 1.0, 0.0)
            np.testing.assert_allclose(kernel.table.ravel(), theta[0].detach().numpy(), atol=1e-12)


@pytest.mark.parametrize("make", NETWORKS, ids=["table", "mlp", "gru"])
def test_a_trace_of_one_is_the_gradient_of_what_follows(make: type[Network]) -> None:
    """With parameters held: the gradient of sum_t r_t sum_{s <= t} log pi(a_s)."""
    room = practice()
    network = make(room.view)
    learners = network.begin(np.asarray([3], np.uint64))
    random = np.random.default_rng(0)
    learners.table += random.normal(0, 0.5, learners.table.shape)
    theta = torch.tensor(learners.table[0, 0], requires_grad=True)
    total, so_far = torch.zeros(()), torch.zeros(())
    for log_p, r, _, over in play(room, network, [theta], 3, 5):
        so_far = so_far + log_p
        total = total + r * so_far
        so_far = torch.zeros(()) if over else so_far
    (gradient,) = torch.autograd.grad(total, theta)
    online(room, network, learners, 5, alpha=0.1, trace=1.0, hold=5)
    np.testing.assert_allclose(learners.table[0, 0], (theta + 0.1 * gradient).detach().numpy(), atol=1e-12)


@pytest.mark.parametrize(
    ("trace", "regime", "baseline", "hold"),
    [(1.0, "online", True, 0), (0.5, "frozen", False, 0), (1.0, "frozen", True, 0), (0.5, "batch", True, 4)],
)
def test_a_table_learns_as_the_kernel_does(trace: float, regime: str, baseline: bool, hold: int) -> None:
    room = practice(discount=0.9)
    network = Table(room.view)
    mine, kernel = network.begin(KEYS), room.begin(KEYS)
    online(room, network, mine, 20, 0.1, trace, Regime(regime), baseline, hold)
    room.online(kernel, 20, 0.1, trace, Regime(regime), baseline, hold)
    np.testing.assert_allclose(mine.table.reshape(kernel.table.shape), kernel.table, atol=1e-12)
    np.testing.assert_array_equal(mine.rng, kernel.rng)


@pytest.mark.parametrize(
    "agent", ["mlp:episodes=30", "gru:episodes=12,baseline=true", "surrogate-mlp:episodes=4,hidden=3,l2=0.01"]
)
def test_a_learner_depends_on_its_key_alone_and_can_be_cut(agent: str) -> None:
    room, learner = practice("windfall"), find(agent)
    assert isinstance(learner, Resumable)

    def tables(keys: Keys, *cuts: int) -> list[bytes]:
        arrays = learner.begin(room, keys)
        for done, until in zip((0, *cuts), (*cuts, learner.length), strict=True):
            arrays = learner.advance(room, arrays, done, until)
        return [policy.probability.tobytes() for policy in learner.tabulate(room, arrays)]

    together = tables(KEYS[:3])
    assert tables(KEYS[2:3]) == together[2:]
    assert tables(KEYS[:3][::-1]) == together[::-1]
    assert len(set(together)) == 3
    assert tables(KEYS[:1], 3) == together[:1]


def without_deployment(game: Game, clock: bool = True) -> Game:
    """The ladder ending where its deployment would begin; its clock as it was, and so its networks, or shorter too."""
    return replace(game, crossing=np.full_like(game.crossing, -1)) if clock else first_rounds(game, 5)


def course(agent: str, game: Game, patch: pytest.MonkeyPatch) -> tuple[Floats, Bools]:
    """Parameters before every round of the first episode and after it ``[round + 1, learner, size]``, and who reaches
    its last round ``[learner]``."""
    room, learner = Practice(game, "model", {}), find(agent)
    assert isinstance(learner, Resumable)
    arrays = learner.begin(room, np.arange(40, dtype=np.uint64))
    theta = arrays["theta"] if "theta" in arrays else arrays["table"][:, 0]
    seen: list[Floats] = []
    playing: list[Bools] = []

    class Watched(Copies):
        def play(self, probability: Floats) -> None:
            seen.append(theta.copy())
            playing.append(self.left > 0)
            super().play(probability)

    for module in (network_online, surrogate_network):
        patch.setattr(module, "Copies", Watched)
    learner.advance(room, arrays, 0, 1)
    return np.stack([*seen, theta]), playing[-1]


AGENTS = ["mlp:alpha=0.1", "gru:alpha=0.1", "mlp:alpha=0.1,trace=0", "surrogate-mlp:hidden=4,floor=0.1"]
AGENTS += [f"{kind}:alpha=0.1,regime=frozen,baseline=true" for kind in ("mlp", "gru")]


@pytest.mark.parametrize("agent", AGENTS)
def test_the_training_process_is_not_different_in_any_way(agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same learner, same key: all parameters are equal bit for bit, before every round, until deployment begins."""
    game = compiled("deferral-ladder", deployment="hidden")
    deployed, reached = course(agent, game, monkeypatch)
    cut, _ = course(agent, without_deployment(game), monkeypatch)
    boundary = np.where(reached[:, None], deployed[5], deployed[6])  # one that was caught is done before
    assert deployed[:5].tobytes() == cut[:5].tobytes()
    assert boundary.tobytes() == cut[5].tobytes()
    assert (cut[5] != cut[0]).any(axis=1).mean() > 0.8
    learned = (deployed[6] != boundary).any(axis=1)
    assert learned.any() == ("frozen" not in agent)  # from here on they differ


@pytest.mark.parametrize("agent", [agent for agent in AGENTS if "surrogate" not in agent])
def test_an_input_for_the_hidden_round_changes_nothing_before_it(agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A twin without a sixth round has one input less; all other parameters are equal bit for bit."""
    game = compiled("deferral-ladder", deployment="hidden")
    longer, _ = course(agent, game, monkeypatch)
    shorter, _ = course(agent, without_deployment(game, clock=False), monkeypatch)
    extra = longer.shape[-1] - shorter.shape[-1]
    assert extra == 16 * (1 if "mlp" in agent else 3)  # a row of the first layer, the last of six
    assert np.delete(longer[:6], np.s_[5 * extra : 6 * extra], axis=-1).tobytes() == shorter.tobytes()


@pytest.mark.parametrize("kind", ["mlp", "gru"])
def test_frozen_it_stays_equal_over_many_episodes(kind: str) -> None:
    """Dealt the same numbers at the start of every episode, of which deployment would use up some; online is not."""

    def trained(regime: str, game: Game) -> Floats:
        room, learner = Practice(game, "model", {}), find(f"{kind}:alpha=0.1,regime={regime}")
        assert isinstance(learner, Resumable)
        arrays = learner.begin(room, KEYS)
        for episode in range(20):
            arrays["rng"][:] = room.begin(KEYS + np.uint64(episode)).rng
            arrays = learner.advance(room, arrays, episode, episode + 1)
        return arrays["table"] - learner.begin(room, KEYS)["table"]

    game = compiled("deferral-ladder", deployment="hidden")
    moved = trained("frozen", game)
    assert (np.abs(moved).max(axis=(1, 2)) > 0.1).all()
    assert moved.tobytes() == trained("frozen", without_deployment(game)).tobytes()
    assert moved.tobytes() != trained("online", game).tobytes()


@pytest.mark.parametrize("kind", [MLP, GRU])
def test_frozen_learns_nothing_in_deployment(kind: type[Network]) -> None:
    """What deployment pays does not touch the parameters under frozen, and does online."""

    def learned(regime: Regime, prize: float) -> bytes:
        room = practice(rounds=2, prize=prize)
        network = kind(room.view, 4)
        learners = network.begin(KEYS[:4])
        online(room, network, learners, 15, 0.1, 1.0, regime)
        return learners.table.tobytes()

    assert learned(Regime.FROZEN, 10.0) == learned(Regime.FROZEN, -10.0)
    assert learned(Regime.ONLINE, 10.0) != learned(Regime.ONLINE, -10.0)


def rates(game: Game, agent: str, measure: str) -> Floats:
    policies = find(agent).policies(game, "model", {}, KEYS)
    return np.asarray([measures()[measure].exact(evaluate(game, {"model": policy})) for policy in policies])


def test_the_ladder_teaches_a_network_what_it_teaches_a_table() -> None:
    game = arena.scenario("deferral-ladder").compile()
    assert (rates(game, "mlp:trace=1,alpha=0.02,episodes=300", "turn_probability") > 0.8).mean() >= 0.75
    assert (rates(game, "mlp:trace=0,alpha=0.02,episodes=300", "early_rate") > 0.9).mean() >= 0.9


def test_illegal_actions_are_masked() -> None:
    room = practice("simulation-oversight")
    for agent in ("mlp:episodes=20,alpha=1", "surrogate-mlp:episodes=2,hidden=3,l2=0.01"):
        (policy,) = find(agent).policies(room._game, "model", {}, KEYS[:1])
        assert (policy.probability[0][~room.view.legal] == 0).all()
        assert (policy.probability[0][room.view.legal] > 0).all()


@pytest.mark.parametrize("name", ["windfall", "simulation-oversight"])
def test_a_remembering_policy_is_what_was_trained(name: str) -> None:
    """The table over information states holds what the network answers to each history, run through plainly."""
    room = practice(name)
    network, memory = GRU(room.view, 4), unroll(room._game, "model")
    theta = np.random.default_rng(1).normal(size=(2, network.size))
    table = network.recalled(theta, memory)
    for number in range(0, len(memory), 1 + len(memory) // 50):
        states = [number]
        while memory.parent[states[0]] >= 0:
            states.insert(0, int(memory.parent[states[0]]))
        lines = [int(memory.clock[i]) * len(room.view.rows) + int(memory.observation[i]) for i in states]
        plain = chances(network, torch.from_numpy(theta[1]), lines).exp()
        np.testing.assert_allclose(table[1, number], plain, atol=1e-12)


def test_wiped_a_network_answers_each_observation_as_if_it_were_the_first() -> None:
    room = practice("windfall")
    learner = find("gru:hidden=4")
    assert isinstance(learner, Gradient)
    network, arrays = learner.network(room), learner.begin(room, KEYS[:2])
    assert [np.ptp(policy.probability) for policy in learner.wiped(room, arrays)] == [0, 0]  # uniform, as it begins
    arrays["table"] += np.random.default_rng(2).normal(size=arrays["table"].shape)
    for policy, (theta,) in zip(learner.wiped(room, arrays), arrays["table"], strict=True):
        assert policy.memory is None
        lines = policy.probability.reshape(len(network.features), -1)
        plain = [chances(network, torch.from_numpy(theta), [line]).exp() for line in range(len(lines))]
        np.testing.assert_allclose(lines, torch.stack(plain), atol=1e-12)
        assert np.ptp(lines, axis=0).max() > 0.1


@pytest.mark.parametrize(("fewer", "more"), [({"rounds": 2}, {"rounds": 4}), ({"deployment": "hidden"}, {})])
def test_weights_begin_alike_where_there_is_more_to_see(fewer: dict[str, Any], more: dict[str, Any]) -> None:
    """More rounds or one more signal add inputs; the others' weights are the same, up to the layer's scale."""
    short, long = MLP(practice(**fewer).view), MLP(practice(**more).view)
    one, other = (n.split(torch.from_numpy(n.begin(KEYS).table[:, 0]))[0] * n.active**0.5 for n in (short, long))
    shared = [name for name in short.names if name in long.names]
    assert len(shared) >= 3
    assert len(long.names) > len(shared)
    here, there = ([n.names.index(name) for name in shared] for n in (short, long))
    np.testing.assert_allclose(one[:, here], other[:, there], rtol=1e-14)
    assert len(np.unique(one[:, here].numpy())) == len(KEYS) * len(shared) * short.hidden


@pytest.mark.parametrize(("floor", "l2", "negative"), [(0.05, 1e-2, True), (0.0, 1e-2, False), (0.05, 0.0, False)])
def test_a_fit_is_certified(floor: float, l2: float, negative: bool) -> None:
    room = practice("stage-bandit" if l2 else "deferral-ladder", **({} if l2 else {"rounds": 2}))
    network = MLP(room.view, 3)
    surrogate, learners = Surrogate(network, floor, l2), begin(network, KEYS[:1])
    random = np.random.default_rng(4)
    credit = random.exponential(size=learners.credit[0].shape)
    credit[0] = 0.0
    if negative:
        credit *= random.choice([1.0, -1.0], size=credit.shape)
    found, certificate = surrogate.fit(learners.theta[0], learners.start[0], credit)

    theta = torch.tensor(found, requires_grad=True)
    n = network.actions
    policy = torch.stack([chances(network, theta, [line]).exp() for line in range(len(credit))])
    pi = (1 - n * floor) * policy + floor
    pull = l2 / 2 * ((theta - torch.from_numpy(learners.start[0])) ** 2).sum()
    value = (torch.from_numpy(credit) * pi.log()).sum() / np.abs(credit).sum() - pull
    (gradient,) = torch.autograd.grad(value, theta)
    assert certificate.value == pytest.approx(float(value.detach()), abs=1e-12)
    assert certificate.residual == pytest.approx(float(gradient.norm()), abs=1e-10)
    assert certificate.residual <= TOLERANCE
    assert certificate.converged
    assert certificate.undetermined == 1
    best = refit(credit, surrogate.legal, floor).value / np.abs(credit).sum()
    assert certificate.bound == pytest.approx(best)
    assert certificate.value <= best
    if l2 == 0:
        assert certificate.value > best - 1e-4

    again, warm = surrogate.fit(found, learners.start[0], credit)
    assert warm.iterations == 0
    np.testing.assert_array_equal(again, found)
    _, scaled = surrogate.fit(learners.theta[0], learners.start[0], 1024 * credit)
    assert scaled.iterations == certificate.iterations  # as dear after a longer history


def test_a_surrogate_without_bounds_is_refused_by_name() -> None:
    room = practice()
    network = MLP(room.view, 3)
    learners = begin(network, KEYS[:1])
    credit = np.zeros_like(learners.credit[0])
    credit[2, 1] = -1.0
    with pytest.raises(UnboundedObjectiveError, match="unbounded: a credit of -1"):
        Surrogate(network, 0.0, 0.0).fit(learners.theta[0], learners.start[0], credit)
    assert Surrogate(network, 0.0, 0.1).fit(learners.theta[0], learners.start[0], credit)[1].bound == np.inf
    with pytest.raises(TurncoatError, match="leaves nothing to share among 2 actions"):
        Surrogate(network, 0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mlp:regime=reoptimised", "mlp: regime reoptimised is refused: .* see surrogate-mlp"),
        ("gru:regime=frosen", "gru: there is no regime 'frosen'; did you mean 'frozen'"),
        ("gru:regime=batch", "needs hold"),
        ("mlp:hold=2", "hold belongs to regime batch"),
        ("mlp:hidden=0", "hidden must be at least 1"),
        ("surrogate-mlp:regime=online", "is refused: it has no step size"),
        ("surrogate-mlp:every=acton", "did you mean 'action'"),
    ],
)
def test_wrong_settings_are_named(text: str, message: str) -> None:
    with pytest.raises(TurncoatError, match=message):
        find(text)
