"""What chapters and studies define, without running them."""

import ast
import importlib.util
import pathlib
import types

ROOT = pathlib.Path(__file__).resolve().parents[1]
DEFINING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def source(id):
    """Path of a chapter's text source."""
    [path] = (ROOT / "notebooks" / "src").glob(f"{id}_*.py")
    return path


def definitions(id, also=lambda statement: False):
    """A module with a chapter's imports, functions and classes, without its experiments.

    Args:
        id: the chapter's, such as ``"03"``.
        also: which other statements to keep.
    """
    path = source(id)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, DEFINING) or also(node)]
    module = types.ModuleType(f"chapter_{id}")
    exec(compile(tree, str(path), "exec"), module.__dict__)
    return module


def study(name):
    """A study of benchmarks/studies as a module, without running its main()."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / "studies" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
