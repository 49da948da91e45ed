#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The documents hold together: links lead somewhere, pages have a door, drawings are drawings, and the messages that
they quote are those of the program, so that whoever searches for a message finds its page.

A message is quoted in a block ```says, or ```says PATH for one that is in src/PATH (a file or folder; looked for there
only, once it exists). Values may be filled in: up to 40 characters between two pieces of the program's own text.
"""
import re
import sys
import textwrap
import tomllib
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
FENCE = re.compile(r"^\s*(```+)(.*)$")
SVG = "{http://www.w3.org/2000/svg}"
MOST_FILLED_IN = 40
LEAST_PIECE = 6


def pages(root=ROOT):
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("bench/*.md")])


def blocks(text):
    """(what stands behind the opening ```, lines) of each block; None in place of the first outside of blocks."""
    kind, lines, fence = None, [], ""
    for line in text.splitlines():
        mark = FENCE.match(line)
        if mark and (kind is None or (mark[1] == fence and not mark[2].strip())):
            yield kind, lines
            kind, lines, fence = (mark[2].strip(), [], mark[1]) if kind is None else (None, [], "")
        else:
            lines.append(line)
    yield kind, lines


def prose(text):
    return "\n".join(line for kind, lines in blocks(text) if kind is None for line in lines)


def anchors(text):
    """As GitHub makes them from headings: lower case, no punctuation, - for a space, -1 for the second of a name."""
    found = {}
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", prose(text), re.MULTILINE):
        words = re.sub(r"[`*]", "", LINK.sub(r"\2", heading)).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
        yield slug if found[slug] == 0 else f"{slug}-{found[slug]}"


def links(text):
    """(is an image, text, target) of each link that is no other site's."""
    for image, words, target in LINK.findall(re.sub(r"`[^`\n]*`", "", prose(text))):
        if not re.match(r"[a-z]+:", target):
            yield image == "!", words, target


def broken_links(page, text):
    for image, words, target in links(text):
        path, _, anchor = target.partition("#")
        file = page if path == "" else (page.parent / path).resolve()
        if not file.exists():
            yield f"{page}: {target}: no such file"
        elif anchor and anchor not in anchors(file.read_text()):
            yield f"{page}: {target}: no such heading"
        if image and len(words) < 12:
            yield f"{page}: {target}: say in words what the picture shows"


def reachable(start):
    seen, todo = set(), [start]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md" or not page.is_file():
            continue
        seen.add(page)
        for _, _, target in links(page.read_text()):
            to = (page.parent / target.partition("#")[0]).resolve()
            todo += sorted(to.glob("*.md")) if to.is_dir() else [to]
    return seen


def faults_of_drawing(text):
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return [f"not well-formed: {error}"]
    faults = []
    if root.tag != SVG + "svg" or "viewBox" not in root.attrib or root.get("role") != "img":
        faults.append('the root is to be <svg viewBox="…" role="img">')
    for tag in ("title", "desc"):
        if not (root.findtext(SVG + tag) or "").strip():
            faults.append(f"no <{tag}>: a picture that cannot be seen must be told")
    for element in root.iter():
        if element.tag in (SVG + "script", SVG + "image", SVG + "foreignObject"):
            faults.append(f"{element.tag.removeprefix(SVG)} has no place in a drawing")
        faults += [f"{name} in {element.tag.removeprefix(SVG)}" for name in element.attrib
                   if name.startswith("on") or name.endswith("href")]
    if "prefers-color-scheme: dark" not in text or "url(" in text or "@import" in text:
        faults.append("needs colours for dark screens, and all of them its own")
    return faults


