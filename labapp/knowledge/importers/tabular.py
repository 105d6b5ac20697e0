"""Cards from a table, CSV or XLSX: a row each, with a mapping or by the names of the columns."""

from collections.abc import Iterator
from pathlib import Path

from labapp.foreign_files import Fault
from labapp.foreign_rows import Row, csv_rows, with_headings, xlsx_rows
from labapp.i18n import gettext as _
from labapp.knowledge.importers.mapping import Mapped, content_of_row, fit
from labapp.knowledge.importers.records import Found, Note, Options, Record, slug


def read_csv(path: Path, options: Options) -> Iterator[Found]:
    """Give a record for each row of a CSV file."""
    return _records(csv_rows(path), options)


def read_xlsx(path: Path, options: Options) -> Iterator[Found]:
    """Give a record for each row of a sheet."""
    sheet = str((options.mapping or {}).get("sheet") or "")
    return _records(xlsx_rows(path, sheet), options)


def _records(rows: Iterator[Row], options: Options) -> Iterator[Found]:
    headings, rest = with_headings(rows)
    mapped = fit(options.mapping, headings)
    if mapped.ignored:
        names = ", ".join(mapped.ignored)
        yield Note(_("Deze kolommen zijn niet herkend en overgeslagen: %(names)s.", names=names))
    for row, cells in rest:
        if any(cells[len(headings) :]):
            yield Fault(row, "", _("Deze rij heeft meer cellen dan er kolommen zijn."))
        else:
            yield _record(mapped, row, cells, options)


def _record(mapped: Mapped, row: int, cells: list[str], options: Options) -> Record:
    content = {"language": options.language} | content_of_row(mapped, cells)
    status = str(content.pop("status", "")) or None
    external_id = str(content.pop("external_id", "")) or slug(str(content.get("title", "")))
    return Record(
        row,
        external_id,
        content,
        status=status if status in ("draft", "outdated") else None,
        columns=mapped.columns,
    )
