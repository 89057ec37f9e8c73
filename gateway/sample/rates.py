"""Every rate of the sample world, each with its reason or source.

Shares lie in 0..1. ERRORS (third block) are scaled by `--noise`; the others are how life is.
"[vn n.n]" is a section of vn_domain.md; "assumed" means that no public figure was found and
the value was chosen so that linkage is at least as hard as in the field.
"""

from typing import Final

# --- The population -------------------------------------------------------------------------
BOYS: Final = 0.528
"""Sex ratio at birth 112 boys per 100 girls [vn 9]."""
MINORITY: Final = 0.147
"""Share of the 53 ethnic minorities in the census of 2019."""
NATIONAL_HOSPITAL: Final = 0.05
"""Stays in a national hospital outside the province; assumed."""
OTHER_PROVINCE_HOME: Final = 0.06
"""Facilities of another province that take a child in; assumed."""
SPLIT_COMMUNE: Final = 0.06
"""Places in one of the 471 communes that the reform split (4.7 % of all [vn 7.1]), doubled to show."""
NEAR_REFORM: Final = 0.12
"""Stories that begin in the two months before the reform; raised to show old and new codes."""
OLD_CODE_AFTER_REFORM: Final = 0.12
"""Records after 1 July 2025 that still print the old commune code [vn 2.3]; share assumed."""
STRATA: Final[dict[str, float]] = {
    "found-outside": 0.23,
    "abandoned-in-hospital": 0.19,
    "twins-found": 0.024,
    "twins-in-hospital": 0.024,
    "siblings-found": 0.015,
    "look-alike": 0.07,
    "named": 0.222,
    "renamed": 0.06,
    "adopted": 0.04,
    "two-hospitals": 0.045,
    "two-minutes": 0.025,
    "two-registrations": 0.02,
    "moved": 0.035,
}
"""Shares of families. Twins and siblings are far above life (about 1 % of births): a rule that
merges twins must show within 300 children."""
SAME_SEX_TWINS: Final = 0.65
"""Identical twins and half of the others."""

# --- Which records exist --------------------------------------------------------------------
MINUTES_MADE: Final = 0.9
"""The law demands minutes for every abandoned child [vn 2.1]; Từ Dũ had nine without [vn 2.4]."""
MINUTES_BY_POLICE: Final = 0.7
"""Chief of commune police or chairman of the People's Committee [vn 2.1]; split assumed."""
MINUTES_IN_HOSPITAL: Final = 0.45
"""Minutes for a child left in a hospital are often made late or never [vn 2.4]; assumed."""
FOUND_TO_HOSPITAL: Final = 0.50
"""Found children brought to a hospital first; assumed."""
HANDED_BY_OFFICE: Final = 0.3
"""Children in a hospital whom the facility notes as handed over by the commune; assumed."""
FOUND_CERTIFICATE: Final = 0.07
"""Certificates "trẻ bị bỏ rơi tại …" [vn A.1]; rare, assumed."""
ABANDONED_CERTIFICATE: Final = 0.72
"""Certificates written before the mother left; assumed."""
ABANDONED_OWN_FILE: Final = 0.60
"""Abandoned newborns with an own patient number beside the mother's; assumed."""
ORDINARY_CERTIFICATE: Final = 0.85
"""Births in hospital whose certificate is sent within 4 working hours [vn 4.2]; coverage assumed."""
NEWBORN_OWN_FILE: Final = 0.35
"""Ordinary newborns with a stay of their own; assumed."""
MOTHER_IN_DOSSIER: Final = 0.7
"""Certificates that travel with the mother's own XML1 (an adult: no child's record)."""
TO_HOME: Final = 0.78
"""Abandoned children who reach a facility rather than a family; assumed."""
REGISTERED: Final = 0.82
"""Births registered within the window; cases of children without papers for a year [vn 2.4]."""
CORRECTED: Final = 0.04
"""Registrations that come again as CAI_CHINH; assumed."""
READMITTED: Final = 0.42
"""A later stay in the same hospital; infants in care fall ill often, assumed."""
SECOND_HOSPITAL: Final = 0.22
"""A later stay in another hospital without any letter; assumed."""
CHECK_IN: Final = 0.15
"""Stays that send XML0 as well; XML0 is new, assumed."""
DISCHARGE_PAPER: Final = 0.45
CASE_SUMMARY: Final = 0.25
"""XML7 and XML8 beside XML1; assumed."""
PART_IN_OTHER_FILE: Final = 0.35
PART_BEFORE: Final = 0.3
"""Parts sent in a file of their own, and of those the ones that come before their XML1; assumed."""
LETTER_SENT: Final = 0.8
"""Transfers whose XML13 reaches us; assumed."""
ROSTER_TWICE: Final = 0.45
"""Facilities that send their roster again later, with changes."""
RESENT: Final = 0.03
"""Payload files sent twice, byte for byte."""
SENT_AGAIN_CHANGED: Final = 0.05
"""Minutes that come again with a field filled in: a newer version of the same key."""

