"""Which leads are one story, whatever was told of their merges and in which order."""

from hypothesis import given
from hypothesis import strategies as st

from engine.merges import FIRST, Merges
from projections.merging import together

LEADS = st.integers(1, 6)
TOLD = st.lists(
    st.tuples(LEADS, LEADS, st.integers(0, 5), st.booleans(), st.sampled_from(["r1", "r2"])).filter(
        lambda told: told[0] != told[1]
    ),
    max_size=12,
)


def told_in(order):
    merges = Merges()
    for position, (subject, merged, at, in_force, run) in order:
        merges.add(subject, merged, (at, FIRST, position), in_force, run)
    return merges


def groups(merges):
    return [merges.group(lead) for lead in range(1, 7)]


@given(told=TOLD, retracted=st.sets(st.sampled_from(["r1", "r2"])), shuffled=st.randoms(use_true_random=False))
def test_groups_are_what_the_pairs_in_force_join(told, retracted, shuffled):
    numbered = list(enumerate(told, 1))
    last: dict[tuple[int, int], tuple[int, int, bool]] = {}
    for position, (subject, merged, at, in_force, run) in numbered:
        if run not in retracted:
            last[subject, merged] = max(last.get((subject, merged), (-1, 0, False)), (at, position, in_force))
    found = together(pair for pair, (_, _, in_force) in last.items() if in_force)
    expected = {lead: frozenset(members) for members in found for lead in members}
    arrived = shuffled.sample(numbered, len(numbered))
    merges = told_in(arrived)
    merges.leave_out(frozenset(retracted))
    assert groups(merges) == [expected.get(lead, frozenset((lead,))) for lead in range(1, 7)]
    merges.leave_out(frozenset())
    assert groups(merges) == groups(told_in(numbered))


def test_a_merge_that_is_reverted_in_one_direction_holds_in_the_other():
    merges = Merges()
    merges.add(1, 2, (1, FIRST, 1), in_force=True)
    merges.add(2, 1, (2, FIRST, 2), in_force=True)
    merges.add(1, 2, (3, FIRST, 3), in_force=False)
    assert merges.group(1) == {1, 2}
    merges.add(2, 1, (4, FIRST, 4), in_force=False)
    assert merges.group(1) == {1}
    assert merges.groups_of([1, 2]) == {1, 2}
