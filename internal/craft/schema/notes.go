package schema

import (
	"maps"

	"github.com/throughline-engine/throughline"
)

// note is what the Go types cannot say of a field.
type note struct {
	title, text string
	// ref is the kind that the field's texts name, input how they are entered,
	// pattern their form; each may be empty.
	ref     throughline.Kind
	input   Input
	pattern string
	// keys is what the names of a map are; fewest its least number of entries.
	keys   Keys
	fewest int
	// most bounds a list; 0 for no bound.
	most int
	// least, above and upto bound a number, counted in unit.
	least, above, upto *float64
	unit               string
	// standard is what holds when the field is not given.
	standard any
}

// notes returns the words about every kind and every field, by Kind and by
// Type.field.
func notes() map[string]note {
	all := map[string]note{}
	for _, part := range []map[string]note{kindNotes(), peopleNotes(), purposeNotes(), contentNotes(), templateNotes(), guardrailNotes(), placementNotes(), pieceNotes(), assetNotes(), claimNotes(), vocabularyNotes(), lookNotes()} {
		maps.Copy(all, part)
	}
	return all
}

func number(f float64) *float64 { return &f }

func kindNotes() map[string]note {
	return map[string]note{
		"Engine":       {title: "Engine", text: "One workspace and its record, with the person who is accountable for it."},
		"Team":         {title: "Team", text: "People who work together; what is counted by people is counted by team."},
		"Stewardship":  {title: "Stewardship", text: "Who answers for some things, instead of the engine's owner."},
		"Person":       {title: "Person", text: "Someone who works with the engine."},
		"Brand":        {title: "Brand", text: "How everything of one sender looks and sounds."},
		"Brief":        {title: "Brief", text: "What is wanted, for whom, why and by when."},
		"Channel":      {title: "Channel", text: "Where content goes, and how long texts may be there."},
		"Audience":     {title: "Audience", text: "A rule that says which recipients belong."},
		"Goal":         {title: "Goal", text: "An outcome that counts, and for how long after the content was seen."},
		"Guardrail":    {title: "Guardrail", text: "One check that content must pass."},
		"Template":     {title: "Template", text: "Slots for content, what fits together, and how it looks on each channel."},
		"Vocabulary":   {title: "Vocabulary", text: "Words that mean one thing: what pictures show, what slots are for."},
		"GuardrailSet": {title: "Guardrail set", text: "Guardrails that belong together, the engine's own checks, and what was let pass."},
		"Disclosure":   {title: "Disclosure", text: "What must be said in some markets."},
		"Claim":        {title: "Claim", text: "Something that content may say because there is evidence for it."},
		"Asset":        {title: "Asset", text: "A picture, a video or another file, with what may be done with it."},
		"Fragment":     {title: "Fragment", text: "A piece of copy that fills a slot, in every language it exists in."},
		"Placement":    {title: "Placement", text: "A named point where content is asked for, and how the engine chooses there."},

		"Metadata":        {title: "Name and labels", text: "What it is called, how it is filed, and who answers for it."},
		"Metadata.name":   {title: "Name", text: "Unique among its kind: lower-case letters, digits, hyphens, points and slashes.", pattern: nameForm},
		"Metadata.labels": {title: "Labels", text: "Words to file and find it by, such as tone: direct; slots can ask for them.", keys: ByLabel},
		"Metadata.owner":  {title: "Owner", text: "The person who answers for it; without one, the steward of such things does, whoever answers for its brief, or the engine's owner.", ref: throughline.KindPerson},
	}
}

