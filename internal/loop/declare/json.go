package declare

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// pairForm is a backslash with what it escapes, or two that JSON takes for one
// character: writers that keep to ASCII send an emoji as a pair.
const pairForm = `\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|[\s\S])`

// withoutPairs returns JSON with its surrogate pairs written out, because YAML,
// which otherwise reads JSON, has no such pairs. Other text it leaves alone.
func withoutPairs(data []byte) []byte {
	if start := bytes.TrimLeft(data, " \t\r\n"); len(start) == 0 || start[0] != '{' || !bytes.Contains(data, []byte(`\u`)) || !json.Valid(data) {
		return data
	}
	return regexp.MustCompile(pairForm).ReplaceAllFunc(data, func(escape []byte) []byte {
		if len(escape) == 2 {
			return escape // also a backslash that was itself escaped
		}
		high, _ := strconv.ParseUint(string(escape[2:6]), 16, 16)
		low, _ := strconv.ParseUint(string(escape[8:12]), 16, 16)
		return utf8.AppendRune(nil, utf16.DecodeRune(rune(high), rune(low)))
	})
}
