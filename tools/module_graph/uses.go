// Command uses lists where the files of one Go package use each other, as lines of JSON:
//
//	go run uses.go FOLDER
//
// What counts: every identifier whose declaration stands in another file of the package, methods and fields included,
// as the type checker resolves them. What comes from C is not Go's and does not count. Test files are left out, and so
// are files that the build constraints of this machine exclude.
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
	build.Default.CgoEnabled = true
	found, err := build.Default.ImportDir(folder, 0)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range append(found.GoFiles, found.CgoFiles...) {
		file, err := parser.ParseFile(set, filepath.Join(folder, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{
		Importer:    importer.ForCompiler(set, "gc", nil),
		FakeImportC: true, // what is C's has no type
	}
	checked, err := config.Check(found.Name, set, files, info)
	if err != nil {
		return err
	}

	output := json.NewEncoder(os.Stdout)
	for _, file := range files {
		source := filepath.Base(set.Position(file.Pos()).Filename)
		if err := output.Encode(use{Source: source, Target: source}); err != nil {
			return err
		}
	}
	for identifier, object := range info.Uses {
		if object.Pkg() != checked || !object.Pos().IsValid() {
			continue
		}
		at, declared := set.Position(identifier.Pos()), set.Position(object.Pos())
		if at.Filename != declared.Filename {
			one := use{filepath.Base(at.Filename), filepath.Base(declared.Filename), at.Line}
			if err := output.Encode(one); err != nil {
				return err
			}
		}
	}
	return nil
}
