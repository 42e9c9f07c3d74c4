"""Writes leadwright/generated from openapi.yaml: `python clients/python/generate.py`, which `make docs` runs.

Answers become frozen dataclasses, bodies become TypedDicts, operations become methods. Everything else of the client is by hand.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from textwrap import fill
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent / "leadwright" / "generated"
Document = Mapping[str, Any]
Schema = Mapping[str, Any]
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
PATCH = re.compile(r"^Patched(\w+?)(?:Patch|In)$")
NOUN = 3  # the place of "leads" in /api/v1/leads/{lead_id}
PAGE = {"data", "has_more", "next_cursor"}


@dataclass(frozen=True)
class Names:
    """How one module writes types: bodies take datetimes and mappings, answers give datetimes and dicts."""

    instant: str
    day: str
    array: str
    mapping: str
    suffix: str

    def named(self, reference: str) -> str:
        """Give the class of a reference."""
        return PATCH.sub(r"\1Patch", reference.rsplit("/", 1)[-1].removesuffix(self.suffix))

    def type_of(self, schema: Schema) -> str:
        """Write a schema as an annotation."""
        if "$ref" in schema:
            return self.named(schema["$ref"])
        for several in ("oneOf", "anyOf", "allOf"):
            if several in schema:
                return " | ".join(dict.fromkeys(self.type_of(one) for one in schema[several]))
        if "enum" in schema:
            return f"Literal[{', '.join(map(repr, schema['enum']))}]"
        kinds = schema.get("type", "any")
        return " | ".join(self._plain(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))

    def _plain(self, kind: str, schema: Schema) -> str:
        if kind == "string" and schema.get("format") in {"date-time", "date"}:
            return self.instant if schema["format"] == "date-time" else self.day
        if kind == "array":
            return f"{self.array}[{self.type_of(schema['items'])}]"
        if kind == "object":
            inner = schema.get("additionalProperties", {})
            return f"{self.mapping}[str, {self.type_of(inner) if isinstance(inner, dict) else 'Any'}]"
        return PLAIN.get(kind, "Any")


FUTURE = "from __future__ import annotations"
IMPORTS = {
    "answers": ["from dataclasses import dataclass", "from datetime import datetime", "from typing import Any, Literal"],
    "bodies": [
        "from collections.abc import Mapping, Sequence",
        "from datetime import datetime",
        "from typing import Any, Literal, NotRequired, TypedDict",
    ],
    "operations": [
        "from datetime import date",
        "from typing import Literal",
        "",
        "from leadwright.generated import answers, bodies",
        "from leadwright.pages import Page",
        "from leadwright.transport import Transport, segment",
    ],
}
ANSWERS = Names("datetime", "date", "list", "dict", "Out")
BODIES = Names("datetime | str", "date | str", "Sequence", "Mapping", "Request")
QUERY = Names("datetime | str", "date | str", "Sequence", "Mapping", "")


@dataclass(frozen=True)
class Package:
    """One package of schemas: what it is called and says, which schemas of an operation stand in it, and how one is written."""

    name: str
    title: str
    names: Names
    schemas_of: Callable[[Schema], Iterator[Schema]]
    written: Callable[[str, Schema], str]


def files(document: Document) -> dict[str, str]:
    """Give the text of each generated file by its name."""
    made = {"operations.py": operations(document)}
    for package in PACKAGES:
        made |= _package(document, package)
    return {name: _formatted(text) for name, text in made.items()}


def _package(document: Document, package: Package) -> dict[str, str]:
    """Write each schema that an answer or a body holds, pages excepted: a module for each noun of the API.

    A schema stands in the module of the noun that needs it first, so a module needs only those before it.
    """
    home: dict[str, str] = {}
    for noun, schemas in _by_noun(document, package).items():
        for name in reached(document, schemas):
            home.setdefault(name, noun)
    shown = {name: noun for name, noun in home.items() if not _is_page(document, name)}
    modules = {noun: [name for name in shown if shown[name] == noun] for noun in dict.fromkeys(shown.values())}
    made = {f"{package.name}/{noun}.py": _module(document, package, noun, names, shown) for noun, names in modules.items()}
    return made | {f"{package.name}/__init__.py": _exported(package, modules)}


def _by_noun(document: Document, package: Package) -> dict[str, list[Schema]]:
    nouns: dict[str, list[Schema]] = {}
    for path, _, operation in _operations(document):
        nouns.setdefault(path.split("/")[NOUN], []).extend(package.schemas_of(operation))
    return nouns


def _is_page(document: Document, name: str) -> bool:
    return set(document["components"]["schemas"][name].get("properties", ())) == PAGE


def _module(document: Document, package: Package, noun: str, names: Sequence[str], home: Mapping[str, str]) -> str:
    schemas, named = document["components"]["schemas"], package.names.named
    needed = (one for one in reached(document, (schemas[name] for name in names)) if home.get(one, noun) != noun)
    borrowed = [f"from leadwright.generated.{package.name}.{home[one]} import {named(one)}" for one in needed]
    text = _head(package.name, f"{package.title} of {noun}.", borrowed)
    for name in names:
        if "properties" in schemas[name]:
            text += package.written(named(name), schemas[name]) + "\n"
        else:
            text += f"{named(name)} = {package.names.type_of(schemas[name])}\n\n"
    return text


def _exported(package: Package, modules: Mapping[str, Sequence[str]]) -> str:
    kinds = {noun: [package.names.named(name) for name in names] for noun, names in modules.items()}
    lines = [f"from leadwright.generated.{package.name}.{noun} import {', '.join(found)}" for noun, found in kinds.items()]
    every = sorted(name for found in kinds.values() for name in found)
    opening = f'"""{package.title}, noun by noun. Written by generate.py from openapi.yaml: change it there."""'
    return "\n".join([opening, "", FUTURE, "", *lines, "", f"__all__ = {every!r}", ""])


def _dataclass(name: str, schema: Schema) -> str:
    return f"@dataclass(frozen=True, slots=True, kw_only=True)\nclass {name}:\n" + _described(schema) + "".join(_members(schema))


def _typed_dict(name: str, schema: Schema) -> str:
    text = f"class {name}(TypedDict):\n" + _described(schema)
    for member, said in schema["properties"].items():
        kind = BODIES.type_of(said)
        shown = kind if member in schema.get("required", ()) else f"NotRequired[{kind}]"
        text += f"    {member}: {shown}\n" + _told(said)
    return text


def _members(schema: Schema) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, said in sorted(schema["properties"].items(), key=lambda one: one[0] not in required):
        kind = ANSWERS.type_of(said)
        absent = "" if name in required else f"{'' if 'None' in kind.split(' | ') else ' | None'} = None"
        yield f"    {name}: {kind}{absent}\n" + _told(said)


def operations(document: Document) -> str:
    """Write one class with a method for each operation."""
    text = _head("operations", "One method for each operation of the API.")
    text += 'class Operations(Transport):\n    """Every operation by its name; each raises Problem or Unanswered."""\n\n'
    return text + "\n".join(_method(document, method, path, one) for path, method, one in _operations(document))


def _method(document: Document, method: str, path: str, operation: Schema) -> str:
    parameters = operation.get("parameters", ())
    places = [one["name"] for one in parameters if one["in"] == "path"]
    query = [one for one in parameters if one["in"] == "query"]
    arguments = ["self", *(f"{name}: str" for name in places)]
    sent = [repr(method.upper()), _address(path)]
    media_types = operation.get("requestBody", {}).get("content", {})
    for kind in [one for one in media_types if "json" in one] or media_types:
        arguments.append("body: " + (_prefixed(BODIES, next(_json_bodies(operation)), "bodies") if "json" in kind else "str"))
        sent += ["body=body"] if "json" in kind else ["body=body", f"media_type={kind!r}"]
    named = [_asked(one) for one in query]
    if method == "post":
        named.append("idempotency_key: str | None = None")
        sent.append("idempotency_key=idempotency_key")
    if asked := [one["name"] for one in query]:
        sent.append(f"query={{{', '.join(f'{name!r}: {_safe(name)}' for name in asked)}}}")
    signature = ", ".join([*arguments, *(["*", *named] if named else [])])
    row = _row(document, operation)
    kinds = dict.fromkeys(_prefixed(ANSWERS, one, "answers") for one in _successes(operation))
    result = f"Page[{row}]" if row else " | ".join(kinds) or "None"
    name, meaning = _snake(operation["operationId"]), operation["description"]
    lines = [f"def {name}({signature}) -> {result}:", f'    """{meaning}"""']
    if row:
        lines.append(f"    return self._pages({', '.join([*sent[1:], f'row={row}'])})")
    elif kinds:
        lines += [f"    found: {result} = self._send({', '.join([*sent, f'answer={result}'])})", "    return found"]
    else:
        lines.append(f"    self._send({', '.join(sent)})")
    return "".join(f"    {line}\n" for line in lines)


def _asked(parameter: Schema) -> str:
    """Write a parameter of the query as an argument; what the operation cannot do without has no default."""
    kind = f"{_safe(parameter['name'])}: {QUERY.type_of(parameter['schema'])}"
    return kind if parameter.get("required") else f"{kind} | None = None"


def reached(document: Document, roots: Iterable[Schema]) -> list[str]:
    """Name the schemas that some schemas need, each after those it is made of."""
    found: dict[str, None] = {}

    def visit(part: Any) -> None:
        if isinstance(part, dict):
            name = part["$ref"].rsplit("/", 1)[1] if "$ref" in part else ""
            for inner in [document["components"]["schemas"][name]] if name and name not in found else part.values():
                visit(inner)
            if name:
                found.setdefault(name)
        elif isinstance(part, list):
            for inner in part:
                visit(inner)

    for root in roots:
        visit(root)
    return list(found)


def _operations(document: Document) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            # The faces of other vendors are for their own clients.
            if operation["tags"] != ["Old clients"]:
                yield path, method, operation


def _successes(operation: Schema) -> Iterator[Schema]:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            yield from (said["schema"] for kind, said in answer.get("content", {}).items() if "json" in kind)


def _json_bodies(operation: Schema) -> Iterator[Schema]:
    content = operation.get("requestBody", {}).get("content", {})
    yield from (said["schema"] for kind, said in content.items() if "json" in kind)


def _row(document: Document, operation: Schema) -> str:
    """Give the class of a page's rows, "" for what is no page."""
    for schema in _successes(operation):
        shown = document["components"]["schemas"].get(schema.get("$ref", "").rsplit("/", 1)[-1], {})
        if set(shown.get("properties", ())) == PAGE:
            return f"answers.{ANSWERS.type_of(shown['properties']['data']['items'])}"
    return ""


