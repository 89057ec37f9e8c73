"""Hostile XML: health XML of hospitals, citizens of the population database, FHIR."""

import base64
import codecs
import gzip
import zlib

from tests.adapters.hostile.case import Cases, case

FHIR = 'xmlns="http://hl7.org/fhir"'
STAY = (
    "<TONG_HOP><MA_LK>L1</MA_LK><MA_BN>B1</MA_BN><HO_TEN>Bí Mật</HO_TEN>"
    "<NGAY_VAO>202603060900</NGAY_VAO><MA_CSKCB>01999</MA_CSKCB>{}</TONG_HOP>"
)
CITIZENS = '<CongdanCollection ThoiDiemDuLieu="2026-10-01">{}</CongdanCollection>'
CITIZEN = "<CongDan><SoDinhDanh>{}</SoDinhDanh><HoVaTen>Bí Mật</HoVaTen>{}</CongDan>"


def envelope(inner: str | bytes, kind: str = "XML1") -> str:
    text = inner if isinstance(inner, str) else inner.decode("latin-1")
    return (
        "<GIAMDINHHS><THONGTINDONVI><MACSKCB>01999</MACSKCB></THONGTINDONVI><THONGTINHOSO>"
        f"<DANHSACHHOSO><HOSO><FILEHOSO><LOAIHOSO>{kind}</LOAIHOSO><NOIDUNGFILE>{text}"
        "</NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO></THONGTINHOSO></GIAMDINHHS>"
    )


def packed(inner: str | bytes) -> str:
    content = inner.encode() if isinstance(inner, str) else inner
    return envelope(base64.b64encode(content))


def patient(inside: str) -> str:
    return f'<Patient {FHIR}><identifier><system value="urn:x:a"/><value value="1"/></identifier>{inside}</Patient>'


WHOLE = STAY.format("")
B64 = base64.b64encode(WHOLE.encode()).decode()

