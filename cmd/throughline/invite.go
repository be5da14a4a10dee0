package main

import (
	"net/http"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type inviteCmd struct {
	Name       string             `arg:"" help:"What they sign in as, such as cleo."`
	Display    string             `help:"What colleagues call them, such as 'Cleo Marsh'."`
	Email      string             `help:"They may sign in with it too."`
	Discipline string             `help:"creative, operations or other." enum:"creative,operations,other," default:""`
	Role       []string           `help:"What they may do: steward, maker, operator, approver or viewer; several with commas."`
	Market     []string           `help:"Only for these languages or regions, such as de,CH."`
	Brand      []string           `help:"Only for these brands."`
	Kind       []throughline.Kind `help:"Only for these kinds, such as Fragment."`
	Life       string             `help:"How long the link is open, 1d to 7d." default:"3d"`
	JSON       bool               `help:"Print one line of JSON."`
}

// Run makes a one-time link and prints it, once.
func (c *inviteCmd) Run(s *shell) error {
	life, err := throughline.ParseDuration(c.Life)
	if err != nil {
		return err
	}
	in := api.InviteBody{Name: c.Name, Display: c.Display, Email: c.Email, Discipline: throughline.Discipline(c.Discipline), Life: life}
	for _, role := range c.Role {
		in.Roles = append(in.Roles, throughline.Grant{Role: throughline.Role(role), Markets: c.Market, Brands: c.Brand, Kinds: c.Kind})
	}
	if len(c.Role) == 0 && len(c.Market)+len(c.Brand)+len(c.Kind) > 0 {
		return throughline.Errorf(throughline.Invalid, "--market, --brand and --kind limit a role, and there is none").WithFix("add --role, such as --role maker")
	}
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	var made api.NewInvitation
	if err := engine.call(s.ctx, http.MethodPost, "/api/v1/invitations", in, &made); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(made)
	}
	s.sayInvited(made, len(c.Role) > 0)
	if engine.base == here {
		s.notef("The engine does not run: start it with throughline serve, and put its address before the path.\n")
		s.printf("%s\n", made.Path)
		return nil
	}
	s.printf("%s%s\n", engine.base, made.Path)
	return nil
}

// sayInvited says beside the link what whoever sends it should know.
func (s *shell) sayInvited(made api.NewInvitation, roles bool) {
	s.notef("Send it to %s and to nobody else: it works once, and is not shown again.\n", made.Person)
	switch {
	case made.Waits:
		who := "somebody who may"
		if len(made.Approvers) > 0 {
			who = strings.Join(made.Approvers, " or ")
		}
		s.notef("Release %d declares them and waits: the link opens once %s approves it.\n", made.Release, who)
	case made.Release > 0:
		s.notef("Release %d declares them.\n", made.Release)
	case roles:
		s.notef("%s is declared already and keeps the roles they have.\n", made.Person)
	}
}
