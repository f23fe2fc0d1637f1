# SPDX-License-Identifier: Apache-2.0
"""Figures as a Markdown table and as a chart."""
import html
import pathlib
import statistics

from meter import ratio
from works import OURS

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def rows(results):
    """(work, contender, median s, min, max, our speed against it or None, goal or None)"""
    for result in results:
        names = list(result.runs)
        first = result.runs[names[0]]
        for name in names:
            seconds = [run.seconds for run in result.runs[name]]
            speed = None if name == names[0] else ratio(first, result.runs[name])
            yield (result.work, name, statistics.median(seconds), min(seconds), max(seconds), speed, result.goals.get(name))


def table(results):
    lines = ["| work | contender | median s | min – max | our speed against it | goal |", "|---|---|---|---|---|---|"]
    for work, name, median, low, high, speed, goal in rows(results):
        against = "" if speed is None else f"{speed:.2f} ×"
        wanted = "" if goal is None or speed is None else f"{goal:.2f} × {'✓' if speed >= goal else '✗'}"
        lines.append(f"| {work} | {name} | {median:.3f} | {low:.3f} – {high:.3f} | {against} | {wanted} |")
    return "\n".join(lines)


def document(results, notes, heading):
    parts = [heading, "", table(results), ""]
    parts += [f"- {result.work}: {result.what}" + "".join(f"; {note}" for note in result.notes) for result in results]
    parts += [f"- {note}" for note in notes]
    return "\n".join(parts) + "\n"


def put_between_marks(path, text):
    """Replaces what stands between the two marks of a document."""
    content = pathlib.Path(path).read_text()
    before, _, rest = content.partition(BEGIN)
    _, _, after = rest.partition(END)
    pathlib.Path(path).write_text(f"{before}{BEGIN}\n{text}{END}{after}")


BAR, GAP, LEFT, WIDTH = 16, 6, 330, 520
STYLE = """text{font:12px sans-serif;fill:#222}.work{font-weight:bold}.ours{fill:#1f6feb}.peer{fill:#9aa4b2}.goal{stroke:#c2410c;
stroke-width:2}.one{stroke:#222;stroke-dasharray:3 3}@media(prefers-color-scheme:dark){text{fill:#ddd}.one{stroke:#ddd}}"""


def chart(results):
    """For each peer a bar: how many times as fast as it we are; the short line is the goal."""
    bars = [(work, name, speed, goal) for work, name, _, _, _, speed, goal in rows(results) if speed is not None]
    most = max([1.0] + [speed for _, _, speed, _ in bars] + [goal or 0 for _, _, _, goal in bars]) * 1.05
    at = lambda value: LEFT + value / most * WIDTH
    height = GAP * 2 + len(bars) * (BAR + GAP) + 24
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 60} {height}" role="img" '
             f'aria-label="Speed against the peers"><style>{STYLE}</style>']
    y = GAP
    for work, name, speed, goal in bars:
        label = html.escape(f"{work} / {name.removeprefix(OURS + ', ')}")
        lines.append(f'<text x="{LEFT - 8}" y="{y + BAR - 4}" text-anchor="end">{label}</text>')
        lines.append(f'<rect class="{"ours" if speed >= (goal or 1) else "peer"}" x="{LEFT}" y="{y}" height="{BAR}" '
                     f'width="{at(speed) - LEFT:.0f}"/><text x="{at(speed) + 6:.0f}" y="{y + BAR - 4}">{speed:.2f}</text>')
        if goal:
            lines.append(f'<line class="goal" x1="{at(goal):.0f}" x2="{at(goal):.0f}" y1="{y - 2}" y2="{y + BAR + 2}"/>')
        y += BAR + GAP
    lines.append(f'<line class="one" x1="{at(1):.0f}" x2="{at(1):.0f}" y1="0" y2="{y}"/>')
    lines.append(f'<text x="{LEFT}" y="{y + 16}">1.0 = the peer’s speed; blue: the goal (red line), or the peer, is reached</text></svg>')
    return "\n".join(lines) + "\n"
