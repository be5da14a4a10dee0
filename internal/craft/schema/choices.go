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
			choice(throughline.Email, "E-mail", "Shows MJML or HTML, with a subject and a preheader."),
			choice(throughline.Push, "Push message", "Shows a title and a body."),
			choice(throughline.SMS, "SMS", "Shows one short text."),
			choice(throughline.Display, "Google display ad", "A responsive display ad of Google Ads."),
			choice(throughline.Feed, "Meta feed ad", "An ad in a feed of Meta."),
		}
	case reflect.TypeFor[throughline.SlotType]():
		return []Choice{
			choice(throughline.Text, "Text", "One run of plain text."),
			choice(throughline.Link, "Link", "An https address, or a path that starts with a slash."),
			choice(throughline.Image, "Picture", "An asset, the https address of a picture, or a path that starts with a slash."),
			choice(throughline.RichText, "Rich text", "Paragraphs in Markdown, with the marks that the slot allows."),
			choice(throughline.List, "List", "Several fragments, one after another."),
			choice(throughline.DisclosureText, "Disclosure", "What the recipient's market asks to be said."),
		}
	case reflect.TypeFor[throughline.LengthUnit]():
		return []Choice{
			choice(throughline.Grapheme, "Characters", "What a reader takes for one character."),
			choice(throughline.Width, "Columns", "Chinese, Japanese and Korean characters count as two."),
			choice(throughline.UTF16, "Code units", "As JavaScript counts."),
			choice(throughline.GSM7, "SMS characters", "As an SMS counts; characters outside its alphabet make it shorter."),
		}
	}
	return checkChoices(t)
}

func checkChoices(t reflect.Type) []Choice {
	switch t {
	case reflect.TypeFor[throughline.Mark]():
		return []Choice{
			choice(throughline.Bold, "Bold", "**words**"),
			choice(throughline.Italic, "Italic", "*words*"),
			choice(throughline.LinkMark, "Link", "[words](https://example.com)"),
			choice(throughline.Bullets, "Bullets", "Lines that begin with a hyphen."),
		}
	case reflect.TypeFor[throughline.ReadingMetric]():
		return []Choice{
			choice(throughline.FleschKincaid, "Flesch-Kincaid", "School years, for English."),
			choice(throughline.ARI, "Automated readability index", "School years, for English."),
			choice(throughline.LIX, "LIX", "An index for any language that puts spaces between words."),
			choice(throughline.Wiener, "Wiener Sachtextformel 1", "School years, for German."),
		}
	case reflect.TypeFor[throughline.ContrastUse]():
		return []Choice{
			choice(throughline.ContrastText, "Text", "At least 4.5 to 1."),
			choice(throughline.ContrastLarge, "Large text", "At least 3 to 1, from 24 px, or 18.7 px and bold."),
			choice(throughline.ContrastUI, "Controls", "At least 3 to 1: borders, icons, states."),
		}
	case reflect.TypeFor[throughline.Stage]():
		return []Choice{
			choice(throughline.StageDeclare, "Declare", "When something is written down."),
			choice(throughline.StageAssemble, "Assemble", "When pieces are put together."),
			choice(throughline.StageActivate, "Activate", "When a release would go live."),
			choice(throughline.StageDecide, "Decide", "At every request."),
			choice(throughline.StageObserve, "Observe", "When it has been shown."),
		}
	}
	if t == reflect.TypeFor[throughline.CheckName]() {
		return checkNames()
	}
	return originChoices(t)
}

func checkNames() []Choice {
	return []Choice{
		choice(throughline.CheckLength, "Length", "Lengths of texts, with the longest personal fields in them."),
		choice(throughline.CheckTerms, "Terms", "The words that the brand asks for or refuses."),
		choice(throughline.CheckStyle, "Style", "The brand's rules of style."),
		choice(throughline.CheckReadability, "Readability", "How hard a text is to read."),
		choice(throughline.CheckClaims, "Claims", "What is claimed, and the evidence for it."),
		choice(throughline.CheckDisclosures, "Disclosures", "What a market asks to be said."),
		choice(throughline.CheckContrast, "Contrast", "Colours that meet, in every mode."),
		choice(throughline.CheckLogo, "Logo", "The size, the clear space and the ground of a logo."),
		choice(throughline.CheckPicture, "Picture", "The size, the aspect and the format of a picture."),
		choice(throughline.CheckAltText, "Alternative text", "Words for who does not see the picture."),
		choice(throughline.CheckRights, "Rights", "What was granted, where and until when."),
		choice(throughline.CheckLocales, "Languages", "Languages that are missing."),
		choice(throughline.CheckLinks, "Links", "Addresses and their parameters."),
		choice(throughline.CheckMarkup, "Markup", "HTML that could run or load something."),
		choice(throughline.CheckClients, "Mail clients", "What the channel's mail clients support."),
		choice(throughline.CheckBytes, "Size of HTML", "HTML that a mail client would cut off."),
		choice(throughline.CheckMail, "Mail", "The way to unsubscribe, the plain text, the subject."),
		choice(throughline.CheckSpam, "Spam", "Heuristics of what filters dislike."),
		choice(throughline.CheckPersonal, "Personal data", "What names a person, in texts, addresses and files."),
		choice(throughline.CheckAILabel, "AI label", "What a trained model made and does not say so."),
	}
}

func originChoices(t reflect.Type) []Choice {
	switch t {
	case reflect.TypeFor[throughline.SourceType]():
		return []Choice{
			choice(throughline.DigitalCapture, "Captured", "Taken with a camera."),
			choice(throughline.DigitalArt, "Created", "Made by people with software."),
			choice(throughline.HumanEdits, "Edited by people", "Changed by people."),
			choice(throughline.Composite, "Composite", "Put together of several."),
			choice(throughline.Trained, "Made by a trained model", "Wholly made by a model that was trained on other works."),
			choice(throughline.WithTrained, "Partly by a trained model", "Put together, and some of it made by such a model."),
			choice(throughline.Algorithmic, "Made by a program", "Made by a program, without training."),
		}
	case reflect.TypeFor[throughline.Oversight]():
		return []Choice{
			choice(throughline.OversightNone, "None", "Nobody looked before it was handed in."),
			choice(throughline.OversightPrompted, "Asked for", "Somebody asked for it and took what came."),
			choice(throughline.OversightSelected, "Selected", "Somebody chose among several."),
			choice(throughline.OversightEdited, "Edited", "Somebody changed it."),
			choice(throughline.OversightDirected, "Directed", "Somebody led the making throughout."),
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
