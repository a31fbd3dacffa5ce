"""The command line. The only room of ``arena`` that wires names to scenarios, agents and renderers."""

import io
import logging
import os
import sys
from typing import Any


def main() -> None:
    """Run ``turncoat``. A mistake of the caller's is one line on stderr and exit code 2."""
    from typer.exceptions import TyperException

    from arena.cli.app import app
    from arena.errors import TurncoatError

    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a sign gets a question mark
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        sys.exit(app(prog_name="turncoat", standalone_mode=False) or 0)
    except TyperException as error:  # words that the command does not take
        sys.exit(_misused(error))
    except TurncoatError as error:
        print(error, file=sys.stderr)  # noqa: T201 - this is the command line
        sys.exit(2)
    except BrokenPipeError:  # the reader of a pipe has gone, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        print(f"cannot write or read: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)


def _misused(error: Any) -> int:
    """Say in one line what is wrong with the words of a command; without any, what there are. The exit code."""
    context, what = getattr(error, "ctx", None), getattr(error, "format_message", lambda: "stopped")()
    if "\n" in what:  # the help itself
        print(what)  # noqa: T201
        return 2
    command = context.command_path if context else "turncoat"
    print(f"{command}: {what.rstrip('.')}; see '{command} --help'", file=sys.stderr)  # noqa: T201
    return 2