def _prefixed(names: Names, schema: Schema, module: str) -> str:
    return f"{module}.{names.type_of(schema)}"


def _address(path: str) -> str:
    return 'f"' + re.sub(r"\{(\w+)\}", r"{segment(\1)}", path) + '"' if "{" in path else repr(path)


def _safe(name: str) -> str:
    return f"{name}_" if iskeyword(name) else name


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _described(schema: Schema) -> str:
    return f'    """{schema["description"]}"""\n\n' if "description" in schema else ""


def _told(said: Schema) -> str:
    """Write a member's description below it, in lines that a reader's screen holds."""
    lines = fill(said.get("description", ""), 110, subsequent_indent="    ")
    return f'    """{lines}"""\n' if lines else ""


def _head(module: str, title: str, more: Sequence[str] = ()) -> str:
    opening = [f'"""{title} Written by generate.py from openapi.yaml: change it there."""', "", FUTURE, ""]
    opening += [*IMPORTS[module], *more]
    return "\n".join(opening) + "\n\n"


def _formatted(text: str) -> str:
    for step in (["check", "--select", "I,F401", "--fix"], ["format"]):
        command = [sys.executable, "-m", "ruff", *step, "--quiet", "--stdin-filename", str(FOLDER / "made.py"), "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return text


PACKAGES = (
    Package("answers", "What the exchange answers", ANSWERS, _successes, _dataclass),
    Package("bodies", "What the exchange is asked", BODIES, _json_bodies, _typed_dict),
)


def write(made: Mapping[str, str], folder: Path) -> None:
    """Make the folder hold these files and no other module."""
    for name, text in made.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for name in present(folder) - made.keys():
        (folder / name).unlink()


def present(folder: Path) -> set[str]:
    """Name the generated modules of a folder; its own opening line is by hand."""
    return {one.relative_to(folder).as_posix() for one in folder.rglob("*.py")} - {"__init__.py"}


def main() -> None:
    """Write the files."""
    document = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    write(files(document), FOLDER)


if __name__ == "__main__":
    main()
