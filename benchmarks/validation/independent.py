"""The independent studies: programs written before their writers had seen the judge (tests/validation/independent, second).

    python -m benchmarks.validation --independent          (or python -m benchmarks.validation.independent)
    … --set second --jobs 2 --only sphere_radius_power,neuron_sum --list FILE --rows FILE.json

A wrong program counts as *rejected* if the report fails; as *first* if the first diagnosis (a finding's name, where
nothing is diagnosed) contains one of the alternatives that its record accepts; as *first three* if one of the first
three, or of what the first lists as indistinguishable, does, or is the same statement on these numbers; as *misled* if
the first says what its record rules out.  A right program is *accepted* if the report passes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import re
import statistics
import sys
import time
import warnings
from multiprocessing.connection import wait
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def study(names=(), chosen="independent"):
    """The programs of one set, by name."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    programs = importlib.import_module(f"tests.validation.{chosen}.reckoning").programs
    records = {p.name: p for p in programs()}
    unknown = [n for n in names if n not in records]
    if unknown:
        raise SystemExit(f"no program is called {', '.join(unknown)}")
    return {n: records[n] for n in names} if names else records


def said(diagnosis):
    return f"{diagnosis.name.replace('-', ' ')}: {diagnosis.sentence}"


def judge(program):
    """One row of the table: what the judge says of a program."""
    import chentsov as ch

    started = time.perf_counter()
    manifold = program.on.manifold if program.on is not None else None
    ready = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            report = ch.check_curvature(program.function, manifold, quantity=program.quantity, **program.options)
        except ValueError as error:
            return {"name": program.name, "refused": str(error), "seconds": time.perf_counter() - started}
    texts = [said(d) for d in report.diagnoses] or [
        f"{f.name.replace('-', ' ')}: {f.detail}" for f in report.findings if f.severity == "fail"
    ]
    also = [str(a).replace("-", " ") for d in report.diagnoses[:1] for a in d.also]
    has = lambda patterns, some: any(re.search(p, t, re.IGNORECASE) for p in patterns for t in some)
    return {
        "name": program.name,
        "passed": bool(report.passed),
        "first": has(program.says, texts[:1]),
        "three": has(program.says + program.equal, texts[:3] + also),
        "misled": has(program.ruled_out, texts[:1]),
        "text": texts[0] if texts else "(nothing is said)",
        "others": texts[1:3],
        "seconds": time.perf_counter() - ready,
    }


def _work(channel, chosen):
    records = study(chosen=chosen)
    while (name := channel.recv()) is not None:
        channel.send(judge(records[name]))


def run(names, jobs=2, limit=120.0, tell=None, chosen="independent"):
    """Judge programs in processes of their own; one that takes longer than `limit` seconds is ended, and starts anew."""
    context = multiprocessing.get_context("spawn")
    waiting, rows, workers = list(names)[::-1], {}, {}

    def hire():
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, chosen), daemon=True)
        process.start()
        return ours, process

    def give(channel, process):
        if waiting:
            name = waiting.pop()
            channel.send(name)
            workers[channel] = (process, name, time.monotonic())
        else:
            channel.send(None)
            workers.pop(channel, None)

    for _ in range(min(jobs, len(waiting))):
        give(*hire())
    while workers:
        for channel in wait(list(workers), timeout=1.0):
            process, name, _ = workers[channel]
            try:
                rows[name] = channel.recv()
            except EOFError:
                rows[name] = {"name": name, "refused": "the process ended", "seconds": 0.0}
                del workers[channel]
                channel, process = hire()
            if tell:
                tell(rows[name])
            give(channel, process)
        for channel, (process, name, since) in list(workers.items()):
            if time.monotonic() - since > limit + 30 * (len(rows) < jobs):
                process.kill()
                del workers[channel]
                rows[name] = {"name": name, "refused": f"no verdict after {limit:g} s", "seconds": limit}
                if tell:
                    tell(rows[name])
                give(*hire())
    return [rows[n] for n in names]


