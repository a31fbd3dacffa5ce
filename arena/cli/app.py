"""The Typer application: one module a command, imported here; heavy imports stay inside the commands."""

import typer

from arena.cli import (
    bench,
    check,
    compare,
    export,
    guess,
    list,  # noqa: A004
    new,
    play,
    report,
    schema,
    show,
    solve,
    sweep,
    tournament,
    train,
    verdict,
    watch,
)

app = typer.Typer(
    name="turncoat",
    help="A game and an arena for deceptive alignment: who behaves while watched and turns later?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
COMMANDS = (
    *(list, show, new, check, schema, solve, watch, play, guess, train, verdict),
    *(tournament, sweep, report, export, compare, bench),
)
for module in COMMANDS:
    app.command(module.__name__.rsplit(".", 1)[-1])(module.run)
