package middleware

import "bytes"

// scanner finds the end tags of body in a page that comes in pieces. It
// follows the HTML tokenizer as far as is needed not to be fooled by a
// "</body>" in a script, a comment, a text area or an attribute. It works on
// bytes, which is right for every charset that shares ASCII.
type scanner struct {
	xml   bool // XHTML: no raw text, but CDATA sections
	state scanState
	pos   int64 // offset of the next byte
	open  int64 // offset of the "<" of the tag being read
	found int64 // offset of the latest end tag of body, -1 if none

	policies []string // content security policies in meta tags

	name    [10]byte // name of the tag being read, lower case, cut
	nameLen int
	endTag  bool
	slash   bool   // the byte before was "/" in a tag
	raw     string // element whose text is being skipped
	escape  uint8  // in a script: 1 after "<!--", 2 after "<script" in there
	meta    []byte // attributes of the meta tag being read
	inMeta  bool
	dashes  int // "-" (or "]") read in a row
	opening int // how many of dashes opened the comment
}

type scanState uint8

const (
	inText scanState = iota
	afterLess
	afterLessSlash
	inName
	inTag
	inAttr
	afterAttr
	beforeValue
	inDouble
	inSingle
	inUnquoted
	afterBang
	afterBangDash
	inComment
	inBogus
	inCDATA
	inRaw
	rawLess
	rawEndName
	rawStartName
	rawBang
	rawBangDash
)

func newScanner(xml bool) scanner { return scanner{xml: xml, found: -1} }

// keep is the offset from which on bytes may still have to come after
// something inserted: the latest end tag, or the beginning of a possible one.
func (s *scanner) keep() int64 {
	switch {
	case s.found >= 0:
		return s.found
	case s.state == afterLess, s.state == afterLessSlash:
		return s.open
	case s.state == inName && s.endTag && s.nameLen <= len("body") && "body"[:s.nameLen] == string(s.name[:s.nameLen]):
		return s.open
	}
	return s.pos
}

// run reads the next piece of the page.
func (s *scanner) run(p []byte) {
	for i := 0; i < len(p); {
		n := s.skip(p[i:])
		if n == 0 && s.step(p[i]) {
			n = 1
		}
		if s.inMeta && len(s.meta)+n <= maxMeta {
			s.meta = append(s.meta, p[i:i+n]...)
		}
		i += n
		s.pos += int64(n)
	}
}

// skip is how many bytes of p cannot change the state.
func (s *scanner) skip(p []byte) int {
	var stop byte
	switch {
	case s.state == inText, s.state == inRaw && s.escape == 0:
		stop = '<'
	case s.state == inDouble:
		stop = '"'
	case s.state == inSingle:
		stop = '\''
	case s.state == inBogus:
		stop = '>'
	default:
		return 0
	}
	if i := bytes.IndexByte(p, stop); i >= 0 {
		return i
	}
	return len(p)
}

// step reads one byte. It reports false if the byte is to be read again in
// the new state.
func (s *scanner) step(c byte) bool {
	switch s.state {
	case inText:
		s.open = s.pos
		return s.to(afterLess)
	case afterLess, afterLessSlash:
		return s.stepOpen(c)
	case inName:
		return s.stepName(c)
	case inTag, inAttr, afterAttr, beforeValue, inDouble, inSingle, inUnquoted:
		return s.stepTag(c)
	case afterBang, afterBangDash, inComment, inBogus, inCDATA:
		return s.stepMarkup(c)
	}
	return s.stepRaw(c)
}

func (s *scanner) to(state scanState) bool {
	s.state = state
	return true
}

func (s *scanner) again(state scanState) bool {
	s.state = state
	return false
}

func (s *scanner) stepOpen(c byte) bool {
	end := s.state == afterLessSlash
	switch {
	case isLetter(c):
		s.nameLen, s.endTag = 0, end
		return s.again(inName)
	case end && c == '>':
		return s.to(inText)
	case end, c == '?':
		return s.again(inBogus)
	case c == '/':
		return s.to(afterLessSlash)
	case c == '!':
		return s.to(afterBang)
	}
	return s.again(inText)
}

