"""Hostile CSV and XLSX: rosters of facilities."""

import codecs
import io
import warnings
import zipfile
from collections.abc import Mapping

from tests.adapters.formats.workbook import MAIN, OFFICE, RELATIONS, packed, sheet_xml
from tests.adapters.hostile.case import Cases, case

NAMES = ["Mã cơ sở", "Số hồ sơ", "Họ và tên", "Ngày sinh", "Ngày tiếp nhận"]
ROW = ["HN01", "1", "Bí Mật", "2020", "04/03/2026"]
HEADER = ",".join(NAMES) + "\n"
GOOD = ",".join(ROW) + "\n"
SHEET = "xl/worksheets/sheet1.xml"
XML = '<?xml version="1.0"?>'


def cells(*change: str) -> str:
    """A roster of one row, some of whose cells are others."""
    return HEADER + ",".join([*change, *ROW[len(change) :]]) + "\n"


def sheet(inside: str) -> bytes:
    """A workbook whose sheet has the header and a row, and then something else."""
    text = sheet_xml([NAMES, ROW]).replace("</sheetData>", f"{inside}</sheetData>")
    return packed({SHEET: text})


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def with_part(name: str, content: str | bytes) -> bytes:
    """A good workbook with one part more."""
    out = io.BytesIO(sheet(""))
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # one of the parts is there already
        archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def third(cell: str) -> bytes:
    """A workbook whose third row has one cell, written as it stands."""
    return sheet(f'<row r="3"><c r="A3" t="str"><v>HN02</v></c>{cell}</row>')


CSV: Cases = {
    "a quote that never closes": case(HEADER + '"HN01,1,An\n' + GOOD, "1 malformed-syntax"),
    "a quote that closes in the middle": case(
        HEADER + 'HN01,1,"An" Bình,2020,2026\n' + GOOD, "1 malformed-syntax"
    ),
    "a quote of a megabyte": case(
        HEADER + '"' + "x" * 1_000_000 + '"\n' + GOOD, "1 malformed-syntax"
    ),
    "quotes in quotes in quotes": case(HEADER + 'HN01,1,"""""An""""",2020,\n', "1"),
    "semicolons among commas": case(HEADER + GOOD + GOOD.replace(",", ";"), "1"),
    "tabs among commas": case(HEADER + GOOD.replace(",", "\t"), "0"),
    "a separator that is declared and not used": case("sep=;\n" + HEADER + GOOD, "missing-header"),
    "a separator that is a quote": case('sep="\n' + HEADER + GOOD, "missing-header"),
    "a separator that is a letter": case("sep=a\n" + HEADER + GOOD, "missing-header"),
    "a separator that is a line end": case("sep=\r\r\n" + HEADER + GOOD, "missing-header"),
    "a hundred thousand columns": case(
        HEADER.strip() + ",x" * 100_000 + "\n" + GOOD, "payload-too-large"
    ),
    "a hundred thousand columns in one row": case(
        HEADER + GOOD.strip() + ",x" * 100_000 + "\n", "payload-too-large"
    ),
    "a row with fewer columns": case(HEADER + "HN01,1\n" + GOOD, "2"),
    "a row with more columns": case(HEADER + GOOD.strip() + ",a,b,c\n", "1"),
    "a header of one column": case("Họ và tên\nAn\n", "missing-header"),
    "a header twice": case(HEADER.strip() + "," + HEADER + GOOD, "1"),
    "a header far down": case("x\n" * 60 + HEADER + GOOD, "missing-header"),
    "a header and nothing": case(HEADER, "0"),
    "a mark in the middle": case(HEADER + "\ufeff" + GOOD, "1"),
    "a mark in a cell": case(cells("HN01", "\ufeff1"), "1"),
    "UTF-16 with a mark": case((HEADER + GOOD).encode("utf-16"), "1"),
    "UTF-32 with a mark": case(
        codecs.BOM_UTF32_LE + (HEADER + GOOD).encode("utf-32-le"), "forbidden-character"
    ),
    "windows-1258": case((HEADER + GOOD).encode("cp1258", "ignore"), "wrong-encoding"),
    "an overlong comma": case((HEADER + GOOD).encode() + b"HN01\xc0\xac1\n", "wrong-encoding"),
    "a file cut in a letter": case((HEADER + GOOD).encode()[:5], "missing-header"),
    "line ends of old machines": case((HEADER + GOOD).replace("\n", "\r"), "1"),
    "line ends of every kind": case(HEADER.strip() + "\r\n" + GOOD.strip() + "\r" + GOOD, "2"),
    "vertical tabs": case(HEADER + GOOD.replace("Bí", "\x0b"), "forbidden-character"),
    "an end-of-file sign of DOS": case(HEADER + GOOD + "\x1a", "forbidden-character"),
    "a formula": case(cells("HN01", "=1+1"), "1"),
    "a formula that runs a program": case(cells("HN01", "1", "=cmd|'/c calc'!A1"), "1"),
    "a formula behind a tab": case(cells("HN01", "1", "\t=1+1"), "1"),
    "a formula with full-width signs": case(cells("HN01", "1", "＝1＋1"), "1"),
    "an error of a spreadsheet": case(cells("HN01", "1", "An", "#REF!"), "1"),
    "a file number in scientific writing": case(cells("HN01", "9,98326E+11"), "1"),
    "a file number of look-alikes": case(cells("НN01", "1"), "1"),
    "a file number with a bidi override": case(cells("HN01", "1\u202e2"), "1"),
    "a facility that walks up": case(cells("../..", "/"), "1"),
    "a facility that is zeros": case(cells("0", "0"), "1"),
    "a date of the first Excel day": case(cells("HN01", "1", "An", "0"), "1"),
    "a date of a million days": case(cells("HN01", "1", "An", "999999999"), "1"),
    "a date below nothing": case(cells("HN01", "1", "An", "-45000"), "1"),
    "a date of ten thousand digits": case(cells("HN01", "1", "An", "9" * 10_000), "1"),
    "a date with month first": case(cells("HN01", "1", "An", "12/31/2019"), "1"),
    "a number of 400 digits": case(cells("HN01", "1", "An", "2020", "1" + "0" * 400), "1"),
    "HTML as CSV": case("<table><tr><td>Mã cơ sở</td></tr></table>", "missing-header"),
    "a workbook of 1997": case(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "wrong-encoding"),
    "only separators": case(HEADER + ",,,,\n" * 1_000, "0"),
    "one row two thousand times": case(HEADER + GOOD * 2_000, "2000"),
}

