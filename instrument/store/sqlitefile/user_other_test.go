//go:build !unix

package sqlitefile_test

func readChild(string) int { return 1 }
