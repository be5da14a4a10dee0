package mailclient

import "strings"

// value is a text or an object.
type value struct {
	text  string
	inner map[string]value
}

const maxDepth = 8

// head reads the fields between the lines of dashes.
type head struct {
	name string
	s    string
	pos  int
}

func readHead(name, s string) (map[string]value, error) {
	s = strings.TrimPrefix(strings.ReplaceAll(s, "\r\n", "\n"), "\ufeff")
	rest, ok := strings.CutPrefix(s, "---\n")
	if !ok {
		return nil, fault(name, 1, "it does not begin with a line of three dashes")
	}
	h := head{name: name, s: s, pos: len(s) - len(rest)}
	fields := map[string]value{}
	for h.pos < len(s) {
		h.blank()
		if h.pos >= len(s) || strings.HasPrefix(s[h.pos:], "---") {
			return fields, nil
		}
		line, _, _ := strings.Cut(s[h.pos:], "\n")
		key, after, ok := strings.Cut(line, ":")
		if !ok {
			h.pos += len(line)
			continue
		}
		key = strings.TrimSpace(key)
		if strings.HasPrefix(strings.TrimSpace(after), "{") {
			h.pos += strings.IndexByte(line, '{') + 1
			inner, err := h.object(1)
			if err != nil {
				return nil, err
			}
			fields[key] = value{inner: inner}
			continue
		}
		h.pos += len(line)
		fields[key] = value{text: unquote(strings.TrimSpace(after))}
	}
	return fields, nil
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		s = s[1 : len(s)-1]
	}
	return strings.ReplaceAll(s, `\"`, `"`)
}

func (h *head) blank() {
	for h.pos < len(h.s) && strings.IndexByte(" \t\n,", h.s[h.pos]) >= 0 {
		h.pos++
	}
}

func (h *head) line() int { return 1 + strings.Count(h.s[:min(h.pos, len(h.s))], "\n") }

// object reads up to the closing brace.
func (h *head) object(depth int) (map[string]value, error) {
	if depth > maxDepth {
		return nil, fault(h.name, h.line(), "objects in objects %d deep", depth)
	}
	out := map[string]value{}
	for {
		h.blank()
		if h.pos >= len(h.s) {
			return nil, fault(h.name, h.line(), "an object has no closing brace")
		}
		if h.s[h.pos] == '}' {
			h.pos++
			return out, nil
		}
		key, err := h.word(":")
		if err != nil {
			return nil, err
		}
		h.blank()
		if h.pos >= len(h.s) || h.s[h.pos] != ':' {
			return nil, fault(h.name, h.line(), "%q has no colon behind it", key)
		}
		h.pos++
		h.blank()
		if h.pos < len(h.s) && h.s[h.pos] == '{' {
			h.pos++
			inner, err := h.object(depth + 1)
			if err != nil {
				return nil, err
			}
			out[key] = value{inner: inner}
			continue
		}
		text, err := h.word(",}\n")
		if err != nil {
			return nil, err
		}
		out[key] = value{text: text}
	}
}

// word reads a quoted text, or one up to some bytes.
func (h *head) word(stops string) (string, error) {
	if h.pos >= len(h.s) {
		return "", fault(h.name, h.line(), "it ends in the middle")
	}
	if q := h.s[h.pos]; q == '"' || q == '\'' {
		for i := h.pos + 1; i < len(h.s) && h.s[i] != '\n'; i++ {
			switch h.s[i] {
			case '\\':
				i++
			case q:
				s := h.s[h.pos : i+1]
				h.pos = i + 1
				return unquote(s), nil
			}
		}
		return "", fault(h.name, h.line(), "a text has no closing quote")
	}
	n := strings.IndexAny(h.s[h.pos:], stops)
	if n < 0 {
		n = len(h.s) - h.pos
	}
	s := strings.TrimSpace(h.s[h.pos : h.pos+n])
	if s == "" {
		return "", fault(h.name, h.line(), "a word is missing")
	}
	h.pos += n
	return s, nil
}
