from __future__ import annotations

import copy
import pickle
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from procgen_tools import hooks
from procgen_tools.models import ImpalaPolicy, TensorPolicy, adapt

RESADD = "embedder.block2.res1.resadd"
LABEL = f"{RESADD}_out"
INPUT = "embedder.block1.conv_in0"


def random_observations(seed: int, batch: int = 2) -> Tensor:
    return torch.rand(batch, 3, 64, 64, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=1).eval()


@pytest.fixture(autouse=True)
def no_hook_is_left(policy: ImpalaPolicy) -> Iterator[None]:
    with torch.no_grad():
        yield
    for module in policy.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


def run(policy: ImpalaPolicy, seed: int) -> Tensor:
    """Logits and value of two observations, in one array."""
    logits, value = policy.logits_and_value(random_observations(seed))
    return torch.cat([logits, value[:, None]], dim=1)


def test_recording_changes_nothing_and_finds_everything(policy: ImpalaPolicy) -> None:
    with hooks.record(policy) as activations:
        output = run(policy, 0)
    assert torch.equal(output, run(policy, 0))
    assert tuple(activations) == policy.activation_names
    assert torch.equal(activations[INPUT], random_observations(0))
    assert torch.equal(activations["fc_policy"], output[:, :15])
    assert torch.equal(activations["fc_value_out"], output[:, 15:])
    assert activations[RESADD].shape == (2, 32, 16, 16)
    assert activations[RESADD] is activations[LABEL]


def test_recorded_activations_follow_from_each_other(policy: ImpalaPolicy) -> None:
    with hooks.record(policy) as activations:
        run(policy, 0)
    block = "embedder.block2"
    relu1 = activations[f"{block}.maxpool"].clamp(min=0)
    assert torch.equal(activations[f"{block}.res1.relu1"], relu1)
    total = activations[f"{block}.res1.conv2"] + activations[f"{block}.maxpool"]
    assert torch.equal(activations[RESADD], total)


def test_only_named_activations_of_the_last_pass_are_kept(policy: ImpalaPolicy) -> None:
    names = (name for name in [LABEL, RESADD, "embedder.block2.res1"])
    with hooks.record(policy, names) as activations:
        with pytest.raises(KeyError, match=r"was not recorded: name it .*; recorded are none"):
            activations[RESADD]
        run(policy, 0)
        first = activations[RESADD]
        run(policy, 1)
    assert list(activations) == [LABEL, "embedder.block2.res1_out"]
    assert torch.equal(activations["embedder.block2.res1"], activations[RESADD])
    assert not torch.equal(first, activations[RESADD])
    run(policy, 2)
    with hooks.record(policy, [RESADD]) as again:
        run(policy, 1)
    assert torch.equal(again[RESADD], activations[RESADD])
    assert "nope" not in activations
    assert repr(again) == f"Activations({LABEL}: (2, 32, 16, 16))"


def test_gradients_reach_recorded_activations_when_asked(policy: ImpalaPolicy) -> None:
    with torch.enable_grad():
        with hooks.record(policy, [RESADD]) as detached:
            run(policy, 0)
        with hooks.record(policy, [RESADD], grad=True) as attached:
            output = run(policy, 0)
        gradient = torch.autograd.grad(output.sum(), attached[RESADD])[0]
    assert not detached[RESADD].requires_grad
    assert gradient.shape == attached[RESADD].shape
    assert gradient.any()


def test_identity_patches_change_nothing(policy: ImpalaPolicy) -> None:
    identities = dict.fromkeys(policy.activation_names, lambda x: x)
    with hooks.patched(policy, identities, may_be_idle=True):
        patched = run(policy, 0)
    assert torch.equal(patched, run(policy, 0))


def test_patching_all_of_one_run_into_another_gives_that_run(policy: ImpalaPolicy) -> None:
    with hooks.record(policy) as first:
        expected = run(policy, 0)
    everything = {name: lambda _, value=value: value for name, value in first.items()}
    with (
        hooks.patched(policy, everything, may_be_idle=True),  # since every earlier one acts
        hooks.record(policy) as second,
    ):
        assert torch.equal(run(policy, 1), expected)
    for name, value in first.items():
        assert torch.equal(second[name], value)


