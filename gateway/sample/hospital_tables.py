"""The smaller hospital tables (XML0, XML7, XML8, XML13): they repeat what XML1 of the stay says."""

from collections.abc import Mapping

from gateway.sample import rates
from gateway.sample.scene import Scene

Fields = Mapping[str, str]


def check_in(main: Fields) -> Fields:
    kept = ("MA_LK", "MA_BN", "HO_TEN", "SO_CCCD", "NGAY_SINH", "GIOI_TINH", "MA_THE_BHYT")
    return {name: main[name] for name in (*kept, "NGAY_VAO", "MA_CSKCB")}


def discharge(main: Fields, scene: Scene, mother: str) -> Fields:
    card = main["MA_THE_BHYT"].split(";")[0]
    return {
        "MA_LK": main["MA_LK"],
        "SO_LUU_TRU": main["MA_HSBA"],
        "MA_YTE": main["MA_BN"],
        "NGAY_VAO": main["NGAY_VAO"],
        "NGAY_RA": main["NGAY_RA"],
        "NGAY_CT": main["NGAY_RA"][:8],
        "MA_THE_TAM": card,
        "HO_TEN_CHA": "",
        "HO_TEN_ME": scene.noise.name(mother) if scene.happens(rates.MOTHER_IN_PAPER) else "",
    }


def summary(main: Fields, scene: Scene, mother: str) -> Fields:
    return {
        "MA_LK": main["MA_LK"],
        "MA_LOAI_KCB": "03",
        "HO_TEN_CHA": "",
        "HO_TEN_ME": scene.noise.name(mother) if scene.happens(rates.MOTHER_IN_PAPER) else "",
        "NGUOI_GIAM_HO": "",
        "NGAY_VAO": main["NGAY_VAO"],
        "NGAY_RA": main["NGAY_RA"],
        "KET_QUA_DTRI": main["KET_QUA_DTRI"],
        "MA_THE_TAM": main["MA_THE_BHYT"].split(";")[0],
        "NGAY_CT": main["NGAY_RA"][:8],
    }


def letter(main: Fields, number: str) -> Fields:
    """XML13: the sender's own letter repeats what its XML1 says."""
    repeated = ("HO_TEN", "NGAY_SINH", "GIOI_TINH", "MA_DANTOC", "DIA_CHI", "MA_THE_BHYT")
    return {
        "MA_LK": main["MA_LK"],
        "SO_HOSO": main["MA_HSBA"],
        "SO_CHUYENTUYEN": number.partition("/")[0],
        "GIAY_CHUYEN_TUYEN": number,
        "MA_CSKCB": main["MA_CSKCB"],
        "MA_NOI_DI": main["MA_CSKCB"],
        "MA_NOI_DEN": main["MA_NOI_DEN"],
        **{name: main[name] for name in repeated},
        "NGAY_VAO": main["NGAY_VAO"],
        "NGAY_RA": main["NGAY_RA"],
        "MA_LOAI_RV": "2",
        "MA_LYDO_CT": "1",
    }
