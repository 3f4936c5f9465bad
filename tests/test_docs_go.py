"""Every program and command of docs/go.md and docs/go-pieces.md does what is said of it, as `go test` sees it.

What is not run: `make build-go`, which was done when the tests started, and `go get`, as there is no release.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from snippets import GO_MODULE, ROOT, block, blocks, free_port, receives
from snippets import go as run_program

#: Everything that is sent to a DSN on loopback while deliveries are refused, and handlers fail and panic.
SENTRY = """
        const body, key = "b0dy-m4rker", "s3cret-m4rker"
        t.Setenv("TINK_WEBHOOK_SECRET", key)
        received := make(chan string, 1000)
        relay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
            var reader io.Reader = r.Body
            if r.Header.Get("Content-Encoding") == "gzip" {
                var err error
                if reader, err = gzip.NewReader(r.Body); err != nil {
                    t.Error(err)
                    return
                }
            }
            text, err := io.ReadAll(reader)
            if err != nil {
                t.Error(err)
            }
            received <- string(text)
            w.Header().Set("Content-Type", "application/json")
            _, _ = io.WriteString(w, "{}")
        }))
        defer relay.Close()
        t.Setenv("SENTRY_DSN", strings.Replace(relay.URL, "http://", "http://public@", 1)+"/1")

        signatures := map[string]bool{}
        signed := func(text string, opts ...tinkwebhooks.SignOption) string {
            signature, err := tinkwebhooks.GenerateSignature([]byte(text), key, opts...)
            check(t, err)
            return signature
        }
        good := `{"event":"account:updated","context":{"userId":"` + body + `"},"content":{"id":"` + body + `"}}`
        failing := strings.Replace(good, "account:updated", "account:created", 1)
        panics := strings.Replace(good, "account:updated", "refresh:finished", 1)
        bare := signed(good, tinkwebhooks.SignedWith(tinkwebhooks.SchemeBody))
        hour := time.Hour
        type delivery struct{ method, body, signature, reason string }
        deliveries := []delivery{
            {"POST", good, signed(good), ""},
            {"POST", failing, signed(failing), "handler_failed"},
            {"POST", panics, signed(panics), "handler_failed"},
            {"PUT", good, signed(good), "method_not_allowed"},
            {"POST", good, "", "missing_signature"},
            {"POST", good, "t=1,v1=" + bare[:40], "malformed_signature"},
            {"POST", good, bare, "scheme_not_allowed"},
            {"POST", good, "t=1767225600,v1=" + bare, "signature_mismatch"},
            {"POST", good, signed(good, tinkwebhooks.SignedAt(time.Now().Add(-hour))), "timestamp_too_old"},
            {"POST", good, signed(good, tinkwebhooks.SignedAt(time.Now().Add(hour))), "timestamp_in_future"},
            {"POST", good + strings.Repeat(" ", 2<<20), signed(good), "body_too_large"},
        }
        for reason, text := range map[string]string{
            "invalid_utf8":  `{"event":"` + body + "\\xff\\"}",
            "invalid_json":  `{"event":` + body,
            "not_an_object": `["` + body + `"]`,
            "missing_type":  `{"` + body + `":1}`,
            "missing_data":  `{"type":"` + body + `"}`,
            "duplicate_key": `{"event":"` + body + `","event":"x"}`,
            "too_deep":      strings.Repeat(`{"`+body+`":`, 130) + "1" + strings.Repeat("}", 130),
        } {
            deliveries = append(deliveries, delivery{"POST", text, signed(text), reason})
        }
        run := func(configured sentry.ClientOptions) string {
            check(t, sentry.Init(configured))
            handler, hooks, err := routes()
            check(t, err)
            defer hooks.Close()
            hooks.MustRegisterHandler("account:created",
                func(context.Context, *tinkwebhooks.Event) error { return errors.New("handler-away") })
            hooks.MustRegisterHandler("refresh:finished",
                func(context.Context, *tinkwebhooks.Event) error { panic("handler-panics") })
            server := httptest.NewServer(handler)
            for _, d := range deliveries {
                request, err := http.NewRequest(d.method, server.URL+"/webhooks/tink", strings.NewReader(d.body))
                check(t, err)
                request.Header.Set("Content-Type", "application/json")
                if d.signature != "" {
                    request.Header.Set(tinkwebhooks.SignatureHeader, d.signature)
                    signatures[d.signature[strings.LastIndex(d.signature, "=")+1:]] = true
                }
                answer, err := http.DefaultClient.Do(request)
                check(t, err)
                text, err := io.ReadAll(answer.Body)
                check(t, err)
                check(t, answer.Body.Close())
                if d.reason != "" && strings.TrimSpace(string(text)) != d.reason {
                    t.Errorf("answered %s, want %s", text, d.reason)
                }
            }
            server.Close() // waits for the hooks
            if !sentry.Flush(10 * time.Second) {
                t.Error("not everything was sent")
            }
            var all strings.Builder
            for len(received) > 0 {
                all.WriteString(<-received)
            }
            return all.String()
        }

        configured := options()
        configured.EnableTracing, configured.TracesSampleRate = true, 1 // the middleware's transactions too
        sent := run(configured)
        for _, part := range []string{"handler-away", "handler-panics", "tinkwebhooks.HandlerError", `"transaction"`} {
            if !strings.Contains(sent, part) {
                t.Errorf("%s was not sent", part)
            }
        }
        if got := strings.Count(sent, `"type":"event"`); got != len(deliveries)-1 {
            t.Errorf("%d events were sent for %d deliveries", got, len(deliveries))
        }
        if len(signatures) < 10 {
            t.Errorf("only %d signatures", len(signatures))
        }
        shown := func(text string) (found []string) {
            for hidden := range signatures {
                if strings.Contains(text, hidden) {
                    found = append(found, "a signature")
                    break
                }
            }
            for _, hidden := range []string{body, key} {
                encoded := base64.StdEncoding.EncodeToString([]byte(hidden))
                if strings.Contains(text, hidden) || strings.Contains(text, encoded) {
                    found = append(found, hidden)
                }
            }
            return found
        }
        if found := shown(sent); len(found) != 0 {
            t.Errorf("sent to Sentry: %v", found)
        }

        // The options are needed, and this test would see what it looks for.
        configured.DataCollection = nil
        if found := strings.Join(shown(run(configured)), ", "); found != "a signature" {
            t.Errorf("by default, Sentry is sent %s", found)
        }
        configured.DataCollection = &sentry.DataCollection{}
        if found := strings.Join(shown(run(configured)), ", "); found != "a signature, "+body {
            t.Errorf("with everything collected, Sentry is sent %s", found)
        }
        """

#: The test that each program is joined with, in the same package; none for what is a test itself. By heading, in the
#: document's order.
TRIALS = {
    "A receiver": [
        """
        handler, err := routes()
        check(t, err)
        got := printed(t, func() { answers(t, handler, "refresh:finished") })
        if got != "5f0c2a9be1d84f7ea0b6c3d2918e7a40 UPDATED\\n" {
            t.Errorf("printed %s", got)
        }
        """
    ],
    "Without a server": [
        """
        if got := printed(t, main); got != "u1 UPDATED\\n" {
            t.Errorf("printed %s", got)
        }
        """
    ],
    "Handlers": [
        """
        want := []string{
            "5f0c2a9be1d84f7ea0b6c3d2918e7a40 SENT 10.55 EUR",
            "payment:updated payment_updated",
            "payment:updated [no such order]",
        }
        if got := printed(t, main); got != strings.Join(want, "\\n")+"\\n" {
            t.Errorf("printed %s", got)
        }
        """
    ],
    "Errors": [
        """
        logged := keep(t)
        hooks, err := tinkwebhooks.NewHandler()
        check(t, err)
        handler := endpoint{hooks}
        answers(t, handler, "refresh:finished")
        old := tinkwebhookstest.WithTime(time.Now().Add(-time.Hour))
        if code := post(handler, "refresh:finished", old); code != 401 {
            t.Error(code)
        }
        large := tinkwebhookstest.WithBody(make([]byte, 1<<20+1))
        if code := post(handler, "refresh:finished", large); code != 408 {
            t.Error(code)
        }
        _, err = hooks.RegisterHandler("*", func(context.Context, *tinkwebhooks.Event) error { panic("x") })
        check(t, err)
        if code := post(handler, "refresh:finished"); code != 500 {
            t.Error(code)
        }
        for _, part := range []string{"refused: ", "is the clock right? ", "our fault: "} {
            if !strings.Contains(logged.String(), part) {
                t.Error(part, logged)
            }
        }
        """
    ],
    "Queues": [
        """
        incoming, err := tinkwebhooks.NewHandler()
        check(t, err)
        var queue [][]byte
        away := false
        _, err = incoming.RegisterHandler("*", passOn(func(_ context.Context, text []byte) error {
            if away {
                return errors.New("away")
            }
            queue = append(queue, text)
            return nil
        }))
        check(t, err)
        answers(t, incoming, "refresh:finished")
        away = true
        if code := post(incoming, "refresh:finished"); code != 500 || len(queue) != 1 {
            t.Error(code, len(queue))
        }
        check(t, os.Unsetenv("TINK_WEBHOOK_SECRET"))
        if _, err := tinkwebhooks.NewHandler(); !errors.Is(err, tinkwebhooks.ErrSecretNotConfigured) {
            t.Error(err)
        }
        worker, err := newWorker()
        check(t, err)
        defer worker.Close()
        got := printed(t, func() { check(t, work(context.Background(), worker, queue[0])) })
        if !regexp.MustCompile(`^[0-9a-f]{32} UPDATED [0-9a-f]{32} 20..-..-..T..:..:..Z\\n$`).MatchString(got) {
            t.Errorf("printed %s", got)
        }
        """
    ],
    "Testing": [""],
    "Without a C compiler": [
        """
        handler, err := receiver()
        check(t, err)
        got := printed(t, func() { answers(t, handler, "refresh:finished") })
        if got != "5f0c2a9be1d84f7ea0b6c3d2918e7a40 UPDATED\\n" {
            t.Errorf("printed %s", got)
        }
        """
    ],
    "A spool": [
        """
        logged := keep(t)
        hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes("v1"))
        check(t, err)
        handler := spool{hooks, t.TempDir()}
        stored := func() (names []string) {
            files, err := os.ReadDir(handler.dir)
            check(t, err)
            for _, file := range files {
                names = append(names, file.Name())
            }
            return names
        }
        if code := post(handler, "refresh:finished", tinkwebhookstest.WithSecret("another")); code != 401 {
            t.Error(code)
        }
        large := tinkwebhookstest.WithBody(make([]byte, 2<<20+1))
        if code := post(handler, "refresh:finished", large); code != 413 {
            t.Error(code)
        }
        if code := post(handler, "refresh:finished", tinkwebhookstest.WithSignature("")); code != 401 {
            t.Error(code)
        }
        if names := stored(); len(names) != 0 {
            t.Error("stored what was not proven:", names)
        }
        body, signature := tinkwebhookstest.NewDelivery("refresh:finished")
        sameBody, sameHeader := tinkwebhookstest.WithBody(body), tinkwebhookstest.WithSignature(signature)
        for range 2 {
            if code := post(handler, "refresh:finished", sameBody, sameHeader); code != 200 {
                t.Error(code)
            }
        }
        names := stored()
        if len(names) != 1 || !regexp.MustCompile("^[0-9a-f]{32}[.]json$").MatchString(names[0]) {
            t.Fatal(names)
        }
        text, err := os.ReadFile(handler.dir + "/" + names[0])
        check(t, err)
        if !bytes.Equal(text, body) {
            t.Errorf("stored %s", text)
        }
        _, err = hooks.ParseEvent(text)
        check(t, err)
        handler.dir += "/away"
        if code := post(handler, "refresh:finished"); code != 500 {
            t.Error(code)
        }
        if strings.Count(logged.String(), "not stored: ") != 4 {
            t.Error(logged)
        }
        """
    ],
    "Metrics": [
        """
        handler, hooks, err := routes()
        check(t, err)
        hooks.MustRegisterHandler("payment:updated",
            func(context.Context, *tinkwebhooks.Event) error { return errors.New("away") })
        server := httptest.NewServer(handler)
        defer server.Close()
        url := server.URL + "/webhooks/tink"
        deliver := func(want int, eventType tinkwebhooks.EventType, opts ...tinkwebhookstest.Option) {
            t.Helper()
            request := tinkwebhookstest.NewRequest(url, eventType, opts...)
            request.RequestURI = ""
            answer, err := http.DefaultClient.Do(request)
            check(t, err)
            check(t, answer.Body.Close())
            if answer.StatusCode != want {
                t.Errorf("answered %d, want %d", answer.StatusCode, want)
            }
        }
        deliver(200, "refresh:finished")
        deliver(401, "refresh:finished", tinkwebhookstest.WithSecret("another"))
        deliver(500, "payment:updated")
        answer, err := http.Get(url)
        check(t, err)
        check(t, answer.Body.Close())
        if answer.StatusCode != 405 {
            t.Error(answer.StatusCode)
        }
        // The hook is called after the answer, so the last one may not have been counted yet.
        series := regexp.MustCompile(`(?m)^tink_webhook_deliveries_total.*$`)
        var scraped []string
        for range 100 {
            answer, err := http.Get(server.URL + "/metrics")
            check(t, err)
            text, err := io.ReadAll(answer.Body)
            check(t, err)
            check(t, answer.Body.Close())
            if scraped = series.FindAllString(string(text), -1); len(scraped) == 4 {
                for _, outcome := range []string{`handled"} 1`, `refused"} 2`, `failed"} 1`} {
                    line := `tink_webhook_duration_seconds_count{outcome="` + outcome
                    if !strings.Contains(string(text), line) {
                        t.Errorf("no %s in %s", line, text)
                    }
                }
                break
            }
            time.Sleep(10 * time.Millisecond)
        }
        want := []string{
            `{outcome="failed",reason="handler_failed",secret_index="0",type="payment_updated"} 1`,
            `{outcome="handled",reason="",secret_index="0",type="refresh_finished"} 1`,
            `{outcome="refused",reason="method_not_allowed",secret_index="",type=""} 1`,
            `{outcome="refused",reason="signature_mismatch",secret_index="",type=""} 1`,
        }
        name := "tink_webhook_deliveries_total"
        if got := strings.Join(scraped, "\\n"); got != name+strings.Join(want, "\\n"+name) {
            t.Errorf("scraped\\n%s", got)
        }
        """
    ],
    "Sentry": [SENTRY],
}

HELPERS = """
package main

