"""FHIR R4 as it is read and searched: what can be asked, how it is read, how answers look."""
