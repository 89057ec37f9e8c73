"""Hostile JSON: minutes, reports, registrations, FHIR."""

import codecs
import gzip
import json
from typing import Any

from tests.adapters.hostile.case import Cases, case

MINUTES: dict[str, Any] = {
    "loai": "BIEN_BAN_TRE_BI_BO_ROI",
    "soBienBan": "1/BB",
    "ngayLap": "2026-03-04T08:30:00+07:00",
    "donViLap": {"maXa": "00199"},
    "tre": [{"stt": 1, "hoTen": "Bí Mật"}],
}
TEXT = json.dumps(MINUTES)
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p"}
REGISTERED: dict[str, Any] = {
    "so": "1",
    "quyenSo": "1/2026",
    "ngayDangKy": "04.03.2026",
    "noiDangKy": {"maXa": "00199"},
    "nksHoTen": "Bí Mật",
}


def minutes(**change: Any) -> str:
    return json.dumps(MINUTES | change)


def child(**change: Any) -> str:
    return json.dumps(MINUTES | {"tre": [{"stt": 1, "hoTen": "Bí Mật", **change}]})


def put(raw: str) -> str:
    """The minutes with a piece of JSON as it stands in the place of the child's name."""
    return TEXT.replace(json.dumps("Bí Mật"), raw)


def bundle(*entries: Any, kind: Any = "collection") -> str:
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": list(entries)})


def patient(**change: Any) -> str:
    return json.dumps(PATIENT | change)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


