package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline/internal/engine/content"
)

type libraryCmd struct {
	Words []string `arg:"" optional:"" help:"Words, \"phrases\" and filters such as role:headline, missing:de or expires<30d; before one that begins with -, write --."`
	Brief string   `help:"Find what already fits this brief, instead." placeholder:"NAME"`
	Limit int      `help:"How many pieces at most, up to 96." default:"20"`
	After string   `help:"The next page, by what the page before ended with." placeholder:"CURSOR"`
	JSON  bool     `help:"Print one line of JSON."`
}

// Run finds pieces as the page Library does.
func (c *libraryCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	for key, value := range map[string]string{"q": strings.Join(c.Words, " "), "brief": c.Brief, "cursor": c.After} {
		if value != "" {
			q.Set(key, value)
		}
	}
	var found content.LibraryPage
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/library?"+q.Encode(), nil, &found); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(found)
	}
	s.printLibrary(found)
	return nil
}

func (s *shell) printLibrary(found content.LibraryPage) {
	if found.Behind {
		s.printf("The newest pieces are still being read. Ask again in a moment.\n")
	}
	if len(found.Cards) == 0 {
		s.printf("No piece fits that.\n")
		return
	}
	list := s.table("PIECE", "ROLE", "STATE", "UNTIL", "PLACES", "SAYS")
	for _, c := range found.Cards {
		until := "-"
		if !c.Until.IsZero() {
			until = c.Until.Add(-1).UTC().Format(time.DateOnly)
		}
		says := c.Text
		if len(c.Why) > 0 {
			says = strings.Join(c.Why, "; ")
		}
		list.row(c.Ref.String(), c.Role, c.State, until, strconv.Itoa(c.Placements), firstRunes(says, 60))
	}
	list.end()
	if found.Next != "" {
		s.printf("There are more: --after %s\n", found.Next)
	}
}

// firstRunes cuts a text that is longer than a cell.
func firstRunes(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
