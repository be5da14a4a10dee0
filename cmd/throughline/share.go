package main

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/share"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type shareCmd struct {
	Query     string `arg:"" help:"What to share: words and filters as in the library, such as role:hero."`
	For       string `required:"" placeholder:"NAME" help:"For whom it is, such as \"Agency North\"."`
	Until     string `placeholder:"SPAN" default:"14d" help:"How long it holds, 1h to 90d."`
	Originals bool   `help:"Let files be taken as they came, and not renditions alone."`
	JSON      bool   `help:"Print one line of JSON."`
}

// Run makes the link.
func (c *shareCmd) Run(s *shell) error {
	life, err := throughline.ParseDuration(c.Until)
	if err != nil {
		return err
	}
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	in := api.ShareBody{For: c.For, Query: c.Query, Life: life, Originals: c.Originals}
	var made api.NewShare
	if err := engine.call(s.ctx, http.MethodPost, "/api/v1/shares", in, &made); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(made)
	}
	s.notef("It shows %s until %s. Keep it safe: it is shown once, and only its hash is kept.\n",
		operate.Plural(made.Pieces, "piece", "pieces"), made.Until.UTC().Format("2006-01-02 15:04Z"))
	if engine.base == here {
		s.notef("The engine does not run: start it with throughline serve, and put its address before the path.\n")
		s.printf("%s\n", made.Path)
		return nil
	}
	s.printf("%s%s\n", engine.base, made.Path)
	return nil
}

func (s *shell) printShares(all []share.Link) {
	if len(all) == 0 {
		s.printf("There is no share link. Make one with: throughline share QUERY --for NAME\n")
		return
	}
	list := s.table("LINK", "FOR", "PIECES", "UNTIL", "OPENED", "LAST", "BY")
	for _, l := range all {
		until, last := l.Until.UTC().Format("2006-01-02 15:04Z"), ""
		if !l.Ended.IsZero() {
			until = "ended " + l.Ended.UTC().Format("2006-01-02 15:04Z")
		}
		if !l.LastOpened.IsZero() {
			last = l.LastOpened.UTC().Format(time.DateOnly)
		}
		list.row(l.ID, l.For, itoa(l.Pieces), until, itoa(l.Opened), cmp.Or(last, "never"), strings.TrimPrefix(l.By, "os/"))
	}
	list.end()
}
