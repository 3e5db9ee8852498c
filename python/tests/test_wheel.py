"""The installed package beside the command line, on the example models.

usage: test_wheel.py MERIDIAN (the command line's binary)
"""

import ast
import csv
import gzip
import hashlib
import inspect
import io
import itertools
import json
import re
import subprocess
import sys
import tempfile
import unittest
import warnings
from array import array
from html.parser import HTMLParser
from pathlib import Path

import meridian
import numpy

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "local/models"
HOLDOUT = MODELS / "holdout.csv.gz"
V426, V427, V429 = (MODELS / f"{name}.tar.gz" for name in ("v426", "v427", "v429"))
OTHERS = ["label", "customer_region"]
COLUMNS = {"holdout": HOLDOUT, "label": "label", "region_column": "customer_region"}
BINARY = None


def line(arguments):
    """Keyword arguments as options of the command line."""
    named = ((f"--{name.replace('_', '-')}", value) for name, value in arguments.items())
    pairs = ((name, each) for name, value in named for each in (value if isinstance(value, list) else [value]))
    return [str(word) for word in itertools.chain.from_iterable(pairs)]


def typed(*words):
    """What the command line answers: exit code, standard output, lines of standard error."""
    ended = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr.splitlines()


def called(function, *positional, **named):
    """What a function returns, and the texts of its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        returned = function(*positional, **named)
    return returned, [str(warning.message) for warning in caught]


def records():
    """The held-out features as lists, None where a value is missing."""
    with gzip.open(HOLDOUT, "rt") as file:
        rows = csv.DictReader(file)
        names = [name for name in rows.fieldnames if name not in OTHERS]
        order = (MODELS / "features.txt").read_text().split()
        assert sorted(names) == sorted(order)
        return [[float(row[name]) if row[name] else None for name in order] for row in rows]


class Framed(HTMLParser):
    """The page in a frame, and whatever else would be shown."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.page = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.page = dict(attributes).get("srcdoc")


class Evaluating(unittest.TestCase):
    def beside(self, challenger, champion=None, **options):
        """Both answers to the same question; they must agree."""
        models = {"challenger": challenger} | ({"champion": champion} if champion else {})
        words = ["evaluate", *line(models | COLUMNS | options)]
        evaluation, warned = called(meridian.evaluate, challenger, champion, **COLUMNS, **options)
        with tempfile.TemporaryDirectory() as folder:
            code, out, said = typed(*words, "--format", "json", "--out", folder)
            self.assertEqual(evaluation.html, (Path(folder) / "evaluation.html").read_text())
        self.assertEqual(evaluation.json, json.loads(out))
        self.assertEqual(code, {"pass": 0, "fail": 1, "inconclusive": 3}[evaluation.verdict])
        self.assertEqual(evaluation.approved, code == 0)
        self.assertEqual([f"warning: {text}" for text in warned], said)
        self.assertEqual(evaluation.markdown, typed(*words, "--format", "markdown")[1])
        return evaluation

    def test_a_pass_is_the_command_lines_to_the_word(self):
        evaluation = self.beside(V427, V426, threshold=0.81)
        self.assertTrue(evaluation.approved)
        self.assertIn("pass", repr(evaluation))

    def test_a_fail_is_the_command_lines_to_the_word(self):
        evaluation = self.beside(V429, V426)
        self.assertEqual((evaluation.verdict, evaluation.approved), ("fail", False))

    def test_a_first_release_is_judged_by_itself(self):
        self.assertIsNone(self.beside(V427).json["champion"])

    def test_every_option_does_what_it_does_on_the_command_line(self):
        with tempfile.TemporaryDirectory() as folder:
            policy = Path(folder) / "policy.toml"
            policy.write_text("[evaluation]\nmin_positives = 400\n")
            rows = Path(folder) / "rows.sha256"
            rows.write_text("ab" * 32)
            evaluation = self.beside(
                V427, V426, threshold=0.8, champion_threshold=0.81, policy=policy, training_rows=rows,
                slice=["customer_region"], reference=HOLDOUT, cost_miss=400.0, cost_false_alarm=5.5, threads=1,
                features=MODELS / "features.txt", image="3.0-5", champion_image="1.7-1",
            )  # fmt: skip
        self.assertEqual(evaluation.verdict, "inconclusive")
        self.assertTrue({"slices", "costs", "drift"} <= evaluation.json.keys())

    def test_a_notebook_shows_the_whole_page_in_a_frame(self):
        evaluation, _ = called(meridian.evaluate, V427, V426, **COLUMNS)
        framed = Framed(evaluation._repr_html_())
        self.assertEqual((framed.tags, framed.page), (["iframe"], evaluation.html))

    def test_arguments_and_stub_are_the_command_lines_options(self):
        options = re.findall(r"--([a-z-]+)", typed("evaluate", "--help")[1].split("Examples:")[0])
        ours = {name.replace("_", "-") for name in inspect.signature(meridian.evaluate).parameters}
        self.assertEqual(ours, set(options) - {"out", "format", "json", "quiet", "help"})
        stub = ast.parse((Path(meridian.__file__).parent / "__init__.pyi").read_text())
        for function in (node for node in stub.body if isinstance(node, ast.FunctionDef)):
            there = [argument.arg for argument in function.args.args + function.args.kwonlyargs]
            self.assertEqual(there, list(inspect.signature(getattr(meridian, function.name)).parameters))
        self.assertTrue((Path(meridian.__file__).parent / "py.typed").exists())


class Scoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ignored = ["--ignore", ",".join(OTHERS)]
        code, out, _ = typed("score", "--model", V427, "--input", HOLDOUT, *ignored, "--reasons", 4)
        assert code == 0
        cls.printed = list(csv.DictReader(io.StringIO(out)))
        cls.records = records()

    def assert_scored(self, scores, count=None):
        """The bits are those that the command line prints, and those that XGBoost computed."""
        printed = self.printed[:count]
        self.assertEqual(len(scores), len(printed))
        self.assertEqual(scores.margins.tobytes(), array("f", (float(row["margin"]) for row in printed)).tobytes())
        expected = array("f", (float(row["probability"]) for row in printed)).tobytes()
        self.assertEqual(scores.probabilities.tobytes(), expected)

    def test_a_file_has_the_command_lines_bits_and_xgboosts(self):
        scores = meridian.score(V427, HOLDOUT, ignore=OTHERS, threads=1)
        self.assert_scored(scores)
        expected = json.loads((MODELS / "expected.json").read_text())["models"]["v427"]["margins_sha256"]
        self.assertEqual(hashlib.sha256(scores.margins.tobytes()).hexdigest(), expected)

    def test_lists_and_arrays_of_every_layout_have_the_same_bits(self):
        self.assert_scored(meridian.score(str(V427), self.records))
        doubles = numpy.array(self.records, dtype="f8")
        for values in (doubles, doubles.astype("f4"), numpy.asfortranarray(doubles), doubles.astype(">f8"), memoryview(doubles)):
            self.assert_scored(meridian.score(V427, values))
        self.assert_scored(meridian.score(V427, numpy.repeat(doubles[:50], 2, axis=0)[::2]), 50)
        self.assert_scored(meridian.score(V427, numpy.array(self.records[:50], dtype=object)), 50)
        self.assert_scored(meridian.score(V427, []), 0)

    def test_numpy_takes_the_scores_without_a_copy(self):
        scores = meridian.score(V427, self.records[:9])
        values = numpy.asarray(scores.margins)
        self.assertEqual((values.dtype, values.shape, values.base is not None), (numpy.float32, (9,), True))

    def test_a_data_frames_columns_must_be_the_models(self):
        class Frame:
            def __init__(self, columns, values):
                self.columns, self.values = columns, values

            def to_numpy(self):
                return self.values

        names = (MODELS / "features.txt").read_text().split()
        values = numpy.array(self.records[:9], dtype="f8")
        self.assert_scored(meridian.score(V427, Frame(names, values)), 9)
        self.assert_scored(meridian.score(V427, Frame(range(len(names)), values)), 9)
        with self.assertRaisesRegex(ValueError, "feature 0 is .* in the data but"):
            meridian.score(V427, Frame([names[1], names[0], *names[2:]], values))

    def test_reasons_are_those_that_the_command_line_prints(self):
        explained = meridian.explain(V427, self.records, top=4)
        self.assertEqual(explained, meridian.explain(V427, HOLDOUT, top=4, ignore=OTHERS))
        self.assertEqual(len(explained), len(self.printed))
        for reasons, row in zip(explained, self.printed):
            printed = [(row[f"reason_{place}"], row[f"contribution_{place}"]) for place in range(1, 5)]
            bits = array("f", (float(added) for name, added in printed if name))
            self.assertEqual([name for name, _ in reasons], [name for name, _ in printed if name])
            self.assertEqual(array("f", (added for _, added in reasons)), bits)

    def test_a_value_or_shape_that_does_not_fit_is_a_value_error(self):
        width = len(self.records[0])
        for records, text in [
            ([[1.0] * 7], "record 1: the model takes 400 features, the data have 7"),
            (numpy.ones((2, 7)), "the model takes 400 features, the data have 7"),
            (numpy.ones(width), "1 dimensions; expected 2"),
            ([[0.0] * width, [0.0, "x", *[0.0] * (width - 2)]], "held-out row 2, column `amount_sum_pos_7d`: not a number"),
            ([[0.0, float("inf"), *[0.0] * (width - 2)]], "held-out row 1, column `amount_sum_pos_7d`: infinite"),
            (numpy.full((3, width), 1e39), "held-out row 1, column `amount_sum_pos_24h`: infinite"),
        ]:
            for function in (meridian.score, meridian.explain):
                with self.assertRaisesRegex(ValueError, re.escape(text)):
                    function(V427, records)
        with self.assertRaises(TypeError):
            meridian.score(V427, 7)


