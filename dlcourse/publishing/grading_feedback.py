"""Feedback that gives the reason for a mark, and keeps the hidden tests to itself."""

import html
import re

from nbconvert.exporters import HTMLExporter
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS$.*?^### END HIDDEN TESTS$", re.MULTILINE | re.DOTALL)
RUBRIC = re.compile(r"^[^\n]*BEGIN MARK SCHEME.*?END MARK SCHEME[^\n]*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.*?)(?: \(.*\))?$", re.MULTILINE)
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
NOT_SHOWN = "(not shown: it quotes a test)"
LONG = 20
"""Characters from which on a line of a test is told from what anybody might write."""


class HideTests(NbGraderPreprocessor):
    """Takes rubrics and hidden tests out of the page: their code, what they print, and where else they are quoted.

    Of an error in one the message stays, which names the mistake.
    """

    display_data_priority = List(help="Not used; but the exporter offers it to all.").tag(config=True)

    def preprocess(self, nb, resources):
        hidden = [block for cell in nb.cells for block in HIDDEN.findall(cell.source)]
        lines = {line.strip() for block in hidden for line in block.split("\n")[1:-1]}
        self.secrets = {line for line in lines if len(line) >= LONG}
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type != "code":
            cell.source = RUBRIC.sub("", cell.source)
            return cell, resources
        if HIDDEN.search(cell.source):
            cell.source = HIDDEN.sub("# (hidden tests)", cell.source)
            cell.outputs = [_bare(output) for output in cell.outputs if output.output_type == "error"]
        cell.outputs = [self._discreet(output) for output in cell.outputs]
        return cell, resources

    def _discreet(self, output):
        """The output without what quotes a test, however it is broken into lines or escaped."""
        if output.output_type == "error":
            output.traceback = [NOT_SHOWN if self._quotes(frame) else frame for frame in output.traceback]
        elif output.output_type == "stream":
            output.text = NOT_SHOWN if self._quotes(output.text) else output.text
        elif any(self._quotes(str(value)) for value in output.get("data", {}).values()):
            output.data = {"text/plain": NOT_SHOWN}
        return output

    def _quotes(self, text):
        plain = TERMINAL_CODES.sub("", text)
        return any(secret in plain or repr(secret)[1:-1] in plain for secret in self.secrets)


class Page(HTMLExporter):
    """A page whose summary names each test, with its exercise, where nbgrader's own says "Test cell" of all."""

    def from_notebook_node(self, nb, resources=None, **options):
        page, resources = super().from_notebook_node(nb, resources, **options)
        exercise = ""
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                exercise = (HEADING.findall(cell.source) or [exercise])[-1]
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name:
                label = html.escape(f"{exercise}: {name}" if exercise else name)
                before, link, after = page.partition(f'<a href="#{name}">')
                page = before + link + label + after[after.index("</a>") :] if link else page
        return page, resources


def _bare(error):
    error.traceback = [f"{error.ename}: {error.evalue}"]
    return error
