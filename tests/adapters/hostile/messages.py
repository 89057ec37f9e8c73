"""Hostile HL7 v2: admissions as hospitals send them."""

import codecs

from tests.adapters.hostile.case import Cases, case

MSH = "MSH|^~\\&|HIS|01999|MOTEM|X|20260304103000||ADT^A01|1|P|2.5"
EVN = "EVN|A01|20260304103000"
PID = "PID|1||B1^^^01999^MR||Bí^An^Mật||20260304|F"
PV1 = "PV1|1|I" + "|" * 42 + "20260304|"
GOOD = "\r".join([MSH, EVN, PID, PV1]) + "\r"


def message(pid: str = PID, msh: str = MSH, rest: str = PV1) -> str:
    return "\r".join([msh, EVN, pid, rest]) + "\r"


def pid(number: int, text: str) -> str:
    """A message whose PID has another text in one of its fields."""
    fields = PID.split("|") + [""] * 30
    fields[number] = text
    return message("|".join(fields))


HL7: Cases = {
    "only a header": case(MSH + "\r", "0 missing-value"),
    "a header that is cut": case("MSH|^~", "0 wrong-code"),
    "a header without separators": case("MSH\rPID|1\r", "0 malformed-syntax"),
    "separators that are all the same": case(GOOD.replace("|^~\\&", "|||||"), "0 malformed-syntax"),
    "a separator that is a letter": case(GOOD.replace("|", "A"), "malformed-syntax"),
    "a separator that is a digit": case(GOOD.replace("|", "1"), "malformed-syntax"),
    "a separator that is a blank": case(GOOD.replace("|", " "), "0 malformed-syntax"),
    "a separator that is a line end": case("MSH\r^~\\&\rHIS\r", "0 malformed-syntax"),
    "an escape that never ends": case(pid(5, "An\\F"), "1"),
    "an escape that is unknown": case(pid(5, "An\\ZBIMAT\\"), "1"),
    "an escape of odd hex": case(pid(5, "\\X4\\"), "1"),
    "an escape of hex that is none": case(pid(5, "\\XGG\\"), "1"),
    "an escape that makes NUL": case(pid(5, "A\\X00\\n"), "1"),
    "an escape that makes a line end": case(pid(5, "A\\X0D\\PID|1||B2^^^01999^MR"), "1"),
    "an escape that makes a separator": case(pid(3, "B1\\S\\\\S\\\\S\\09999\\S\\MR"), "1"),
    "an escape of an escape": case(pid(5, "\\E\\F\\E\\"), "1"),
    "an escape of a megabyte": case(pid(5, "\\X" + "41" * 400_000 + "\\"), "0 payload-too-large"),
    "a formatting command of a million lines": case(pid(5, "\\.sp999999999\\An"), "1"),
    "ten thousand repetitions": case(
        pid(3, "~".join(f"B{n}^^^01999^MR" for n in range(10_000))), "0 payload-too-large"
    ),
    "ten thousand components": case(pid(5, "^" * 10_000), "0 payload-too-large"),
    "ten thousand subcomponents": case(pid(5, "&" * 10_000), "0 payload-too-large"),
    "a hundred thousand fields": case(message(PID + "|" * 100_000), "1"),
    "a hundred thousand segments": case(GOOD + "NTE|1\r" * 100_000, "0 payload-too-large"),
    "a field of two megabytes": case(pid(5, "x" * 2_000_000), "0 payload-too-large"),
    "a second patient in one message": case(message(PID + "\r" + PID.replace("B1", "B2")), "2"),
    "no patient": case(MSH + "\r" + EVN + "\r", "0 missing-value"),
    "a patient without a number": case(pid(3, ""), "1"),
    "a number of another facility": case(pid(3, "B1^^^79998^MR"), "1"),
    "a number without an authority": case(pid(3, "B1"), "1"),
    "a number that walks up": case(pid(3, "../..^^^01999^MR"), "1"),
    "a number with a bidi override": case(pid(3, "B\u202e1^^^01999^MR"), "1"),
    "a birth in the year nothing": case(pid(7, "00000000"), "1"),
    "a birth beyond the calendar": case(pid(7, "20261345"), "1"),
    "a birth of ten thousand digits": case(pid(7, "9" * 10_000), "1"),
    "a birth with a zone of 99 hours": case(pid(7, "20260304103000+9900"), "1"),
    "a sex that is a word": case(pid(8, "nữ"), "1"),
    "two double quotes": case(pid(5, '""'), "1"),
    "a trigger that nobody knows": case(message(msh=MSH.replace("A01", "Z99")), "0 wrong-code"),
    "a message that is no admission": case(
        message(msh=MSH.replace("ADT^A01", "ORU^R01")), "0 wrong-code"
    ),
    "a version of the future": case(message(msh=MSH.replace("2.5", "9.9")), "0 wrong-code"),
    "a merge without what is merged": case(
        message(msh=MSH.replace("A01", "A40")), "0 missing-value"
    ),
    "a merge of a patient into itself": case(
        message(msh=MSH.replace("A01", "A40"), rest="MRG|B1^^^01999^MR"), "0 missing-value"
    ),
    "a character set that is none": case(message(msh=MSH + "||||||BI-MAT"), "1"),
    "a character set that lies": case(message(msh=MSH + "||||||ASCII"), "1"),
    "a character set that runs code": case(message(msh=MSH + "||||||unicode_escape"), "1"),
    "UTF-16 with a mark": case(GOOD.encode("utf-16"), "1"),
    "UTF-16 without a mark": case(GOOD.encode("utf-16-le"), "wrong-encoding"),
    "UTF-32": case(codecs.BOM_UTF32_LE + GOOD.encode("utf-32-le"), "unknown-structure"),
    "Latin-1 bytes": case(GOOD.replace("Mật", "Mat").encode("latin-1"), "0 wrong-encoding"),
    "a surrogate in UTF-8": case(GOOD.encode().replace(b"B1", b"\xed\xa0\x80"), "0 wrong-encoding"),
    "NUL": case(GOOD.replace("An", "A\0n"), "0 forbidden-character"),
    "a frame that never ends": case("\x0b" + GOOD, "1"),
    "a frame in a frame": case("\x0b\x0b" + GOOD + "\x1c\r\x1c\r", "1"),
    "an end of frame before its beginning": case("\x1c\r" + GOOD + "\x0b", "1"),
    "a good message after rubbish": case("rubbish\r" + GOOD, "malformed-syntax"),
    "a bad message between good ones": case(
        GOOD + "MSH|^~\\&\r" + GOOD.replace("B1", "B2"), "2 wrong-code"
    ),
    "messages without line ends between": case(GOOD.strip() + GOOD.replace("B1", "B2"), "2"),
    "a batch that is not closed": case("FHS|^~\\&\rBHS|^~\\&\r" + GOOD, "1"),
    "a batch that counts wrong": case("BHS|^~\\&\r" + GOOD + "BTS|99\r", "1"),
    "a segment name in lower case": case(GOOD.replace("PID", "pid"), "1"),
    "a segment name of a megabyte": case(GOOD + "Z" * 1_000_000 + "|1\r", "0 payload-too-large"),
    "JSON after the header": case(MSH + '\r{"a": 1}\r', "0 missing-value"),
}
