package texts

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func TestTheCopiesAreTheTextsOfTheProject(t *testing.T) {
	const project = "../../../stores"
	if _, err := os.Stat(project + "/README.md"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("stores/ of the project is not here: this is the module alone")
	}
	if copied, original := all(t, files), all(t, os.DirFS(project)); len(original) < 15 {
		t.Fatalf("%d texts", len(original))
	} else {
		for place, text := range original {
			if copied[place] != text {
				t.Errorf("%s differs: cp stores/%[1]s bindings-go/internal/texts/%[1]s", place)
			}
		}
		for place := range copied {
			if _, ok := original[place]; !ok {
				t.Errorf("%s is not in stores/", place)
			}
		}
	}
}

// all reads the texts of a tree by their places.
func all(t *testing.T, tree fs.FS) map[string]string {
	t.Helper()
	read := map[string]string{}
	err := fs.WalkDir(tree, ".", func(place string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(place, "/") {
			return err
		}
		text, err := fs.ReadFile(tree, place)
		read[place] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestStatements(t *testing.T) {
	if parts := Statements("postgres/create.sql"); len(parts) != 2 || !strings.HasPrefix(parts[1], "CREATE TABLE") {
		t.Errorf("%q", parts)
	}
	for place := range all(t, files) {
		if strings.HasSuffix(place, ".sql") && strings.Contains(Statement(place), "--") {
			t.Errorf("%s keeps a comment", place)
		}
	}
}
