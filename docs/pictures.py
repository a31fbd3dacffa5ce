"""Take the README's picture out of the demo's report: ``make pictures``, after ``make demo``."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FONT = "font-family: system-ui, sans-serif"


def main() -> None:
    """Write docs/threshold.svg: the ladder's exact threshold beside what was learned, in the report's light colours."""
    report = (ROOT / "runs" / "demo" / "report.html").read_text(encoding="utf-8")
    colours = dict(reversed(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,8})", report)))  # the first, light, ones win
    plots: list[str] = re.findall(r"<svg.*?</svg>", report, flags=re.DOTALL)
    svg = next(plot for plot in plots if "threshold" in plot)
    svg = re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]], svg)
    _, _, width, height = re.search(r'viewBox="([\d. ]+)"', svg)[1].split()  # type: ignore[index]
    head, rest = svg.split(">", 1)
    head += f' xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" style="{FONT}">'
    paper = f'<rect width="{width}" height="{height}" fill="{colours["paper"]}"/>'
    (ROOT / "docs" / "threshold.svg").write_text(head + paper + rest + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