POLICE: Cases = {
    "a key twice at the top": case(TEXT[:-1] + ', "loai": "KHAC"}', "duplicate-key"),
    "a key twice in a child": case(put('"A", "hoTen": "B"'), "duplicate-key"),
    "a key twice by an escape": case(put('"A", "ho\\u0054en": "B"'), "duplicate-key"),
    "not a number": case(put("NaN"), "wrong-number"),
    "infinity": case(put("-Infinity"), "wrong-number"),
    "1e999": case(put("1e999"), "wrong-number"),
    "a number of ten thousand digits": case(put("9" * 10_000), "malformed-syntax"),
    "a fraction of ten thousand digits": case(put("0." + "3" * 10_000), "1"),
    "an exponent of ten thousand digits": case(put("1e" + "9" * 10_000), "wrong-number"),
    "minus zero": case(child(canNangGram=-0.0), "1"),
    "half a surrogate pair": case(put('"\\ud83d"'), "wrong-encoding"),
    "a pair of surrogates the wrong way": case(put('"\\ude00\\ud83d"'), "wrong-encoding"),
    "NUL by an escape": case(put('"a\\u0000b"'), "forbidden-character"),
    "a tab in a text": case(put('"a\tb"'), "malformed-syntax"),
    "a line end in a text": case(put('"a\nb"'), "malformed-syntax"),
    "an escape that is none": case(put('"\\x41"'), "malformed-syntax"),
    "a text that never ends": case(TEXT[:60], "malformed-syntax"),
    "a text of ten megabytes": case(put(json.dumps("x" * 10_000_000)), "1"),
    "a key of ten megabytes": case(TEXT[:-1] + ', "' + "k" * 10_000_000 + '": 1}', "1"),
    "ten thousand unknown keys": case(minutes(**{f"k{n}": n for n in range(10_000)}), "1"),
    "a key that is a child's name": case(minutes(**{"Bí Mật": 1}), "1"),
    "a comment": case(TEXT[:-1] + "/* x */}", "malformed-syntax"),
    "a comma too many": case(TEXT[:-1] + ",}", "malformed-syntax"),
    "single quotes": case(TEXT.replace('"', "'"), "malformed-syntax"),
    "a word that is no value": case(put("undefined"), "malformed-syntax"),
    "Python's None": case(put("None"), "malformed-syntax"),
    "two documents in a row": case(TEXT + TEXT, "malformed-syntax"),
    "a document and rubbish": case(TEXT + "\0\0\0", "forbidden-character"),
    "an array that closes as an object": case("[" + TEXT + "}", "malformed-syntax"),
    "depth in a value": case(put(nested(60)), "1"),
    "depth beyond the limit in a value": case(put(nested(70)), "nesting-too-deep"),
    "depth in a text only": case(put(json.dumps(nested(10_000))), "1"),
    "a mark in the middle": case("[" + TEXT + ",\ufeff" + TEXT + "]", "2"),
    "two marks": case("\ufeff\ufeff" + TEXT, "1"),
    "UTF-16 without a mark": case(TEXT.encode("utf-16-be"), "forbidden-character"),
    "UTF-32 with a mark": case(codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), "wrong-encoding"),
    "half a UTF-16 letter": case(TEXT.encode("utf-16")[:-1], "wrong-encoding"),
    "an overlong quote": case(TEXT.encode().replace(b'"', b"\xc0\xa2", 1), "wrong-encoding"),
    "gzip": case(gzip.compress(TEXT.encode()), "wrong-encoding"),
    "HTML instead": case("<html><body>502 Bad Gateway</body></html>", "malformed-syntax"),
    "a list of lists": case("[[" + TEXT + "]]", "0 wrong-type"),
    "a list of nulls": case("[null, null]", "0 wrong-type"),
    "a document of one text": case(json.dumps(TEXT), "wrong-type"),
    "children that are a text": case(minutes(tre="Bí Mật"), "0 wrong-type"),
    "children that are a number": case(minutes(tre=1), "0 wrong-type"),
    "children that are a list of lists": case(minutes(tre=[[{}]]), "0 wrong-type"),
    "no children": case(minutes(tre=[]), "0 missing-value"),
    "a thousand children": case(minutes(tre=[{"stt": n} for n in range(1_000)]), "1000"),
    "a number of minutes that is an object": case(minutes(soBienBan={"$ne": None}), "0 wrong-type"),
    "a number of minutes that is true": case(minutes(soBienBan=True), "0 wrong-type"),
    "a number of minutes for a shell": case(minutes(soBienBan="1; rm -rf / #"), "1"),
    "a number of minutes for a database": case(minutes(soBienBan="1' OR '1'='1"), "1"),
    "a number of minutes that breaks the log": case(minutes(soBienBan="1\r\nERROR forged"), "1"),
    "a number of minutes with the key's own signs": case(minutes(soBienBan="1/BB/2026#2~abc"), "1"),
    "a template in a name": case(child(hoTen="{{7*7}}${7*7}%s%n"), "1"),
    "a script in a name": case(child(hoTen="<script>alert(1)</script>"), "1"),
    "a formula in a name": case(child(hoTen='=HYPERLINK("http://192.0.2.1")'), "1"),
    "a bidi override in a name": case(child(hoTen="Nguyễn \u202eAn"), "1"),
    "a thousand marks on one letter": case(child(hoTen="A" + "\u0301" * 1_000), "1"),
    "a name that folds to nothing": case(child(hoTen="\u200b\u200b"), "1"),
    "a name of a megabyte": case(child(hoTen="An " * 200_000), "1"),
    "a commune of look-alikes": case(minutes(donViLap={"maXa": "ОО199"}), "1"),
    "a commune that is a list": case(minutes(donViLap={"maXa": ["00199"]}), "0 wrong-type"),
    "a commune that is a fraction": case(minutes(donViLap={"maXa": 199.5}), "1"),
    "a maker that is a text": case(minutes(donViLap="Bí Mật"), "0 wrong-type"),
    "an order that is a fraction": case(minutes(tre=[{"stt": 1.5}]), "0 wrong-number"),
    "an order below nothing": case(minutes(tre=[{"stt": -1}]), "0 wrong-number"),
    "an order of ten thousand digits": case(minutes(tre=[{"stt": "9" * 10_000}]), "0 wrong-number"),
    "a day before the calendar": case(minutes(ngayLap="0000-00-00"), "0 wrong-date"),
    "a day after the calendar": case(minutes(ngayLap="9999-12-31T23:59:59-23:59"), "0 wrong-date"),
    "a zone of a hundred hours": case(minutes(ngayLap="2026-03-04T08:30:00+99:00"), "0 wrong-date"),
    "the 30th of February": case(minutes(ngayLap="2026-02-30"), "0 wrong-date"),
    "an age of a million years": case(
        child(tuoiUocLuong={"giaTri": 1_000_000, "donVi": "NAM"}), "1"
    ),
    "an age below nothing": case(child(tuoiUocLuong={"giaTri": -3, "donVi": "NGAY"}), "1"),
    "an age in centuries": case(child(tuoiUocLuong={"giaTri": 1, "donVi": "THE_KY"}), "1"),
    "a weight of 10 to the 300": case(child(canNangGram=1e300), "1"),
    "a prototype": case(minutes(__proto__={"admin": True}, constructor={"prototype": {}}), "1"),
}

