"""Everything that was received, and the FHIR resources made of it, with all versions."""