def test_each_patch_acts_where_it_says(policy: ImpalaPolicy) -> None:
    names = policy.activation_names
    with hooks.record(policy) as before:
        run(policy, 0)
    for number, name in enumerate(names):
        with hooks.patched(policy, {name: lambda x: x + 1}), hooks.record(policy) as after:
            run(policy, 0)
        assert torch.equal(after[name], before[name] + 1)
        assert all(torch.equal(after[earlier], before[earlier]) for earlier in names[:number])


def test_one_patch_carries_a_run_over_from_a_bottleneck(policy: ImpalaPolicy) -> None:
    with hooks.record(policy, [RESADD]) as activations:
        expected = run(policy, 0)
    with hooks.patched(policy, {RESADD: lambda _: activations[RESADD]}):
        assert torch.equal(run(policy, 1), expected)


def test_nested_in_order(policy: ImpalaPolicy) -> None:
    with hooks.record(policy, [INPUT, RESADD]) as plain:
        run(policy, 0)

    def add(x: Tensor) -> Tensor:
        return x + 1

    def double(x: Tensor) -> Tensor:
        return x * 2

    for name in (INPUT, RESADD):
        with (
            hooks.record(policy, [name]) as outside,
            hooks.patched(policy, {name: add}),
            hooks.record(policy, [name]) as between,
            hooks.patched(policy, {name: double}),
            hooks.record(policy, [name]) as inside,
        ):
            run(policy, 0)
        assert torch.equal(outside[name], plain[name])
        assert torch.equal(between[name], plain[name] + 1)
        assert torch.equal(inside[name], (plain[name] + 1) * 2)


def test_an_inner_context_ends_alone(policy: ImpalaPolicy) -> None:
    with hooks.patched(policy, {RESADD: torch.zeros_like}):
        zeroed = run(policy, 0)
        with hooks.patched(policy, {RESADD: torch.ones_like}):
            assert not torch.equal(run(policy, 0), zeroed)
        assert torch.equal(run(policy, 0), zeroed)
    assert not torch.equal(run(policy, 0), zeroed)


def test_hooks_are_gone_after_an_exception(policy: ImpalaPolicy) -> None:
    expected = run(policy, 0)

    def broken(x: Tensor) -> Tensor:
        raise RuntimeError("broken")

    with (
        pytest.raises(RuntimeError, match="broken") as caught,
        hooks.record(policy),
        hooks.patched(policy, {RESADD: broken}),
    ):
        run(policy, 0)
    assert caught.value.__notes__ == [f"in the patch of {LABEL!r}, of shape (2, 32, 16, 16)"]
    assert torch.equal(run(policy, 0), expected)


def test_patches_may_write_into_what_they_are_given(policy: ImpalaPolicy) -> None:
    def blank(x: Tensor) -> Tensor:
        x[:, 0] = 0
        return x

    observations = random_observations(0)
    original = observations.clone()
    names = [INPUT, "embedder.block1.maxpool"]
    with hooks.record(policy, names) as before, hooks.patched(policy, dict.fromkeys(names, blank)):
        policy(observations)
    assert torch.equal(observations, original)
    assert all(before[name][:, 0].any() for name in names)


