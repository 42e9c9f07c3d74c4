"""Bodies as JSON, form and XML: one meaning, and a documented refusal for everything else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.core.errors import Problem
from accounts.core.forms import flatten, nest
from accounts.core.markup import write_xml
from accounts.core.media import prefers_xml, read_body

FORM, XML = "application/x-www-form-urlencoded", "application/xml"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,12}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), min_size=1).map(
    str.strip
)
texts = texts.filter(bool)


def bodies(lists: int) -> st.SearchStrategy[dict[str, Any]]:
    """Make nested bodies; a list of XML has two entries or more, and none of them is a list."""
    inner = st.recursive(
        texts,
        lambda deeper: st.one_of(
            st.dictionaries(names, deeper, min_size=1, max_size=4),
            st.lists(deeper.filter(lambda one: lists == 1 or not isinstance(one, list)), min_size=lists, max_size=4),
        ),
        max_leaves=12,
    )
    return st.dictionaries(names, inner, max_size=5)


@given(bodies(1))
def test_a_form_says_what_json_says(body: dict[str, Any]) -> None:
    assert nest(flatten(body)) == body
    assert read_body(urlencode(list(flatten(body))).encode(), FORM) == body


@given(bodies(2))
def test_xml_says_what_json_says(body: dict[str, Any]) -> None:
    assert read_body(write_xml("anything", body).encode(), XML) == body


def refused(raw: bytes, content_type: str) -> tuple[str, str]:
    with pytest.raises(Problem) as caught:
        read_body(raw, content_type)
    return caught.value.code, caught.value.detail


@given(
    st.binary(max_size=300),
    st.sampled_from([FORM, XML, "text/xml", "application/json"]),
    st.sampled_from(["", "utf-8", "windows-1252", "utf-16", "x"]),
)
@example(b"lead.zip=78701&lead=5", FORM, "")
@example(b"<a><b>1</b></a>", XML, "utf-16")
@example(b"\xff\xfe<\0a\0>\0", XML, "")
def test_any_bytes_are_read_or_refused(raw: bytes, content_type: str, charset: str) -> None:
    assert refusal(raw, f"{content_type}; charset={charset}" if charset else content_type) in {200, 400, 415}


@given(st.text(alphabet="ab.[]0=&%<>/! \"'?-\0", max_size=60))
def test_broken_forms_and_markup_are_read_or_refused(text: str) -> None:
    for content_type in (FORM, XML):
        assert refusal(text.encode(), content_type) in {200, 400}


def refusal(raw: bytes, content_type: str) -> int:
    """Give the status of the refusal, 200 for a body that is read."""
    try:
        read_body(raw, content_type)
    except Problem as problem:
        return problem.status if problem.detail else 0
    return 200


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("lead.zip=78701&lead[scope]=repair", {"lead": {"zip": "78701", "scope": "repair"}}),
        ("at[0][name]=seo&at[0][kind]=b&at.1.name=ads", {"at": [{"name": "seo", "kind": "b"}, {"name": "ads"}]}),
        ("at[2][channel]=late&at[10][channel]=later", {"at": [{"channel": "late"}, {"channel": "later"}]}),
        ("sellers=A&sellers=B&one[]=C", {"sellers": ["A", "B"], "one": ["C"]}),
        ("a=&b.c=&d=1", {"d": "1"}),
        ("text=caf%C3%A9+au+lait&note=na\u00efve", {"text": "café au lait", "note": "naïve"}),
        ("", {}),
    ],
)  # fmt: skip
def test_flat_names_nest(form: str, body: dict[str, Any]) -> None:
    assert read_body(form.encode(), FORM) == body


@pytest.mark.parametrize(
    ("form", "fix"),
    [
        ("lead=5&lead.zip=78701", "given both as a value and as something with parts"),
        ("lead.zip=78701&lead=5", "given both"),
        ("a[]=1&a[b]=2", "given both"),
        ("a..b=1", "Write lead.zip or lead[zip]"),
        ("items[][name]=1", "cannot be read"),
        ("=1", "cannot be read"),
        (".".join("a" * 17) + "=1", "at most 16 parts"),
        ("a" * 201 + "=1", "cannot be read"),
        ("&".join(f"a{n}=1" for n in range(1001)), "at most 1000 fields"),
        ("a=%00", "NUL"),
        ("a=%ff", "not text in utf-8"),
        ('{"lead": {}}', "Send JSON as application/json"),
        ("<lead/>", "XML as application/xml"),
    ],
)
def test_forms_are_refused_with_the_fix(form: str, fix: str) -> None:
    code, detail = refused(form.encode(), FORM)
    assert code == "malformed_body"
    assert fix in detail


@pytest.mark.parametrize(
    ("xml", "body"),
    [
        ("<lead><zip> 78701\n</zip><state/><scope></scope></lead>", {"zip": "78701"}),
        ("<r><sellers>A</sellers><x>1</x><sellers>B</sellers></r>", {"sellers": ["A", "B"], "x": "1"}),
        (f'<p:r xmlns:p="urn:x" xmlns:xsi="{XSI}" xsi:nil="false"><p:zip>1</p:zip></p:r>', {"zip": "1"}),
        ("<r><!-- a comment --><text><![CDATA[a < b & c]]></text></r>", {"text": "a < b & c"}),
        ("<r/>", {}),
    ],
)  # fmt: skip
def test_elements_nest(xml: str, body: dict[str, Any]) -> None:
    assert read_body(xml.encode(), XML) == body


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><r><x>&b;</x></r>'
FILE = '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/hostname">]><r><x>&f;</x></r>'


@pytest.mark.parametrize(
    ("xml", "fix"),
    [
        (BOMB, "leave <!DOCTYPE ...> out"),
        (FILE, "leave <!DOCTYPE ...> out"),
        ('<!DOCTYPE r SYSTEM "http://x.example/r.dtd"><r/>', "leave <!DOCTYPE ...> out"),
        ("<r><x>&nbsp;</x></r>", "not well-formed XML"),
        ("<r><x>1</r>", "not well-formed XML"),
        ('<r><lead zip="78701"/></r>', "write <zip> as an element inside <lead>"),
        ("<r>text<x>1</x></r>", "holds text beside elements"),
        ("<r><x>1</x>tail</r>", "holds text beside elements"),
        ("<r>only text</r>", "an element for each field"),
        ("<a>" * 20 + "1" + "</a>" * 20, "at most 16 deep"),
        ("<a>" * 9000, "not well-formed"),
        ("", "not well-formed XML"),
    ],
)
def test_xml_is_refused_with_the_fix(xml: str, fix: str) -> None:
    code, detail = refused(xml.encode(), XML)
    assert code == "malformed_body"
    assert fix in detail


TEXT = "<r><note>café “x” €</note></r>"


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (TEXT.encode(), XML),
        (b"\xef\xbb\xbf" + TEXT.encode(), XML),
        (TEXT.encode("cp1252"), f"{XML}; charset=windows-1252"),
        (TEXT.encode("cp1252"), f'{XML};Charset="ISO-8859-1"'),
        (('<?xml version="1.0" encoding="windows-1252"?>' + TEXT).encode("cp1252"), XML),
        (("<?xml version='1.0' encoding='UTF-8'?>" + TEXT).encode("cp1252"), "text/xml; charset=windows-1252"),
        (TEXT.encode("utf-16"), XML),
        (TEXT.encode("utf-16-le"), XML),
        (('<?xml version="1.0" encoding="UTF-16"?>' + TEXT).encode("utf-16-be"), f"{XML}; charset=utf-16be"),
    ],
)
def test_xml_is_read_in_the_charset_it_names(raw: bytes, content_type: str) -> None:
    assert read_body(raw, content_type) == {"note": "café “x” €"}


def test_a_form_is_read_in_its_charset_and_never_in_two_bytes() -> None:
    raw = urlencode({"note": "café “x” €"}, encoding="cp1252").encode()
    assert read_body(raw, f"{FORM}; charset=windows-1252") == {"note": "café “x” €"}
    assert refused(raw, FORM)[0] == "malformed_body"
    assert refused(b"a=%81", f"{FORM}; charset=windows-1252")[0] == "malformed_body"
    assert refused(b"a=1", f"{FORM}; charset=utf-16")[0] == "unsupported_media_type"


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "application/soap+xml", "x" * 200])
def test_other_types_are_refused_with_the_list(content_type: str) -> None:
    code, detail = refused(b"a=1", content_type)
    assert (code, "application/x-www-form-urlencoded or application/xml" in detail) == ("unsupported_media_type", True)


def test_an_unknown_charset_is_refused_with_the_list() -> None:
    code, detail = refused(b"<r/>", f"{XML}; charset=koi8-r")
    assert (code, "windows-1252" in detail) == ("unsupported_media_type", True)
    assert refused(b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><r/>', XML)[0] == "unsupported_media_type"


@pytest.mark.parametrize(
    ("accept", "of_xml", "of_form"),
    [
        ("", True, False),
        ("*/*", True, False),
        ("text/xml", True, True),
        ("application/json", False, False),
        ("application/json;q=0.9,text/xml;q=0.8,application/xml;q=0.7", False, False),
        ("application/json;q=0.2, application/xml", True, True),
        ("text/html, application/xml;q=x", True, False),
    ],
)
def test_accept_decides_and_the_request_where_it_does_not(accept: str, of_xml: bool, of_form: bool) -> None:
    assert (prefers_xml(accept, sent_xml=True), prefers_xml(accept, sent_xml=False)) == (of_xml, of_form)


def test_written_xml_is_well_formed_whatever_it_says() -> None:
    body = {"1 bad name": "a < b", "@": "\x00\x0b", "none": None, "flags": [True, False], "empty": {}, "many": []}
    assert write_xml("r", body) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<r>\n  <__bad_name>a &lt; b</__bad_name>\n  <_>??</_>\n  <none/>\n'
        "  <flags>true</flags>\n  <flags>false</flags>\n  <empty/>\n</r>\n"
    )
