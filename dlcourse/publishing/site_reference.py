"""The package reference: docstrings as MyST Markdown, read from the source without importing it."""

import ast
import copy
import inspect
import re
from pathlib import Path

SECTION = re.compile(r"^(Args|Returns|Raises|Attributes|Details):$")
HEADINGS = {"Args": "Arguments"}
ITEM = re.compile(r"^([\w*.][\w*., ]*?): (.*)$")
CODE = re.compile(r"(``.+?``)", re.DOTALL)
SPECIAL = re.compile(r"([\\*_`<>\[\]${}#|])")


def pages(package):
    """The reference's pages.

    Args:
        package: folder of the package ``dlcourse``.

    Returns:
        dict from page name to Markdown: ``"modules"`` for the package's own modules, and a page for each subpackage,
        such as ``"datasets"``, with all of its modules.
    """
    package = Path(package)
    written = {"modules": page(package, [package / "__init__.py", *sorted(package.glob("[!_]*.py"))])}
    for folder in sorted(path.parent for path in package.glob("*/__init__.py")):
        text = page(package, [folder / "__init__.py", *sorted(folder.glob("[!_]*.py"))])
        if text:
            written[folder.name] = text
    return written


def page(package, modules):
    """A package and its modules on a page, those with public names; empty where there are none."""
    parts, found = [], False
    for number, path in enumerate(modules):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = _module_name(package, path)
        entries = [_entry(node, name) for node in tree.body]
        entries = [entry for entry in entries if entry]
        if number and not entries:
            continue
        found = found or bool(entries)
        heading = "#" if number == 0 else "##"
        parts += [f"{heading} {escaped(name)}", docstring(ast.get_docstring(tree) or ""), *entries]
    return "\n\n".join(part for part in parts if part) + "\n" if found else ""


def title(text):
    """A page's heading."""
    return text.split("\n", 1)[0].removeprefix("# ")


def summary(text):
    """The first sentence below a page's heading."""
    paragraph = text.split("\n\n")[1] if "\n\n" in text else ""
    return " ".join(paragraph.split()) if not paragraph.startswith((":", "`", "#")) else ""


def _module_name(package, path):
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _entry(node, module):
    """A public function or class with its docstring, as a directive; empty for anything else."""
    if getattr(node, "name", "_").startswith("_") or not ast.get_docstring(node, clean=False):
        return ""
    if isinstance(node, ast.FunctionDef):
        return _directive(
            "function", f"{node.name}({_arguments(node)})", module, docstring(ast.get_docstring(node))
        )
    if isinstance(node, ast.ClassDef):
        members = [
            _member(item, module, node.name) for item in node.body if isinstance(item, ast.FunctionDef)
        ]
        text = "\n\n".join([docstring(ast.get_docstring(node)), *filter(None, members)])
        return _directive("class", f"{node.name}{_constructor(node)}", module, text, fence="::::")
    return ""


def _member(node, module, owner):
    if node.name.startswith("_") or not ast.get_docstring(node):
        return ""
    marks = {ast.unparse(mark) for mark in node.decorator_list}
    if any(mark.endswith(".setter") for mark in marks):
        return ""
    text = docstring(ast.get_docstring(node))
    if marks & {"property", "cached_property", "functools.cached_property"}:
        return _directive("property", f"{owner}.{node.name}", module, text)
    bound = "staticmethod" not in marks
    return _directive("method", f"{owner}.{node.name}({_arguments(node, bound=bound)})", module, text)


def _directive(kind, signature, module, text, fence=":::"):
    return f"{fence}{{py:{kind}}} {signature}\n:module: {module}\n\n{text}\n{fence}"


def _constructor(node):
    """What a class is made with: ``__init__``'s arguments, or a dataclass's fields."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return f"({_arguments(item, bound=True)})"
    if any("dataclass" in ast.unparse(mark) for mark in node.decorator_list):
        fields = [item for item in node.body if isinstance(item, ast.AnnAssign)]
        return "(" + ", ".join(_field(item) for item in fields if isinstance(item.target, ast.Name)) + ")"
    return ""


def _field(item):
    if item.value is None:
        return item.target.id
    value = ast.unparse(item.value)
    return f"{item.target.id}={'...' if value.startswith('field(') else value}"


def _arguments(node, *, bound=False):
    arguments = copy.copy(node.args)
    if bound:
        arguments.args = arguments.args[1:]
    return ast.unparse(arguments).replace("\n", " ")


def docstring(text):
    """A docstring in the package's style (paragraphs, ``Args:`` and the like, indented code) as Markdown."""
    blocks, lines, left = [], [], inspect.cleandoc(text).split("\n")
    while left:
        line = left.pop(0)
        if found := SECTION.match(line):
            blocks += _text(lines)
            lines, body = [], _indented(left)
            name = HEADINGS.get(found[1], found[1])
            blocks += [f"**{name}**", *(_items(body) if found[1] != "Returns" else _text(body))]
        else:
            lines.append(line)
    return "\n\n".join(block for block in blocks + _text(lines) if block)


def _indented(left):
    """Take the indented lines that follow off ``left``, and return them without their indent."""
    body = []
    while left and (not left[0].strip() or left[0].startswith("    ")):
        body.append(left.pop(0))
    return inspect.cleandoc("\n" + "\n".join(body)).split("\n")


def _items(lines):
    """``name: text`` with its continuation lines as a list; text as it is where there are no names."""
    if not (lines and ITEM.match(lines[0])):
        return _text(lines)
    items = []
    for line in lines:
        if found := ITEM.match(line):
            items.append([found[1], found[2]])
        elif line.strip():
            items[-1][1] += " " + line.strip()
    return ["\n".join(f"- `{name}`: {escaped(text)}" for name, text in items)]


def _text(lines):
    """Paragraphs escaped, lists kept, indented blocks and examples as code."""
    blocks = []
    for block in re.split(r"\n\s*\n", "\n".join(lines).strip("\n")):
        if not block.strip():
            continue
        rows = block.split("\n")
        if all(row.startswith("    ") for row in rows):
            source = inspect.cleandoc("\n" + block)
            blocks.append(f"```{_language(source)}\n{source}\n```")
        elif rows[0].startswith(">>> "):
            blocks.append(f"```pycon\n{block}\n```")
        else:
            blocks.append("\n".join(escaped(row.strip()) for row in rows))
    return blocks


def _language(source):
    try:
        ast.parse(source)
    except SyntaxError:
        return "text"
    return "python"


def escaped(text):
    """Text with what Markdown would take as markup escaped, but for code in double backticks."""
    parts = CODE.split(text)
    return "".join(
        part if position % 2 else SPECIAL.sub(r"\\\1", part) for position, part in enumerate(parts)
    )
