"""The tree of RFC 6962 and 9162: the vectors that Certificate Transparency's own implementations are tested with, and what must always hold."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.merkle import (
    EMPTY,
    BadProof,
    consistency,
    inclusion,
    leaf,
    must_have_grown,
    node,
    root,
    root_by,
    split,
)

# Published with the reference implementations (certificate-transparency, transparency-dev/merkle).
DATA = [
    bytes.fromhex(told)
    for told in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A, B, C = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
D, E, F, G = (
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
)
INCLUSION = [  # leaf from 0, size, proof
    (0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, ROOTS[3]]), (2, 3, [ROOTS[1]]), (1, 5, [ROOTS[0], B, D]),
]  # fmt: skip
CONSISTENCY = [  # old size, size, proof
    (1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[3]]), (2, 5, [B, D]), (6, 7, [F, G, ROOTS[3]]),
]  # fmt: skip
LEAVES = [leaf(data) for data in DATA]


def of(leaves: list[bytes]):
    return lambda first, last: root(leaves[first:last])


def test_the_roots_are_those_of_the_vectors():
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root([]) == EMPTY
    assert [root(LEAVES[:size]).hex() for size in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_proofs_of_inclusion_are_those_of_the_vectors(index, size, path):
    assert [step.hex() for step in inclusion(of(LEAVES), index, size)] == path
    assert root_by([bytes.fromhex(step) for step in path], index, size, LEAVES[index]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("old", "size", "path"), CONSISTENCY)
def test_proofs_of_consistency_are_those_of_the_vectors(old, size, path):
    assert [step.hex() for step in consistency(of(LEAVES), old, size)] == path
    roots = [bytes.fromhex(told) for told in ROOTS]
    must_have_grown([bytes.fromhex(step) for step in path], old, roots[old - 1], size, roots[size - 1])


def corrupted(path: list[bytes], some: bytes) -> Iterator[list[bytes]]:
    """As the vectors of the reference implementations are spoilt."""
    yield [*path, b""]
    yield [*path, some]
    yield [b"", *path]
    yield [some, *path]
    for at in range(len(path)):
        yield path[:at] + path[at + 1 :]
        yield [*path[:at], bytes([path[at][0] ^ 8]) + path[at][1:], *path[at + 1 :]]
        yield [*path[:at], path[at][:-1], *path[at + 1 :]]


@pytest.mark.parametrize(("index", "size", "told"), INCLUSION)
def test_a_spoilt_proof_of_inclusion_leads_nowhere(index, size, told):
    path, expected = [bytes.fromhex(step) for step in told], bytes.fromhex(ROOTS[size - 1])
    probes = [(spoilt, index, size, LEAVES[index]) for spoilt in corrupted(path, expected)]
    probes += [(path, other, size, LEAVES[index]) for other in (index - 1, index + 1, index ^ 2)]
    probes += [(path, index, other, LEAVES[index]) for other in (size * 2, size // 2)]
    probes += [(path, index, size, leaf(b"another"))]
    for probe in probes:
        with suppress(BadProof):
            assert root_by(*probe) != expected


@pytest.mark.parametrize(("old", "size", "told"), CONSISTENCY[1:])
def test_a_spoilt_proof_of_consistency_is_refused(old, size, told):
    path = [bytes.fromhex(step) for step in told]
    before, after = bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[size - 1])
    probes = [(spoilt, old, before, size, after) for spoilt in corrupted(path, before)]
    probes += [(path, other, before, size, after) for other in (old - 1, old + 1, old ^ 2)]
    probes += [(path, old, before, other, after) for other in (size * 2, size // 2)]
    probes += [(path, old, after, size, before), (path, old, EMPTY, size, after), (path, old, before, size, EMPTY)]
    probes += [([], old, before, size, after)]
    for probe in probes:
        with pytest.raises(BadProof):
            must_have_grown(*probe)


def test_trees_of_one_size_are_consistent_where_they_are_the_same():
    must_have_grown([], 3, LEAVES[0], 3, LEAVES[0])
    must_have_grown([], 0, EMPTY, 3, LEAVES[0])
    for probe in (([], 3, LEAVES[0], 3, LEAVES[1]), ([LEAVES[0]], 3, EMPTY, 3, EMPTY), ([], 0, LEAVES[0], 3, EMPTY)):
        with pytest.raises(BadProof):
            must_have_grown(*probe)


def by_the_rfc(leaves: list[bytes]) -> bytes:
    """The root as section 2.1.1 defines it: by recursion."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY
    k = split(len(leaves))
    assert k < len(leaves) <= 2 * k
    return node(by_the_rfc(leaves[:k]), by_the_rfc(leaves[k:]))


@given(st.integers(1, 300), st.data())
def test_every_leaf_of_every_tree_has_its_proof_and_every_tree_grew_from_the_smaller(size, data):
    leaves = [leaf(bytes([number % 251, number // 251])) for number in range(size)]
    whole = root(leaves)
    assert whole == by_the_rfc(leaves)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion(of(leaves), index, size)
    assert root_by(path, index, size, leaves[index]) == whole
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        with suppress(BadProof):
            assert root_by(path, other, size, leaves[index]) != whole
    old = data.draw(st.integers(1, size))
    must_have_grown(consistency(of(leaves), old, size), old, root(leaves[:old]), size, whole)
