package wazeroengine_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// suite runs the tests of a folder of the Go package, in which each package imports the engine. The package itself cannot
// do so: it would depend on this module. So Go is told of a workspace, and of a file that is not there.
func suite(t *testing.T, environment []string, arguments ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the tests of the whole package")
	}
	parent, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	replaced := map[string]string{}
	for folder, name := range map[string]string{
		".": "tinkwebhooks_test", "idempotency": "idempotency_test", "tinkwebhookstest": "tinkwebhookstest_test",
	} {
		text := "package " + name + "\n\nimport _ \"github.com/tink-webhooks/tink-webhooks/bindings-go/wazeroengine\"\n"
		file := filepath.Join(t.TempDir(), name+".go")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replaced[filepath.Join(parent, folder, "the_engine_test.go")] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("go", append([]string{"test", "-v", "-overlay", file}, arguments...)...)
	command.Dir = parent
	command.Env = append(os.Environ(), append(environment, "GOWORK="+filepath.Join(parent, "wazeroengine/testdata/go.work"))...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// In which 200 secrets are prepared ten thousand times, for what C allocates.
const forC = "TestForgottenHandlersAreCleanedUp"

func TestTheTestsOfThePackageWithoutCgo(t *testing.T) {
	out := suite(t, []string{"CGO_ENABLED=0"}, "-skip", forC, ".", "./idempotency", "./tinkwebhookstest")
	// Without the engine none would pass, and with cgo there is one more.
	passed := strings.Count(out, "--- PASS: ")
	if passed < 300 || strings.Contains(out, "TestOneCrossingPerDelivery") {
		t.Errorf("%d tests passed", passed)
	}
	t.Logf("%d tests passed", passed)
}