func peopleNotes() map[string]note {
	return map[string]note{
		"Engine.title":           {title: "Title", text: "What people call the workspace."},
		"Engine.owner":           {title: "Owner", text: "The one person who is accountable for the engine.", ref: throughline.KindPerson},
		"Engine.deputy":          {title: "Deputy", text: "Who acts while the owner is away; the owner stays accountable.", ref: throughline.KindPerson},
		"Team.title":             {title: "Title", text: "What people call the team."},
		"Team.people":            {title: "People", text: "Those who are in it, each in no other team.", ref: throughline.KindPerson},
		"Stewardship.title":      {title: "Title", text: "What it is about, in words."},
		"Stewardship.kinds":      {title: "Kinds", text: "The kinds of things it is about, at least one."},
		"Stewardship.names":      {title: "Names", text: "Which of them, as names or beginnings of names before a *, such as mail.*, of which the longest that fits counts; all when empty."},
		"Stewardship.person":     {title: "Person", text: "Who answers for them.", ref: throughline.KindPerson},
		"Stewardship.deputy":     {title: "Deputy", text: "Who acts while that person is away.", ref: throughline.KindPerson},
		"Engine.address":         {title: "Address", text: "Where recipients reach the engine, such as https://content.example.com: without one, the addresses of pictures are paths."},
		"Engine.publicDecisions": {title: "Public decisions", text: "Whether anyone may ask for content without a key, as a public website needs.", standard: false},
		"Engine.releases":        {title: "Releases", text: "Whether a release goes live at once, or waits until somebody other than its author approves it.", standard: string(throughline.Automatic)},
		"Person.name":            {title: "Name", text: "What colleagues see."},
		"Person.email":           {title: "E-mail", text: "An address by which they may sign in, besides their name."},
		"Person.discipline":      {title: "Discipline", text: "The craft the person comes from."},
		"Person.roles":           {title: "Roles", text: "What the person may do; the engine's owner may do everything."},
		"Grant.role":             {title: "Role", text: "What the person may do within the limits below."},
		"Grant.markets":          {title: "Markets", text: "Only for these languages (de), regions (CH) or both (de-CH); all when empty."},
		"Grant.brands":           {title: "Brands", text: "Only for these brands; all when empty.", ref: throughline.KindBrand},
		"Grant.kinds":            {title: "Kinds", text: "Only for these kinds of things; all when empty."},
	}
}

func purposeNotes() map[string]note {
	return map[string]note{
		"Brief.title":     {title: "Title", text: "What the work is called."},
		"Brief.want":      {title: "What is wanted", text: "The result asked for, in your own words.", input: Lines},
		"Brief.why":       {title: "Why", text: "The reason it is worth making.", input: Lines},
		"Brief.audience":  {title: "Audience", text: "Whom it is for; everyone when empty.", ref: throughline.KindAudience},
		"Brief.goal":      {title: "Goal", text: "The outcome it is measured by.", ref: throughline.KindGoal},
		"Brief.due":       {title: "Due", text: "The day it should be live.", input: Day},
		"Audience.title":  {title: "Title", text: "What people call the audience."},
		"Audience.rule":   {title: "Rule", text: `Who belongs, as a rule over what is known of the recipient, such as context.plan == "pro".`, input: Rule},
		"Goal.title":      {title: "Title", text: "What people call the goal."},
		"Goal.event":      {title: "Event", text: "The tracked event that reaches the goal, such as Order Completed."},
		"Goal.window":     {title: "Window", text: "How long after the content was seen an outcome still counts, such as 30m, 24h or 7d."},
		"Goal.value":      {title: "Value", text: "What reaching the goal once is worth.", least: number(0), unit: "the engine's currency"},
		"Channel.title":   {title: "Title", text: "What people call the channel."},
		"Channel.surface": {title: "Surface", text: "What the channel shows: a web page or an app."},
		"Channel.limits":  {title: "Length limits", text: "How long a text of each role may be here; the tighter of this and the slot's own holds.", keys: ByRole},
	}
}

