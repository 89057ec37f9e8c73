"""Source payloads become FHIR resources: pure functions, no database, no network."""
