"""The results as Markdown: what was promised next to what was reached, then every table."""

from __future__ import annotations

from collections.abc import Iterator

import lambda_start

OURS = "meridian"
STREAMING = "meridian, streaming"
START, END = "<!-- bench:start -->", "<!-- bench:end -->"


def markdown(results: dict) -> str:
    sections = results["sections"]
    parts = [heading(results), promises(sections)]
    for name, title in (("large", "280 MB champion, 10,000 records of 400 features"), ("both", "Both 280 MB models in one process")):
        if name in sections:
            parts += [f"### {title}", *whole_tables(sections[name])]
    if "small" in sections:
        parts += ["### Small model (120 trees, 1.75 MB), 10,000 records", *lap_tables(sections["small"])]
        parts += whole_tables(sections["small"])
    if "shap" in sections:
        parts += ["### Contributions (TreeSHAP), 280 MB champion", shap_table(sections["shap"])]
    if "shadow" in sections:
        parts += ["### The whole job of shadow-eval, both models from S3", shadow_table(sections["shadow"])]
    if "captured" in sections:
        parts += [captured_title(sections["captured"]), captured_table(sections["captured"])]
    if "start" in sections:
        parts += ["### The functions as Lambda starts them", lambda_start.table(sections["start"])]
    if bits := bits_table(sections):
        parts += ["### Margins that differ in any bit", bits]
    return "\n\n".join(parts) + "\n"


def heading(results: dict) -> str:
    machine, versions = results["machine"], results["versions"]
    days = ", ".join(sorted({section["measured_at"] for section in results["sections"].values()}))
    return (
        f"Measured {days} on {machine['cores']} cores of {machine['cpu']} ({machine['features']}), "
        f"{machine['memory_gb']} GB, {machine['kernel']}, load average {machine['load_before']} before the run; "
        f"commit {versions['commit']}, {versions['rustc']}, xgboost {versions['xgboost']}, hessboost {versions['hessboost']}."
    )


# --- promises ---


def promises(sections: dict) -> str:
    lines = ["| Promise | wanted | reached | |", "|---|---:|---:|---|"]
    for promise, wanted, reached, higher, unit in promised(sections):
        met = reached >= wanted if higher else reached <= wanted
        sign = "at least" if higher else "at most"
        lines.append(f"| {promise} | {sign} {wanted:g}{unit} | {reached:.3g}{unit} | {'met' if met else '**missed**'} |")
    return "\n".join(lines)


def promised(sections: dict) -> Iterator[tuple[str, float, float, bool, str]]:
    """Promise, wanted, reached, whether more is better, and the unit."""
    for promise, wanted, reached, higher in promised_of_scoring(sections):
        yield promise, wanted, reached, higher, "x" if higher else " MB"
    captured = sections.get("captured", {})
    if captured.get("pair") == "large" and captured["records"] >= 1_000_000:
        ours = captured["contestants"][OURS]
        yield "a million captured records, both models, two threads", 90, ours["wall"], False, " s"
        yield "a million captured records, peak memory", 1024, ours["peak_mb"], False, " MB"
    if "start" in sections:
        yield from lambda_start.promised(sections["start"])


def promised_of_scoring(sections: dict) -> Iterator[tuple[str, float, float, bool]]:
    """Ratios are at least so large, megabytes at most."""
    if "large" in sections:
        one, two = (sections["large"]["whole"][threads] for threads in ("1", "2"))
        for name in one:
            if name.startswith("xgboost"):
                yield f"scoring alone, one thread, against {name}", 15, phase_ratio(one, name, "score"), True
        yield "scoring alone, one thread, against hessboost", 4, phase_ratio(one, "hessboost", "score"), True
        for threads, table, wanted in (("one thread", one, 8), ("two threads", two, 5.5)):
            yield f"whole process, archive to AUC, {threads}, against the fastest xgboost", wanted, best_ratio(table), True
        yield "peak memory, streaming", 40, max(table[STREAMING]["peak_mb"] for table in (one, two)), False
        yield "peak memory, model held", 150, max(table[OURS]["peak_mb"] for table in (one, two)), False
    if "both" in sections:
        for threads, wanted in (("1", 8), ("2", 6)):
            yield f"both models, whole process, {plural(threads)}, against xgboost", wanted, best_ratio(sections["both"]["whole"][threads]), True
    if "small" in sections:
        for threads, table in sections["small"]["whole"].items():
            lap, where = table[OURS]["lap"], f"small model, scoring, {plural(threads)}"
            yield f"{where}, against hessboost", 1, table["hessboost"]["lap"] / lap, True
            matrix = min(numbers["lap"] for name, numbers in table.items() if "DMatrix" in name)
            yield f"{where}, against the fastest xgboost with DMatrix", 2.5, matrix / lap, True
    if "shap" in sections:
        for name, wanted in (("xgboost 3.2", 40), ("xgboost 3.4", 4), ("hessboost", 2)):
            for contestant, numbers in sections["shap"]["contestants"].items():
                if contestant.startswith(name):
                    yield f"contributions, against {contestant}", wanted, numbers["ms_a_row"] / ours_ms(sections), True


