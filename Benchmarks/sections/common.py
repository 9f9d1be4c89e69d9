"""What sections share: choosing rows, and Markdown."""

import programs


def chosen(options, *words):
    """Whether the row of these words is asked for."""
    return all(any(only == word for word in words) for only in options.only)


def peers(name, factories):
    """Calls each factory, which opens a peer, and yields those that are here; says which are not."""
    for label, factory in factories:
        try:
            with factory() as peer:
                yield label, peer
        except programs.Missing as missing:
            print(f"{name}, {label}: not here: {missing}")


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(figure):
    return f"**{figure['ratio']:.2f}** ({figure['lowest']:.2f} to {figure['highest']:.2f})"


def markdown(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])
