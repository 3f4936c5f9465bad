"""Promise 21, broken: the page of `tink-webhooks listen`."""

from __future__ import annotations

from breakage import broken

PAGE = "cli/src/listen/inspector.rs"
GUARD = "the_page_is_for_its_own_address_and_for_who_has_the_token"
ORACLE = "the_page_signs_nothing_of_a_stranger"

broken(
    21,
    "a name that a stranger lets point to this machine is an address of the page",
    (
        PAGE,
        "own.into_iter().find(|name| name.as_bytes().eq_ignore_ascii_case(host))",
        "own.into_iter().find(|name| !name.is_empty() && !host.is_empty())",
    ),
    fails=[GUARD],
)
broken(21, "other sites may ask", (PAGE, "if !from_here {", "if !from_here && host.is_empty() {"), fails=[GUARD])
broken(
    21,
    "any token will do",
    (PAGE, "is_equal(given, self.token.as_bytes())", "is_equal(given, given) && !self.token.is_empty()"),
    fails=[GUARD],
)
broken(
    21,
    "what did not verify when it came is signed",
    (PAGE, "proved.scheme(), None)", "proved.map_or(tink_webhooks::Scheme::V1, super::record::Proved::scheme), None)"),
    (
        PAGE,
        "let Some(proved) = record.verification.as_ref().filter(|_| record.can_sign()) else {\n        return Err(",
        "let proved = record.verification.as_ref();\n    if !record.kept {\n        return Err(",
    ),
    (PAGE, "    };\n    let still =", "    }\n    let still ="),
    (PAGE, "Some(proved.secret_index),", "Some(0),"),
    (PAGE, "Err(_) => None,\n    };\n    let secret", "Err(_) => Some(0),\n    };\n    let secret"),
    fails=[ORACLE],
)
broken(
    21,
    "a file that was changed since is signed",
    (PAGE, "Err(_) => None,\n    };\n    let secret", "Err(_) => Some(0),\n    };\n    let secret"),
    fails=[ORACLE],
)
broken(
    21,
    "everybody of the machine may read what is kept",
    ("cli/src/listen/store.rs", "0o600", "0o644"),
    fails=["files_are_the_users_alone_hold_what_came_and_are_bounded"],
)
broken(
    21,
    "a web page may deliver",
    ("cli/src/listen/receive.rs", "request.headers().contains_key(header::ORIGIN) ||", ""),
    fails=["web_pages_deliver_nothing"],
)
broken(
    21,
    "the page may run what is written into it",
    (PAGE, "script-src 'nonce-{nonce}'", "script-src 'unsafe-inline'"),
    fails=["the_page_runs_its_own_script_alone_and_leaves_nothing_behind"],
)
broken(
    21,
    "the address of the page holds the secret",
    (
        "cli/src/listen/mod.rs",
        '"page": page,',
        '"page": format!("{page}{}", String::from_utf8_lossy(desk.secrets[0].bytes())),',
    ),
    fails=["the_secret_is_in_no_output_no_file_and_no_answer"],
)
