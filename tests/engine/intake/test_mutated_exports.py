"""Real exports with bits flipped, pieces lost and doubled: every shipped mapping makes elements of them, never a traceback."""

import gzip
import io
import os
from pathlib import Path
from random import Random

import pytest

from engine.intake.mapping import load
from engine.intake.reading import read
from events.cloudevents import Sender

MAPPINGS = Path(__file__).parents[3] / "examples" / "mappings"
SEED = int(os.environ.get("LEADLOG_SEED", "11"))
EXPORTS = {
    "olist-mql.toml": "olist/olist_marketing_qualified_leads_dataset.csv",
    "olist-deals.toml": "olist/olist_closed_deals_dataset.csv",
    "maven.toml": "maven/sales_pipeline.csv",
    "xeducation.toml": "xeducation/Lead_Scoring.csv",
    "bpic2012.toml": "bpic2012/bpic2012.csv.gz",
    "helpdesk-xes.toml": "helpdesk.xes.gz",
}
SIGNS = [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"<", b">", b"&", b"\xef\xbb\xbf", b"\x1f\x8b"]


def mutated(content: bytes, random: Random) -> bytes:
    found = bytearray(content)
    for _ in range(random.randrange(1, 40)):
        at = random.randrange(len(found))
        match random.randrange(4):
            case 0:
                found[at] ^= 1 << random.randrange(8)
            case 1:
                del found[at : at + random.randrange(1, 200)]
            case 2:
                found[at:at] = random.choice(SIGNS)
            case _:
                found[at:at] = found[at : at + random.randrange(1, 200)]
    return bytes(found)


@pytest.mark.parametrize("mapping", EXPORTS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_mutated_export_becomes_elements(real_data, mapping, packed):
    random = Random(f"{SEED} {mapping} {packed}")
    content = (real_data / EXPORTS[mapping]).read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    beginning = content[: content.index(b"\n", min(300_000, len(content) // 2)) + 1]
    declared = load(MAPPINGS / mapping)
    taken = 0
    for _ in range(6):
        raw = mutated(gzip.compress(beginning), random) if packed else mutated(beginning, random)
        for element in read(io.BytesIO(raw), mapping=declared, sender_of=Sender):
            told = [element.proposal is not None, element.fault is not None, element.ignored]
            assert sum(told) == 1
            taken += told[0]
    print(f"seed {SEED}: {taken} events in spite of all")
    assert packed or taken > 0
