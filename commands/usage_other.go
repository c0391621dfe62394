//go:build !unix || aix || solaris

package commands

func readUsage() usage { return usage{} }
