"""For what purposes somebody may look: codes of FHIR v3-ActReason, and four of our own."""

PURPOSES = {
    "TREAT": ("điều trị", "treatment"),
    "ETREAT": ("điều trị cấp cứu", "emergency treatment"),
    "BTG": ("truy cập khẩn cấp", "break the glass"),
    "PUBHLTH": ("y tế công cộng", "public health"),
    "HOPERAT": ("vận hành hệ thống", "operation of the service"),
    "COVERAGE": ("bảo hiểm", "coverage"),
    "HRESCH": ("nghiên cứu", "research"),
    "PATRQT": ("theo yêu cầu của người được ghi", "request of the person"),
    "FAMRQT": ("theo yêu cầu của gia đình", "request of the family"),
    "CHILDPROT": ("bảo vệ trẻ em", "child protection"),
    "ADOPT": ("nuôi con nuôi", "adoption"),
    "EDUC": ("giáo dục", "education"),
    "COURT": ("lệnh của toà án", "order of a court"),
}
"""Code → Vietnamese, English."""
OWN = frozenset({"CHILDPROT", "ADOPT", "EDUC", "COURT"})
"""Of a code system of ours: v3 has none for them."""
