"""Archives: a model file in gzip and tar, as it should be, or as only some readers understand it."""

from __future__ import annotations

import struct
import zlib
from random import Random

NAMES = ["xgboost-model", "xgboost-model", "xgboost-model", "model", "model.ubj", "model.json", "model.bin", "xgboost-model.txt", "model.deprecated", "MODEL.JSON"]
ODD_NAMES = [
    ".xgboost-model", "._xgboost-model", "./xgboost-model", ".//xgboost-model", "./././xgboost-model", "xgboost-model/", "xgboost-model/.",
    "/xgboost-model", "../xgboost-model", "a/../xgboost-model", "code/xgboost-model", "xgboost\\model", "xgboost model", " xgboost-model",
    "xgboost-model ", "xgboost-model\n", "xgböost-model", b"xgboost-\xff\xfe", ".", "", "..", "C:model", "x" * 99, "x" * 100, "x" * 255, "~", "-xgboost-model",
    "--checkpoint=1", "model.JSON", "model.pkl", "model\u202egnp", "xgboost-model.json.ubj", "model.json/", "PaxHeaders.1/xgboost-model", "@LongLink",
]  # fmt: skip
PAX = ["path", "size", "linkpath", "mtime", "atime", "ctime", "uid", "uname", "hdrcharset", "comment", "charset", "GNU.sparse.major", "GNU.sparse.minor", "GNU.sparse.name", "GNU.sparse.realsize", "GNU.sparse.size", "GNU.sparse.map", "GNU.sparse.numblocks", "SCHILY.xattr.user.a", "SCHILY.realsize", "LIBARCHIVE.creationtime", "VENDOR.x", "RHT.security.selinux", "typeflag"]