# --- Evidence that is there -------------------------------------------------------------------
# Promise: hard evidence is often missing. All assumed, after the field lists in vn_domain.md 2.2.
HOME_MINUTES: Final = 0.7
HOME_MINUTES_COMMUNE: Final = 0.8
HOME_HOSPITAL_FILE: Final = 0.62
HOME_ORIGIN_CODE: Final = 0.8
HOME_ORIGIN_NAME: Final = 0.9
HOME_CERTIFICATE: Final = 0.5
HOME_PERSONAL_ID: Final = 0.78
HOME_UPDATED: Final = 0.75
HOME_RENAMED: Final = 0.35
"""Rows brought up to date once the birth is registered: number and date; the name."""
HOME_CARD: Final = 0.5
HOME_WEIGHT: Final = 0.75
HOME_MARK: Final = 0.5
HOME_OTHER_NAMES: Final = 0.35
REGISTER_MINUTES: Final = 0.76
REGISTER_CERTIFICATE: Final = 0.65
REGISTER_PERSONAL_ID: Final = 0.85
"""The number comes asynchronously, minutes to days later [vn 2.1 step 6]."""
REGISTER_FACILITY: Final = 0.75
POLICE_FILE: Final = 0.55
POLICE_CERTIFICATE: Final = 0.45
POLICE_WEIGHT: Final = 0.75
POLICE_MARK: Final = 0.6
POLICE_BIRTH_NOTE: Final = 0.05
"""A slip of paper with the birth date left with the child [vn 2.2, belongings]."""
HOSPITAL_PERSONAL_ID: Final = 0.75
HOSPITAL_WEIGHT: Final = 0.85
HOSPITAL_MINUTES_NOTE: Final = 0.12
HOSPITAL_KNOWS_NAME: Final = 0.9
"""Stays after the registration that use the registered name."""
TEMPORARY_CARD: Final = 0.35
EMPTY_TEMPORARY_CARD: Final = 0.3
"""`TE1pp0000000000`, where the mother has no card [vn 3.2]."""
CARD_AFTER_REGISTRATION: Final = 0.6
LETTER_NUMBER_KEPT: Final = 0.8
LETTER_SENDER_KEPT: Final = 0.8
MOTHER_IN_PAPER: Final = 0.55
BIRTH_MINUTE_KEPT: Final = 0.75
"""The standard asks newborns' birth time to the minute "nếu có" [vn A.1]."""

