"""A page as a tree, as far as a test asks for it: the parser of the standard library, nothing more."""

from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
ALONE = {"rect", "path", "use", "circle", "line"}  # of an SVG, written with or without an end


class Node:
    def __init__(self, tag, attributes=(), parent=None):
        self.tag, self.attributes, self.parent, self.parts = tag, dict(attributes), parent, []

    @property
    def text(self):
        return " ".join("".join(p if isinstance(p, str) else f" {p.text} " for p in self.parts).split())

    @property
    def classes(self):
        return (self.attributes.get("class") or "").split()

    def every(self, tag="", cls="", **attributes):
        """All nodes below this one that are so, in their order."""
        for part in self.parts:
            if isinstance(part, str):
                continue
            asked = all(part.attributes.get(name.replace("_", "-")) == value for name, value in attributes.items())
            if tag in ("", part.tag) and (not cls or cls in part.classes) and asked:
                yield part
            yield from part.every(tag, cls, **attributes)

    def first(self, *which, **attributes):
        return next(self.every(*which, **attributes), None)


class _Tree(HTMLParser):
    def __init__(self):
        super().__init__()
        self.at = self.root = Node("root")

    def handle_starttag(self, tag, attrs):
        node = Node(tag, attrs, self.at)
        self.at.parts.append(node)
        if tag not in VOID | ALONE:
            self.at = node

    def handle_startendtag(self, tag, attrs):
        self.at.parts.append(Node(tag, attrs, self.at))

    def handle_endtag(self, tag):
        node = self.at
        while node and node.tag != tag:
            node = node.parent
        if node and node.parent:
            self.at = node.parent

    def handle_data(self, data):
        self.at.parts.append(data)


def main_of(text):
    """What a page has between its frame."""
    tree = _Tree()
    tree.feed(text)
    return tree.root.first("main")
