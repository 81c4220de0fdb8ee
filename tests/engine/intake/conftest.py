"""What the tests of readers share: reading bytes, and the real data where it is there."""

import io
from pathlib import Path

import pytest

from engine.intake.mapping import Mapping, parsed
from engine.intake.reading import read
from events.cloudevents import Sender

REAL_DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def taken():
    """Reads bytes (or text) as a file, with the text of a mapping, from a source named `file`."""

    def reads(content, mapping=None, **options):
        raw = content.encode() if isinstance(content, str) else content
        declared = Mapping("mapping.toml", parsed(mapping)) if mapping is not None else None
        options.setdefault("sender_of", lambda name: Sender(name or "file"))
        return list(read(io.BytesIO(raw), mapping=declared, **options))

    return reads


@pytest.fixture
def real_data():
    """The folder of real exports that lies beside a developer's checkout."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data is not here ({REAL_DATA.name} beside the repository)")
    return REAL_DATA