def test_networks_that_work_in_place_are_recorded_truly() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 2))
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(0))
    assert (network[0](x) < 0).any()
    with hooks.record(network) as activations:
        network(x)
    assert list(activations) == ["0_out", "1_out", "2_out"]
    assert torch.equal(activations["0"], network[0](x))
    with torch.enable_grad(), hooks.record(network, ["0"], grad=True) as attached:
        gradient = torch.autograd.grad(network(x).sum(), attached["0"])[0]
    assert torch.equal(gradient, (network[0](x) > 0) * network[2].weight.sum(dim=0))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "block2.res1.resadd_out",
            r"no activation 'block2.res1.resadd_out': did you mean embedder",
        ),
        ("embedder.block2.res1.resad", r"did you mean embedder\.block2\.res1\.resadd"),
        ("zzz", r"there are embedder, embedder\.block1,"),
        ("", r"no activation ''"),
        ("_out", r"no activation '_out'"),
    ],
)
def test_unknown_names_are_explained_first(policy: ImpalaPolicy, name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message), hooks.record(policy, [RESADD, name]):
        raise AssertionError("entered")
    patches = {RESADD: torch.zeros_like, name: torch.zeros_like}
    with pytest.raises(ValueError, match=message), hooks.patched(policy, patches):
        raise AssertionError("entered")
    with hooks.record(policy, [RESADD]) as activations, pytest.raises(KeyError):
        activations[name]


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (lambda _: None, r"returned None: return the new activation"),
        (lambda _: 3.0, r"returned a float: return a tensor"),
        (lambda x: x[:1], r"returned shape \(1, 32, 16, 16\) for \(2, 32, 16, 16\).*expand_as"),
        (
            lambda x: x.double(),
            r"returned torch\.float64 for torch\.float32.*to\(activation\.dtype\)",
        ),
        (
            lambda x: x.to("meta"),
            r"returned a tensor on meta, but the activation is on cpu.*activation\.device",
        ),
    ],
)
def test_unfit_patches_are_explained(policy: ImpalaPolicy, patch: Any, message: str) -> None:
    with (
        pytest.raises(ValueError, match=rf"the patch of '{LABEL}' {message}"),
        hooks.patched(policy, {RESADD: patch}),
    ):
        run(policy, 0)


@pytest.mark.usefixtures("unchecked")
def test_other_misuse_is_explained(policy: ImpalaPolicy) -> None:
    with pytest.raises(ValueError, match=r"give a list, \['fc_value'\]"):
        hooks.record(policy, "fc_value").__enter__()
    with pytest.raises(ValueError, match=r"patched twice, under two names"):
        hooks.patched(policy, {RESADD: torch.relu, LABEL: torch.relu}).__enter__()
    with hooks.record(policy, ["fc_value_in1"]), pytest.raises(ValueError, match="takes 1 inputs"):
        run(policy, 0)
    with pytest.raises(ValueError, match=r"is a Tensor: give a function of the activation"):
        hooks.patched(policy, {RESADD: torch.zeros(1)}).__enter__()


def test_activations_that_are_no_tensors_are_explained() -> None:
    network = nn.Sequential(nn.LSTM(2, 2))
    with (
        hooks.record(network),
        pytest.raises(ValueError, match=r"'0_out' is a tuple, not a tensor"),
    ):
        network(torch.zeros(1, 2))


@pytest.mark.usefixtures("bfloat16")
def test_half_precision(policy: ImpalaPolicy) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16), hooks.record(policy, [RESADD]) as activations:
        expected = run(policy, 0)
        before = activations[RESADD]
        with hooks.patched(policy, {RESADD: lambda _: before}):
            carried = run(policy, 1)
    assert before.dtype == torch.bfloat16
    assert torch.equal(carried, expected)


def test_the_same_as_circrl(policy: ImpalaPolicy) -> None:
    circrl = pytest.importorskip("circrl.module_hook")
    observations = random_observations(0)
    hook = circrl.ModuleHook(policy)
    with hooks.record(policy) as ours:
        distribution, value = policy(observations)
    theirs, their_value = hook.run_with_input(observations.numpy())
    assert torch.equal(theirs.logits, distribution.logits)
    assert torch.equal(their_value, value)
    labels = [label for label in hook.values_by_label if label != "_out"]
    assert labels == list(ours) == list(policy.activation_names)
    for label in labels:
        assert torch.equal(torch.from_numpy(hook.get_value_by_label(label)), ours[label])

    patches = {LABEL: lambda x: x + 0.2 * torch.ones_like(x)}
    with hook.use_patches(patches):
        theirs, their_value = hook.network(observations)
        fast, _ = hook.network.logits_and_value(observations)
    with hooks.patched(policy, patches):
        edited, edited_value = policy(observations)
        same, _ = policy.logits_and_value(observations)
    assert not torch.equal(edited.logits, distribution.logits)
    assert torch.equal(theirs.logits, edited.logits)
    assert torch.equal(their_value, edited_value)
    assert torch.equal(fast, same)


