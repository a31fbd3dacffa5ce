"""Python files given by path: run one, and say where one went wrong."""

import importlib.util
import sys
from itertools import islice
from pathlib import Path
from types import ModuleType, TracebackType

from arena.errors import TurncoatError


def run(path: Path) -> ModuleType:
    """Run a Python file as a module of its own.

    Raises:
        TurncoatError: it cannot be read, or running it fails; the line and column in it are given.
    """
    try:
        path.read_bytes()
    except (OSError, ValueError) as error:
        raise TurncoatError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    name = f"turncoat_file.{path.stem}"  # in a package that is not there, so that it hides no module of that name
    spec = importlib.util.spec_from_file_location(name, path.absolute())
    if spec is None or spec.loader is None:
        raise TurncoatError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise blame(error, str(path)) from error
    return module


def blame(error: BaseException, file: str) -> TurncoatError:
    """``file:line:column: what`` for an exception that came through a Python file, at its last place in that file."""
    home, line, column, what = str(Path(file).absolute()), 1, 1, str(error)
    if isinstance(error, SyntaxError) and error.filename == home:
        line, column, what = error.lineno or 1, error.offset or 1, error.msg
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == home:
            line, column = _place(trace)
        trace = trace.tb_next
    return TurncoatError(f"{file}:{line}:{column}: {type(error).__name__}{': ' if what else ''}{what}")


def _place(trace: TracebackType) -> tuple[int, int]:
    """The line and column, from 1, of the instruction that a frame was at."""
    positions = trace.tb_frame.f_code.co_positions()
    line, _, column, _ = next(islice(positions, trace.tb_lasti // 2, None))
    return line or trace.tb_lineno, (column or 0) + 1
