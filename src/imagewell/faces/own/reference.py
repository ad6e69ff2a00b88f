"""`docs/errors.md`, made from the code."""

from __future__ import annotations

from imagewell.faces.own.error_page import known

HEAD = """# Errors

Every refusal has a stable `code`. The own API answers with a problem document (RFC 9457,
`application/problem+json`) that carries it; the other faces say the same refusal in their protocol's own words. This
page is made from the code by `make docs`; a running server shows it at `/docs/errors`.

```json
{
  "type": "/docs/errors#invalid_parameter",
  "title": "Bad Request",
  "status": 400,
  "detail": "limit: got 0; expected greater than or equal to 1.",
  "code": "invalid_parameter",
  "param": "limit",
  "request_id": "6f1c2d3e4a5b6c7d"
}
```

`param` names the field, parameter or header, or is null. Where several are wrong, `errors` lists them all. `request_id`
is also the header `X-Request-ID`, and finds the request in the server's log. Answers with 429 and 503 carry
`Retry-After`.

| code | status | meaning |
|---|---|---|
"""


def errors_page() -> str:
    """One row a code."""
    rows = sorted(known().items(), key=lambda pair: pair[0].code)
    return HEAD + "".join(f"| `{kind.code}` | {kind.status} | {words} |\n" for kind, words in rows)