def verdict(program, row):
    """A word for a row."""
    if "refused" in row:
        return "refused"
    if program.right:
        return "accepted" if row["passed"] else "CONDEMNED"
    if row["passed"]:
        return "SLIPPED"
    word = "first" if row["first"] else "three" if row["three"] else "unnamed"
    return "MISLED" if row["misled"] else word


def table(records, rows):
    """The figures, as lines of text."""
    wrong = [(records[r["name"]], r) for r in rows if not records[r["name"]].right]
    right = [(records[r["name"]], r) for r in rows if records[r["name"]].right]
    share = lambda some, all_: (
        f"{len(some)} of {len(all_)}" + (f" ({100 * len(some) / len(all_):.1f} %)" if all_ else "")
    )
    answered = [(p, r) for p, r in wrong if "refused" not in r]
    sly = [(p, r) for p, r in answered if p.sly]
    spread = lambda pairs: "-" if not pairs else "median {:.2f} s, worst {:.2f} s".format(
        statistics.median([r["seconds"] for _, r in pairs]), max(r["seconds"] for _, r in pairs)
    )  # fmt: skip
    return [
        f"| wrong programs rejected | {share([1 for _, r in answered if not r['passed']], wrong)} |",
        f"| … of those written to slip through | {share([1 for _, r in sly if not r['passed']], [p for p, _ in wrong if p.sly])} |",
        f"| right mistake first | {share([1 for _, r in answered if not r['passed'] and r['first']], wrong)} |",
        f"| right or equivalent in the first three | {share([1 for _, r in answered if not r['passed'] and (r['first'] or r['three'])], wrong)} |",
        f"| misleading sentences | {len([1 for _, r in answered if not r['passed'] and r['misled']])} |",
        f"| right programs accepted | {share([1 for _, r in right if r.get('passed')], right)} |",
        f"| refused or without a verdict | {len([1 for r in rows if 'refused' in r])} |",
        f"| time of a right program | {spread(right)} |",
        f"| time of a wrong program | {spread(wrong)} |",
    ]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", default="independent", choices=("independent", "second"), help="which study")
    parser.add_argument("--only", default="", help="names, with commas between them")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for one program (default 120)")
    parser.add_argument("--list", default="", help="write a line for each program to this file")
    parser.add_argument(
        "--rows", default="", help="add the rows to this JSON file; what stands there is not judged again"
    )
    chosen = parser.parse_args(arguments)
    records = study([n for n in chosen.only.split(",") if n], chosen.set)
    store = Path(chosen.rows) if chosen.rows else None
    known = {r["name"]: r for r in json.loads(store.read_text())} if store and store.exists() else {}
    lines = []

    def tell(row):
        program = records[row["name"]]
        text = row.get("refused") or row["text"]
        lines.append(f"{verdict(program, row):10} {row['seconds']:6.2f} s  {row['name']:32} {text[:400]}")
        if not program.right:
            lines[-1] += f"\n{'':22}truth: [{program.stage}] {program.truth}" + "".join(
                f"\n{'':22}then: {t[:160]}" for t in row.get("others", ())
            )
        known[row["name"]] = row
        if chosen.list:
            Path(chosen.list).write_text("\n".join(lines) + "\n")
        if store:
            store.write_text(json.dumps(list(known.values()), ensure_ascii=False, indent=1))

    run([n for n in records if n not in known], chosen.jobs, chosen.limit, tell, chosen.set)
    rows = [known[n] for n in records]
    print("\n".join(line for line in lines if not line.startswith(("first ", "accepted "))))
    for group in sorted({getattr(records[r["name"]], "group", "") for r in rows}):
        some = [r for r in rows if getattr(records[r["name"]], "group", "") == group]
        print(f"\n| {group} | |\n| --- | --- |\n" + "\n".join(table(records, some)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