import (
    "bytes"
    "context"
    "errors"
    "io"
    "log"
    "net/http"
    "net/http/httptest"
    "os"
    "regexp"
    "strings"
    "testing"
    "time"

    tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
    "github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

var _, _, _, _, _ = context.Background, errors.New, regexp.MustCompile, strings.Contains, time.Now
var _ tinkwebhooks.Event

func check(t *testing.T, err error) {
    t.Helper()
    if err != nil {
        t.Fatal(err)
    }
}

func keep(t *testing.T) *bytes.Buffer {
    var logged bytes.Buffer
    log.SetOutput(&logged)
    t.Cleanup(func() { log.SetOutput(os.Stderr) })
    return &logged
}

func printed(t *testing.T, run func()) string {
    t.Helper()
    before := os.Stdout
    defer func() { os.Stdout = before }()
    reader, writer, err := os.Pipe()
    check(t, err)
    os.Stdout = writer
    run()
    check(t, writer.Close())
    text, err := io.ReadAll(reader)
    check(t, err)
    return string(text)
}

func post(handler http.Handler, eventType tinkwebhooks.EventType, opts ...tinkwebhookstest.Option) int {
    answer := httptest.NewRecorder()
    handler.ServeHTTP(answer, tinkwebhookstest.NewRequest("/webhooks/tink", eventType, opts...))
    return answer.Code
}

func answers(t *testing.T, handler http.Handler, eventType tinkwebhooks.EventType) {
    t.Helper()
    if code := post(handler, eventType); code != 200 {
        t.Errorf("answered %d", code)
    }
    if code := post(handler, eventType, tinkwebhookstest.WithSecret("another")); code != 401 {
        t.Errorf("answered %d", code)
    }
}
"""

#: What a trial imports besides, at the beginning of the imports.
IMPORTS = {
    "Sentry": """import (
    "compress/gzip"
    "encoding/base64"

    "github.com/getsentry/sentry-go"
"""
}

GUIDE = "docs/go.md"


def programs() -> list[tuple[str, int, str]]:
    """Heading, number below it, and text of every program."""
    found: list[tuple[str, int, str]] = []
    for heading, language, text in [*blocks(GUIDE), *blocks("docs/go-pieces.md")]:
        if language == "go":
            found.append((heading, sum(known == heading for known, _, _ in found), text))
    return found


def go(command: list[str], folder: Path, given: str | None = None, **environment: str) -> str:
    """Runs a command of Go's as a user would."""
    if not shutil.which("go"):
        pytest.skip("Go is not installed")
    result = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "GOFLAGS": "-mod=mod", "TINK_WEBHOOK_SECRET": "s3cret", **environment},
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_receiver_answers_curl(tmp_path: Path) -> None:
    """Built with the guide's `go mod edit`, from a module beside the checkout."""
    (tmp_path / "tink-webhooks").symlink_to(ROOT)
    project = tmp_path / "project"
    project.mkdir()
    port = free_port()
    (project / "main.go").write_text(block(GUIDE, "A receiver", "go").replace("8000", str(port)), encoding="utf-8")
    go(["go", "mod", "init", "project"], project)
    build, _, edit = block(GUIDE, "Go", "sh").partition(" && ")
    assert build == "make -C ../tink-webhooks build-go"
    go(["sh", "-ec", edit], project)
    go(["go", "build", "-o", "receiver", "."], project)  # `go run` would not hand on the signal that ends it
    receives(GUIDE, "./receiver", port, project, "u1 UPDATED")


def test_the_program_without_a_server(tmp_path: Path) -> None:
    assert run_program(block(GUIDE, "Without a server", "go"), tmp_path) == "u1 UPDATED\n"


def test_every_program_is_tried() -> None:
    others = [(heading, language) for heading, language, _ in blocks(GUIDE) if language != "go"]
    assert others == [("Go", "sh"), ("Try it with curl", "sh")]
    assert [(heading, number) for heading, number, _ in programs()] == [
        (heading, number) for heading, trials in TRIALS.items() for number in range(len(trials))
    ]


@pytest.mark.parametrize(("heading", "number", "program"), programs(), ids=lambda value: str(value)[:12])
def test_program(heading: str, number: int, program: str, tmp_path: Path) -> None:
    assert go(["gofmt"], tmp_path, program) == program, "not formatted"
    needs, sums = f"go 1.24\n\nrequire {GO_MODULE} v0.0.0\n\nreplace {GO_MODULE} => ", ""
    if any(package in program for package in ("/prometheus/", "/getsentry/")):
        recipes = ROOT / "tests/go/recipes"
        needs, _, _ = (
            (recipes / "go.mod").read_text(encoding="utf-8").partition("\n\n")[2].partition("../../../bindings-go")
        )
        sums = (recipes / "go.sum").read_text(encoding="utf-8")
    environment = {}
    if "/wazeroengine" in program:
        engine, environment = ROOT / "bindings-go/wazeroengine", {"CGO_ENABLED": "0"}
        required = f"require {GO_MODULE}/wazeroengine v0.0.0\n\nreplace {GO_MODULE}/wazeroengine => {engine}"
        needs = needs.replace("go 1.24", f"go 1.25.0\n\n{required}")
        sums = (engine / "go.sum").read_text(encoding="utf-8")
    (tmp_path / "go.mod").write_text(f"module shop\n\n{needs}{ROOT / 'bindings-go'}\n", encoding="utf-8")
    (tmp_path / "go.sum").write_text(sums, encoding="utf-8")
    if trial := TRIALS[heading][number]:
        (tmp_path / "main.go").write_text(program, encoding="utf-8")
        helpers = HELPERS.replace("import (", IMPORTS.get(heading, "import ("))
        (tmp_path / "trial_test.go").write_text(
            f"{helpers}\nfunc TestTrial(t *testing.T) {{\n{trial}\n}}\n", encoding="utf-8"
        )
    else:
        (tmp_path / "shop_test.go").write_text(program, encoding="utf-8")
    output = go(["go", "test", "-v", "."], tmp_path, **environment)  # which also vets
    assert re.search(r"^--- PASS: Test", output, re.MULTILINE), output


def test_the_structs_that_are_named_exist() -> None:
    """Words in code type that look like identifiers of the package are some."""
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in (GUIDE, "docs/go-pieces.md"))
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`\*?(?:tinkwebhooks\.)?([A-Z][a-z]\w+)(?:\([^`]*\))?`", prose)) - {
        "Alpine",
        "DataCollection",
        "ReadHeaderTimeout",
        "ReadTimeout",
        "SendDefaultPII",
    }
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bindings-go").rglob("*.go"))
    missing = {
        name for name in named if not re.search(rf"^(?:func (?:\(.*?\) )?|type |\t){name}\b", source, re.MULTILINE)
    }
    assert not missing
