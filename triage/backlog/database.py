"""Tables of a SQL database: one to read, and one to make."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from triage.backlog.rows import Part, Rows, Source, distinct
from triage.backlog.sinks import Sink, kinds, read_json_lines, spelt, write_json_lines
from triage.backlog.table_source import divide, need
from triage.errors import TriageError

__all__ = ["SOLVED", "SqlSink", "SqlSource", "fingerprint", "is_database", "shown"]

SOLVED = "when that is solved, the same command goes on where it stopped"


def is_database(name: str | Path) -> bool:
    """Tell the address of a database from the name of a file."""
    return "://" in str(name)


def _address(url: str) -> Any:
    sql = need("sqlalchemy", "sql", "a database")
    try:
        return sql.make_url(url)
    except (sql.exc.ArgumentError, ValueError):
        # What was raised may hold the password.
        raise TriageError(
            "the address of the database cannot be read; write it as in sqlite:///tickets.db or "
            "postgresql://name:password@server/database"
        ) from None


def shown(name: str | Path) -> str:
    """Return a name that can be told: that of a database without password and options, which may hold one too."""
    return str(_address(str(name)).set(query={}).render_as_string()) if is_database(name) else str(name)


def fingerprint(url: str) -> str:
    """Tell one database from another by a short hash; a password may change."""
    return hashlib.sha256(_address(url).render_as_string().encode()).hexdigest()[:8]


def _engine(url: str) -> Any:
    """Make ready to connect; what is sent to the database stays out of errors.

    Raises
    ------
    TriageError
        If the kind of database is not known, or its driver not installed.
    """
    sql = need("sqlalchemy", "sql", "a database")
    address = _address(url)
    try:
        return sql.create_engine(address, hide_parameters=True)
    except sql.exc.NoSuchModuleError as error:
        raise TriageError(
            f"{shown(url)}: no kind of database is called {address.drivername!r}; use sqlite, postgresql, mysql, "
            "mssql or another that SQLAlchemy knows"
        ) from error
    except ImportError as error:
        raise TriageError(f"{shown(url)}: its driver is not installed: pip install {error.name}") from error


def _check_there(address: Any) -> None:
    """See that a file of SQLite to be read is there; connecting would make it."""
    path = address.database
    is_file = address.get_backend_name() == "sqlite" and path and not path.startswith((":", "file:"))
    if is_file and not Path(path).is_file():
        raise TriageError(f"{path}: no such file")


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what a database raises into an error of ours, without the values that it may name."""
    import sqlalchemy as sql

    try:
        yield
    except sql.exc.OperationalError as error:
        said = str(error.orig).partition(" with text ")[0]  # SQLite would tell the text that it cannot decode
        raise TriageError(f"{name}: {said}; {SOLVED}") from None
    except sql.exc.SQLAlchemyError as error:
        raise TriageError(f"{name}: the database refuses it ({type(error).__name__}); {SOLVED}") from error
    except (ArithmeticError, TypeError, ValueError) as error:  # of what turns values of its types into ours, or back
        raise TriageError(
            f"{name}: a value is not of the type of its column ({type(error).__name__}); correct it, or the type"
        ) from None


