package main

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/adcp"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// manifest prints a live variant as a creative manifest.
func (c *exportCmd) manifest(s *shell, engine *client) error {
	var live operate.Variant
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/variants/"+url.PathEscape(c.Manifest), nil, &live); err != nil {
		return err
	}
	v := adcp.Variant{ID: live.ID, Placement: live.Placement, Template: live.Template, Brief: live.Brief, Locale: live.Locale, Site: c.Site}
	template, err := specOf[*throughline.Template](s, engine, throughline.KindTemplate, live.Template)
	if err != nil {
		return err
	}
	placement, err := specOf[*throughline.Placement](s, engine, throughline.KindPlacement, live.Placement)
	if err != nil {
		return err
	}
	channel, err := specOf[*throughline.Channel](s, engine, throughline.KindChannel, placement.Channel)
	if err != nil {
		return err
	}
	v.Surface = channel.Surface
	for _, line := range live.Slots {
		slot := adcp.VariantSlot{Name: line.Slot, Level: line.Level, Text: line.Text}
		if declared, _ := template.Slot(line.Slot); declared != nil {
			slot.Type = declared.Type
		}
		if err := c.piece(s, engine, &slot); err != nil {
			return err
		}
		v.Slots = append(v.Slots, slot)
	}
	_, err = s.out.Write(adcp.WriteVariant(v))
	return err
}

// piece reads what fills a slot: a fragment, or else a picture.
func (c *exportCmd) piece(s *shell, engine *client, slot *adcp.VariantSlot) error {
	name := string(slot.Level)
	if at := strings.LastIndexByte(name, '@'); at >= 0 {
		name = name[:at]
	}
	f, err := specOf[*throughline.Fragment](s, engine, throughline.KindFragment, name)
	if err == nil {
		slot.Provenance = f.Provenance
		return nil
	}
	if throughline.CodeOf(err) != throughline.NotFound {
		return err
	}
	a, err := specOf[*throughline.Asset](s, engine, throughline.KindAsset, name)
	if err != nil {
		return err
	}
	slot.Asset, slot.Provenance, slot.Rights = a, a.Provenance, a.Rights
	return nil
}

// specOf reads what a resource in force declares.
func specOf[S throughline.Spec](s *shell, engine *client, kind throughline.Kind, name string) (spec S, err error) {
	var r throughline.Resource
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/resources/"+string(kind)+"/"+url.PathEscape(name), nil, &r); err != nil {
		return spec, err
	}
	spec, _ = r.Spec.(S)
	return spec, nil
}
