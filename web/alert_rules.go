package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// The rules by which alerts are found, as Config.AlertsOff and the API name them.
const (
	alertNPlusOne      = "n+1"
	alertSequential    = "statements-together"
	alertDuplicates    = "duplicate-queries"
	alertTogether      = "queries-together"
	alertOpenRows      = "open-rows"
	alertOpenTx        = "open-transaction"
	alertOpenBody      = "open-body"
	alertSwallowed     = "swallowed-error"
	alertWrittenTwice  = "written-twice"
	alertLateHeader    = "late-header"
	alertLeaked        = "outlives-record"
	alertBudget        = "over-budget"
	alertSlow          = "slow"           // of view
	alertCallsTogether = "calls-together" // of view
	alertNoContext     = "no-context"     // of view
	alertHandlerPanics = "handler-panics"
	alertHandlerFails  = "handler-fails"
	alertHandlerSlow   = "handler-slow"
	alertWorse         = "worse-than-before"

	// For Notifications alone: the pages of requests and exceptions show the same as lists.
	alertErrorRate      = "error-rate"
	alertNewException   = "new-exception"
	alertExceptionAgain = "exception-again"
)

// AlertRules are the names of all rules by which alerts are found, for Config.AlertsOff.
func AlertRules() []string {
	return []string{
		alertNPlusOne, alertSequential, alertDuplicates, alertTogether, alertCallsTogether, alertOpenRows, alertOpenTx, alertOpenBody, alertSwallowed,
		alertWrittenTwice, alertLateHeader, alertNoContext, alertLeaked, alertBudget, alertSlow,
		alertHandlerPanics, alertHandlerFails, alertHandlerSlow, alertWorse, alertErrorRate, alertNewException, alertExceptionAgain,
	}
}

// alertsOff checks the names of rules.
func alertsOff(names []string) (off map[string]bool, err error) {
	off = map[string]bool{}
	for _, name := range names {
		if !slices.Contains(AlertRules(), name) {
			return nil, fmt.Errorf("web: Config.AlertsOff has %q: the rules are %s", name, strings.Join(AlertRules(), ", "))
		}
		off[name] = true
	}
	return off, nil
}

// recordModel is a Record as its page shows it, without the alerts that are off.
func (d *Dashboard) recordModel(rec *instrument.Record) view.Record {
	m := recordModel(rec, sqltap.Limits{Slow: d.config.SlowQueries})
	m.AlertsOff = d.alertsOff
	return m
}
