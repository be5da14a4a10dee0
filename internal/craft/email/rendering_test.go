package email_test

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
)

func TestAMailIsFilledAndKnowsTheDark(t *testing.T) {
	brand := &throughline.Brand{
		Tokens: map[string]string{"blue": "#0b62d6", "accent": "{blue}", "paper": "#ffffff"},
		Modes:  map[string]map[string]string{"dark": {"paper": "#101418"}},
	}
	r, err := email.CompileRendering(throughline.Rendering{
		Channel: "mail",
		MJML:    `<mjml><mj-body background-color="{{token.paper}}"><mj-section><mj-column><mj-text color="{{token.accent}}">{{headline}}</mj-text></mj-column></mj-section></mj-body></mjml>`,
		Fields:  map[string]string{"subject": "News: {{headline}}"},
	}, []string{"headline"}, brand)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"headline": "Bread & <b>butter</b>"}
	html, err := r.HTML(values)
	if err != nil || !strings.Contains(html, "Bread &amp; &lt;b&gt;butter") || !strings.Contains(html, "#0b62d6") {
		t.Errorf("%v\n%s", err, html)
	}
	if !strings.Contains(html, "prefers-color-scheme") || !strings.Contains(html, "#101418") {
		t.Error("the mail has no dark mode")
	}
	if got := r.Text(values); !strings.Contains(got, "Bread & <b>butter</b>") {
		t.Errorf("the plain text is %q", got)
	}
	if got := r.Fields(values)["subject"]; got != "News: Bread & <b>butter</b>" {
		t.Errorf("the subject is %q", got)
	}
}

func TestAPageIsNoMail(t *testing.T) {
	r, err := email.CompileRendering(throughline.Rendering{HTML: "<h2>{{headline}}</h2>"}, []string{"headline"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if html, err := r.HTML(map[string]string{"headline": "Hi"}); err != nil || html != "<h2>Hi</h2>" || r.Text(nil) != "" {
		t.Errorf("%q, %v", html, err)
	}
}

func TestWhatIsWrongWithAMailIsPlaced(t *testing.T) {
	_, err := email.CompileRendering(throughline.Rendering{MJML: "<mjml>\n<mj-body><mj-carusel/></mj-body></mjml>", Fields: map[string]string{"subject": "{{nothing}}"}}, nil, nil)
	problems, ok := err.(throughline.Problems)
	if !ok || len(problems) < 2 {
		t.Fatalf("%v", err)
	}
	var places []string
	for _, p := range problems {
		places = append(places, p.Place)
	}
	if all := strings.Join(places, " "); !strings.Contains(all, "mjml:2:") || !strings.Contains(all, "fields.subject:1:1") {
		t.Errorf("placed at %s", all)
	}
}
