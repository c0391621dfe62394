package report

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// The form that code hosts show beside the lines of a change: SARIF 2.1.0 (OASIS).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		Rule         string            `json:"ruleId"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

// SARIF writes the findings of the report; see WriteSARIF.
func (r *Report) SARIF(w io.Writer, root string) error { return WriteSARIF(w, root, r.Findings()) }

// WriteSARIF writes findings for code hosts. Files below root, the folder of the
// repository, are named relative to it, as such hosts expect; root "" leaves all names
// as they are.
func WriteSARIF(w io.Writer, root string, findings []Finding) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "go-debug-toolbar", Rules: []sarifRule{}}}, Results: []sarifResult{}}
	var rules []Rule
	for _, f := range findings {
		if !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
		run.Results = append(run.Results, f.sarif(root))
	}
	slices.Sort(rules)
	for _, rule := range rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{string(rule), sarifText{ruleTexts[rule]}})
	}
	b, err := json.MarshalIndent(sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	_, err = w.Write(append(escapeUnsafe(b), '\n'))
	return err
}

func (f Finding) sarif(root string) sarifResult {
	name := title(f.Handler)
	r := sarifResult{
		Rule: string(f.Rule), Level: string(f.Level), Message: sarifText{term.Line(name + ": " + f.Message)},
		Fingerprints: map[string]string{"handler/v1": string(f.Rule) + " " + f.Handler.Kind.String() + " " + f.Handler.Name},
	}
	where := sarifLocation{Logical: []sarifLogical{{Name: term.Line(f.Handler.Name), Kind: "function"}}}
	if file := f.Handler.Source.File; file != "" {
		where.Physical = &sarifPhysical{Artifact: sarifArtifact{sarifURI(root, file)}}
		if line := f.Handler.Source.Line; line > 0 {
			where.Physical.Region = &sarifRegion{line}
		}
	}
	r.Locations = []sarifLocation{where}
	return r
}

// sarifURI is a file's name relative to root, or as a URI of its own.
func sarifURI(root, file string) string {
	if root != "" && filepath.IsAbs(file) {
		if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
			return escapePath(filepath.ToSlash(rel))
		}
	}
	if filepath.IsAbs(file) {
		return "file://" + escapePath(filepath.ToSlash(file))
	}
	return escapePath(filepath.ToSlash(file))
}

// escapePath escapes what may not stand in a URI's path.
func escapePath(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if c > ' ' && c < 0x7f && !strings.ContainsRune(`"%<>?[\]^{|}#`+"`", rune(c)) {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
