"""The Typer application: one module a command, imported here; heavy imports stay inside the commands."""

import typer

from arena.cli import bench, check, list, new, report, schema, show, solve, sweep, tournament, train, verdict, watch  # noqa: A004

app = typer.Typer(
    name="turncoat",
    help="A game and an arena for deceptive alignment: who behaves while watched and turns later?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (list, show, new, check, schema, solve, watch, train, verdict, tournament, sweep, report, bench):
    app.command(module.__name__.rsplit(".", 1)[-1])(module.run)
