package middleware

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// listen puts the tape of the request into its body, where there is one. A body that
// can do more than be read is left as it is: somebody may need what it can.
func (c *capture) listen(r *http.Request, limit int) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	switch r.Body.(type) {
	case io.Seeker, io.ReaderAt, io.ByteReader:
		return
	}
	c.request.start(r.Header, limit)
	b := &tapedBody{r.Body, &c.request}
	r.Body = b
	if to, ok := b.ReadCloser.(io.WriterTo); ok {
		r.Body = &tapedCopier{b, to}
	}
}

// tapedBody is a body that is taped while it is read.
type tapedBody struct {
	io.ReadCloser
	tape *tape
}

func (b *tapedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && n <= len(p) {
		b.tape.add(p[:n])
	}
	return n, err
}

// tapedCopier is a body that writes itself.
type tapedCopier struct {
	*tapedBody
	to io.WriterTo
}

func (b *tapedCopier) WriteTo(w io.Writer) (int64, error) {
	return b.to.WriteTo(tapedWriter{w, b.tape})
}

// tapedWriter tapes what is written.
type tapedWriter struct {
	io.Writer
	tape *tape
}

func (w tapedWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if n > 0 && n <= len(p) {
		w.tape.add(p[:n])
	}
	return n, err
}

// describeRequest writes down what the handler read of the request. r is the request
// as the handler had it, with the form that it parsed.
func (c *capture) describeRequest(rec *instrument.Recording, r *http.Request) {
	if cookies := r.Header["Cookie"]; len(cookies) > 0 {
		rec.Set(keyCookies.Masked(c.rules.Cookies(cookies[0])))
	}
	kept := c.request.describe(rec, &requestBody, c.rules, -1)
	values, files := partsOf(r, kept)
	if len(values) > 0 {
		rec.Attach(keyForm.Masked(encodedForm(c.rules, values)))
	}
	if len(files) > 0 {
		rec.Attach(keyFiles.Masked(listedFiles(c.rules, files)))
	}
}

// upload is a file of a form.
type upload struct {
	Field string `json:"field"`
	Name  string `json:"name"`
	Type  string `json:"type,omitempty"`
	Size  int64  `json:"size"` // -1: not known
}

// maxParts bounds what is kept of a form.
const maxParts = 100

// partsOf gives the parts of a multipart form: as the handler parsed it, or else as far
// as it was taped while the handler read it by itself.
func partsOf(r *http.Request, taped []byte) (values map[string][]string, files []upload) {
	form := r.MultipartForm
	if form == nil || len(form.Value)+len(form.File) == 0 {
		return tapedParts(r, taped)
	}
	for field, list := range form.File {
		for _, f := range list {
			if len(files) < maxParts {
				files = append(files, upload{field, f.Filename, f.Header.Get("Content-Type"), f.Size})
			}
		}
	}
	slices.SortFunc(files, func(a, b upload) int {
		return bytes.Compare([]byte(a.Field+"\x00"+a.Name), []byte(b.Field+"\x00"+b.Name))
	})
	return form.Value, files
}

// tapedParts reads the beginning of a multipart body.
func tapedParts(r *http.Request, taped []byte) (values map[string][]string, files []upload) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" || len(taped) == 0 {
		return nil, nil
	}
	parts := multipart.NewReader(bytes.NewReader(taped), params["boundary"])
	values = map[string][]string{}
	for range maxParts {
		p, err := parts.NextRawPart()
		if err != nil {
			break
		}
		text, err := io.ReadAll(p)
		whole := err == nil
		switch {
		case p.FileName() != "" && whole:
			files = append(files, upload{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), int64(len(text))})
		case p.FileName() != "":
			files = append(files, upload{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), -1})
		case p.FormName() != "" && whole && isText(text):
			values[p.FormName()] = append(values[p.FormName()], string(text))
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
	}
	return values, files
}

func listedFiles(rules *mask.Rules, files []upload) string {
	for i := range files {
		f := &files[i]
		f.Field, f.Name, f.Type = rules.Text(f.Field), rules.Text(f.Name), rules.Text(f.Type)
	}
	b, err := json.Marshal(files)
	if err != nil {
		return "[]"
	}
	return string(b)
}

func notJSON(n int) string { return fmt.Sprintf("not JSON from byte %d on", n) }