func (s *scanner) stepName(c byte) bool {
	if !isSpace(c) && c != '/' && c != '>' {
		s.addToName(c)
		return true
	}
	if s.endTag && s.is("body") {
		s.found = s.open
	}
	s.slash = false
	s.inMeta, s.meta = !s.endTag && s.is("meta"), s.meta[:0]
	return s.again(inTag)
}

func (s *scanner) addToName(c byte) {
	if s.nameLen < len(s.name) {
		s.name[s.nameLen] = lower(c)
		s.nameLen++
	}
}

func (s *scanner) is(name string) bool { return string(s.name[:s.nameLen]) == name }

func (s *scanner) stepTag(c byte) bool {
	if s.state == inDouble || s.state == inSingle {
		return s.to(inTag) // skip stopped at the closing quote
	}
	if c == '>' {
		return s.closeTag()
	}
	s.slash = false
	switch {
	case isSpace(c):
		if s.state == inAttr {
			return s.to(afterAttr)
		}
		if s.state == inUnquoted {
			return s.to(inTag)
		}
		return true
	case s.state == beforeValue:
		return s.stepValue(c)
	case s.state == inUnquoted:
		return true
	case c == '/':
		s.slash = true
		return s.to(inTag)
	case c == '=' && s.state != inTag:
		return s.to(beforeValue)
	}
	return s.to(inAttr)
}

func (s *scanner) stepValue(c byte) bool {
	switch c {
	case '"':
		return s.to(inDouble)
	case '\'':
		return s.to(inSingle)
	}
	return s.to(inUnquoted)
}

// closeTag decides how the text after a tag is read. A tag that closes itself
// means something in SVG only, where these elements may have it.
func (s *scanner) closeTag() bool {
	if s.inMeta {
		s.inMeta = false
		if p, ok := metaPolicy(string(s.meta)); ok {
			s.policies = append(s.policies, p)
		}
	}
	if !s.endTag && !s.slash && !s.xml {
		switch name := string(s.name[:s.nameLen]); name {
		case "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext":
			s.raw, s.escape, s.dashes = name, 0, 0
			return s.to(inRaw)
		}
	}
	return s.to(inText)
}

func (s *scanner) stepMarkup(c byte) bool {
	switch s.state {
	case afterBang:
		if c == '[' && s.xml {
			s.dashes = 0
			return s.to(inCDATA)
		}
		if c != '-' {
			return s.again(inBogus)
		}
		return s.to(afterBangDash)
	case afterBangDash:
		if c != '-' {
			return s.again(inBogus)
		}
		s.dashes, s.opening = 2, 2
		return s.to(inComment)
	case inComment:
		return s.stepComment(c)
	case inCDATA:
		if c == '>' && s.dashes >= 2 {
			return s.to(inText)
		}
		s.count(c, ']')
		return true
	}
	return s.to(inText) // the ">" of a bogus comment
}

// stepComment ends a comment at "-->" and "--!>"; the dashes that open it
// count for the former.
func (s *scanner) stepComment(c byte) bool {
	switch {
	case c == '>' && s.dashes >= 2:
		return s.to(inText)
	case c == '>' && s.dashes == bang:
		return s.to(inText)
	case c == '!' && s.dashes-s.opening >= 2:
		s.dashes = bang
		return true
	}
	if s.dashes == bang {
		s.dashes = 0
	}
	if c != '-' {
		s.opening = 0
	}
	s.count(c, '-')
	return true
}

// bang stands for "--!" in scanner.dashes.
const bang = -1

func (s *scanner) count(c, want byte) {
	if c == want {
		s.dashes++
	} else {
		s.dashes = 0
	}
}

func isLetter(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' }

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
