// Package load sends the shop more than people would: everything has to be answered, whatever the store can keep up with, and
// nothing may be lost without being counted.
package load
