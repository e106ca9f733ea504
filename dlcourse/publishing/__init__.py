"""Chapters as notebooks: text source and notebook kept together, executed, checked, and turned into pages."""

import sys

# nbformat loads jsonschema, which, where it finds this module, compiles a grammar for international web addresses:
# seconds, in every process, for a check that notebooks have no use for. Without it jsonschema leaves out that check.
sys.modules.setdefault("rfc3987_syntax", None)