# --- Names and dates as habits ---------------------------------------------------------------
NAME_IS_HOUSE_NAME: Final = 0.7
"""Registered under the name that the facility gave; else staff, temple, benefactor [vn 8.3]."""
HOME_USES_REGISTERED: Final = 0.75
HOME_DATE_REGISTERED: Final = 0.62
HOME_DATE_DEFAULT: Final = 0.2
"""Facilities that write 01/01 of the year; 99.9 % of a real file of 2026 had 01/01 [vn 8.4].
The remaining facilities write the day of reception."""
HOME_SAME_SURNAME: Final = 0.55
HOME_SAME_MIDDLE: Final = 0.35
HOME_SAME_GIVEN: Final = 0.2
"""Surname of the head, one temple where every girl is "… Nhi" [vn 8.3]; shares assumed."""
LOOK_ALIKE_SAME_NAME: Final = 0.14
"""Look-alikes whose folded names are equal (An, Ân)."""
LOOK_ALIKE_SAME_DAY: Final = 0.25
"""Look-alikes received on one day: a transfer of a group, a closed shelter."""
REGISTER_DATE_FOUND: Final = 0.75
REGISTER_DATE_MINUTES: Final = 0.12
REGISTER_DATE_YEAR: Final = 0.06
"""Day found, day of the minutes, year only; the rest falls a few days off [vn 2.1 step 5]."""
TEMPLE_PLACES: Final = 0.3

OLDER_FOUND: Final = 0.22
"""Found children who are no newborns; assumed."""
LATE_OLD_VERSION: Final = 0.1
"""Changed registrations that arrive before the version they change."""

# --- What the other five sources and HL7 see ----------------------------------------------------
# Each draws from random numbers of its own, so that a rate here changes nothing above.
HOTLINE_FOUND: Final = 0.3
HOTLINE_IN_HOSPITAL: Final = 0.12
HOTLINE_WITH_PARENTS: Final = 0.12
"""Children whom somebody reports to 111, to a province's line or to a commune worker; assumed."""
HOTLINE_AGAIN: Final = 0.15
"""A second caller of the same child, under another case number; assumed."""
HOTLINE_FOLLOWED: Final = 0.12
"""Cases that come again under their number once more is known [vn 2.2, six steps]."""
HOTLINE_AFTER_MINUTES: Final = 0.25
"""Calls that come hours after the minutes; the others come before them."""
HOTLINE_COMMUNE: Final = 0.75
HOTLINE_AGE: Final = 0.85
HOTLINE_SEX_UNKNOWN: Final = 0.35
"""Mẫu 01 has "Không biết", an estimated age, mostly no name [vn 2.2]; shares assumed."""
HOTLINE_MINUTES: Final = 0.3
"""Calls after the minutes that know their number; assumed."""

POPULATION_KNOWS: Final = 0.75
"""Registered births with a number that a bulk file holds; a province agrees on a part; assumed."""
POPULATION_TWICE: Final = 0.35
"""Citizens who stand in the yearly file and in the last one; assumed."""
NUMBER_REPLACED: Final = 0.02
"""Numbers cancelled and replaced: wrong sex or year, error [vn 2.1, NĐ 70/2024 Đ11]; raised."""
TWO_NUMBERS_FOUND_OUT: Final = 0.4
"""Children with two numbers of whom the database has cancelled the older one; assumed."""
POPULATION_NAME_AS_TEXT: Final = 0.2
POPULATION_CODE_RENEWED: Final = 0.6
POPULATION_PLACEHOLDER: Final = 0.15
"""Parents "Không xác định" or "Chưa có" in place of an empty element; assumed [vn 11]."""
POPULATION_MOTHER: Final = 0.1
"""Mothers, adults, who stand in the same file as their child."""

ENROLLED: Final = 0.85
"""Children of 5 and more in a list; compulsory from 6, all of 5 in preschool is a goal; assumed."""
SCHOOL_MOVED: Final = 0.08
SCHOOL_LIST_AGAIN: Final = 0.12
"""Pupils in two schools' lists, and pupils whose row comes again with another status; assumed."""
SCHOOL_PERSONAL_ID: Final = 0.8
SCHOOL_OLD_NAME: Final = 0.2
"""Pupils called as in the facility though the register has another name; assumed."""
STUDENT_NUMBER_IS_PERSONAL: Final = 0.4
"""Newer lists use the personal number as student number [vn 3.2]; share assumed."""
SCHOOL_NUMBERS_LOOSE: Final = 0.5
"""Schools whose list keeps numbers as numbers: floats, lost zeros [vn 6]; share assumed."""
LITERAL_36: Final = 0.35
"""Schools whose export fills empty cells with "36" or "36.0" [vn 6]; share assumed."""

