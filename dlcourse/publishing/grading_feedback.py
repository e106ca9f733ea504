"""Feedback that gives the reason for a mark, and keeps the hidden tests to itself."""

import re

from nbgrader.preprocessors import NbGraderPreprocessor

HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS$.*?^### END HIDDEN TESTS$", re.MULTILINE | re.DOTALL)
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
NOT_SHOWN = "(not shown: it quotes a test)"
LONG = 20
"""Characters from which on a line of a test is told from what anybody might write."""


class HideTests(NbGraderPreprocessor):
    """Takes hidden tests out of the page: their code, what they print, and where else they are quoted.

    Of an error in one the message stays, which names the mistake.
    """

    def preprocess(self, nb, resources):
        hidden = [block for cell in nb.cells for block in HIDDEN.findall(cell.source)]
        lines = {line.strip() for block in hidden for line in block.split("\n")[1:-1]}
        self.secrets = {line for line in lines if len(line) >= LONG}
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type != "code":
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


def _bare(error):
    error.traceback = [f"{error.ename}: {error.evalue}"]
    return error
