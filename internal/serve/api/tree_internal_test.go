package api

import (
	"encoding/json"
	"testing"
)

func TestTreeOf(t *testing.T) {
	for name, c := range map[string]struct{ markup, want string }{
		"nothing":                              {"", "null"},
		"text and elements":                    {`<p class="a">b <b>c</b></p>`, `[["p",{"class":"a"},"b ",["b",{},"c"]]]`},
		"what could run is left out":           {`<p onclick="x()">a<script>b</script></p><iframe src="/"></iframe>`, `[["p",{},"a"]]`},
		"an address that runs is left out":     {"<a href=\" java\tscript:x()\">a</a>", `[["a",{},"a"]]`},
		"a picture in the address may stay":    {`<img src="data:image/png;base64,AA==">`, `[["img",{"src":"data:image/png;base64,AA=="}]]`},
		"any other address with data may not":  {`<a href="data:text/html,x">a</a>`, `[["a",{},"a"]]`},
		"a comment is left out":                {`a<!-- b -->c`, `["a","c"]`},
		"a style stands as the text of itself": {`<style>p{color:red}</style>`, `[["style",{},"p{color:red}"]]`},
	} {
		t.Run(name, func(t *testing.T) {
			nodes, err := treeOf(c.markup)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := json.Marshal(nodes); err != nil || string(got) != c.want {
				t.Errorf("got %s, want %s (%v)", got, c.want, err)
			}
		})
	}
}
