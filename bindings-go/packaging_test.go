//go:build cgo && !wazero

package tinkwebhooks_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	tinkwebhooks "github.com/tink-webhooks/tink-webhooks/bindings-go"
)

// The tests below act as users: modules of their own, with only Go and a C compiler in PATH, and without a network.

const (
	module = "github.com/tink-webhooks/tink-webhooks/bindings-go"
	user   = `package main

import (
	"context"
	"fmt"
	"log"

	tinkwebhooks "` + module + `"
	"` + module + `/tinkwebhookstest"
)

func main() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	body, signature := tinkwebhookstest.NewDelivery("refresh:finished", tinkwebhookstest.WithSecret("s3cret"))
	event, err := hooks.HandleWebhook(context.Background(), body, signature)
	fmt.Println(event, err)
}
`
)

// newUser makes an empty module that uses the package, in the version that the directive selects.
func newUser(t *testing.T, version, directive string) (dir string, run func(env []string, command ...string) string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"main.go": user,
		"go.mod":  "module user\n\ngo 1.24\n\nrequire " + module + " " + version + "\n" + directive,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir()
	for _, tool := range []string{"cc", "gcc", "clang", "as", "ld", "ar", "pkg-config"} {
		if found, err := exec.LookPath(tool); err == nil {
			if err := os.Symlink(found, filepath.Join(path, tool)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir, func(env []string, command ...string) string {
		t.Helper()
		if command[0] == "go" {
			command[0] = goTool
		}
		run := exec.Command(command[0], command[1:]...)
		run.Dir = dir
		// Variables of the tests' own environment are not a user's.
		run.Env = append([]string{"HOME=" + os.Getenv("HOME"), "PATH=" + path, "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-mod=mod"}, env...)
		if cache, ok := os.LookupEnv("GOCACHE"); ok {
			run.Env = append(run.Env, "GOCACHE="+cache)
		}
		text, err := run.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, text)
		}
		return string(text)
	}
}

func works(t *testing.T, output string) {
	t.Helper()
	if !strings.HasPrefix(output, `Event("refresh:finished" at `) || !strings.HasSuffix(output, "<nil>\n") {
		t.Errorf("printed %s", output)
	}
}

// checkout is the folder of this module.
func checkout(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestVendored(t *testing.T) {
	dir, run := newUser(t, "v0.0.0", "replace "+module+" => "+checkout(t)+"\n")
	run(nil, "go", "mod", "vendor")
	vendored := filepath.Join(dir, "vendor", module, "build")
	folders, err := os.ReadDir("build")
	if err != nil {
		t.Fatal(err)
	}
	kepts := []string{"include/tink_webhooks.h"}
	for _, folder := range folders {
		kepts = append(kepts, folder.Name())
	}
	for _, kept := range kepts {
		if _, err := os.Stat(filepath.Join(vendored, kept)); err != nil {
			t.Error(err)
		}
	}
	run([]string{"GOFLAGS=-mod=vendor"}, "go", "build", "-o", "user", ".")
	works(t, run(nil, "./user"))
	if out, err := exec.Command("ldd", filepath.Join(dir, "user")).Output(); err == nil && strings.Contains(string(out), "tink_webhooks") {
		t.Errorf("not static: %s", out)
	}
}

// version is that of a release.
const version = "v" + tinkwebhooks.Version

// serve puts a module into a module proxy in a folder, as the tag of a release has it: with the archives.
func serve(t *testing.T, proxy, path, dir string) {
	t.Helper()
	versions := filepath.Join(proxy, path, "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		t.Fatal(err)
	}
	goMod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{".mod": string(goMod), ".info": `{"Version":"` + version + `"}`} {
		if err := os.WriteFile(filepath.Join(versions, version+name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	packed, err := os.Create(filepath.Join(versions, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	writer := zip.NewWriter(packed)
	tree := os.DirFS(dir)
	err = fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && name != "." {
			if _, err := fs.Stat(tree, name+"/go.mod"); err == nil {
				return fs.SkipDir // another module
			}
		}
		if err != nil || !entry.Type().IsRegular() || name == "archive_stamp.h" {
			return err
		}
		file, err := writer.Create(path + "@" + version + "/" + name)
		if err != nil {
			return err
		}
		text, err := fs.ReadFile(tree, name)
		if err == nil {
			_, err = file.Write(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDownloaded(t *testing.T) {
	proxy := t.TempDir()
	serve(t, proxy, module, ".")
	_, run := newUser(t, version, "")
	env := []string{"GOPROXY=file://" + proxy, "GOMODCACHE=" + t.TempDir(), "GOFLAGS=-mod=mod -modcacherw"}
	run(env, "go", "build", "-o", "user", ".")
	works(t, run(env, "./user"))
}

// A store is a module of its own, and takes the package of its own version.
func TestAStoreIsDownloaded(t *testing.T) {
	output, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	downloaded := filepath.Join(strings.TrimSpace(string(output)), "cache/download")
	if _, err := os.Stat(filepath.Join(downloaded, "github.com/redis/go-redis/v9/@v")); err != nil {
		t.Skip("go-redis was not downloaded")
	}
	proxy := t.TempDir()
	serve(t, proxy, module, ".")
	serve(t, proxy, module+"/redisstore", "redisstore")
	dir, run := newUser(t, version, "require "+module+"/redisstore "+version+"\n")
	program := "package main\n\nimport _ \"" + module + "/redisstore\"\n\nfunc main() {}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	// Finding all of its packages shows that it needs nothing else, and may use what is internal to the package.
	packages := run([]string{"GOPROXY=file://" + proxy + ",file://" + downloaded, "GOMODCACHE=" + t.TempDir(),
		"GOFLAGS=-mod=mod -modcacherw"}, "go", "list", "-deps", ".")
	if !strings.Contains(packages, module+"/internal/texts\n") {
		t.Errorf("its packages are %s", packages)
	}
}

func TestAChangedArchiveIsLinkedAnew(t *testing.T) {
	moved, prefix := filepath.Join(t.TempDir(), "bindings-go"), t.TempDir()
	if err := os.CopyFS(moved, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(prefix, "include"), os.DirFS("../target/capi/include")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(prefix, "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir, run := newUser(t, "v0.0.0", "replace "+module+" => "+moved+"\n")
	program := strings.Replace(user, "fmt.Println(event, err)", `fmt.Println(event.Type(), err)`, 1)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(prefix, "lib/libtink_webhooks.a")
	content, err := os.ReadFile("../target/capi/lib/libtink_webhooks.a")
	if err != nil {
		t.Fatal(err)
	}
	for _, eventType := range []string{"refresh_finished", "refresh_finisheX"} {
		changed := bytes.ReplaceAll(content, []byte("refresh_finished"), []byte(eventType))
		if err := os.WriteFile(archive, changed, 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(filepath.Join(moved, "archives.sh"), prefix).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		run(nil, "go", "build", "-o", "user", ".")
		if said := run(nil, "./user"); said != eventType+" <nil>\n" {
			t.Errorf("printed %s, with %s in the archive", said, eventType)
		}
	}
}

func TestInstalledLibrary(t *testing.T) {
	// `-tags pkgconfig` needs nothing of build/: the header and the library are those of the system.
	prefix := filepath.Join(checkout(t), "../target/capi")
	dir, run := newUser(t, "v0.0.0", "replace "+module+" => "+checkout(t)+"\n")
	run([]string{"PKG_CONFIG_PATH=" + filepath.Join(prefix, "lib/pkgconfig")}, "go", "build", "-tags", "pkgconfig", "-o", "user", ".")
	works(t, run([]string{"LD_LIBRARY_PATH=" + filepath.Join(prefix, "lib")}, "./user"))
	if out, err := exec.Command("readelf", "-d", filepath.Join(dir, "user")).Output(); err == nil && !strings.Contains(string(out), "libtink_webhooks.so") {
		t.Errorf("the installed library is not linked: %s", out)
	}
}

func TestWhereThereIsNoArchive(t *testing.T) {
	// The compiler prints the name in noarchive.go; wasm.go needs no archive.
	for _, test := range []struct{ platform, cgo, tags, want string }{
		{"linux/amd64", "1", "", ""},
		{"darwin/arm64", "1", "", ""},
		{"linux/arm64", "1", "musl", ""},
		{"windows/amd64", "1", "", ""},
		{"windows/arm64", "1", "", "noarchive.go"},
		{"linux/386", "1", "", "noarchive.go"},
		{"freebsd/amd64", "1", "", "noarchive.go"},
		{"freebsd/amd64", "1", "pkgconfig", ""},
		{"windows/arm64", "1", "wazero", "wasm.go"},
		{"linux/amd64", "1", "wazero", "wasm.go"},
		{"linux/amd64", "0", "", "wasm.go"},
		{"freebsd/amd64", "0", "", "wasm.go"},
		{"freebsd/amd64", "0", "pkgconfig", "wasm.go"},
	} {
		system, machine, _ := strings.Cut(test.platform, "/")
		list := exec.Command("go", "list", "-tags", test.tags, "-f", `{{join .GoFiles "\n"}}`, ".")
		list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+machine, "CGO_ENABLED="+test.cgo)
		files, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"wasm.go", "noarchive.go"} {
			if built := slices.Contains(strings.Fields(string(files)), file); built != (file == test.want) {
				t.Errorf("%+v: %s is built: %t", test, file, built)
			}
		}
	}
}

func TestThePlatforms(t *testing.T) {
	folders, err := os.ReadDir("build")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, folder := range folders {
		want = append(want, folder.Name())
	}
	for file, pattern := range map[string]string{
		"cgo_archive.go":  `SRCDIR}/build/([\w-]+)`,
		"includebuild.go": `/build/([\w-]+)"`,
	} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(source), -1) {
			got = append(got, found[1])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s names %v, build/ holds %v", file, got, want)
		}
	}
}

func TestTheLibrariesOfTheArchive(t *testing.T) {
	// A `#cgo` line cannot ask pkg-config for a variable, and users of this package have no pkg-config file.
	text, err := os.ReadFile("../target/capi/lib/pkgconfig/tink_webhooks.pc")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^archive=\S+ (.*)$`).FindSubmatch(text)
	if found == nil {
		t.Fatal("no archive in tink_webhooks.pc")
	}
	source, err := os.ReadFile("cgo_archive.go")
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`#cgo linux LDFLAGS: (.*)`).FindSubmatch(source)
	if flags == nil {
		t.Fatal("no libraries in cgo_archive.go")
	}
	want, got := append([]string{"-static-libgcc"}, strings.Fields(string(found[1]))...), strings.Fields(string(flags[1]))
	if !slices.Equal(got, want) {
		t.Errorf("cgo_archive.go links %v, the archive needs %v", got, want)
	}
}

// pkg.go.dev shows the documentation of a nested module only if the module itself has a licence.
func TestTheLicences(t *testing.T) {
	for _, name := range []string{"LICENSE-APACHE", "LICENSE-MIT"} {
		want, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not that of the project's root: %v", name, err)
		}
	}
}
