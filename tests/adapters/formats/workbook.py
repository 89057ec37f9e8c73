"""Writes small XLSX workbooks, good and hostile ones."""

import io
import zipfile
from collections.abc import Mapping, Sequence

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

Cell = str | int | float | None


def workbook(
    *sheets: Sequence[Sequence[Cell]], merged: Sequence[str] = (), dates: Sequence[str] = ()
) -> bytes:
    """A workbook of sheets of rows; `dates` are references of cells formatted as dates."""
    parts = {
        f"xl/worksheets/sheet{number}.xml": sheet_xml(rows, merged, dates)
        for number, rows in enumerate(sheets, 1)
    }
    return packed(parts)


def packed(parts: Mapping[str, str]) -> bytes:
    """A workbook of which some parts, its worksheets at least, are given as XML text."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        sheets = [name for name in parts if "worksheets" in name]
        for name, text in {**_frame(sheets), **parts}.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def sheet_xml(
    rows: Sequence[Sequence[Cell]], merged: Sequence[str] = (), dates: Sequence[str] = ()
) -> str:
    body = "".join(
        f'<row r="{number}">{"".join(_cells(number, row, dates))}</row>'
        for number, row in enumerate(rows, 1)
    )
    joined = "".join(f'<mergeCell ref="{reference}"/>' for reference in merged)
    tail = f"<mergeCells>{joined}</mergeCells>" if joined else ""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData>{tail}</worksheet>'


def _cells(number: int, row: Sequence[Cell], dates: Sequence[str]) -> list[str]:
    made = []
    for index, cell in enumerate(row):
        reference = f"{letters(index)}{number}"
        if isinstance(cell, str):
            text = cell.replace("&", "&amp;").replace("<", "&lt;")
            made.append(f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>')
        elif cell is not None:
            style = ' s="1"' if reference in dates else ""
            made.append(f'<c r="{reference}"{style}><v>{cell}</v></c>')
    return made


def letters(index: int) -> str:
    return chr(65 + index) if index < 26 else chr(64 + index // 26) + chr(65 + index % 26)


def _frame(sheets: Sequence[str]) -> dict[str, str]:
    listed = "".join(
        f'<sheet name="Trang {n}" sheetId="{n}" r:id="rId{n}"/>' for n in range(1, len(sheets) + 1)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="{name.removeprefix("xl/")}"/>'
        for n, name in enumerate(sheets, 1)
    )
    extra = (
        f'<Relationship Id="rId900" Type="{OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId901" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    )
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{related}{extra}'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"></sst>',
    }