XLSX: Cases = {
    "a formula with a value": case(third('<c r="B3"><f>1+1</f><v>2</v></c>'), "2"),
    "a formula without a value": case(third('<c r="B3"><f>1+1</f></c>'), "1"),
    "a formula that asks the web": case(
        third('<c r="B3" t="str"><f>WEBSERVICE("http://192.0.2.1/")</f><v>x</v></c>'), "2"
    ),
    "a formula that runs a program": case(
        third('<c r="B3" t="str"><f>cmd|\'/c calc\'!A0</f><v>x</v></c>'), "2"
    ),
    "an error": case(third('<c r="B3" t="e"><v>#REF!</v></c>'), "1"),
    "an error that no spreadsheet knows": case(
        third('<c r="B3" t="e"><v>#BI-MAT!</v></c>'), "malformed-syntax"
    ),
    "a kind of cell that is none": case(third('<c r="B3" t="zz"><v>1</v></c>'), "malformed-syntax"),
    "a shared string that is not there": case(
        third('<c r="B3" t="s"><v>999</v></c>'), "malformed-syntax"
    ),
    "a shared string below nothing": case(
        third('<c r="B3" t="s"><v>-1</v></c>'), "malformed-syntax"
    ),
    "a style that is not there": case(third('<c r="B3" s="9999"><v>1</v></c>'), "2"),
    "a style below nothing": case(third('<c r="B3" s="-1"><v>1</v></c>'), "2"),
    "a date of 10 to the 308": case(third('<c r="D3" s="1"><v>1e308</v></c>'), "1"),
    "a date below nothing": case(third('<c r="D3" s="1"><v>-5</v></c>'), "1"),
    "a date that is not a number": case(third('<c r="D3" s="1"><v>NaN</v></c>'), "1"),
    "an infinite number": case(third('<c r="B3"><v>INF</v></c>'), "2"),
    "a number of ten thousand digits": case(third(f'<c r="B3"><v>{"9" * 10_000}</v></c>'), "2"),
    "a boolean of 7": case(third('<c r="B3" t="b"><v>7</v></c>'), "malformed-syntax"),
    "a cell in no column": case(third('<c r="3"><v>1</v></c>'), "malformed-syntax"),
    "a cell in row nothing": case(third('<c r="B0"><v>1</v></c>'), "malformed-syntax"),
    "a cell in column AAAA": case(third('<c r="AAAA3"><v>1</v></c>'), "payload-too-large"),
    "a cell where another is": case(third('<c r="B3"><v>1</v></c><c r="B3"><v>2</v></c>'), "2"),
    "rows that go back": case(sheet('<row r="1"><c r="A1"><v>1</v></c></row>'), "1"),
    "an entity in a sheet": case(
        packed(
            {
                SHEET: f'<!DOCTYPE x [<!ENTITY a "b">]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
            }
        ),
        "missing-header",
    ),
    "laughs in the shared strings": case(
        packed(
            {
                SHEET: sheet_xml([NAMES, ROW]),
                "xl/sharedStrings.xml": '<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>',
            }
        ),
        "malformed-syntax",
    ),
    "dates that count from 1904": case(
        packed(
            {
                SHEET: sheet_xml([NAMES, ["HN01", 1, "An", 40000, 44623]], dates=["D2", "E2"]),
                "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr date1904="1"/><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
            }
        ),
        "1",
    ),
    "a workbook in another workbook": case(with_part("xl/embeddings/a.xlsx", sheet("")), "1"),
    "a link to another workbook": case(
        with_part("xl/externalLinks/externalLink1.xml", f'{XML}<externalLink xmlns="{MAIN}"/>'), "1"
    ),
    "a link to the web": case(
        with_part(
            "xl/worksheets/_rels/sheet1.xml.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r" Type="{OFFICE}/hyperlink" Target="http://192.0.2.1/" TargetMode="External"/></Relationships>',
        ),
        "1",
    ),
    "a sheet that lies elsewhere": case(
        packed(
            {
                SHEET: sheet_xml([NAMES, ROW]),
                "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="../../../../etc/passwd"/></Relationships>',
            }
        ),
        "malformed-syntax",
    ),
    "a sheet on another machine": case(
        packed(
            {
                SHEET: sheet_xml([NAMES, ROW]),
                "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="http://192.0.2.1/s.xml" TargetMode="External"/></Relationships>',
            }
        ),
        "malformed-syntax",
    ),
    "a part that walks up": case(with_part("../../etc/cron.d/x", "x"), "1"),
    "a part of an absolute path": case(with_part("/etc/passwd", "x"), "1"),
    "a part with a drive": case(with_part("C:\\windows\\x", "x"), "1"),
    "a part twice": case(
        with_part(SHEET, sheet_xml([NAMES, ["HN09", "9", "Chi", "2021", ""]])), "1"
    ),
    "a part without a name": case(with_part("", "x"), "1"),
    "a thousand parts": case(
        zipped({f"p{n}": "x" for n in range(1_001)} | {"xl/workbook.xml": "x"}), "payload-too-large"
    ),
    "a macro": case(with_part("xl/vbaProject.bin", bytes(1_000)), "1"),
    "a bomb in a part that nobody reads": case(
        with_part("docProps/thumbnail.jpeg", bytes(60_000_000)), "payload-too-large"
    ),
    "a bomb in a bomb": case(with_part("xl/a.zip", zipped({"b": bytes(50_000_000)})), "1"),
    "no sheet at all": case(
        zipped({"xl/workbook.xml": f'<workbook xmlns="{MAIN}"/>'}), "malformed-syntax"
    ),
    "a sheet that is only named": case(
        packed({"xl/worksheets/sheet1.xml": ""}), "malformed-syntax"
    ),
    "a sheet that is JSON": case(packed({SHEET: '{"a": 1}'}), "malformed-syntax"),
    "a sheet in UTF-16": case(
        zipped({"xl/workbook.xml": "x", SHEET: sheet_xml([NAMES, ROW]).encode("utf-16")}),
        "malformed-syntax",
    ),
    "a document of words": case(zipped({"word/document.xml": "<w/>"}), "unknown-structure"),
    "an OpenDocument sheet": case(
        zipped(
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}
        ),
        "unknown-structure",
    ),
    "a merged cell over everything": case(
        packed({SHEET: sheet_xml([NAMES, ROW], merged=["A1:XFD1048576"])}), "1"
    ),
    "a merged cell the wrong way": case(
        packed({SHEET: sheet_xml([NAMES, ROW], merged=["B2:A1"])}), "1"
    ),
    "a merged cell that is none": case(
        packed({SHEET: sheet_xml([NAMES, ROW], merged=["BI MAT"])}), "malformed-syntax"
    ),
    "ten thousand merged cells in one place": case(
        packed({SHEET: sheet_xml([NAMES, ROW], merged=["A1:A2"] * 10_000)}), "1"
    ),
    "a comment after the archive": case(sheet("") + b"x" * 70_000, "malformed-syntax"),
    "bytes before the archive": case(b"x" * 100 + sheet(""), "wrong-encoding"),
    "an archive cut in the middle": case(sheet("")[: len(sheet("")) // 2], "malformed-syntax"),
}
