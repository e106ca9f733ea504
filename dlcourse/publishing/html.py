"""Chapters as pages."""


def write_pages(pages):
    return []