def messages(source):
    """The pieces between the placeholders of each string in C++ text; strings that follow one another are one."""
    code = re.sub(r"^\s*#.*$", "", source, flags=re.MULTILINE)
    code = re.sub(LITERAL.pattern + r"|//[^\n]*", lambda found: "" if found[0].startswith("//") else found[0], code)
    for run in re.findall(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', code):
        whole = "".join(LITERAL.findall(run)).replace('\\"', '"').replace("{{", "{").replace("}}", "}")
        yield from (piece for piece in re.split(r"\{[^{}]*\}", whole) if len(piece.strip()) >= LEAST_PIECE)


def unsaid(line, pieces):
    """What of a quoted line no piece accounts for, where that is more than a value filled in."""
    covered = [False] * len(line)
    if any(line in piece for piece in pieces):
        return False
    for piece in pieces:
        at = line.find(piece)
        while at >= 0:
            covered[at:at + len(piece)] = [True] * len(piece)
            at = line.find(piece, at + 1)
    gaps = re.findall("n+", "".join("y" if c else "n" for c in covered))
    return any(len(gap) > MOST_FILLED_IN for gap in gaps) or sum(map(len, gaps)) > 0.6 * len(line)


def program_text(root, place):
    base = root / "src" / place
    files = [base] if base.is_file() else [f for f in base.rglob("*") if f.suffix in (".cc", ".h")]
    return {piece for file in files if not file.name.endswith("_test.cc") for piece in messages(file.read_text())}


class TheDocuments(unittest.TestCase):
    def test_link_to_what_is_there(self):
        wrong = [fault for page in pages() for fault in broken_links(page, page.read_text())]
        self.assertEqual(wrong, [])

    def test_have_a_door_each(self):
        lost = set(pages()) - reachable(ROOT / "README.md") - {ROOT / "bench" / "README.md"}
        self.assertEqual(lost, set(), "no link leads here from README.md")

    def test_draw_for_every_screen_and_for_none(self):
        drawings = sorted(ROOT.glob("docs/**/*.svg"))
        self.assertGreater(len(drawings), 0)
        wrong = [f"{file}: {fault}" for file in drawings for fault in faults_of_drawing(file.read_text())]
        self.assertEqual(wrong, [])

    def test_quote_what_the_program_says(self):
        known, wrong, quoted = {}, [], 0
        for page in pages():
            for kind, lines in blocks(page.read_text()):
                if kind is None or kind.split()[:1] != ["says"]:
                    continue
                place = (kind.split() + ["."])[1]
                if not (ROOT / "src" / place).exists():
                    continue
                pieces = known.setdefault(place, program_text(ROOT, place))
                quoted += len(lines)
                wrong += [f"{page}: the program does not say: {line}" for line in lines if unsaid(line.strip(), pieces)]
        self.assertEqual(wrong, [])
        self.assertGreater(quoted, 20)


    def test_show_configuration_that_is_toml(self):
        wrong = []
        for page in pages():
            for kind, lines in blocks(page.read_text()):
                try:
                    tomllib.loads(textwrap.dedent("\n".join(lines)) if kind == "toml" else "")
                except tomllib.TOMLDecodeError as error:
                    wrong.append(f"{page}: {error}")
        self.assertEqual(wrong, [])


class TheseChecks(unittest.TestCase):
    def test_see_a_link_to_nowhere(self):
        page = ROOT / "README.md"
        self.assertEqual(list(broken_links(page, "[a](LICENSE) [b](https://x.y/) `[c](none)`\n```\n[d](none)\n```\n")), [])
        self.assertEqual(len(list(broken_links(page, "[a](none.md) [b](#none) [c](README.md#none)"))), 3)
        self.assertEqual(len(list(broken_links(page, "# It's `here`\n[a](#its-here) ![x](docs/img/page.png)"))), 2)

    def test_make_anchors_as_github_does(self):
        text = "# A `b` & [c](d)\n## Gone, or not?\n## gone or not\n```\n# no\n```\n"
        self.assertEqual(list(anchors(text)), ["a-b--c", "gone-or-not", "gone-or-not-1"])

    def test_see_a_drawing_that_is_none(self):
        good = (ROOT / "docs" / "img" / "leds.svg").read_text()
        self.assertEqual(faults_of_drawing(good), [])
        for bad in (good.replace("</svg>", ""), re.sub("<desc.*</desc>", "", good), good.replace("dark", "dusk"),
                    good.replace("</svg>", "<script/></svg>"), good.replace("<rect ", '<rect onclick="x" ', 1)):
            self.assertNotEqual(faults_of_drawing(bad), [])

    def test_see_a_message_that_is_not_said(self):
        source = 'fail(x, "the disk is full; "\n   "make some room in {} now");  // "not this one"\n#include "nor_this"\n'
        pieces = set(messages(source))
        self.assertEqual(pieces, {"the disk is full; make some room in "})
        self.assertFalse(unsaid("the disk is full; make some room in /var/lib/fithome now", pieces))
        self.assertTrue(unsaid("the disk is nearly full; make some room in /var/lib/fithome", pieces))


if __name__ == "__main__":
    sys.exit(unittest.main())
