// Command uses lists where the files of one Go package use each other, as lines of JSON:
//
//	go run uses.go FOLDER
//
// What counts: every identifier whose declaration stands in another file of the package, methods and fields included,
// as the type checker resolves them. What comes from C is not Go's and does not count. Test files are left out, and so
// are files that are not built on linux/amd64 with cgo.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
)

type use struct {
	Source string `json:"source"`
	Target string `json:"target"`
	Line   int    `json:"line"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string) error {
	// One platform's files, so that the graph is the same on every machine.
	build.Default.GOOS, build.Default.GOARCH, build.Default.CgoEnabled = "linux", "amd64", true
	set := token.NewFileSet()
	reader := reader{folder: folder, set: set, others: importer.ForCompiler(set, "gc", nil)}
	manifest, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(manifest), "\n")
	reader.module = strings.TrimSpace(strings.TrimPrefix(first, "module"))

	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	checked, files, err := reader.check(folder, info)
	if err != nil {
		return err
	}
	output := json.NewEncoder(os.Stdout)
	for _, file := range files {
		name := filepath.Base(set.Position(file.Pos()).Filename)
		if err := output.Encode(use{Source: name, Target: name}); err != nil {
			return err
		}
	}
	for identifier, object := range info.Uses {
		if object.Pkg() != checked || !object.Pos().IsValid() {
			continue
		}
		at, declared := set.Position(identifier.Pos()), set.Position(object.Pos())
		if at.Filename != declared.Filename {
			found := use{filepath.Base(at.Filename), filepath.Base(declared.Filename), at.Line}
			if err := output.Encode(found); err != nil {
				return err
			}
		}
	}
	return nil
}

// reader is the importer of packages of the module; it leaves the rest to others.
type reader struct {
	folder, module string
	set            *token.FileSet
	others         types.Importer
}

func (r reader) Import(path string) (*types.Package, error) {
	if below, found := strings.CutPrefix(path, r.module+"/"); found {
		checked, _, err := r.check(filepath.Join(r.folder, filepath.FromSlash(below)), nil)
		return checked, err
	}
	return r.others.Import(path)
}

func (r reader) check(folder string, info *types.Info) (*types.Package, []*ast.File, error) {
	found, err := build.Default.ImportDir(folder, 0)
	if err != nil {
		return nil, nil, err
	}
	var files []*ast.File
	for _, name := range append(found.GoFiles, found.CgoFiles...) {
		file, err := parser.ParseFile(r.set, filepath.Join(folder, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, file)
	}
	config := types.Config{Importer: r, FakeImportC: true} // what is C's has no type
	checked, err := config.Check(found.Name, r.set, files, info)
	return checked, files, err
}
