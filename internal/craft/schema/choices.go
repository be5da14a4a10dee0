package schema

import (
	"reflect"

	"github.com/throughline-engine/throughline"
)

// Choices returns the values that a type of text may have, with what each means,
// or nil for a type that is free.
func Choices(t reflect.Type) []Choice {
	switch t {
	case reflect.TypeFor[throughline.Kind]():
		return kindChoices()
	case reflect.TypeFor[throughline.Discipline]():
		return []Choice{
			choice(throughline.Creative, "Creative", "Makes content: copy, pictures, layouts."),
			choice(throughline.Operations, "Operations", "Runs content: placements, releases, channels."),
			choice(throughline.Other, "Other", "Comes from another craft."),
		}
	case reflect.TypeFor[throughline.Role]():
		return []Choice{
			choice(throughline.Steward, "Steward", "Answers for a kind of thing."),
			choice(throughline.Maker, "Maker", "Makes and changes content."),
			choice(throughline.Operator, "Operator", "Runs releases, placements and backups."),
			choice(throughline.Approver, "Approver", "Lets a release go live."),
			choice(throughline.Viewer, "Viewer", "Reads everything and changes nothing."),
		}
	case reflect.TypeFor[throughline.ReleaseMode]():
		return []Choice{
			choice(throughline.Automatic, "At once", "A release goes live as soon as it passes the checks."),
			choice(throughline.Approved, "After approval", "A release waits until somebody other than its author approves it."),
		}
	case reflect.TypeFor[throughline.Severity]():
		return []Choice{
			choice(throughline.Block, "Block", "What fails does not go live."),
			choice(throughline.Warn, "Warn", "It may go live, and somebody should look."),
			choice(throughline.Info, "Info", "Worth knowing, nothing more."),
		}
	}
	return append(contentChoices(t), placementChoices(t)...)
}

func contentChoices(t reflect.Type) []Choice {
	switch t {
	case reflect.TypeFor[throughline.Surface]():
		return []Choice{
			choice(throughline.Web, "Web page", "Shows HTML."),
			choice(throughline.App, "App", "Gets named fields and shows them its own way."),
		}
	case reflect.TypeFor[throughline.SlotType]():
		return []Choice{
			choice(throughline.Text, "Text", "One run of plain text."),
			choice(throughline.Link, "Link", "An https address, or a path that starts with a slash."),
			choice(throughline.Image, "Picture", "The https address of a picture, or a path that starts with a slash."),
		}
	case reflect.TypeFor[throughline.LengthUnit]():
		return []Choice{
			choice(throughline.Grapheme, "Characters", "What a reader takes for one character."),
			choice(throughline.Width, "Columns", "Chinese, Japanese and Korean characters count as two."),
			choice(throughline.UTF16, "Code units", "As JavaScript counts."),
		}
	}
	return nil
}

func placementChoices(t reflect.Type) []Choice {
	switch t {
	case reflect.TypeFor[throughline.PolicyKind]():
		return []Choice{
			choice(throughline.Learned, "Learned", "Shows more of what works, and keeps trying the rest."),
			choice(throughline.Uniform, "Uniform", "Shows every variant equally often."),
			choice(throughline.ExploreThenCommit, "Explore, then commit", "Shows every variant equally often for a while, then only the best."),
			choice(throughline.Fixed, "Fixed", "Always shows one filling."),
		}
	case reflect.TypeFor[throughline.HoldoutServe]():
		return []Choice{
			choice(throughline.ServeUniform, "Uniform", "Every variant equally often."),
			choice(throughline.ServeControl, "Control", "One filling that you name."),
		}
	case reflect.TypeFor[throughline.HoldoutScope]():
		return []Choice{
			choice(throughline.ScopePlacement, "This placement", "Who is held out is drawn anew for each placement."),
			choice(throughline.ScopeEngine, "Everywhere", "The same recipients are held out of every placement."),
		}
	case reflect.TypeFor[throughline.Stickiness]():
		return []Choice{
			choice(throughline.StickySession, "For the visit", "The first choice holds until 30 minutes pass without a request."),
			choice(throughline.StickyRecipient, "For good", "The first choice holds as long as the variant is live."),
			choice(throughline.StickyNone, "Not at all", "A recipient may see another variant whenever the engine has learned more."),
		}
	}
	return nil
}

func choice[T ~string](value T, title, description string) Choice {
	return Choice{string(value), title, description}
}

func kindChoices() []Choice {
	words := notes()
	var all []Choice
	for _, k := range throughline.Kinds() {
		all = append(all, choice(k, words[string(k)].title, words[string(k)].text))
	}
	return all
}
