package toolbar

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// openFile opens file and store, for reading if they cannot be written.
func (t *Toolbar) openFile() error {
	err := t.openStore(t.config.fileOptions(), t.config.storeOptions())
	if err == nil || !sqlitefile.Unwritable(err) {
		return err
	}
	o := t.config.storeOptions()
	o.ReadOnly = true
	if again := t.openStore(sqlitefile.Options{ReadOnly: true}, o); again != nil {
		return fmt.Errorf("%w; it cannot be read either (%w): set Config.Path to a place that the app may write to, or to %q", err, again, sqlitefile.Memory)
	}
	t.unwritten = err
	t.config.Logger.Warn("debug toolbar: the store cannot be written, so nothing is recorded; what it has can be looked at", "path", t.config.Path, "error", err)
	return nil
}

func (t *Toolbar) openStore(file sqlitefile.Options, o store.Options) error {
	db, err := sqlitefile.Open(t.config.Path, file)
	if err != nil {
		return err
	}
	s, err := store.Open(context.Background(), db, o)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	t.db, t.store = db, s
	return nil
}

func (c Config) fileOptions() sqlitefile.Options {
	return sqlitefile.Options{OnAside: func(a sqlitefile.Aside) {
		c.Logger.Error("debug toolbar: the store was damaged and is put aside; a new one is begun", "path", a.Path, "aside", a.To, "error", a.Why)
	}}
}

// notes are what is to be known of the store's file.
func (t *Toolbar) notes() (list []web.Note) {
	if t.config.Path == sqlitefile.Memory {
		return nil
	}
	for _, path := range sqlitefile.AsideOf(t.config.Path) {
		list = append(list, web.Note{Name: "a damaged store was put aside", Detail: path + ": remove it when you have what you need of it"})
	}
	if n := t.collector.Stats().Stripped; n > 0 {
		list = append(list, web.Note{Name: "the queue had no room for details", Detail: fmt.Sprintf("of %d records only the line of the request was kept; set Config.QueueBytes higher, or keep fewer", n)})
	}
	if kind := sqlitefile.NetworkOf(t.config.Path); kind != "" {
		list = append(list, web.Note{Name: "the store is on a network file system", Detail: kind + ": one that is this machine's own is quicker, and safer when several processes write"})
	}
	return list
}