def raw_name(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")


def octal(value: int, size: int = 12) -> bytes:
    return f"{value:0{size - 1}o}".encode()[-(size - 1) :] + b"\0"


def base256(value: int, size: int = 12) -> bytes:
    return b"\x80" + value.to_bytes(size - 1, "big", signed=value < 0)


def header(name: str | bytes, length: int, /, kind: bytes = b"0", magic: bytes = b"ustar\x0000", **fields: bytes) -> bytes:
    block = bytearray(512)
    places = {"name": (0, 100), "mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12), "mtime": (136, 12), "link": (157, 100), "magic": (257, 8), "uname": (265, 32), "gname": (297, 32), "major": (329, 8), "minor": (337, 8), "prefix": (345, 155), "rest": (345, 167)}
    usual = {"name": raw_name(name)[:100], "mode": octal(0o644, 8), "uid": octal(0, 8), "gid": octal(0, 8), "size": octal(length), "mtime": octal(1_700_000_000), "magic": magic}
    for key, value in {**usual, **fields}.items():
        if key != "sum":
            at, room = places[key]
            block[at : at + min(room, len(value))] = value[:room]
    block[156:157] = kind
    block[148:156] = b" " * 8
    total = sum(block)
    block[148:156] = fields.get("sum", f"{total:06o}\0 ".encode())
    return bytes(block)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def entry(name: str | bytes, data: bytes, /, **how) -> bytes:
    return header(name, len(data), **how) + padded(data)


def records(pairs: list[tuple[str, bytes]]) -> bytes:
    out = b""
    for key, value in pairs:
        body = b" " + key.encode() + b"=" + value + b"\n"
        size = len(body) + 1
        while len(str(size)) + len(body) != size:
            size = len(str(size)) + len(body)
        out += str(size).encode() + body
    return out


def extended(kind: bytes, pairs: list[tuple[str, bytes]]) -> bytes:
    return entry("PaxHeaders.1/xgboost-model", records(pairs), kind=kind)


def plain(chance: Random, file: bytes, name: str = "xgboost-model") -> bytes:
    """What training's tools write."""
    way = chance.randrange(8)
    magic = b"ustar  \0" if way < 5 else b"ustar\x0000"
    start = b""
    if way == 4:
        start, name = entry("./", b"", kind=b"5"), f"./{name}"
    if way == 7:
        start = extended(b"x", [("mtime", b"1700000000.5")])
    size = chance.choice([1024, 1024, 10240])
    body = start + entry(name, file, magic=magic) + bytes(1024)
    return body + bytes(-len(body) % size)


def odd_tar(chance: Random, file: bytes, other: bytes) -> bytes:
    """A tar that holds two readings."""
    ways = [odd_header, odd_name, odd_pax, sparse, second, ends, long_names, other_kind]
    return chance.choice(ways)(chance, file, other)


def odd_header(chance: Random, file: bytes, other: bytes) -> bytes:
    size = len(file)
    total = sum(header("xgboost-model", size))
    fields = chance.choice(
        [
            {"size": base256(size)}, {"size": base256(-size)}, {"size": b" " * 5 + f"{size:o}".encode() + b" "}, {"size": f"{size:o}".encode() + b"\0"},
            {"size": f"{size:o}".encode() + b" 777"}, {"size": octal(size + 1)}, {"size": octal(size - 1)}, {"size": octal(0)}, {"size": b"-" + octal(size)[1:]},
            {"size": f"{size:012o}".encode()}, {"size": b"\xff" * 12}, {"size": b"0o" + f"{size:o}".encode()}, {"size": b""}, {"size": f"{size}".encode() + b"\0"},
            {"sum": f"{total:06o} \0".encode()}, {"sum": f"{total:07o}\0".encode()}, {"sum": f"{total + 1:06o}\0 ".encode()}, {"sum": b"\0" * 8}, {"sum": f"{total:o}".encode() + b" "},
            {"magic": b"\0" * 8}, {"magic": b"ustar\x0011"}, {"magic": b"ustar  x"}, {"magic": b"USTAR\x0000"}, {"magic": b"tar\0\0\0\0\0"}, {"magic": b"ustar 00"},
            {"mode": b"\0" * 8}, {"mode": octal(0o4777, 8)}, {"mode": b"abcdefg\0"}, {"mtime": b"\xff" * 12}, {"mtime": b"99999999999\0"}, {"mtime": b"x" * 12},
            {"uid": b"\x80" + b"\xff" * 7}, {"uname": b"root\0junk"}, {"link": b"../x"}, {"major": b"9999999\0"}, {"prefix": b"a"}, {"prefix": b"."}, {"prefix": b".."},
            {"prefix": b"/"}, {"rest": bytes(130) + b"x"}, {"name": b"xgboost-model\0junk"}, {"rest": b"\0" * 155 + b"tar\0"},
        ]  # fmt: skip
    )
    magic = fields.pop("magic", chance.choice([b"ustar\x0000", b"ustar  \0"]))
    return entry("xgboost-model", file, magic=magic, **fields) + bytes(1024)


def odd_name(chance: Random, file: bytes, other: bytes) -> bytes:
    name = chance.choice(ODD_NAMES)
    kind = chance.choice([b"0", b"0", b"\0", b"7"])
    return entry(name, file, kind=kind, magic=chance.choice([b"ustar\x0000", b"ustar  \0", bytes(8)])) + bytes(1024)


def odd_pax(chance: Random, file: bytes, other: bytes) -> bytes:
    values = {"path": [b"other-model", b"xgboost-model", b".hidden", b"model.json", b"a/b", b"", b"a\0b"], "size": [str(len(file)).encode(), str(len(other)).encode(), b"0", b"-1", b"1e3", b" 5"], "hdrcharset": [b"BINARY", b"ISO-IR 10646 2000 UTF-8", b"x"], "mtime": [b"1700000000.25", b"-1", b"nan", b"1e999", b""]}
    pairs = []
    for _ in range(chance.choice([1, 1, 2, 3])):
        key = chance.choice(PAX)
        pairs.append((key, chance.choice(values.get(key, [b"1", b"0", str(len(file)).encode(), b"0,1", b"", b"other-model"]))))
    head = extended(chance.choice([b"x", b"x", b"g", b"X"]), pairs)
    if chance.random() < 0.15:
        broken = chance.choice([b"5 a=b\n", b"99 path=x\n", b"path=x\n", b"12 path=abc", b"00012 path=x\n", b"-1 path=x\n", b"11 path=x\n\0", b"\n"])
        head = entry("PaxHeaders.1/x", broken, kind=chance.choice([b"x", b"g"]))
    if chance.random() < 0.2:
        head += extended(chance.choice([b"x", b"g"]), [("path", b"third")])
    # What another size would find is a whole file too.
    body = entry("xgboost-model", file) + (entry("other-model", other) if chance.random() < 0.2 else b"")
    return head + body + bytes(1024)


def sparse(chance: Random, file: bytes, other: bytes) -> bytes:
    way = chance.randrange(4)
    name = "xgboost-model"
    if way == 0:  # old GNU: offset and length pairs in the header
        rest = bytes(41) + octal(0) + octal(len(file)) + bytes(24 * 3) + b"\0" + octal(len(file) + chance.choice([0, 512]))
        return header(name, len(file), kind=b"S", magic=b"ustar  \0", rest=rest) + padded(file) + bytes(1024)
    version = [("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.name", chance.choice([b"xgboost-model", b"other"])), ("GNU.sparse.realsize", str(len(file)).encode())]
    if way == 1:  # 1.0: the map is in the data
        table = padded(f"1\n0\n{len(file)}\n".encode())
        return extended(b"x", version) + entry(chance.choice([name, "GNUSparseFile.1/" + name]), table + file) + bytes(1024)
    size = str(len(file) + chance.choice([0, 0, 7])).encode()
    count = str(len(file)).encode()
    if way == 2:  # 0.1: the map is in the header
        pairs = [("GNU.sparse.size", size), ("GNU.sparse.numblocks", b"1"), ("GNU.sparse.map", b"0," + count)]
    else:
        pairs = [("GNU.sparse.size", size), ("GNU.sparse.numblocks", b"1"), ("GNU.sparse.offset", b"0"), ("GNU.sparse.numbytes", count)]
    return extended(chance.choice([b"x", b"g"]), pairs) + entry(name, file) + bytes(1024)


def second(chance: Random, file: bytes, other: bytes) -> bytes:
    own, link = entry("xgboost-model", file), chance.choice([b"xgboost-model", b"/etc/passwd"])
    names = ["xgboost-model", "XGBOOST-MODEL", "._xgboost-model", ".model", "other", "./xgboost-model", "code/inference.py", "xgboost-model.sig"]
    added = chance.choice(
        [
            entry(chance.choice(names), other), entry(chance.choice(names), b""), header("xgboost-model", 0, kind=b"1", link=link), header("other", 0, kind=b"2", link=link),
            header("pipe", 0, kind=b"6"), header("folder/", 0, kind=b"5"), header(".", 0, kind=b"5"), header("xgboost-model", 0, kind=b"5"), header("../", 0, kind=b"5"),
            entry("./", b"x" * 20, kind=b"5"), header("null", 0, kind=b"3", major=octal(1, 8), minor=octal(3, 8)), entry("x", b"y" * 9, kind=b"Z"), entry("label", b"", kind=b"V"), entry("list", b"Yx\0\0", kind=b"D"), entry("more", other, kind=b"M"),
        ]  # fmt: skip
    )
    return (own + added if chance.random() < 0.5 else added + own) + bytes(1024)


def ends(chance: Random, file: bytes, other: bytes) -> bytes:
    own, more = entry("xgboost-model", file), entry("other-model", other)
    return chance.choice(
        [
            own, own + bytes(512), own + bytes(512) + more + bytes(1024), own + bytes(1024) + more + bytes(1024), own + bytes(1024) + b"x", own + bytes(1023) + b"\1", own + bytes(100),
            own[:-7], own[: 512 + len(file)], bytes(512) + own + bytes(1024), bytes(1024) + own + bytes(1024), own + b"\0" * 511 + b"x" + bytes(1024), own + b"\xff" * 512, own + bytes(1 << 16),
        ]  # fmt: skip
    )


def long_names(chance: Random, file: bytes, other: bytes) -> bytes:
    long = chance.choice([b"xgboost-model\0", b"xgboost-model", b"x" * 200 + b"\0", b"model.json\0junk", b"", b"../x\0", b".hidden\0", b"a/b\0"])
    head = entry("././@LongLink", long, kind=chance.choice([b"L", b"L", b"K", b"N"]), magic=b"ustar  \0")
    if chance.random() < 0.3:
        both = [head, extended(b"x", [("path", b"from-pax")])]
        chance.shuffle(both)
        head = b"".join(both)
    return head * chance.choice([1, 1, 2]) + entry(chance.choice(["xgboost-model", "short"]), file, magic=b"ustar  \0") + bytes(1024)


def other_kind(chance: Random, file: bytes, other: bytes) -> bytes:
    kind = chance.choice([bytes([byte]) for byte in b"\x001234567ABDEIKLMNSVXZgx\xff "])
    return entry("xgboost-model", file, kind=kind, magic=chance.choice([b"ustar\x0000", b"ustar  \0", bytes(8)])) + bytes(1024)


def gzip_member(data: bytes, flags: int = 0, extra: bytes = b"", level: int = 1) -> bytes:
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = squeeze.compress(data) + squeeze.flush()
    return b"\x1f\x8b\x08" + bytes([flags]) + bytes(6) + extra + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def odd_gzip(chance: Random, tar: bytes, other: bytes) -> bytes:
    whole, cut = gzip_member(tar), chance.randrange(1, len(tar))
    second = gzip_member(padded(header("other-model", len(other)) + other) + bytes(1024))
    name = b"xgboost-model\0"
    head = b"\x1f\x8b\x08\x02" + bytes(6)
    mended = head + struct.pack("<H", zlib.crc32(head) & 0xFFFF) + whole[10:]
    return chance.choice(
        [
            whole + second, second + whole, gzip_member(tar[:cut]) + gzip_member(tar[cut:]), whole + gzip_member(b""), gzip_member(b"") + whole, whole + b"\0", whole + bytes(512), whole + b"x",
            whole + b"\x1f\x8b", whole + b"\x1f\x8b\x08", whole[:-1], whole[:-8], whole[:-4] + bytes(4), whole[:-8] + bytes(4) + whole[-4:], gzip_member(tar, 8, name), gzip_member(tar, 16, b"note\0"),
            gzip_member(tar, 4, b"\4\0abcd"), gzip_member(tar, 4, b"\xff\xff"), gzip_member(tar, 1), gzip_member(tar, 32), gzip_member(tar, 0xE0), mended, gzip_member(tar, 2, b"xx"),
            whole[:2] + b"\x07" + whole[3:], whole[: len(whole) // 2], tar, gzip_member(whole), zlib.compress(tar), gzip_member(tar, level=0), gzip_member(tar, level=9), whole + gzip_member(bytes(1024)),
        ]  # fmt: skip
    )