def test_idle_patches_are_named(policy: ImpalaPolicy) -> None:
    patches = {RESADD: lambda x: x, "fc_value": lambda x: x + 1}
    with pytest.warns(hooks.IdleEditWarning) as caught, hooks.patched(policy, patches):
        run(policy, 0)
    with pytest.warns(hooks.IdleEditWarning) as again:  # noqa: SIM117
        with hooks.patched(policy, {"fc_policy": torch.zeros_like}):
            pass
    first, second = (str(warning.message) for warning in (*caught, *again))
    assert f"the patch of {LABEL!r} changed nothing" in first
    assert "the patch of 'fc_policy_out' never acted: no forward pass reached it" in second
    assert all("may_be_idle=True" in message for message in (first, second))


def test_acting_once_is_enough(policy: ImpalaPolicy) -> None:
    doses = iter([0.0, 1.0, 0.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with hooks.patched(policy, {RESADD: lambda x: x + next(doses)}):
            for _ in range(3):
                run(policy, 0)
        with hooks.patched(policy, {RESADD: lambda x: x}, may_be_idle=True):
            run(policy, 0)


def test_patches_that_make_nan_are_named(policy: ImpalaPolicy) -> None:
    with (
        pytest.raises(ValueError, match=rf"the patch of '{LABEL}' made \d+ values NaN"),
        hooks.patched(policy, {RESADD: torch.log}),
    ):
        run(policy, 0)
    mask = torch.zeros(15)
    mask[:3] = -torch.inf
    mask[3] = torch.inf
    with hooks.patched(policy, {"fc_policy": lambda x: x + mask}):
        assert run(policy, 0).isinf().any()


def test_each_thread_has_its_own_patches(policy: ImpalaPolicy) -> None:
    doses = range(4)
    alone = []
    for dose in doses:
        with hooks.patched(policy, {RESADD: lambda x, dose=dose: x + dose}, may_be_idle=True):
            alone.append(run(policy, 0))
    together = threading.Barrier(len(doses))

    def passes(dose: int) -> list[Tensor]:
        with torch.no_grad(), hooks.record(policy, [RESADD]) as before:
            together.wait()
            with hooks.patched(policy, {RESADD: lambda x: x + dose}, may_be_idle=True):
                outputs = [run(policy, 0) for _ in range(5)]
                together.wait()
            assert torch.equal(before[RESADD], plain[RESADD])
        return outputs

    with hooks.record(policy, [RESADD]) as plain:
        run(policy, 0)
    with ThreadPoolExecutor(len(doses)) as pool:
        for expected, outputs in zip(alone, pool.map(passes, doses), strict=True):
            assert all(torch.equal(output, expected) for output in outputs)


def test_a_patch_of_another_thread_is_said_to_be_idle(policy: ImpalaPolicy) -> None:
    expected = run(policy, 0)
    with (
        pytest.warns(
            hooks.IdleEditWarning, match=r"never acted: the network ran only in other threads"
        ),
        hooks.patched(policy, {RESADD: torch.zeros_like}),
        ThreadPoolExecutor(1) as pool,
    ):
        assert torch.equal(pool.submit(torch.no_grad()(run), policy, 0).result(), expected)


@pytest.mark.parametrize("duplicate", ["deepcopy", "pickle"])
def test_copies_are_plain(policy: ImpalaPolicy, duplicate: str) -> None:
    expected = run(policy, 0)
    with (
        hooks.record(policy),
        hooks.patched(policy, {RESADD: torch.zeros_like, INPUT: lambda x: -x}),
    ):
        patched = run(policy, 0)
        if duplicate == "deepcopy":
            copied = copy.deepcopy(policy)
        else:
            copied = pickle.loads(pickle.dumps(policy))
        assert torch.equal(run(copied, 0), expected)
        assert not hooks.is_hooked(copied)
        assert hooks.is_hooked(policy)
        with hooks.patched(copied, {RESADD: torch.zeros_like, INPUT: lambda x: -x}):
            assert torch.equal(run(copied, 0), patched)
    assert torch.equal(run(copied, 0), expected)
    assert not hooks.is_hooked(policy)


def wrappers(policy: ImpalaPolicy) -> dict[str, Any]:
    class Traced:
        """Keeps its network where nnsight does."""

        _module = policy

    return {
        "adapted": adapt(policy),
        "parallel": nn.DataParallel(policy),
        "compiled": torch.compile(policy, backend="eager"),
        "nnsight": Traced(),
    }


@pytest.mark.parametrize("kind", ["adapted", "parallel", "compiled", "nnsight"])
def test_names_are_those_of_the_network_inside_a_wrapper(policy: ImpalaPolicy, kind: str) -> None:
    wrapper = wrappers(policy)[kind]
    with hooks.patched(wrapper, {RESADD: torch.zeros_like}):
        inside = run(policy, 0)
        with hooks.record(wrapper, [RESADD]) as seen:
            run(policy, 0)
    with hooks.patched(policy, {RESADD: torch.zeros_like}):
        assert torch.equal(inside, run(policy, 0))
    assert not seen[RESADD].any()


def test_patches_under_transforms(policy: ImpalaPolicy) -> None:
    """Gradients, vmap and tracing see patches, and nothing looks at numbers that are not there."""
    observations = random_observations(0)

    def first_logits(x: Tensor) -> Tensor:
        return policy.logits_and_value(x[None])[0][0]

    with hooks.patched(policy, {RESADD: lambda x: 0.5 * x}):
        expected = policy.logits_and_value(observations)[0]
        mapped = torch.func.vmap(first_logits)(observations)
        traced = torch.jit.trace(TensorPolicy(policy, "logits"), observations, check_trace=False)
    torch.testing.assert_close(mapped, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(traced(observations), expected, rtol=1e-4, atol=1e-5)


def test_what_a_foreign_network_changes_later_is_recorded_as_it_was() -> None:
    class Foreign(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            hidden = self.fc(x)
            hidden += 100
            return hidden

    network, x = Foreign(), torch.ones(2, 4)
    with torch.no_grad(), hooks.record(network, ["fc"]) as activations:
        answer = network(x)
    assert torch.equal(activations["fc"] + 100, answer)


def test_nan_in_another_row_hides_no_new_nan() -> None:
    network = nn.Sequential(nn.Identity())
    x = torch.tensor([[torch.nan, 0.0], [1.0, 1.0]])
    with (
        hooks.patched(network, {"0": lambda activation: activation * torch.nan}),
        pytest.raises(ValueError, match="made 3 values NaN"),
    ):
        network(x)


def test_recording_changes_no_answer() -> None:
    class AddOne(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            x.add_(1)
            return x

    class Foreign(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.act = nn.Linear(4, 3), AddOne()

        def forward(self, x: Tensor) -> Tensor:
            hidden = self.fc(x)
            self.act(hidden)
            return hidden

    network, x = Foreign(), torch.ones(2, 4)
    with torch.no_grad():
        wanted = network(x)
        with hooks.record(network, ["fc", "act_in0"]) as activations:
            assert torch.equal(network(x), wanted)
    assert torch.equal(activations["fc"] + 1, wanted)


def test_subclasses_are_copied_and_our_own_are_not() -> None:
    class Mine(ImpalaPolicy):
        def _heads(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
            hidden += 100
            return super()._heads(hidden)

    frames = torch.rand(1, 3, 64, 64)
    for policy, copied in ((ImpalaPolicy(), False), (Mine(), True)):
        outputs = []
        handle = policy.embedder.relufc.register_forward_hook(lambda *a, o=outputs: o.append(a[2]))
        with torch.no_grad(), hooks.record(policy, ["embedder.relufc"]) as activations:
            policy.logits_and_value(frames)
        handle.remove()
        assert (activations["embedder.relufc"].mean() < 50) or not copied
        assert (activations["embedder.relufc"].data_ptr() != outputs[0].data_ptr()) == copied