def ours_ms(sections: dict) -> float:
    return sections["shap"]["contestants"][OURS]["ms_a_row"]


def phase_ratio(table: dict, other: str, phase: str) -> float:
    return table[other]["phases"][phase] / table[OURS]["phases"][phase]


def best_ratio(table: dict) -> float:
    """The fastest xgboost's whole process against ours that is held in memory."""
    fastest = min(numbers["wall"] for name, numbers in table.items() if name.startswith("xgboost"))
    return fastest / table[OURS]["wall"]


# --- tables ---


def whole_tables(section: dict) -> Iterator[str]:
    for threads, table in section["whole"].items():
        yield whole_table(threads, table)


PHASES = ("import", "data", "untar", "load", "score", "auc")


def whole_table(threads: str, table: dict) -> str:
    """Seconds; ratios are to ours. Archive to AUC leaves imports and the reading of records out."""
    columns = ["import", "records", "untar", "load", "score", "AUC", "archive to AUC", "ratio", "whole process", "ratio", "peak MB"]
    lines = [f"| {plural(threads)}, seconds | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for name, numbers in table.items():
        phases = [f"{numbers['phases'][phase]:.3f}" if phase in numbers["phases"] else "" for phase in PHASES]
        inner, wall = archive_to_auc(numbers), numbers["wall"]
        ratios = f"{inner:.2f} | {inner / archive_to_auc(table[OURS]):.1f} | {wall:.2f} | {wall / table[OURS]['wall']:.1f}"
        lines.append(f"| {name} | {' | '.join(phases)} | {ratios} | {numbers['peak_mb']:.0f} |")
    return "\n".join(lines)


def archive_to_auc(numbers: dict) -> float:
    return sum(numbers["phases"].get(phase, 0.0) for phase in ("untar", "load", "score", "auc"))


def plural(threads: str) -> str:
    return "1 thread" if threads == "1" else f"{threads} threads"


def captured_title(section: dict) -> str:
    return f"### {section['records']:,} captured requests of {section['megabytes']:,.0f} MB, both models of the {section['pair']} pair"


def captured_table(section: dict) -> str:
    """Seconds; ours also explains 64 records by both models and asks every gate."""
    phases = ("import", "untar", "load", "data", "score", "gates")
    columns = ["import", "untar", "load", "records", "score", "gates", "whole process", "ratio", "peak MB"]
    lines = [f"| 2 threads, seconds | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for name, numbers in section["contestants"].items():
        times = [f"{numbers['phases'][phase]:.3f}" if phase in numbers["phases"] else "" for phase in phases]
        ratio = numbers["wall"] / section["contestants"][OURS]["wall"]
        lines.append(f"| {name} | {' | '.join(times)} | {numbers['wall']:.2f} | {ratio:.1f} | {numbers['peak_mb']:.0f} |")
    return "\n".join(lines)


def lap_tables(section: dict) -> Iterator[str]:
    for threads, table in section["whole"].items():
        lines = [f"| {plural(threads)}, scoring again and again | ms | ratio |", "|---|---:|---:|"]
        for name, numbers in table.items():
            if "lap" in numbers:
                lines.append(f"| {name} | {numbers['lap'] * 1e3:.1f} | {numbers['lap'] / table[OURS]['lap']:.2f} |")
        yield "\n".join(lines)


def shap_table(section: dict) -> str:
    lines = ["| one thread | ms a row | ratio | rows | largest difference from ours | peak MB |", "|---|---:|---:|---:|---:|---:|"]
    mine = section["contestants"][OURS]["ms_a_row"]
    for name, numbers in section["contestants"].items():
        difference = f"{numbers['difference']:.1e}" if "difference" in numbers else ""
        ratio = numbers["ms_a_row"] / mine
        lines.append(f"| {name} | {numbers['ms_a_row']:.1f} | {ratio:.1f} | {numbers['rows']} | {difference} | {numbers['peak_mb']:.0f} |")
    return "\n".join(lines)


def shadow_table(section: dict) -> str:
    lines = ["| from the job's event to its verdict | seconds | ratio | peak MB |", "|---|---:|---:|---:|"]
    mine = section["contestants"]["shadow-eval"]["wall"]
    for name, numbers in section["contestants"].items():
        lines.append(f"| {name} | {numbers['wall']:.2f} | {numbers['wall'] / mine:.2f} | {numbers['peak_mb']:.0f} |")
    return "\n".join(lines)


def bits_table(sections: dict) -> str:
    lines = ["| model | compared | different |", "|---|---|---:|"]
    for pair, model, compared, count in bits(sections):
        lines.append(f"| {pair} {model} | {compared} | {count['different']} of {count['rows']:,} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def bits(sections: dict) -> Iterator[tuple[str, str, str, dict]]:
    for pair, section in sections.items():
        for model, comparisons in section.get("bits", {}).items():
            for compared, count in comparisons.items():
                yield pair, model, compared, count


def different_bits(results: dict) -> bool:
    return any(count["different"] for *_, count in bits(results["sections"]))


def into_page(page: str, text: str) -> str:
    """The page with what stands between its two markers replaced."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{text}\n{END}{after}"