func contentNotes() map[string]note {
	return map[string]note{
		"Brand.title":       {title: "Title", text: "What people call the brand."},
		"Brand.tokens":      {title: "Design tokens", text: "Colours, fonts and sizes by name, which every rendering uses.", keys: ByToken},
		"Brand.voice":       {title: "Voice", text: "A sentence or two on how the brand speaks, for people who write.", input: Lines},
		"Brand.terms":       {title: "Terms", text: "Words the brand asks for or refuses."},
		"Brand.locales":     {title: "Languages", text: "The languages the brand speaks."},
		"Term.prefer":       {title: "Prefer", text: "The word to use instead; empty when the others are simply refused."},
		"Term.avoid":        {title: "Avoid", text: "The words to avoid, whole and in any case."},
		"Term.severity":     {title: "Severity", text: "What happens when one of the words is used.", standard: string(throughline.Warn)},
		"Term.why":          {title: "Why", text: "Shown to whoever used the word."},
		"Locales.default":   {title: "Default language", text: "The language everything falls back to.", input: Language},
		"Locales.supported": {title: "Languages", text: "The languages content is made in.", input: Language},
		"Locales.fallback":  {title: "Fallbacks", text: "For a language, those to try before the default.", input: Language, keys: ByLocale},

		"Fragment.title":    {title: "Title", text: "What people call the fragment."},
		"Fragment.role":     {title: "Role", text: "What it is for, such as headline or cta; it fits slots of the same role."},
		"Fragment.brief":    {title: "Brief", text: "The brief it was made for.", ref: throughline.KindBrief},
		"Fragment.values":   {title: "Text", text: "The text in each language.", input: Lines, keys: ByLocale, fewest: 1},
		"Fragment.meaning":  {title: "Meaning", text: "Raise it when the text says something else, so that learning starts afresh; leave it for a typo.", least: number(1), standard: 1},
		"Fragment.audience": {title: "Audience", text: "Who may see it; everyone when empty.", ref: throughline.KindAudience},
		"Fragment.channels": {title: "Channels", text: "Where it may appear; everywhere when empty.", ref: throughline.KindChannel},
	}
}

func templateNotes() map[string]note {
	return map[string]note{
		"Template.title":       {title: "Title", text: "What people call the template."},
		"Template.brand":       {title: "Brand", text: "The brand whose look, words and languages apply.", ref: throughline.KindBrand},
		"Template.brief":       {title: "Brief", text: "The brief it was made for.", ref: throughline.KindBrief},
		"Template.slots":       {title: "Slots", text: "The places that content fills, in the order people read them.", most: MaxSlots},
		"Template.constraints": {title: "Constraints", text: "What may not stand together."},
		"Template.renderings":  {title: "Renderings", text: "How it looks, once for each channel."},
		"Slot.name":            {title: "Name", text: "Unique in the template: lower-case letters, digits and underscores.", pattern: slotForm},
		"Slot.role":            {title: "Role", text: "What the place is for, such as headline, body, cta or image; fragments of this role may fill it."},
		"Slot.type":            {title: "Type", text: "The form of what fills it.", standard: string(throughline.Text)},
		"Slot.required":        {title: "Required", text: "Whether it is always filled.", standard: false},
		"Slot.length":          {title: "Length", text: "How short and how long the text may be."},
		"Slot.fill":            {title: "What may fill it", text: "Narrows which fragments of the role may be used."},
		"Length.min":           {title: "Shortest", text: "The least length; no bound when empty.", least: number(0)},
		"Length.max":           {title: "Longest", text: "The greatest length; no bound when empty.", least: number(0)},
		"Length.unit":          {title: "Counted in", text: "What is counted.", standard: string(throughline.Grapheme)},
		"Fill.names":           {title: "Fragments", text: "Only these fragments; any when empty.", ref: throughline.KindFragment},
		"Fill.labels":          {title: "Labels", text: "Only fragments with all of these labels.", keys: ByLabel},
		"Constraint.name":      {title: "Name", text: "What the constraint is called where something is excluded by it."},
		"Constraint.when":      {title: "When", text: "A rule that says when the constraint holds; always when empty.", input: Rule},
		"Constraint.assert":    {title: "Must be true", text: "A rule that every combination must meet, such as hero.labels.tone == cta.labels.tone.", input: Rule},
		"Constraint.why":       {title: "Why", text: "Said to whoever asks why a combination is missing."},
		"Rendering.channel":    {title: "Channel", text: "The channel it is for.", ref: throughline.KindChannel},
		"Rendering.html":       {title: "HTML", text: "Markup for a web page, in which {{headline}} stands for the text of a slot.", input: Markup},
		"Rendering.fields":     {title: "Fields", text: "Named fields for an app, in which {{headline}} stands for the text of a slot.", input: Fill, keys: ByField},
	}
}