class SqlSource(Source):
    """Rows of a table in a database.

    Parameters
    ----------
    url : str
        As SQLAlchemy writes them, such as ``sqlite:///tickets.db``.
    table : str
    key : str, optional
        Column to order by; the primary key if left out.
    """

    reads_apart = False

    def __init__(self, url: str, table: str, key: str | None = None) -> None:
        self._engine = _engine(url)
        _check_there(self._engine.url)
        self.name = f"{shown(url)}, table {table}"
        self.table = self._find(table)
        if key is not None and key not in self.table.c:
            raise TriageError(f"{self.name}: no column {key!r}; it has {', '.join(self.columns())}")
        self._order = [self.table.c[key]] if key else list(self.table.primary_key.columns)
        if not self._order:
            raise TriageError(f"{self.name}: has no primary key; give --order-by a column whose values all differ")
        if key is not None:
            self._check_values(self.table.c[key])

    def _find(self, table: str) -> Any:
        import sqlalchemy as sql

        with _told(self.name):
            try:
                found = sql.Table(table, sql.MetaData(), autoload_with=self._engine)
            except sql.exc.NoSuchTableError as error:
                known = ", ".join(sql.inspect(self._engine).get_table_names())
                raise TriageError(f"{self.name}: no such table; there are {known or 'none'}") from error
        if self._engine.dialect.name == "sqlite":
            for column in found.columns:
                column.type = _as_stored(column.type)
        return found

    def _check_values(self, key: Any) -> None:
        """See that each row has a value of its own to be ordered by; others would come in any order."""
        import sqlalchemy as sql

        with _told(self.name), self._engine.connect() as connection:
            rows, values = connection.execute(sql.select(sql.func.count(), sql.func.count(key.distinct()))).one()
        if values < rows:
            raise TriageError(
                f"{self.name}: column {key.name!r} has {values} values for {rows} rows; give --order-by a column "
                "whose values all differ and are never empty"
            )

    def columns(self) -> list[str]:
        """Return the names of the table's columns."""
        return distinct([column.name for column in self.table.columns])

    def parts(self, size: int) -> list[Part]:
        """Divide the table by rows, in the order of its key."""
        import sqlalchemy as sql

        with _told(self.name), self._engine.connect() as connection:
            count = connection.execute(sql.select(sql.func.count()).select_from(self.table)).scalar_one()
        return divide(int(count), size)

    def read(self, parts: Sequence[Part]) -> Iterator[Rows]:
        """Read rows, streamed."""
        import sqlalchemy as sql

        if not parts:
            return
        place = parts[0].start
        with _told(self.name), self._stream(sql.select(self.table).offset(place)) as result:
            for part in parts:
                if part.start > place:
                    result.fetchmany(part.start - place)
                rows = result.fetchmany(part.count)
                place = part.end
                yield Rows(pd.DataFrame([tuple(row) for row in rows], columns=self.columns(), dtype=object))

    @contextmanager
    def _stream(self, query: Any) -> Iterator[Any]:
        with self._engine.connect().execution_options(stream_results=True) as connection:
            yield connection.execute(query.order_by(*self._order))

    def identity(self) -> dict[str, str | int]:
        """Tell this table from another, or from itself when rows have come or gone: parts are told by places."""
        import sqlalchemy as sql

        digest = hashlib.sha256()
        with _told(self.name), self._stream(sql.select(*self._order)) as keys:
            for key in keys:
                digest.update(repr(tuple(key)).encode())
        return {"table": self.name, "sha256 of its keys": digest.hexdigest()}


