package middleware

// Raw text ends at the end tag of its element and nowhere else. Scripts have
// one exception: after "<!--" a "<script" begins a part in which "</script"
// does not end the script.

func (s *scanner) stepRaw(c byte) bool {
	switch s.state {
	case inRaw:
		return s.stepRawText(c)
	case rawLess:
		return s.stepRawLess(c)
	case rawEndName:
		return s.stepRawEnd(c)
	case rawStartName:
		return s.stepRawStart(c)
	case rawBang:
		if c == '-' {
			return s.to(rawBangDash)
		}
	case rawBangDash:
		if c == '-' {
			s.escape, s.dashes = 1, 2
			return s.to(inRaw)
		}
	}
	return s.again(inRaw)
}

func (s *scanner) stepRawText(c byte) bool {
	if c == '<' {
		s.dashes = 0
		return s.to(rawLess)
	}
	if c == '>' && s.dashes >= 2 {
		s.escape = 0
	}
	s.count(c, '-')
	return true
}

func (s *scanner) stepRawLess(c byte) bool {
	s.nameLen = 0
	switch {
	case c == '/':
		return s.to(rawEndName)
	case s.raw == "script" && s.escape == 0 && c == '!':
		return s.to(rawBang)
	case s.escape == 1 && isLetter(c):
		return s.again(rawStartName)
	}
	return s.again(inRaw)
}

func (s *scanner) stepRawEnd(c byte) bool {
	if isLetter(c) {
		s.addToName(c)
		return true
	}
	if s.is(s.raw) && s.raw != "plaintext" && (isSpace(c) || c == '/' || c == '>') {
		if s.escape == 2 {
			s.escape = 1
			return s.to(inRaw)
		}
		s.endTag, s.slash = true, false
		return s.again(inTag)
	}
	return s.again(inRaw)
}

func (s *scanner) stepRawStart(c byte) bool {
	if isLetter(c) {
		s.addToName(c)
		return true
	}
	if s.is("script") && (isSpace(c) || c == '/' || c == '>') {
		s.escape = 2
		return s.to(inRaw)
	}
	return s.again(inRaw)
}
