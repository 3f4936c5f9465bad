package wazeroengine_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

const receiver = `package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
%s)

func main() {
%s	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSchemes(tinkwebhooks.SchemeV1))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer hooks.Close()
	tinkwebhooks.MustOn(hooks, "account:updated",
		func(_ context.Context, event *tinkwebhooks.Event, account *tinkwebhooks.AccountUpdated) error {
			fmt.Println("updated:", account.ID)
			return nil
		})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	http.Serve(listener, hooks)
}
`

const (
	importLine = "\t_ \"github.com/tink-webhooks/tink-webhooks/bindings-go/wazeroengine\"\n"
	namedLine  = "\t\"github.com/tink-webhooks/tink-webhooks/bindings-go/wazeroengine\"\n"
	cacheLines = "\tif err := wazeroengine.SetCacheDir(os.Args[1]); err != nil {\n\t\tpanic(err)\n\t}\n"
)

// stranger is a program in a folder of its own, and what builds it.
func stranger(t *testing.T, text string) (build func(out string, environment ...string) ([]byte, error), folder string) {
	t.Helper()
	parent, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	const root = "github.com/tink-webhooks/tink-webhooks/bindings-go"
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	module := fmt.Sprintf("module receiver\n\ngo 1.25.0\n\nrequire (\n\t%[1]s v%[3]s\n\t%[1]s/wazeroengine v%[3]s\n)\n\n"+
		"replace (\n\t%[1]s => %[2]s\n\t%[1]s/wazeroengine => %[2]s/wazeroengine\n)\n", root, parent, tinkwebhooks.Version)
	for name, content := range map[string][]byte{"main.go": []byte(text), "go.mod": []byte(module), "go.sum": sums} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(out string, environment ...string) ([]byte, error) {
		// -mod=mod adds the indirect requirements, as "go mod tidy" does.
		command := exec.Command("go", "build", "-mod=mod", "-o", out, ".")
		command.Dir = folder
		command.Env = append(os.Environ(), append([]string{"CGO_ENABLED=0", "GOWORK=off"}, environment...)...)
		return command.CombinedOutput()
	}, folder
}

func TestWithoutTheImport(t *testing.T) {
	build, folder := stranger(t, fmt.Sprintf(receiver, "", ""))
	if out, err := build("receiver"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(filepath.Join(folder, "receiver")).CombinedOutput()
	want := `import _ "github.com/tink-webhooks/tink-webhooks/bindings-go/wazeroengine"`
	if err == nil || !strings.Contains(string(out), want) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestAReceiverOfAStranger(t *testing.T) {
	build, folder := stranger(t, fmt.Sprintf(receiver, namedLine, cacheLines))
	if out, err := build("receiver"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, cache := filepath.Join(folder, "receiver"), filepath.Join(folder, "cache")
	for range 2 { // the second start finds the compiled module
		delivers(t, exec.Command(program, cache))
		var files int
		err := filepath.WalkDir(cache, func(_ string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				files++
			}
			return err
		})
		if err != nil || files != 1 {
			t.Errorf("%d files in the folder for the compiled module, %v", files, err)
		}
	}
}

// delivers starts a receiver and sends it signed, forged and stale deliveries.
func delivers(t *testing.T, command *exec.Cmd) {
	t.Helper()
	log := &bytes.Buffer{}
	command.Env = append(os.Environ(), "TINK_WEBHOOK_SECRET="+secret)
	command.Stderr = log
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	var address, said, id string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		t.Fatalf("%v: %s", err, log)
	}
	for _, test := range []struct {
		name, header string
		want         int
	}{
		{"signed", sign(t, body, secret), 200},
		{"forged", sign(t, body, "another secret of some length"), 401},
		{"stale", signAt(t, time.Now().Add(-time.Hour)), 401},
		{"unsigned", "", 401},
	} {
		request, err := http.NewRequest("POST", "http://"+address+"/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(tinkwebhooks.SignatureHeader, test.header)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != test.want {
			t.Errorf("%s: %d", test.name, answer.StatusCode)
		}
	}
	if _, err := fmt.Fscanln(out, &said, &id); err != nil || said != "updated:" || id != "a1" {
		t.Errorf("said %q %q, %v", said, id, err)
	}
}

func signAt(t *testing.T, at time.Time) string {
	t.Helper()
	header, err := tinkwebhooks.GenerateSignature([]byte(body), secret, tinkwebhooks.SignedAt(at))
	if err != nil {
		t.Fatal(err)
	}
	return header
}

func TestForOtherSystems(t *testing.T) {
	build, folder := stranger(t, fmt.Sprintf(receiver, importLine, ""))
	platforms := []string{"windows/amd64", "darwin/arm64", "linux/386"}
	if os.Getenv("TEST_ALL") != "" { // Go compiles its library for each
		platforms = append(platforms, "windows/arm64", "darwin/amd64", "linux/arm64", "freebsd/amd64")
	}
	for _, platform := range platforms {
		t.Run(platform, func(t *testing.T) {
			system, machine, _ := strings.Cut(platform, "/")
			name := system + "-" + machine + ".exe"
			if out, err := build(name, "GOOS="+system, "GOARCH="+machine); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			program := filepath.Join(folder, name)
			switch platform {
			case "linux/386": // interpreted, on a machine of 32 bits
				delivers(t, exec.Command(program))
			case "linux/arm64":
				delivers(t, exec.Command(emulator(t, "qemu-aarch64-static"), program))
			default:
				t.Skip("built, not run: a program for another system")
			}
		})
	}
}

// emulator returns what runs programs for another processor, or skips the test.
func emulator(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("built, not run: %s is not installed", name)
	}
	return path
}
