"""FHIR REST for machines; one file for each resource or operation."""
