package gormsignals

import (
	"errors"
	"reflect"

	"gorm.io/gorm"
)

// Binding says which signals a model of gorm has. [For] makes it.
type Binding interface {
	modelType() reflect.Type
	preSave(*gorm.DB) error
	postSave(*gorm.DB) error
	preDelete(*gorm.DB) error
	postDelete(*gorm.DB) error
}

// New is the plugin for gorm's DB.Use. A model may be bound once.
func New(models ...Binding) gorm.Plugin { return &plugin{models: models} }

type plugin struct {
	models []Binding
	byType map[reflect.Type]Binding
}

// Name is the plugin's name, which gorm knows it by.
func (p *plugin) Name() string { return "gormsignals" }

// Initialize puts the plugin's callbacks between those of gorm.
func (p *plugin) Initialize(db *gorm.DB) error {
	p.byType = map[reflect.Type]Binding{}
	for _, m := range p.models {
		t := m.modelType()
		if _, twice := p.byType[t]; twice {
			return errors.New("gormsignals: " + t.String() + " is bound twice: leave out one of them")
		}
		p.byType[t] = m
	}
	db.ConnPool = &pool{db.ConnPool}
	db.Statement.ConnPool = db.ConnPool
	c := db.Callback()
	return errors.Join(
		c.Create().After("gorm:before_create").Before("gorm:save_before_associations").Register("gormsignals:pre_save", p.around(Binding.preSave)),
		c.Create().After("gorm:after_create").Before("gorm:commit_or_rollback_transaction").Register("gormsignals:post_save", p.around(Binding.postSave)),
		c.Update().After("gorm:before_update").Before("gorm:save_before_associations").Register("gormsignals:pre_save", p.around(Binding.preSave)),
		c.Update().After("gorm:after_update").Before("gorm:commit_or_rollback_transaction").Register("gormsignals:post_save", p.around(Binding.postSave)),
		c.Delete().After("gorm:before_delete").Before("gorm:delete_before_associations").Register("gormsignals:pre_delete", p.around(Binding.preDelete)),
		c.Delete().After("gorm:after_delete").Before("gorm:commit_or_rollback_transaction").Register("gormsignals:post_delete", p.around(Binding.postDelete)),
	)
}

// around is a callback that sends the signals of the statement's model.
func (p *plugin) around(send func(Binding, *gorm.DB) error) func(*gorm.DB) {
	return func(db *gorm.DB) {
		st := db.Statement
		if db.Error != nil || db.DryRun || st.Schema == nil || st.SkipHooks && !insertOfSave(st) {
			return
		}
		b := p.byType[st.Schema.ModelType]
		if b == nil {
			return
		}
		returned := false
		defer func() {
			if !returned { // a receiver panicked, or ended its goroutine: gorm would leave the transaction open
				if _, own := db.InstanceGet("gorm:started_transaction"); own {
					db.Rollback()
				}
			}
		}()
		_ = db.AddError(send(b, db))
		returned = true
	}
}
