"""Mutants of model files, by kind. Each takes chance (`random.Random`) and a seed file, and gives bytes.

`canonical` ones stay what XGBoost itself could have written, so that many are accepted; the others are what somebody could
write who wants two readers to see two models.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from random import Random

from spans import Json, Node, Ubjson, apply
from spans import document as read_document

FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-40, -1e-40, 1.17549435e-38, 3.4028235e38, -3.4028235e38, 1e30, 123456.789, 1e-10]
WILD = [float("nan"), float("inf"), float("-inf"), 1e39, 1e308]
INTS = [-(2**31), -2, -1, 0, 1, 2, 3, 7, 127, 128, 255, 256, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1]
NUMBERS = ["0", "1", "-1", "2", "3", "01", "+1", " 1", "1 ", "1.0", "1e0", "0x1", "", "nan", "inf", "-0", "2147483648", "4294967297", "99999999999999999999", "1\0", "1_0"]
SCORES = ["5E-1", "[5E-1]", "2.5E-1", "[2.5E-1]", "0", "1", "1E0", "[0]", "9.9999E-1", "1E-7", "[1E-7]", "-1", "nan", "[nan]", "5e-1", "0.5", ".5", "+5E-1", " 5E-1", "0x1p-1", "[5E-1,5E-1]", "[]", "5E-1]", "1E-400", "5E-1\0"]
OBJECTIVES = ["binary:logistic", "binary:logitraw", "reg:logistic", "binary:hinge", "reg:squarederror", "multi:softprob", "rank:pairwise", "survival:cox", "count:poisson", "Binary:logistic", "binary:logistic "]
ODD_KEYS = ["learner", "trees", "split_conditions", "base_weights", "default_left", "base_score", "weight_drop", "left_children", "", "x", "cats", "version", "Config", "best_iteration", "feature_names"]

File = bytes
Edit = tuple[int, int, bytes]

# The seeds are asked for again and again.
document = lru_cache(maxsize=256)(read_document)


def trees_of(doc: Ubjson | Json) -> list[Node]:
    booster = doc.root.get("learner", "gradient_booster")
    for path in (("model", "trees"), ("gbtree", "model", "trees")):
        found = booster.get(*path) if booster else None
        if found is not None:
            return found.children
    return []


def model_of(doc: Ubjson | Json) -> Node | None:
    booster = doc.root.get("learner", "gradient_booster")
    return booster and (booster.get("model") or booster.get("gbtree", "model"))


def near(chance: Random, value: float) -> float:
    """A 32-bit float: one bit beside, somewhere near, or something else altogether."""
    way = chance.randrange(5)
    if way == 0:
        bits = struct.unpack(">I", struct.pack(">f", value))[0] ^ (1 << chance.randrange(23))
        return struct.unpack(">f", struct.pack(">I", bits))[0]
    if way == 1:
        return chance.choice(FLOATS)
    if way == 2:
        return -value
    return struct.unpack(">f", struct.pack(">f", chance.gauss(value, abs(value) * 0.3 + 0.1)))[0]


def canonical(chance: Random, file: File) -> File:
    doc = document(file)
    if doc is None:
        return legacy_canonical(chance, file)
    trees = trees_of(doc)
    if not trees or chance.random() < 0.1:
        return canonical_head(chance, doc)
    if chance.random() < 0.12:
        return without_last_tree(chance, doc)
    edits: list[Edit] = []
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        edits += canonical_edit(chance, doc, chance.choice(trees))
    return apply(file, edits)


def canonical_edit(chance: Random, doc: Ubjson | Json, tree: Node) -> list[Edit]:
    left, right = tree.get("left_children"), tree.get("right_children")
    conditions, weights = tree.get("split_conditions"), tree.get("base_weights")
    if left is None or right is None or conditions is None:
        return []
    lefts, values = doc.values(left), doc.values(conditions)
    node = chance.randrange(len(lefts))
    if lefts[node] == -1:
        value = near(chance, values[node])
        edits = [doc.put_element(conditions, node, value)]
        if weights is not None and chance.random() < 0.5:
            edits.append(doc.put_element(weights, node, value))
        return edits
    way = chance.randrange(5)
    if way < 2:
        return [doc.put_element(conditions, node, near(chance, values[node]))]
    if way == 2 and (default := tree.get("default_left")) is not None:
        return [doc.put_element(default, node, 1 - doc.values(default)[node])]
    if way == 3:
        pair = [(left, doc.values(right)[node]), (right, lefts[node])]
        return [doc.put_element(array, node, child) for array, child in pair]
    indices = tree.get("split_indices")
    others = doc.values(indices) if indices is not None else []
    return [doc.put_element(indices, node, chance.choice(others))] if others else []


def canonical_head(chance: Random, doc: Ubjson | Json) -> File:
    learner = doc.root.get("learner")
    params = learner.get("learner_model_param")
    way = chance.randrange(4)
    if way == 0 and (score := params.get("base_score")) is not None:
        return apply(doc.data, [(score.start, score.end, doc.put_text(chance.choice(SCORES)))])
    if way == 1 and (name := learner.get("objective", "name")) is not None:
        return apply(doc.data, [(name.start, name.end, doc.put_text(chance.choice(OBJECTIVES)))])
    if way == 2 and (attributes := learner.get("attributes")) is not None:
        rounds = [str(chance.randrange(12)), chance.choice(NUMBERS)]
        names = chance.sample(["best_iteration", "best_ntree_limit", "best_score", "note"], chance.randint(1, 3))
        members = [doc.member(name, doc.put_text(chance.choice(rounds))) for name in sorted(names)]
        return apply(doc.data, [(attributes.start, attributes.end, doc.put_object(members))])
    drops = [node for node in doc.root.walk() if node.key == "weight_drop" and len(node)]
    if not drops:
        return doc.data
    place = chance.randrange(len(drops[0]))
    return apply(doc.data, [doc.put_element(drops[0], place, near(chance, doc.values(drops[0])[place]))])


def without_last_tree(chance: Random, doc: Ubjson | Json) -> File:
    """One tree less, told everywhere or almost everywhere."""
    model = model_of(doc)
    trees, info, pointers = (model.get(key) for key in ("trees", "tree_info", "iteration_indptr"))
    count = model.get("gbtree_model_param", "num_trees")
    if None in (trees, info, count) or len(trees) < 2:
        return doc.data
    parts = [doc.data[tree.start : tree.end] for tree in trees.children[:-1]]
    edits = [
        (trees.start, trees.end, doc.put_list(parts)),
        (info.start, info.end, doc.put_values(info, doc.values(info)[:-1])),
        (count.start, count.end, doc.put_text(str(len(parts)))),
    ]
    if pointers is not None:
        ends = doc.values(pointers)
        kept = [end for end in ends if end < len(parts)] + [len(parts)]
        edits.append((pointers.start, pointers.end, doc.put_values(pointers, kept)))
    if chance.random() < 0.3:
        edits.pop(chance.randrange(len(edits)))
    return apply(doc.data, edits)


def keys(chance: Random, file: File) -> File:
    """Members twice, in another order, renamed, added, left out; keys written otherwise."""
    doc = document(file)
    if doc is None:
        return words(chance, file)
    objects = [node for node in doc.root.walk() if node.kind == "object" and node.children]
    # The objects that decide what is served, more often than one tree of many.
    weights = [3 if node.key not in ("", "tree_param") else 1 for node in objects]
    holder = chance.choices(objects, weights)[0]
    members = [doc.whole_member(child) for child in holder.children]
    place = chance.randrange(len(members))
    child = holder.children[place]
    value = doc.data[child.start : child.end]
    way = chance.randrange(8)
    if way == 0:
        members.insert(chance.randrange(len(members) + 1), doc.whole_member(child))
    elif way <= 2:
        other = doc.member(child.key, altered(chance, doc, child))
        members.insert(chance.choice([0, place, place + 1, len(members)]), other)
    elif way == 3 and len(members) > 1:
        other = chance.randrange(len(members))
        members[place], members[other] = members[other], members[place]
    elif way == 4:
        new = chance.choice([child.key.upper(), child.key + "\0", child.key[:-1], " " + child.key, chance.choice(ODD_KEYS)])
        members[place] = doc.member(new, value)
    elif way == 5:
        new = doc.put_text("0") if chance.random() < 0.5 else value
        members.insert(chance.randrange(len(members) + 1), doc.member(chance.choice(ODD_KEYS), new))
    elif way == 6:
        members.pop(place)
    elif isinstance(doc, Ubjson):
        members[place] = doc.key(child.key, chance.choice("iUIl")) + value
    else:
        escaped = "".join(f"\\u{ord(char):04x}" if chance.random() < 0.5 else char for char in child.key)
        members[place] = b'"' + escaped.encode() + b'":' + value
    return apply(file, [(holder.start, holder.end, doc.put_object(members))])


def altered(chance: Random, doc: Ubjson | Json, node: Node) -> bytes:
    """Another value of the same shape."""
    value = doc.data[node.start : node.end]
    if node.kind == "typed" or (node.kind == "list" and node.children and node.children[0].kind == "number"):
        return doc.put_values(node, [-number for number in doc.values(node)])
    if node.kind == "text":
        return doc.put_text(chance.choice([*NUMBERS, *SCORES, *OBJECTIVES]))
    if node.kind == "list" and node.children:
        parts = [doc.data[child.start : child.end] for child in node.children]
        chance.shuffle(parts)
        return doc.put_list(parts)
    inner = [child for child in node.walk() if child.kind in ("text", "typed")]
    if not inner:
        return value
    deep = chance.choice(inner)
    replaced = apply(doc.data[: node.end], [(deep.start, deep.end, altered(chance, doc, deep))])
    return replaced[node.start :]


def arrays(chance: Random, file: File) -> File:
    """Arrays longer, shorter, of another type, or with a count that is not theirs."""
    doc = document(file)
    if doc is None:
        return words(chance, file)
    lists = [node for node in doc.root.walk() if node.kind in ("typed", "list") and len(node)]
    if not lists:
        return file
    node = chance.choice(lists)
    numeric = node.kind == "typed" or node.children[0].kind == "number"
    way = chance.randrange(5)
    if not numeric:
        parts = [doc.data[child.start : child.end] for child in node.children]
        place = chance.randrange(len(parts))
        if way == 0:
            parts.pop(place)
        elif way == 1:
            parts.insert(place, parts[chance.randrange(len(parts))])
        elif way == 2:
            chance.shuffle(parts)
        else:
            parts.insert(place, chance.choice([doc.put_text("x"), doc.put_number(1.0), doc.put_object([])]))
        return apply(file, [(node.start, node.end, doc.put_list(parts))])
    values = doc.values(node)
    place = chance.randrange(len(values))
    if way == 0:
        values.pop(place)
    elif way == 1:
        values.insert(place, values[chance.randrange(len(values))])
    elif way == 2:
        values = values[: chance.randrange(len(values))] if chance.random() < 0.5 else values * 2
    elif way == 3 and isinstance(doc, Ubjson):
        if node.kind == "typed" and chance.random() < 0.8:
            return apply(file, [(node.start, node.end, doc.put_values(node, values, chance.choice("iUIlLdD")))])
        elements = [doc.put_number(value, chance.choice("lLdDiUI")) for value in values]
        return apply(file, [(node.start, node.end, doc.put_list(elements))])
    elif way == 4 and isinstance(doc, Ubjson):
        at = (node.first if node.kind == "typed" else node.start + 11) - 8
        wrong = chance.choice([len(values) + 1, len(values) - 1, 0, -1, 2**31, 2**62])
        return apply(file, [(at, at + 8, struct.pack(">q", wrong))])
    else:
        values[place] = chance.choice([*FLOATS, *INTS])
        return apply(file, [(node.start, node.end, doc.put_values(node, values, chance.choice(["f", "n", ""]) if isinstance(doc, Json) else ""))])
    return apply(file, [(node.start, node.end, doc.put_values(node, values))])


def types(chance: Random, file: File) -> File:
    """Parameters and values of another type or out of range."""
    doc = document(file)
    if doc is None:
        return words(chance, file)
    leaves = [node for node in doc.root.walk() if node.kind in ("text", "number", "word")]
    if not leaves:
        return file
    node = chance.choice(leaves)
    choices = [
        doc.put_text(chance.choice(NUMBERS)),
        doc.put_text(chance.choice(SCORES)),
        doc.put_text(chance.choice(OBJECTIVES)),
        doc.put_number(chance.choice([*FLOATS, *WILD])),
        doc.put_object([]),
        doc.put_list([]),
    ]
    if isinstance(doc, Ubjson):
        marker = chance.choice("iUIlLdD")
        choices += [doc.put_number(chance.choice(INTS), marker), b"Z", b"T", b"F", b"N", b"H" + doc.key("1"), b"C1"]
        if node.kind == "number":
            choices += [doc.put_number(node.value, marker)] * 3
    else:
        odd = ["1e999", "-1e999", "01", "0x1", "1.", ".5", "+1", "1E+0", "1e-0", "-0", "null", "true", "NaN", "nan", "Infinity", "inf", "1e", '"\\u0031"', '"\\n"', "1/**/", "18446744073709551617"]
        choices += [chance.choice(odd).encode() for _ in range(4)]
    return apply(file, [(node.start, node.end, chance.choice(choices))])


def wiring(chance: Random, file: File) -> File:
    """Trees whose children are no tree, or whose arrays contradict each other."""
    doc = document(file)
    trees = trees_of(doc) if doc else []
    if not trees:
        return words(chance, file)
    edits = []
    for _ in range(chance.choice([1, 1, 2])):
        tree = chance.choice(trees)
        names = ["left_children", "right_children", "parents", "split_indices", "split_type", "default_left", "categories", "categories_nodes", "categories_segments", "categories_sizes"]
        arrays = [node for name in names if (node := tree.get(name)) is not None and len(node)]
        if not arrays:
            continue
        node = chance.choice(arrays)
        place = chance.randrange(len(node))
        size = max(len(tree.get("left_children") or []), 1)
        edits.append(doc.put_element(node, place, chance.choice([-1, 0, 1, 2, place, size - 1, size, chance.randrange(size), 2**31 - 1])))
        if chance.random() < 0.3 and (wild := tree.get("split_conditions")) is not None and len(wild):
            edits.append(doc.put_element(wild, chance.randrange(len(wild)), chance.choice(WILD)))
    return apply(file, edits)


def raw(chance: Random, file: File) -> File:
    """Bytes changed, taken out, put in, said twice; the file cut or gone on with."""
    data = bytearray(file)
    for _ in range(chance.choice([1, 1, 2, 4])):
        if not data:
            break
        at, size = chance.randrange(len(data)), chance.choice([1, 1, 4, 8, 33])
        way = chance.randrange(7)
        if way <= 1:
            data[at] ^= 1 << chance.randrange(8)
        elif way == 2:
            data[at] = chance.choice([0, 1, 0x7F, 0xFF, *b'{}[]$#LSldU"0:,'])
        elif way == 3:
            del data[at : at + size]
        elif way == 4:
            data[at:at] = data[max(at - size, 0) : at] or b"\0"
        elif way == 5:
            del data[max(at, 1) :]
        else:
            data += chance.choice([b"\0", b" ", b"\n", b"}", b"{}", b"x", bytes(512)])
    return bytes(data)


def words(chance: Random, file: File) -> File:
    """32-bit words replaced, where a legacy file has most of its meaning."""
    data = bytearray(file)
    for _ in range(chance.choice([1, 1, 3])):
        at = 4 * chance.randrange(max(len(data) // 4, 1))
        word = struct.pack("<f", near(chance, 1.0)) if chance.random() < 0.5 else (chance.choice(INTS) & 0xFFFFFFFF).to_bytes(4, "little")
        data[at : at + 4] = word
    return bytes(data)


def legacy_canonical(chance: Random, file: File) -> File:
    """Thresholds, leaves and directions of a legacy file."""
    places = legacy_nodes(file)
    if not places:
        return file
    data = bytearray(file)
    for _ in range(chance.choice([1, 1, 3, 10])):
        at = chance.choice(places)
        _, left, right, split = struct.unpack_from("<iiiI", data, at)
        (value,) = struct.unpack_from("<f", data, at + 16)
        way = chance.randrange(4) if left != -1 else 0
        if way <= 1:
            struct.pack_into("<f", data, at + 16, near(chance, value if abs(value) < 3e38 else 1.0))
        elif way == 2:
            struct.pack_into("<I", data, at + 12, split ^ 0x80000000)
        else:
            struct.pack_into("<ii", data, at + 4, right, left)
    return bytes(data)


def legacy_nodes(file: File) -> list[int]:
    """Where the nodes of a legacy file begin."""
    try:
        at = 4 + 4 * 34 if file[:4] == b"binf" else 4 * 34
        for _ in range(2):  # objective and booster
            at += 8 + struct.unpack_from("<Q", file, at)[0]
        (trees,) = struct.unpack_from("<i", file, at)
        at += 4 * 40
        places = []
        for _ in range(trees):
            nodes = struct.unpack_from("<i", file, at + 4)[0]
            at += 4 * 37
            if not 0 < 36 * nodes <= len(file) - at:
                return places
            places += [at + 20 * node for node in range(nodes)]
            at += 36 * nodes
        return [place for place in places if place + 20 <= len(file)]
    except struct.error:
        return []


KINDS = {"canonical": canonical, "keys": keys, "arrays": arrays, "types": types, "wiring": wiring, "bytes": raw}
