"""`Patient/$match` of FHIR R4 and IHE ITI-119: a searchset of golden Patients with grade and evidence."""

from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from adapters.contract import Resource, SourceMessage
from adapters.fhir_body import as_content
from gateway.api.dependencies import CurrentCaller, CurrentLook, CurrentServices
from gateway.api.fhir_parameters import (
    MissingParameterError,
    NotParametersError,
    answered,
    asked,
    base_of,
    body_of,
    in_parameters,
)
from gateway.api.outcome import issue, outcome
from gateway.api.payload import SentResource
from gateway.asking import MOST_ASKED, Candidate, Candidates, candidates
from gateway.weighing import Line

router = APIRouter()
KNOWN = frozenset({"resource", "onlyCertainMatches", "count", "onlySingleMatch"})
"""`onlySingleMatch` is of later versions of FHIR: the best one alone."""
SOURCE = "fhir"
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
EVIDENCE = "urn:motem:extension:match-evidence"
"""On Bundle.entry.search, once for each line of the adding-up; the weights add up to `WEIGHT`."""
WEIGHT = "urn:motem:extension:match-weight"
"""On Bundle.entry.search: the match weight in bits, of which the score is the probability."""
USUAL = 10
NOBODY = (
    "Không tìm thấy trẻ nào phù hợp trong số các bản ghi đã so sánh.",
    "Nobody among the records that were compared fits.",
)
MORE = (
    "Còn trẻ khác cũng có thể phù hợp nhưng không được nêu. Chưa thể coi là trẻ mới.",
    "Other children may fit as well and are not named. This does not mean that the child is new.",
)
WIDE = (
    "Quá nhiều bản ghi giống nhau, không so sánh hết được. Hãy nêu thêm chi tiết; chưa thể coi là trẻ mới.",
    "Too many records are alike, so not all of them were compared. Please tell more; this does not"
    " mean that the child is new.",
)
UNSURE = (
    "Có trẻ có thể phù hợp, nhưng không trẻ nào chắc chắn. Chưa thể coi là trẻ mới.",
    "There are children who may fit, and none for certain. This does not mean that the child is new.",
)


@router.post("/Patient/$match")
def match(
    request: Request,
    content: SentResource,
    look: CurrentLook,
    services: CurrentServices,
    caller: CurrentCaller,
) -> Response:
    """Parameters or a bare Patient in; nothing of it is kept."""
    body = body_of(content)
    told = in_parameters(body) if body["resourceType"] == "Parameters" else [("resource", body)]
    said = asked(told, KNOWN)
    patient = _patient(said.values.get("resource", ()))
    count = min(said.number("count", USUAL), MOST_ASKED)
    # Whose number it is does not matter for a question, and what it says is not kept.
    with look as session:
        found = candidates(
            session,
            SourceMessage(
                source=SOURCE, content=content if patient is body else as_content(patient)
            ),
            services.adapters,
            caller,
            count=min(count, 1) if said.flag("onlySingleMatch") else count,
            only_certain=said.flag("onlyCertainMatches"),
        )
    return answered(_bundle(base_of(request), found))


def _patient(told: Any) -> Resource:
    if not told:
        raise MissingParameterError("resource")
    if len(told) > 1 or not isinstance(told[0], dict) or told[0].get("resourceType") != "Patient":
        raise NotParametersError
    patient: Resource = told[0]
    return patient


def _bundle(base: str, found: Candidates) -> Resource:
    entries = [_entry(base, one) for one in found.shown]
    entries += [
        {"resource": outcome(told), "search": {"mode": "outcome"}} for told in _remarks(found)
    ]
    bundle: Resource = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found.shown) + found.more,
        "link": [{"relation": "self", "url": f"{base}/Patient/$match"}],
    }
    return bundle | ({"entry": entries} if entries else {})


def _remarks(found: Candidates) -> Iterator[Resource]:
    if found.wide:
        yield issue("warning", "too-costly", WIDE)
    if found.more:
        yield issue("warning", "incomplete", MORE)
    if found.unsure:
        yield issue("warning", "multiple-matches", UNSURE)
    if not (found.shown or found.wide or found.more or found.unsure):
        yield issue("information", "not-found", NOBODY)


def _entry(base: str, one: Candidate) -> Resource:
    score = one.match.probability
    extensions = [
        {"url": GRADE, "valueCode": one.grade},
        {"url": WEIGHT, "valueDecimal": one.match.weight},
        *map(_evidence, one.match.lines),
    ]
    return {
        "fullUrl": f"{base}/Patient/{one.match.identity}",
        "resource": orjson.Fragment(one.body),
        "search": {"extension": extensions, "mode": "match", "score": score},
    }


def _evidence(line: Line) -> Resource:
    level = [] if line.level is None else [{"url": "level", "valueInteger": line.level}]
    return {
        "url": EVIDENCE,
        "extension": [
            {"url": "feature", "valueCode": line.feature},
            *level,
            {"url": "weight", "valueDecimal": line.bits},
            {"url": "vi", "valueString": line.vietnamese},
            {"url": "en", "valueString": line.english},
        ],
    }