class SqlSink(Sink):
    """Results as a new table of a database.

    The table is filled under a name of this run's own and renamed at the end, so that another's is never touched.

    Parameters
    ----------
    url : str
        As SQLAlchemy writes them.
    table : str
    source : Source
        Yes and no and numbers of another table stay what they are; everything else is text.
    folder : Path
        Where the parts are.
    """

    suffix = ".jsonl"

    def __init__(self, url: str, table: str, source: Source, folder: Path) -> None:
        super().__init__(f"{shown(url)}, table {table}", source)
        self._url, self._name = url, table
        self._own_name = f"triage_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
        self._filled = folder / "table-is-filled"
        self._types = _plain_types(source)

    @cached_property
    def _engine(self) -> Any:
        return _engine(self._url)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the engine at home: workers write parts alone."""
        return {name: value for name, value in self.__dict__.items() if name != "_engine"}

    def check(self, columns: Sequence[str], rows: int) -> None:  # noqa: ARG002
        """See that the table is not there, and that the database takes one with such columns."""
        import sqlalchemy as sql

        if self.is_made():
            return
        with _told(self.name):
            if sql.inspect(self._engine).has_table(self._own_name):
                return
            table = self._table(columns)
            with self._engine.begin() as connection:
                table.create(connection)
                table.drop(connection)

    def is_there(self) -> bool:
        """Tell whether there is a table of that name."""
        import sqlalchemy as sql

        with _told(self.name):
            return bool(sql.inspect(self._engine).has_table(self._name))

    def write_part(self, frame: pd.DataFrame, path: Path) -> None:
        """Write one object a row."""
        write_json_lines(frame, path)

    def is_made(self) -> bool:
        """Tell whether this run was stopped just after it had made its table.

        Raises
        ------
        TriageError
            If the table is another's.
        """
        import sqlalchemy as sql

        if not self.is_there():
            return False
        with _told(self.name):
            if self._filled.exists() and not sql.inspect(self._engine).has_table(self._own_name):
                return True
        raise TriageError(f"{self.name}: exists already; drop it or name another with --output-table")

    def assemble(self, parts: Sequence[Path], columns: Sequence[str]) -> None:
        """Make the table and fill it, all or nothing."""
        if self.is_made():
            return
        self._filled.unlink(missing_ok=True)
        with _told(self.name):
            self._fill(parts, columns)
            self._filled.touch()
            self._rename()

    def _table(self, names: Sequence[str]) -> Any:
        import sqlalchemy as sql

        ours = {"float": sql.Float(), "bool": sql.Boolean(), "int": sql.Integer()}
        types = self._types | {name: ours[kind] for name, kind in kinds(names[self.given :]).items()}
        columns = [sql.Column(name, types.get(name, _text())) for name in names]
        return sql.Table(self._own_name, sql.MetaData(), *columns)

    def _fill(self, parts: Sequence[Path], names: Sequence[str]) -> None:
        import sqlalchemy as sql

        table = self._table(names)
        texts = {column.name for column in table.columns if isinstance(column.type, sql.String)}
        with self._engine.begin() as connection:
            table.drop(connection, checkfirst=True)
            table.create(connection)
            for part in parts:
                rows = [
                    {name: spelt(value) if name in texts else value for name, value in row.items()}
                    for row in read_json_lines([part])
                ]
                if rows:
                    connection.execute(table.insert(), rows)

    def _rename(self) -> None:
        import sqlalchemy as sql

        with self._engine.begin() as connection:
            if connection.dialect.name == "mssql":  # the one that has no such statement
                names = {"old": self._own_name, "new": self._name}
                connection.execute(sql.text("EXEC sp_rename :old, :new"), names)
                return
            quote = connection.dialect.identifier_preparer.quote
            connection.exec_driver_sql(f"ALTER TABLE {quote(self._own_name)} RENAME TO {quote(self._name)}")


def _as_stored(type_: Any) -> Any:
    """Return the type by which SQLite gives a value as it is: a column of dates, say, may hold anything there."""
    import sqlalchemy as sql

    if isinstance(type_, sql.Boolean):
        return sql.Integer()
    return type_ if isinstance(type_, (sql.Integer, sql.Float, sql.String)) else sql.types.NullType()


def _plain_types(source: Source) -> dict[str, Any]:
    """Return the types of columns that are not text, as any database has them: another may not know the source's."""
    if not isinstance(source, SqlSource):
        return {}
    import sqlalchemy as sql

    plain = {sql.Boolean: sql.Boolean(), sql.Integer: sql.BigInteger(), sql.Float: sql.Double()}
    columns = zip(source.columns(), source.table.columns, strict=True)
    return {name: own for name, column in columns for kind, own in plain.items() if isinstance(column.type, kind)}


def _text() -> Any:
    """Return the type of text in any script and of any length, which plain text is not in SQL Server and MySQL."""
    import sqlalchemy as sql
    from sqlalchemy.dialects.mysql import LONGTEXT

    return sql.UnicodeText().with_variant(LONGTEXT(), "mysql", "mariadb")
