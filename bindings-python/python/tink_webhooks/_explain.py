"""Why a delivery does not verify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Union, cast

from tink_webhooks import _native

if TYPE_CHECKING:
    from typing_extensions import TypeAlias

# generated: causes
#: What can be the matter with a delivery. Later versions may have more.
Cause: TypeAlias = Union[
    Literal[
        "verifies",
        "timestamp_too_old",
        "timestamp_in_future",
        "time_in_milliseconds",
        "arguments_swapped",
        "json_indented",
        "json_spaced",
        "json_compacted",
        "keys_reordered",
        "numbers_rewritten",
        "unicode_escaped",
        "unicode_unescaped",
        "unicode_escape_case",
        "html_escaped",
        "html_unescaped",
        "slashes_escaped",
        "slashes_unescaped",
        "keys_renamed",
        "empty_to_null",
        "empty_object_to_array",
        "plus_to_space",
        "python_repr",
        "python_bytes_repr",
        "buffer_stringified",
        "json_in_string",
        "wrapped_in_event",
        "base64_encoded",
        "gzip_compressed",
        "form_encoded",
        "html_entities",
        "utf8_read_as_latin1",
        "utf8_read_as_cp1252",
        "written_as_latin1",
        "utf16",
        "bom_added",
        "whitespace_added",
        "newline_removed",
        "line_endings_changed",
        "header_quoted",
        "header_name_included",
        "header_percent_encoded",
        "header_base64",
        "header_prefixed",
        "header_upper_case",
        "header_repeated",
        "header_rewritten",
        "signed_without_time",
        "signed_with_parsed_time",
        "signed_differently",
        "secret_whitespace",
        "secret_quoted",
        "secret_with_name",
        "secret_prefixed",
        "secret_decoded",
        "secret_encoded",
        "secret_list",
        "secret_case",
        "header_missing",
        "header_malformed",
        "secret_missing",
        "secret_short",
        "body_empty",
        "object_object",
        "characters_lost",
        "body_truncated",
        "body_not_json",
        "secret_other",
    ],
    str,
]
# generated: end


@dataclass(frozen=True)
class Explanation:
    """Why a delivery does not verify, as far as it can be known. ``str()`` gives the text for people.

    Neither ``str()`` nor ``repr()`` holds a secret, a MAC or anything of the body.

    Attributes:
        cause: A stable word, such as ``numbers_rewritten``; ``verifies`` where nothing is wrong. ``docs/explain.md``
            lists them. Later versions may have more.
        causes: Everything that had to be undone together, ``cause`` first.
        proved: Whether a MAC proves it: with these changes undone, the delivery verifies under a secret of at least 16
            bytes. It proves what happened, and never where.
        where: Where it usually happens, in one sentence.
        fix: The line to change, for each framework on a line of its own.
        secret_index: Which of the given secrets it is, also where it was given in another form; ``None`` where nothing
            was proved.
        original_body: The body that was signed, where that is another than the one given. Like any body it does not
            belong into a log.
    """

    cause: Cause
    causes: tuple[Cause, ...]
    proved: bool
    where: str = field(repr=False)
    fix: str = field(repr=False)
    secret_index: int | None
    original_body: bytes | None = field(repr=False)
    _text: str = field(repr=False, compare=False)

    def __str__(self) -> str:
        """The text for people, of several lines."""
        return self._text


def explain(
    body: bytes | bytearray | memoryview | str,
    signature: str | bytes | None,
    secrets: str | bytes | Sequence[str | bytes] | None,
    *,
    now: float | datetime | None = None,
) -> Explanation:
    """Says why a delivery does not verify, or that it does.

    It undoes what is known to happen to a body, a header or a secret on its way, computes the MAC again, and reports as
    proved only what then verifies. A tool for whoever looks for the fault, and not for the way of an answer: a search
    computes up to 50,000 MACs and hashes up to 128 MiB for them. What it finds is never a reason to accept a delivery.

    Args:
        body: The body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
        signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.
        secrets: One secret (``str`` or ``bytes``), or a list of them, as they are: also those that no handler object
            accepts, with quotes or a line break. One of fewer than 16 bytes proves nothing.
        now: Seconds since the epoch or an aware ``datetime``, for a delivery that was recorded; now where left out.

    Returns:
        What was found. It never fails for what it is given to explain.

    Raises:
        InvalidConfigError: The time is not usable.
        InvalidPayloadError: The text cannot be encoded: it holds a lone surrogate.
        TypeError: An argument is of another type.
    """
    try:
        causes, proved, where, fix, text, secret_index, original = _native._explain(
            body, signature, _keys(secrets), now
        )
    finally:
        # Out of the sight of what reports the local variables of an error.
        del body, signature, secrets
    return Explanation(causes[0], causes, proved, where, fix, secret_index, original, text)


def _keys(secrets: object) -> list[bytes]:
    """The bytes of every secret, whatever they are."""
    given: object = [secrets] if isinstance(secrets, (str, bytes)) else secrets or ()
    listed = cast("Sequence[object]", given) if isinstance(given, Sequence) else [given]
    texts = [one for one in listed if isinstance(one, (str, bytes))]
    if len(texts) < len(listed):
        wrong = next(type(one).__name__ for one in listed if not isinstance(one, (str, bytes)))
        del secrets, given, listed, texts
        raise TypeError(f"secrets must be str, bytes or a list of those, not {wrong}")
    return [one.encode("utf-8", "surrogatepass") if isinstance(one, str) else one for one in texts]