func guardrailNotes() map[string]note {
	return map[string]note{
		"Guardrail.title":    {title: "Title", text: "What people call the guardrail."},
		"Guardrail.severity": {title: "Severity", text: "What happens when content fails it.", standard: string(throughline.Block)},
		"Guardrail.match":    {title: "Where it applies", text: "Narrows where it applies; everywhere when empty."},
		"Guardrail.forbid":   {title: "Forbid", text: "Words or phrases that may not appear."},
		"Guardrail.require":  {title: "Require", text: "Words or phrases of which at least one must appear."},
		"Guardrail.length":   {title: "Length", text: "How short and how long the text may be."},
		"Guardrail.assert":   {title: "Must be true", text: "A rule over all slots of a combination, its language and its channel.", input: Rule},
		"Guardrail.fix":      {title: "What to do", text: "Tells people what to do when content fails."},
		"Match.templates":    {title: "Templates", text: "Only in these templates; all when empty.", ref: throughline.KindTemplate},
		"Match.channels":     {title: "Channels", text: "Only on these channels; all when empty.", ref: throughline.KindChannel},
		"Match.roles":        {title: "Roles", text: "Only for texts of these roles; all when empty."},
		"Match.locales":      {title: "Languages", text: "Only in these languages; all when empty.", input: Language},
	}
}

func placementNotes() map[string]note {
	filling := note{ref: throughline.KindFragment, keys: BySlot}
	named := func(title, text string) note {
		n := filling
		n.title, n.text = title, text
		return n
	}
	return map[string]note{
		"Placement.title":    {title: "Title", text: "What people call the placement."},
		"Placement.channel":  {title: "Channel", text: "The channel it is on.", ref: throughline.KindChannel},
		"Placement.template": {title: "Template", text: "The template whose variants compete here.", ref: throughline.KindTemplate},
		"Placement.brief":    {title: "Brief", text: "The brief it serves.", ref: throughline.KindBrief},
		"Placement.audience": {title: "Audience", text: "Who gets more than the fallback; everyone when empty.", ref: throughline.KindAudience},
		"Placement.goal":     {title: "Goal", text: "The outcome that counts here.", ref: throughline.KindGoal},
		"Placement.policy":   {title: "Policy", text: "How the engine chooses among the variants that may be shown."},
		"Placement.holdout":  {title: "Holdout", text: "A share of recipients kept away from the policy, so that its worth can be told."},
		"Placement.sticky":   {title: "Sticky", text: "For how long a recipient keeps the first choice.", standard: string(throughline.StickySession)},
		"Placement.fallback": named("Fallback", "What is shown when nothing else may be: a fragment for every required slot."),
		"Policy.kind":        {title: "Policy", text: "The way of choosing.", standard: string(throughline.Learned)},
		"Policy.floor":       {title: "Floor", text: "The share of exposures spread evenly whatever was learned, so that nothing is given up too early.", least: number(MinFloor), upto: number(1), unit: "share of exposures", standard: 0.02},
		"Policy.explore":     {title: "Explore", text: "How many exposures to spend before committing; only for explore, then commit.", least: number(1), upto: number(MaxExplore), unit: "exposures", standard: 1000},
		"Policy.fixed":       named("Fixed filling", "What is always shown; only for the fixed policy."),
		"Holdout.share":      {title: "Share", text: "The part of recipients held out, at most half.", above: number(0), upto: number(MaxHoldout), unit: "share of recipients"},
		"Holdout.serve":      {title: "Serve", text: "What held-out recipients get.", standard: string(throughline.ServeUniform)},
		"Holdout.scope":      {title: "Scope", text: "Whether each placement draws its own holdout.", standard: string(throughline.ScopePlacement)},
		"Holdout.control":    named("Control", "What held-out recipients see when the holdout serves a control."),
	}
}
