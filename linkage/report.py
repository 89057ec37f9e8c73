"""The report of a model as one HTML page without outside resources: charts, and their figures."""

from collections.abc import Sequence
from html import escape

from linkage.charts import Chart
from linkage.configuration import CHILDREN, Configuration
from linkage.explanation import levels
from linkage.model import MatchModel

STYLE = (
    "body{font-family:sans-serif;color:#1f2328;max-width:68rem;margin:2rem auto;padding:0 1rem}"
    "svg{max-width:100%;height:auto}table{border-collapse:collapse}"
    "th,td{border-bottom:1px solid #8c959f;padding:.2rem .6rem;text-align:left}"
    "td.number{text-align:right;font-variant-numeric:tabular-nums}"
)
HEADERS = ("Đặc trưng · Feature", "Mức · Level", "English", "m", "u", "Bit · Bits")


def page(
    model: MatchModel, charts: Sequence[Chart], configuration: Configuration = CHILDREN
) -> str:
    """The whole page; it holds no record, and of the frequent names only how many there are."""
    title = f"Mô hình so khớp · Match model {model.version}"
    sections = "".join(
        f"<section><h2>{escape(chart.title)}</h2>{chart.svg}</section>" for chart in charts
    )
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<main><h1>{escape(title)}</h1>{_facts(model)}{sections}"
        f"<section><h2>Số liệu · Figures</h2>{_table(model, configuration)}</section>"
        "</main></body></html>\n"
    )


def _facts(model: MatchModel) -> str:
    names = sum(map(len, model.frequencies.values()))
    records = escape(str(model.trained_on.get("records", "–")))
    return (
        f"<p>Ngưỡng (bit) · Thresholds (bits): {escape(str(model.thresholds))}.<br>"
        f"Lập từ · Trained on: {records} bản ghi · records.<br>"
        f"Tần suất từ · Term frequencies: {names}.</p>"
    )


def _table(model: MatchModel, configuration: Configuration) -> str:
    rows = []
    for level in levels(model, configuration):
        words = (level.feature, level.vietnamese, level.english)
        figures = (f"{level.m:.3g}", f"{level.u:.3g}", f"{level.bits:+.1f}")
        texts = "".join(f"<td>{escape(text)}</td>" for text in words)
        numbers = "".join(f'<td class="number">{figure}</td>' for figure in figures)
        rows.append(f"<tr>{texts}{numbers}</tr>")
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in HEADERS)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