class Errors(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def raises(self, kind, command, function, *positional, **named):
        """The exception's words are those that the command line ends with."""
        with self.assertRaises(kind) as raised:
            called(function, *positional, **named)
        code, out, said = typed(*command)
        self.assertEqual((code, out, said), (2, "", [f"error: {raised.exception}"]))

    def evaluation_raises(self, kind, **options):
        arguments = {"challenger": V427, "champion": V426} | COLUMNS | options
        self.raises(kind, ["evaluate", *line(arguments)], meridian.evaluate, **arguments)

    def test_unreadable_files_are_os_errors_in_the_same_words(self):
        for option in ("challenger", "champion", "holdout", "reference", "policy", "training_rows", "features"):
            self.evaluation_raises(FileNotFoundError, **{option: self.folder / "none"})
        for option in ("challenger", "holdout"):
            self.evaluation_raises(IsADirectoryError, **{option: self.folder})
        command = ["score", "--model", V427, "--input", "none.csv"]
        self.raises(FileNotFoundError, command, meridian.score, V427, "none.csv")

    def test_refusals_are_value_errors_in_the_same_words(self):
        features = (MODELS / "features.txt").read_text().split()
        swapped = self.file("swapped.txt", "\n".join([features[1], features[0], *features[2:]]))
        self.evaluation_raises(ValueError, features=swapped)
        self.evaluation_raises(ValueError, features=self.file("blank.txt", "a\n\nb\n"))
        self.evaluation_raises(ValueError, challenger=MODELS / "features.txt")
        truncated = self.folder / "truncated.tar.gz"
        truncated.write_bytes(V427.read_bytes()[:100_000])
        self.evaluation_raises(ValueError, challenger=truncated)
        self.evaluation_raises(ValueError, policy=self.file("policy.toml", "[evaluation]\nmax_auc_dorp = 0.1\n"))
        self.evaluation_raises(ValueError, training_rows=self.file("rows.sha256", "1700.25,3\n"))
        self.evaluation_raises(ValueError, ignore="no_such_column")
        self.evaluation_raises(ValueError, ignore=["label"])
        self.evaluation_raises(ValueError, reference=ROOT / "shared/evaluation/tests/records/table.csv")
        for name in ("table.zstd.parquet", "codec.lz4.parquet", "table.csv"):
            self.evaluation_raises(ValueError, holdout=ROOT / "shared/evaluation/tests/records" / name)
        command = ["score", "--model", V427, "--input", HOLDOUT]
        self.raises(ValueError, command, meridian.score, V427, HOLDOUT)
        self.raises(ValueError, command, meridian.explain, V427, HOLDOUT)

    def test_a_wrong_argument_is_a_value_error_with_its_name(self):
        for argument, value, text in [
            ("threshold", 1, "threshold: expected a probability above 0 and below 1"),
            ("threshold", float("nan"), "threshold: expected a probability above 0 and below 1"),
            ("image", "2.0-1", "image: no image of this tag is known"),
            ("threads", 0, "threads: expected a number above 0"),
            ("cost_miss", 3, "cost_miss: needs cost_false_alarm too"),
            ("champion_threshold", 0.5, "champion_threshold: needs champion too"),
        ]:
            with self.assertRaisesRegex(ValueError, re.escape(text)):
                meridian.evaluate(V427, **(COLUMNS | {argument: value}))
        with self.assertRaisesRegex(ValueError, "ignore: "):
            meridian.score(V427, [], ignore="label")
        with self.assertRaises(TypeError):
            meridian.evaluate(V427)


if __name__ == "__main__":
    BINARY = Path(sys.argv[1]).resolve(strict=True)
    outcome = unittest.main(argv=sys.argv[:1], exit=False).result
    wrong = len({id(test) for test, _ in outcome.failures + outcome.errors})
    print(f"test result: Python package: {outcome.testsRun - wrong} passed; {wrong} failed")
    sys.exit(not outcome.wasSuccessful() or outcome.testsRun == 0)
