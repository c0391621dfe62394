package web

import (
	"errors"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// paused tells whether recording is switched off in this process, by a viewer or by the
// app, so that it can be switched on again.
func (d *Dashboard) paused() bool {
	return d.config.Record != nil && d.config.Recorder != nil && !d.config.Recorder.Enabled()
}

// recordingForm is how recording goes in this process; nil where it cannot be switched.
func (d *Dashboard) recordingForm(r *http.Request) *view.Recording {
	if d.config.Record == nil || d.config.Recorder == nil {
		return nil
	}
	f := &view.Recording{Paused: d.paused()}
	if d.may(r, ActRecording) {
		f.Form = &view.Form{Path: d.base.Page("recording"), Proof: d.proof()}
	}
	return f
}

// switchRecording does what the form on the health page asks for.
func switchRecording(d *Dashboard, r *http.Request) (target string, err error) {
	const what = "recording"
	if d.config.Record == nil {
		return what, errors.New("recording cannot be switched here")
	}
	switch r.PostForm.Get("do") {
	case "pause":
		return what, d.config.Record(false)
	case "resume":
		return what, d.config.Record(true)
	}
	return what, errors.New("the form says neither pause nor resume")
}
