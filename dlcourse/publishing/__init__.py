"""Chapters as notebooks: text source and notebook kept together, executed, checked, and turned into pages."""
