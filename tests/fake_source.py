"""A source of the tests' own: JSON lines, one statement each, to try the registry with."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters import profile
from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.errors import PayloadError, Problem, Rejection
from adapters.profile import IdentifierKind, Place, PlaceKind, Tag

SOURCE = "fake"
HOME = Place(kind=PlaceKind.HOME, code="HN01")


class FakeAdapter:
    """Reads `{"fake": true, "id": …, "name": …}`; a line without `child` fields is refused."""

    version = "1"

    def recognises(self, message: SourceMessage) -> bool:
        return message.content.lstrip().startswith(b'{"fake"')

    def read(self, message: SourceMessage) -> Reading:
        if not self.recognises(message):
            raise PayloadError(Problem.MALFORMED)
        statements: list[Statement] = []
        rejections: list[Rejection] = []
        for number, line in enumerate(message.content.splitlines(), start=1):
            said = json.loads(line)
            if said.get("bad") == "read":
                rejections.append(
                    Rejection(
                        problem=Problem.WRONG_DATE,
                        position=f"line {number}",
                        element="born",
                        excerpt=line,
                    )
                )
                continue
            statements.append(
                Statement(
                    kind=said.get("kind", "child"),
                    record_id=said.get("id"),
                    content=said,
                    position=f"line {number}",
                    episode=said.get("episode"),
                    effective=datetime.fromisoformat(said["at"]) if said.get("at") else None,
                    unkeyed=str(said.get("id", "")).startswith("~"),
                )
            )
        return Reading(statements=statements, rejections=rejections, left_out={"adult": 1})

    def convert(self, statement: Statement) -> Conversion:
        said = statement.content
        match said.get("bad"):
            case "convert":
                raise PayloadError(Problem.NOT_CONVERTIBLE, "/", "name")
            case "mistake":
                raise KeyError("a mistake in the mapping")
        return Conversion(
            resources=_resources(said), custodian=said.get("custodian", str(HOME)), province="01"
        )


def _resources(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    tags = [Tag.PLACEHOLDER_NAME] if said.get("placeholder") else []
    labels = [profile.Label.HIV] if said.get("hiv") else []
    reason = "facility-name" if said.get("placeholder") else None
    patient = profile.without_nothing(
        {
            "resourceType": "Patient",
            "id": "patient",
            "meta": profile.meta(SOURCE, tags=tags, labels=labels),
            "name": [profile.human_name(said["name"], "official", reason)]
            if said.get("name")
            else None,
            "gender": "nonsense" if said.get("bad") == "code" else said.get("sex"),
            "birthDate": said.get("born"),
            "identifier": [
                profile.identifier(IdentifierKind.PERSONAL_ID, n) for n in said.get("numbers", ())
            ],
        }
    )
    resources = [patient]
    if said.get("mother"):
        resources.append(profile.related_person(SOURCE, "mother", name=said["mother"]))
    if said.get("grams"):
        resources.append(profile.weight(SOURCE, said["grams"], at="2026-01-01", birth=True))
    if said.get("stay"):
        resources.append(profile.organization(HOME, "Nhà thử"))
        resources.append(
            {
                "resourceType": "EpisodeOfCare",
                "id": profile.role("episode", said["stay"]),
                "meta": profile.meta(SOURCE),
                "status": "active",
                "patient": profile.PATIENT,
                "managingOrganization": profile.reference(
                    "Organization", profile.organization_id(HOME)
                ),
            }
        )
    return resources


ADAPTER = FakeAdapter()


def fake_message(*lines: dict[str, Any]) -> SourceMessage:
    """A message with one statement for each line."""
    texts = [json.dumps({"fake": True} | line, ensure_ascii=False) for line in lines]
    return SourceMessage(source=SOURCE, content="\n".join(texts).encode())
