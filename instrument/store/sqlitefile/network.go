package sqlitefile

import "path/filepath"

// networks are file systems whose files more than one machine may have open, by the
// number that statfs gives: there the processes of SQLite's WAL mode cannot share the
// memory that it needs.
var networks = map[uint32]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "CIFS",
	0xfe534d42: "SMB 2",
	0x01021997: "9P",
	0x65735546: "FUSE",
	0x6a656a63: "FakeOwner, of a container's host",
	0x786f4256: "VirtualBox shared folder",
	0x5346414f: "AFS",
	0x6b414653: "AFS",
	0x73757245: "Coda",
	0x00c36400: "Ceph",
	0x0bd00bd0: "Lustre",
	0x47504653: "GPFS",
	0x7461636f: "OCFS2",
	0x01161970: "GFS2",
	0x564c:     "NCP",
	0x013661:   "OrangeFS",
	0x20030528: "OrangeFS",
	0xaad7aaea: "PanFS",
	0x19830326: "BeeGFS",
}

// NetworkOf names the kind of file system that path is on, if other machines, or the host
// of a virtual one, may have it as well: NFS, SMB, FUSE. "": it is this machine's own, or
// what it is cannot be told. There Open does without WAL mode, so that who writes waits
// for who reads; a file on a disk of the machine is quicker.
func NetworkOf(path string) string {
	if path == Memory {
		return ""
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	for {
		if kind, ok := fileSystemOf(path); ok {
			return networks[kind]
		}
		up := filepath.Dir(path)
		if up == path {
			return ""
		}
		path = up // it is not made yet
	}
}

// journalOf is the journal mode for a database at path.
func journalOf(path string) string {
	if NetworkOf(path) != "" {
		return "DELETE"
	}
	return "WAL"
}
