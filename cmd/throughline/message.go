package main

import (
	"bytes"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"

	"github.com/throughline-engine/throughline/internal/engine/content"
)

// message returns a mail as RFC 5322 has it, with both of its parts, the richer
// one last (RFC 2046, section 5.1.4). It has nobody to go to: mail clients open it
// as a file.
func message(mail content.RenderedTemplate, at time.Time) []byte {
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, p := range []struct{ subtype, text string }{{"plain", mail.Text}, {"html", mail.HTML}} {
		if p.text == "" {
			continue
		}
		w, _ := parts.CreatePart(textproto.MIMEHeader{ // writing to memory does not fail
			"Content-Type":              {"text/" + p.subtype + "; charset=utf-8"},
			"Content-Transfer-Encoding": {"quoted-printable"},
		})
		q := quotedprintable.NewWriter(w)
		q.Write([]byte(p.text))
		q.Close()
	}
	parts.Close()
	var out bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&out, "%s: %s\r\n", name, value) }
	header("From", "Preview <preview@example.com>")
	header("To", "Recipient <recipient@example.com>")
	header("Date", at.Format(time.RFC1123Z))
	header("Subject", encoded(mail.Fields["subject"]))
	header("Content-Language", mail.Locale)
	header("X-Throughline-Template", mail.Template)
	header("X-Throughline-Preheader", encoded(mail.Fields["preheader"]))
	header("MIME-Version", "1.0")
	header("Content-Type", "multipart/alternative;\r\n boundary="+parts.Boundary())
	out.WriteString("\r\n")
	out.Write(body.Bytes())
	return out.Bytes()
}

// encoded is a header's text on one line, as RFC 2047 writes what is not ASCII.
func encoded(text string) string {
	words := mime.QEncoding.Encode("utf-8", strings.Join(strings.Fields(text), " "))
	return strings.ReplaceAll(words, "?= =?", "?=\r\n =?")
}
