"""The tables of a shard as rows of documents, which is how a cluster holds them, and back.

A cluster knows fewer types than Arrow: no unsigned integers, no dictionaries, no lists of fixed size. A value is held
in the one that has its bits, and comes back as what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.stages import Tables


def plain(kind: pa.DataType) -> pa.DataType:
    """The type in which a cluster holds values of a type.

    >>> plain(pa.list_(pa.uint64(), 2)), plain(pa.dictionary(pa.int32(), pa.string()))
    (ListType(list<element: int64>), DataType(string))
    """
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    if pa.types.is_uint64(kind) or pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.binary()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.list_(pa.field("element", plain(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, plain(field.type)) for field in kind])
    return kind


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """A schema in the types of a cluster; all nullable."""
    return pa.schema([(field.name, plain(field.type)) for field in schema])


def cast(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Columns of a table by name, between the types of a stage and those of a cluster; bits stay as they are."""
    columns = [table[field.name].cast(field.type, safe=False) for field in schema]
    return pa.table(columns, schema=schema)


@dataclass(frozen=True)
class Layout:
    """The tables that a stage gives, by name."""

    schemas: Mapping[str, pa.Schema]

    @property
    def schema(self) -> pa.Schema:
        """Of the rows: a column for each table, which holds of a document its row, or the list of its rows."""
        return pa.schema([(name, self._column(name)) for name in self.schemas])

    def _column(self, name: str) -> pa.DataType:
        fields = [(field.name, plain(field.type)) for field in self.schemas[name] if field.name != "document"]
        row = pa.struct(fields)
        return pa.list_(pa.field("element", row)) if "document" in self.schemas[name].names else row

    def rows(self, tables: Tables, documents: int) -> pa.Table:
        """A row for each of so many documents; null where a table is not there."""
        columns = []
        for name, schema in self.schemas.items():
            kind = self._column(name)
            if name not in tables:
                columns.append(pa.nulls(documents, kind))
                continue
            table = tables[name]
            row = kind.value_type if "document" in schema.names else kind
            values = [table[field.name].cast(field.type, safe=False).combine_chunks() for field in row]
            struct = pa.StructArray.from_arrays(values, fields=list(row))
            listed = _listed(struct, table["document"].to_numpy(), documents) if row is not kind else struct
            columns.append(listed.cast(kind))
        return pa.table(columns, schema=self.schema)

    def tables(self, rows: pa.Table, names: Sequence[str]) -> Tables:
        """Some of the tables that `rows` was called with, of the documents that are in these rows."""
        tables = {}
        for name in names:
            schema = self.schemas[name]
            column = rows[name].combine_chunks()
            columns = {}
            if "document" in schema.names:
                columns["document"] = _parents(column)
                column = column.flatten()
            columns |= {field.name: column.field(field.name) for field in column.type}
            tables[name] = cast(pa.table(columns), schema)
        return tables


def _listed(values: pa.StructArray, document: npt.NDArray[np.int64], documents: int) -> pa.ListArray:
    order = np.argsort(document, kind="stable")
    offsets = np.searchsorted(document[order], np.arange(documents + 1))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values.take(pa.array(order)))


def _parents(lists: pa.ListArray) -> pa.Array:
    lengths = lists.value_lengths().fill_null(0).to_numpy()
    return pa.array(np.repeat(np.arange(len(lists)), lengths))