STEP_UNKEYED: Final = 0.08
STEP_WRONG_KEY: Final = 0.05
"""Step reports that name nobody, and those with another child's number; assumed."""
STEP_NAME: Final = 0.45
STEP_KEY: Final = 0.6
"""Each key that the reporting body can know; one at least, unless the report names nobody."""
STEP_SHEET_BODY: Final = 0.35
"""Bodies that fill in a sheet rather than a form; assumed."""
ZERO_REPORTS: Final = 0.25
"""Files that hold a zero report of a body too; zero reports are made to be asked for, assumed."""

PARTNER_KNOWS: Final = 0.13
"""Children in a system that already speaks FHIR: private hospitals, charities; assumed."""
PARTNER_AGAIN: Final = 0.3
PARTNER_PERSONAL_ID: Final = 0.5
PARTNER_CERTIFICATE: Final = 0.4
PARTNER_OTHER_NUMBER: Final = 0.4
"""Patients sent again, and what else they carry; assumed."""

HL7_HOSPITAL: Final = 0.3
"""Hospitals that send HL7 beside health XML; no profile is known [vn 4.4], assumed."""
HL7_STAY: Final = 0.8
"""Stays of such a hospital that its messages tell of; interfaces lose some, assumed."""
HL7_MOTHER: Final = 0.4
HL7_PERSON_CHANGED: Final = 0.4
"""Newborns with PID-21, and patients renamed by A31 once registered; assumed."""
HL7_MERGED: Final = 0.08
"""Patients registered twice and merged by A40; duplicates of 5–10 % are usual in hospitals."""
CLINIC_VISIT: Final = 0.12
"""Visits to a clinic that sends nothing but HL7; assumed."""

# --- Errors (scaled by --noise) ---------------------------------------------------------------
WRONG_SEX: Final = 0.014
UNKNOWN_SEX: Final = 0.012
"""Assumed: 1–2 % wrong, as in hospital studies of registration errors."""
NAME_VARIANT: Final = 0.15
"""Names typed in another but recognisable way, see noise.py for the mix [vn 8.4]."""
SECOND_VARIANT: Final = 0.2
LEGACY_FONT_BODY: Final = 0.06
VNI_BODY: Final = 0.03
CAPITALS_BODY: Final = 0.25
NO_MARKS_BODY: Final = 0.06
NFD_BODY: Final = 0.06
"""Bodies whose system writes TCVN3 or VNI, capitals, no marks, NFD throughout; assumed [vn 8.4]."""
DAY_OFF: Final = 0.03
DAY_MONTH_SWAPPED: Final = 0.015
YEAR_OFF: Final = 0.012
DATE_DEFAULTED: Final = 0.04
NUMBER_DIGIT: Final = 0.02
NUMBER_SWAPPED: Final = 0.01
NUMBER_BORROWED: Final = 0.008
"""69 of 11,700 numbers were shared by 139 persons in a real file [vn 8.4]: 0.6 % borrowed."""
LOST_ZEROS: Final = 0.3
"""Spreadsheets that keep codes as numbers and lose leading zeros [vn 3.1]."""
MINUTES_OTHER_SPELLING: Final = 0.28
MINUTES_MISTYPED: Final = 0.05
WEIGHT_SPREAD: Final = 0.025
"""Standard deviation of a scale and its reader, share of the weight; assumed."""
WEIGHT_WRONG: Final = 0.02
TIME_OFF: Final = 0.10
"""Handovers noted one to three days off."""
BROKEN: Final = 0.010
"""Payloads or records that no adapter can read."""
