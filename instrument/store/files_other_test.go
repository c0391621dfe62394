//go:build !unix

package store_test

import "errors"

func withoutFiles(*fixture) error { return errors.New("needs a limit of file descriptors") }
