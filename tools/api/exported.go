// Command exported prints the exported declarations of the packages in the folders that it is given, without comments,
// bodies and what is not exported: the API of each as `go doc` sees it, in one order.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	for _, folder := range os.Args[1:] {
		declarations, err := exported(folder)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(strings.Join(declarations, "\n"))
	}
}

// exported has the package's clause first, and each declaration once, whatever file it is in.
func exported(folder string) ([]string, error) {
	context := build.Default
	context.CgoEnabled = true
	found, err := context.ImportDir(folder, 0)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range slices.Concat(found.GoFiles, found.CgoFiles) {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, filepath.Join(folder, name), nil, 0)
		if err != nil {
			return nil, err
		}
		ast.FileExports(file)
		for _, declaration := range file.Decls {
			texts, err := parts(files, declaration)
			if err != nil {
				return nil, err
			}
			all = append(all, texts...)
		}
	}
	slices.Sort(all)
	return append([]string{"package " + found.Name}, slices.Compact(all)...), nil
}

// parts splits a block of types or variables. Constants stay together, since iota counts in their block.
func parts(files *token.FileSet, declaration ast.Decl) ([]string, error) {
	nodes := []any{declaration}
	prefix := ""
	switch declaration := declaration.(type) {
	case *ast.FuncDecl:
		if declaration.Recv != nil && !ast.IsExported(receiver(declaration)) {
			return nil, nil
		}
		declaration.Body = nil
	case *ast.GenDecl:
		if declaration.Tok == token.IMPORT {
			return nil, nil
		}
		if declaration.Tok != token.CONST {
			prefix, nodes = declaration.Tok.String()+" ", nil
			for _, one := range declaration.Specs {
				nodes = append(nodes, one)
			}
		}
	}
	var texts []string
	for _, node := range nodes {
		var text bytes.Buffer
		// Neither aligned nor with the line breaks of comments that are left out.
		if err := (&printer.Config{Mode: printer.RawFormat, Tabwidth: 4}).Fprint(&text, files, node); err != nil {
			return nil, err
		}
		lines := slices.DeleteFunc(strings.Split(text.String(), "\n"), func(line string) bool {
			return strings.TrimSpace(line) == ""
		})
		texts = append(texts, prefix+strings.Join(lines, "\n"))
	}
	return texts, nil
}

// receiver is the name of the type that a method is of.
func receiver(method *ast.FuncDecl) string {
	of := method.Recv.List[0].Type
	for {
		switch inner := of.(type) {
		case *ast.StarExpr:
			of = inner.X
		case *ast.IndexExpr:
			of = inner.X
		case *ast.Ident:
			return inner.Name
		default:
			return ""
		}
	}
}