CIVIL_STATUS: Cases = {
    "a registration that is a number": case("[1, 2, 3]", "0 wrong-type"),
    "a book that walks up": case(json.dumps(REGISTERED | {"quyenSo": "../../2026"}), "1"),
    "a date of registration in the future of all": case(
        json.dumps(REGISTERED | {"ngayDangKy": "31.12.9999"}), "1"
    ),
    "a date with no digits": case(json.dumps(REGISTERED | {"ngayDangKy": "hôm qua"}), "1"),
    "a sex of 10 to the 400": case(json.dumps(REGISTERED).replace('"1"', "1e400"), "wrong-number"),
    "parents that are objects": case(
        json.dumps(REGISTERED | {"meHoTen": {"a": 1}, "chaHoTen": []}), "1"
    ),
    "an identity number in scientific writing": case(
        json.dumps(REGISTERED | {"nksSoDinhDanh": "9,98326E+11"}), "1"
    ),
    "an identity number of a megabyte": case(
        json.dumps(REGISTERED | {"nksSoDinhDanh": "9" * 1_000_000}), "1"
    ),
    "a line of a megabyte among lines": case(
        "\n".join([json.dumps(REGISTERED), json.dumps(REGISTERED | {"ghiChu": "x" * 1_100_000})]),
        "1 payload-too-large",
    ),
    "a line that is cut": case(
        json.dumps(REGISTERED) + "\n" + json.dumps(REGISTERED)[:40], "1 malformed-syntax"
    ),
    "lines with form feeds": case(
        json.dumps(REGISTERED) + "\n\x0c\n" + json.dumps(REGISTERED), "2"
    ),
    "lines that end in NEL": case(
        (json.dumps(REGISTERED) + "\x85" + json.dumps(REGISTERED)).encode(), "malformed-syntax"
    ),
}

