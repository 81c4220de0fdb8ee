"""A step's kept tables: all stories as they were at a position, over them those that changed later, and over these the newest ones.

To keep what a week changed costs what the week changed, not what there is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from projections.database import literal, table
from projections.history.moment import Moment
from projections.history.shelf import Kept

REPLACED = "replaced"  # the table of the stories that a later layer tells of


@dataclass(frozen=True, slots=True)
class Layers:
    """What is kept of some tables, each with a column `story`.

    key: under which it lies. tables: their names. whole: all stories. later: those that changed since, and which these are.
    """

    key: str
    tables: Sequence[str]
    whole: Kept
    later: Kept | None

    @classmethod
    def find(cls, moment: Moment, key: str, tables: Sequence[str]) -> "Layers | None":
        """The newest that lies there; None where nothing does."""
        shelf = moment.shelf
        whole = shelf.newest(key, tables, moment.head) if shelf else None
        if shelf is None or whole is None:
            return None
        return cls(key, tables, whole, shelf.newest(_later(key, whole), (REPLACED, *tables), moment.head))

    @property
    def position(self) -> int:
        """Up to which all is told."""
        return self.whole.position if self.later is None else self.later.position

    def tell(
        self, connection: duckdb.DuckDBPyConnection, touched: Sequence[int], fresh: Mapping[str, pa.Table]
    ) -> None:
        """Makes the tables, as views, with these rows for the stories touched."""
        hidden = [] if self.later is None else [f"FROM {_file(self.later, REPLACED)}"]
        newest = f"touched_of_{self.tables[0]}"
        if touched:
            table(connection, newest, pa.table({"story": pa.array(touched, pa.int32())}))
            hidden.append(f"FROM {newest}")
        connection.execute(
            f"CREATE TEMP TABLE {self._replaced} AS {' UNION '.join(hidden) or 'SELECT NULL::INTEGER AS story WHERE false'}"
        )
        for name in self.tables:
            parts = [] if self.later is None else [_but(_file(self.later, name), newest if touched else None)]
            if touched:
                table(connection, f"fresh_{name}", fresh[name])
                parts.append(f"FROM fresh_{name}")
            whole = _file(self.whole, name)
            later = " UNION ALL BY NAME ".join(parts) or f"SELECT * FROM {whole} WHERE false"
            connection.execute(
                f"CREATE TEMP VIEW later_{name} AS {later};"
                f"CREATE TEMP VIEW {name} AS {_but(whole, self._replaced if hidden else None)}"
                + (f" UNION ALL BY NAME FROM later_{name}" if parts else "")
            )

    def keep(self, moment: Moment) -> None:
        """Keeps what was told of touched stories as the later layer: what it says is no longer what it was at its position."""
        rows = {name: f"later_{name}" for name in self.tables}
        moment.keep(_later(self.key, self.whole), {REPLACED: self._replaced, **rows})

    @property
    def _replaced(self) -> str:
        return f"replaced_of_{self.tables[0]}"


def _later(key: str, whole: Kept) -> str:
    return f"{key}-on-{whole.position}"


def _file(kept: Kept, name: str) -> str:
    return f"read_parquet({literal(kept.files[name])})"


def _but(source: str, stories: str | None) -> str:
    return f"SELECT * FROM {source}" + (f" WHERE story NOT IN (FROM {stories})" if stories else "")
