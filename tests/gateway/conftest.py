"""What several tests of what is read share: one linked world, made once."""

from tests.gateway.linked import kept, kept_url, linked_template, service, world

__all__ = ["kept", "kept_url", "linked_template", "service", "world"]