FHIR: Cases = {
    "no resource type": case('{"id": "p", "name": []}', "0 unknown-structure"),
    "a resource type that is a list": case('{"resourceType": ["Patient"]}', "0 unknown-structure"),
    "a resource type in lower case": case('{"resourceType": "patient"}', "0 unknown-structure"),
    "a resource type of a module": case('{"resourceType": "__init__"}', "0 unknown-structure"),
    "a data type in the place of a resource": case(
        bundle({"resource": {"resourceType": "HumanName"}}), "0"
    ),
    "a Bundle of a kind that is an object": case(bundle(kind={"a": 1}), "0 wrong-code"),
    "entries that are an object": case(
        '{"resourceType": "Bundle", "type": "batch", "entry": {"a": 1}}', "0 wrong-type"
    ),
    "an entry that is null": case(bundle(None, {"resource": PATIENT}), "1"),
    "an entry that is a text": case(bundle("x", {"resource": PATIENT}), "1 wrong-type"),
    "a resource that is a list": case(bundle({"resource": [PATIENT]}), "0 unknown-structure"),
    "a full address that is an object": case(bundle({"fullUrl": {}, "resource": PATIENT}), "1"),
    "a request that is a text": case(bundle({"request": "DELETE", "resource": PATIENT}), "1"),
    "a request to delete": case(bundle({"request": {"method": "DELETE", "url": "Patient/p"}}), "0"),
    "a patch": case(
        bundle(
            {
                "request": {"method": "PATCH", "url": "Patient/p"},
                "resource": {"resourceType": "Binary", "data": "AA=="},
            }
        ),
        "0",
    ),
    "one bad entry among good ones": case(
        bundle({"resource": PATIENT}, {"resource": PATIENT}).replace(
            '"id": "p"', '"id": "p", "id": "q"', 1
        ),
        "1 duplicate-key",
    ),
    "a Bundle that holds itself twelve times": case(
        '{"resourceType": "Bundle", "type": "batch", "entry": [{"resource": ' * 12
        + patient()
        + "}]}" * 12,
        "1",
    ),
    "a ring of references": case(
        bundle(
            {"resource": PATIENT | {"managingOrganization": {"reference": "Organization/a"}}},
            {
                "resource": {
                    "resourceType": "Organization",
                    "id": "a",
                    "name": "A",
                    "partOf": {"reference": "Organization/b"},
                }
            },
            {
                "resource": {
                    "resourceType": "Organization",
                    "id": "b",
                    "name": "B",
                    "partOf": {"reference": "Organization/a"},
                }
            },
        ),
        "1",
    ),
    "a resource that contains itself": case(
        patient(
            contained=[PATIENT | {"contained": [PATIENT]}], managingOrganization={"reference": "#p"}
        ),
        "1",
    ),
    "contained that is an object": case(patient(contained={"resourceType": "Organization"}), "1"),
    "a reference to a file": case(
        patient(managingOrganization={"reference": "file:///etc/passwd"}), "1"
    ),
    "a reference to a loopback address": case(
        patient(managingOrganization={"reference": "http://127.0.0.1:8080/x"}), "1"
    ),
    "a reference to what all records share": case(
        patient(managingOrganization={"reference": "Organization/org-hospital-01234"}), "1"
    ),
    "a reference of a megabyte": case(
        patient(managingOrganization={"reference": "Patient/" + "a" * 1_000_000}), "1"
    ),
    "a conditional reference of many queries": case(
        patient(
            managingOrganization={
                "reference": "Organization?identifier=a|b&identifier=c|d&_count=0"
            }
        ),
        "1",
    ),
    "a link that replaces another's record": case(
        patient(link=[{"other": {"reference": "Patient/1"}, "type": "replaced-by"}]), "1"
    ),
    "a tag of our own": case(
        patient(meta={"tag": [{"system": "urn:motem:tag", "code": "golden"}]}), "1"
    ),
    "a version and a time of the future": case(
        patient(meta={"versionId": "9", "lastUpdated": "9999-12-31T23:59:59Z"}), "0 wrong-date"
    ),
    "an extension of our own that is broken": case(
        patient(extension=[{"url": "urn:motem:extension:birth-range", "valueString": "x"}]), "1"
    ),
    "an extension with two values": case(
        patient(extension=[{"url": "urn:x", "valueString": "x", "valueCode": "y"}]),
        "0 not-convertible",
    ),
    "a primitive's companion of another kind": case(
        patient(birthDate="2020", _birthDate="x"), "0 wrong-type"
    ),
    "companions that outnumber the values": case(
        patient(name=[{"given": ["A"], "_given": [None, None, {"id": "x"}]}]), "1"
    ),
    "a photograph of five megabytes": case(
        patient(photo=[{"contentType": "image/png", "data": "A" * 5_000_000}]), "1"
    ),
    "an attachment from elsewhere": case(
        patient(extension=[{"url": "urn:x", "valueAttachment": {"url": "http://192.0.2.1/x"}}]), "1"
    ),
    "twenty thousand identifiers": case(
        patient(identifier=[{"system": "urn:x:a", "value": str(n)} for n in range(20_000)]), "1"
    ),
    "an identifier system that is no address": case(
        patient(
            identifier=[{"system": "http://[::1", "value": "1"}], meta={"source": "http://[::1"}
        ),
        "1",
    ),
    "a key with the bar of keys": case(
        patient(identifier=[{"system": "urn:x:a|urn:x:b", "value": "1|2"}]), "1"
    ),
    "a national number as the record's key": case(
        patient(
            identifier=[
                {
                    "system": "http://fhir.ehealth.gov.vn/core/sid/national_id",
                    "value": "998326000024",
                }
            ]
        ),
        "1",
    ),
    "a sex of another code list": case(patient(gender="nữ"), "0 not-convertible"),
    "deceased in two ways": case(
        patient(deceasedBoolean=False, deceasedDateTime="2026-01-01"), "0 not-convertible"
    ),
    "rules that nobody knows": case(patient(implicitRules="urn:x"), "0 not-convertible"),
}
