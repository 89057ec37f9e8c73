"""The service: composes adapters, linkage and audit behind commands and HTTP."""
