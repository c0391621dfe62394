package gormsignals_test

import (
	"context"
	"errors"
	"testing"

	"gorm.io/gorm"

	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

// Without a transaction what is written is stored at once, whatever receivers say.
func TestSG48_WithoutATransactionCommittedFollowsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &gorm.Config{SkipDefaultTransaction: true})
	o := order{Status: "new"}
	must(t, f.Create(&o))
	f.want(t, "pre_save new", "post_save new created true fields [] changed [ID Status Total Lines]", "committed created 1")
	c := f.orders.PostSave.On(func(context.Context, modelsignals.Write[order]) error { return errRefused })
	if err := f.Model(&o).Update("status", "paid").Error; !errors.Is(err, errRefused) {
		t.Error(err)
	}
	c.Disconnect()
	f.want(t, "pre_save paid", "post_save paid created false fields [Status] changed [Status]", "committed updated 1")
	must(t, f.Delete(&o))
	f.want(t, "pre_delete 1", "post_delete 1", "committed deleted 1")
}