HOSPITAL: Cases = {
    "base64 cut in the middle": case(envelope(B64[: len(B64) // 2 | 1]), "0 malformed-syntax"),
    "base64 with a sign of no alphabet": case(
        envelope(B64[:40] + "*" + B64[40:]), "0 malformed-syntax"
    ),
    "base64 of base64": case(packed(B64), "0 malformed-syntax"),
    "base64 of base64 of base64": case(
        packed(base64.b64encode(B64.encode())), "0 malformed-syntax"
    ),
    "base64 in the alphabet of addresses": case(
        envelope(base64.urlsafe_b64encode((WHOLE + "<!--?>?-->").encode())), "1"
    ),
    "base64 without padding": case(envelope(B64.rstrip("=")), "1"),
    "base64 with blanks and line ends": case(
        envelope(" ".join(B64[i : i + 5] for i in range(0, len(B64), 5))), "1"
    ),
    "base64 of nothing but padding": case(envelope("===="), "0 empty-payload"),
    "base64 of a doctype": case(
        packed('<!DOCTYPE x [<!ENTITY a "b">]>' + WHOLE), "0 doctype-refused"
    ),
    "base64 of an external entity": case(
        packed('<!DOCTYPE x SYSTEM "file:///etc/passwd">' + WHOLE), "0 doctype-refused"
    ),
    "base64 of a gzip bomb": case(packed(gzip.compress(b"0" * 20_000_000)), "0 wrong-encoding"),
    "base64 of a zlib stream": case(packed(zlib.compress(WHOLE.encode())), "0 wrong-encoding"),
    "base64 of a program": case(packed(b"MZ\x90\x00" + bytes(200)), "0 wrong-encoding"),
    "base64 of UTF-16 without a mark": case(packed(WHOLE.encode("utf-16-le")), "0 wrong-encoding"),
    "base64 of UTF-16 with a mark": case(packed(WHOLE.encode("utf-16")), "1"),
    "base64 of UTF-32": case(packed(WHOLE.encode("utf-32")), "0 forbidden-character"),
    "base64 of TCVN3 bytes": case(
        packed(WHOLE.encode().replace("Bí Mật".encode(), b"B\xdd M\xcbt")), "0 wrong-encoding"
    ),
    "base64 of depth": case(packed("<a>" * 5_000 + "</a>" * 5_000), "0 nesting-too-deep"),
    "base64 of an envelope": case(packed(packed(WHOLE)), "0 unknown-structure"),
    "base64 of NUL": case(packed(STAY.format("<GHI_CHU>a\0b</GHI_CHU>")), "0 forbidden-character"),
    "base64 of JSON": case(packed('{"a": 1}'), "0 malformed-syntax"),
    "base64 of two documents": case(packed(WHOLE + WHOLE), "0 malformed-syntax"),
    "twenty thousand empty dossiers": case(
        "<GIAMDINHHS>" + "<HOSO/>" * 20_000 + "</GIAMDINHHS>", "0"
    ),
    "a kind of table of megabytes": case(envelope(B64, "X" * 2_000_000), "1"),
    "a kind of table that walks up": case(envelope(B64, "../../etc/passwd"), "1"),
    "an envelope in an envelope": case(
        envelope(f"<![CDATA[{envelope(B64)}]]>"), "0 unknown-structure"
    ),
    "CDATA that closes early": case(envelope("<![CDATA[" + WHOLE + "]]>]]>"), "malformed-syntax"),
    "CDATA that holds a CDATA": case(
        envelope("<![CDATA[<TONG_HOP><MA_BN><![CDATA[x]]></MA_BN></TONG_HOP>]]>"),
        "malformed-syntax",
    ),
    "a table that names another's root": case(packed(WHOLE.replace("TONG_HOP", "GIAMDINHHS")), "1"),
    "the same element a thousand times": case(
        packed(STAY.format("<MA_BN>B2</MA_BN>" * 1_000)), "1"
    ),
    "an element name of a megabyte": case(
        packed(STAY.format(f"<{'A' * 1_000_000}/>")), "0 malformed-syntax"
    ),
    "a name that is the child's": case(packed(STAY.format("<BiMat>1</BiMat>")), "1"),
    "a date in the year nothing": case(
        packed(STAY.format("<NGAY_SINH>000000000000</NGAY_SINH>")), "1"
    ),
    "a date beyond the calendar": case(
        packed(STAY.format("<NGAY_SINH>202613450000</NGAY_SINH>")), "1"
    ),
    "a date of ten thousand digits": case(
        packed(STAY.format(f"<NGAY_SINH>{'9' * 10_000}</NGAY_SINH>")), "1"
    ),
    "a date in Arabic digits": case(
        packed(STAY.format("<NGAY_SINH>٢٠٢٦٠٣٠٤٠٠٠٠</NGAY_SINH>")), "1"
    ),
    "a weight of infinity": case(packed(STAY.format("<CAN_NANG>Infinity</CAN_NANG>")), "1"),
    "a weight of 1e999": case(packed(STAY.format("<CAN_NANG>1e999</CAN_NANG>")), "1"),
    "a weight below nothing": case(packed(STAY.format("<CAN_NANG>-3000</CAN_NANG>")), "1"),
    "a facility of another length": case(packed(WHOLE.replace("01999", "0199999999")), "1"),
    "a facility that is a path": case(
        packed(WHOLE.replace("01999", "../..").replace("B1", "/")), "1"
    ),
    "a number with a bidi override": case(packed(WHOLE.replace("B1", "B\u202e1")), "1"),
    "a number of look-alikes": case(packed(WHOLE.replace("B1", "В1")), "1"),
    "a number with a zero-width joiner": case(packed(WHOLE.replace("B1", "B\u200d1")), "1"),
}

POPULATION: Cases = {
    "XInclude of a file": case(
        '<CongdanCollection xmlns:xi="http://www.w3.org/2001/XInclude">'
        '<xi:include href="file:///etc/passwd" parse="text"/></CongdanCollection>',
        "0",
    ),
    "a style sheet from elsewhere": case(
        '<?xml-stylesheet type="text/xsl" href="http://192.0.2.1/x.xsl"?>' + CITIZENS.format(""),
        "0",
    ),
    "a schema from elsewhere": case(
        '<CongdanCollection xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="urn:x http://192.0.2.1/x.xsd">'
        + CITIZEN.format("999308000140", "")
        + "</CongdanCollection>",
        "1",
    ),
    "an attribute twice": case('<CongdanCollection a="1" a="2"/>', "malformed-syntax"),
    "a prefix that nobody declared": case("<x:CongdanCollection/>", "malformed-syntax"),
    "a namespace that is empty": case('<x:CongdanCollection xmlns:x=""/>', "malformed-syntax"),
    "ten thousand namespaces": case(
        "<CongdanCollection>"
        + "".join(f'<a xmlns:n{n}="urn:{n}"/>' for n in range(10_000))
        + "</CongdanCollection>",
        "0",
    ),
    "the root in another language": case(
        "<Bí_Mật>" + CITIZEN.format("1", "") + "</Bí_Mật>", "unknown-structure"
    ),
    "the root closed by another": case("<CongdanCollection></CongDan>", "malformed-syntax"),
    "a second declaration": case(
        '<?xml version="1.0"?><?xml version="1.0"?>' + CITIZENS.format(""), "malformed-syntax"
    ),
    "a declaration of version 9": case(
        '<?xml version="9.0"?>' + CITIZENS.format(""), "malformed-syntax"
    ),
    "an encoding that is none": case(
        '<?xml version="1.0" encoding="x-mac-bi-mat"?>' + CITIZENS.format("é"), "wrong-encoding"
    ),
    "UTF-7": case(
        '<?xml version="1.0" encoding="utf-7"?>+ADw-CongdanCollection/+AD4-', "malformed-syntax"
    ),
    "UTF-32 without a mark": case(CITIZENS.format("").encode("utf-32-be"), "forbidden-character"),
    "UTF-32 with a mark": case(
        codecs.BOM_UTF32_LE + CITIZENS.format("").encode("utf-32-le"), "forbidden-character"
    ),
    "UTF-16 with the other mark": case(
        codecs.BOM_UTF16_BE + CITIZENS.format("").encode("utf-16-le"), "malformed-syntax"
    ),
    "EBCDIC": case(CITIZENS.format("").encode("cp500"), "wrong-encoding"),
    "an overlong slash": case(
        CITIZENS.format("@").encode().replace(b"@", b"\xc0\xaf"), "wrong-encoding"
    ),
    "a surrogate in UTF-8": case(
        CITIZENS.format("@").encode().replace(b"@", b"\xed\xa0\x80"), "wrong-encoding"
    ),
    "a character beyond Unicode": case(
        CITIZENS.format("@").encode().replace(b"@", b"\xf4\x90\x80\x80"), "wrong-encoding"
    ),
    "a mark in the middle": case(
        CITIZENS.format("\ufeff" + CITIZEN.format("999308000140", "")), "1"
    ),
    "a surrogate by number": case(CITIZENS.format("&#xD800;"), "malformed-syntax"),
    "a character by an endless number": case(
        CITIZENS.format(f"&#{'1' * 100_000};"), "malformed-syntax"
    ),
    "an entity of HTML": case(CITIZENS.format(CITIZEN.format("1", "&nbsp;")), "malformed-syntax"),
    "a bare ampersand": case(
        CITIZENS.format(CITIZEN.format("1", "<Me>A & B</Me>")), "malformed-syntax"
    ),
    "a less-than in an attribute": case('<CongdanCollection a="<"/>', "malformed-syntax"),
    "a comment that never ends": case(CITIZENS.format("<!-- "), "malformed-syntax"),
    "two dashes in a comment": case(CITIZENS.format("<!-- a -- b -->"), "malformed-syntax"),
    "a number of another's digits": case(CITIZENS.format(CITIZEN.format("٩٩٩٣٠٨٠٠٠١٤٠", "")), "1"),
    "a number with a plus": case(CITIZENS.format(CITIZEN.format("+99930800014", "")), "1"),
    "a number in full-width digits": case(
        CITIZENS.format(CITIZEN.format("９９９３０８０００１４０", "")), "1"
    ),
    "a person inside a person": case(
        CITIZENS.format(CITIZEN.format("999308000140", CITIZEN.format("999308000141", ""))), "2"
    ),
    "elements in an identity number": case(
        CITIZENS.format(CITIZEN.format("<a>999308000140</a>", "")), "1"
    ),
    "a thousand mothers": case(
        CITIZENS.format(CITIZEN.format("999308000140", "<Me><HoVaTen>A</HoVaTen></Me>" * 1_000)),
        "1",
    ),
    "a day of the data that is none": case(
        CITIZENS.format("").replace("2026-10-01", "9999-99-99"), "0"
    ),
}

FHIR_XML: Cases = {
    "an entity in a value": case(
        '<!DOCTYPE Patient [<!ENTITY x "y">]>' + patient('<gender value="&x;"/>'), "doctype-refused"
    ),
    "a script in the narrative": case(
        patient(
            '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div></text>'
        ),
        "1",
    ),
    "an image from elsewhere in the narrative": case(
        patient(
            '<text><div xmlns="http://www.w3.org/1999/xhtml"><img src="http://192.0.2.1/"/></div></text>'
        ),
        "1",
    ),
    "no namespace": case(patient("").replace(FHIR, ""), "unknown-structure"),
    "another namespace": case(
        patient("").replace("http://hl7.org/fhir", "http://hl7.org/fhir/"), "unknown-structure"
    ),
    "elements of another namespace": case(patient('<gender xmlns="urn:x" value="male"/>'), "1"),
    "a second gender": case(
        patient('<gender value="male"/><gender value="female"/>'), "0 wrong-type"
    ),
    "a value in the text": case(patient("<gender>male</gender>"), "1"),
    "a primitive with a resource inside": case(
        patient('<gender value="male"><Patient/></gender>'), "1"
    ),
    "an unknown modifier": case(
        patient('<modifierExtension url="urn:x"><valueBoolean value="true"/></modifierExtension>'),
        "0 not-convertible",
    ),
    "an extension without url": case(
        patient('<extension><valueString value="x"/></extension>'), "0 not-convertible"
    ),
    "extensions inside extensions": case(
        patient('<extension url="urn:x">' * 50 + "</extension>" * 50), "1"
    ),
    "sixty extensions deep": case(
        patient('<extension url="urn:x">' * 64 + "</extension>" * 64), "nesting-too-deep"
    ),
    "a resource that is no resource": case(
        f"<Bundle {FHIR}><type value='batch'/><entry><resource><BiMat/></resource></entry></Bundle>",
        "0 unknown-structure",
    ),
    "an entry without resource": case(
        f"<Bundle {FHIR}><type value='batch'/><entry/></Bundle>", "0"
    ),
    "a resource element that is empty": case(
        f"<Bundle {FHIR}><type value='batch'/><entry><resource/></entry></Bundle>", "0"
    ),
    "two resources in one": case(
        f"<Bundle {FHIR}><type value='batch'/><entry><resource>{patient('')}{patient('')}</resource></entry></Bundle>",
        "1",
    ),
    "a Bundle in a Bundle in a Bundle": case(
        f"<Bundle {FHIR}><type value='batch'/><entry><resource>" * 15
        + patient("")
        + "</resource></entry></Bundle>" * 15,
        "1",
    ),
    "a Bundle of a kind that states nothing": case(
        f"<Bundle {FHIR}><type value='transaction-response'/></Bundle>", "0 wrong-code"
    ),
    "an unsupported root": case(f"<Observation {FHIR}/>", "unknown-structure"),
    "a boolean that is a word": case(patient('<active value="yes"/>'), "0 wrong-type"),
    "a number beyond 32 bits": case(
        patient('<multipleBirthInteger value="99999999999"/>'), "0 wrong-number"
    ),
    "a number with a point": case(patient('<multipleBirthInteger value="1.5"/>'), "0 wrong-type"),
    "a leap second": case(
        patient('<deceasedDateTime value="2026-06-30T23:59:60Z"/>'), "0 wrong-date"
    ),
    "the end of time": case(
        patient('<deceasedDateTime value="9999-12-31T23:59:59-14:00"/>'), "0 wrong-date"
    ),
}
