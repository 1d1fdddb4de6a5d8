// Package crd holds the CustomResourceDefinitions, so that programs can check
// manifests without a cluster.
package crd

import "embed"

// Bases are the generated definitions, a file for each kind in the directory bases.
//
//go:embed bases/*.yaml
var Bases embed.FS
