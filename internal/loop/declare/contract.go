package declare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/throughline-engine/throughline"
)

// version refuses a template whose contract breaks under a version that promises
// that it does not, as Semantic Versioning 2.0.0 has it: what fitted before fits
// until the first number is raised, or, before 1.0.0, the second. A template
// without a version promises nothing.
func version(old, r throughline.Resource) error {
	before, ok := old.Spec.(*throughline.Template)
	after, same := r.Spec.(*throughline.Template)
	if !ok || !same || before.Version == "" || !semver.IsValid("v"+before.Version) {
		return nil
	}
	refuse := func(format string, args ...any) *throughline.Error {
		return throughline.Errorf(throughline.Invalid, format, args...).At(at(r, "spec.version")).In(r.Ref(), "spec.version")
	}
	switch {
	case after.Version == "":
		return refuse("the template had the version %s and has none now", before.Version).WithFix("keep a version: %s", next(before.Version, false))
	case !semver.IsValid("v" + after.Version):
		return nil // which validation says
	case semver.Compare("v"+after.Version, "v"+before.Version) < 0:
		return refuse("the version falls from %s to %s", before.Version, after.Version).WithFix("keep %s, or raise it", before.Version)
	}
	broken := Breaking(before, after)
	if len(broken) == 0 || semver.Compare("v"+after.Version, "v"+next(before.Version, true)) >= 0 {
		return nil
	}
	return refuse("under the version %s, which follows %s, what fitted before has to fit: %s", after.Version, before.Version, strings.Join(broken, "; ")).
		WithFix("write %s, or take the change back", next(before.Version, true))
}

// next returns the version after one, for a change that breaks or one that does
// not.
func next(version string, breaks bool) string {
	var major, minor, patch int
	if n, _ := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); n != 3 {
		return "1.0.0"
	}
	switch {
	case breaks && major > 0:
		return fmt.Sprintf("%d.0.0", major+1)
	case breaks:
		return fmt.Sprintf("0.%d.0", minor+1)
	}
	return fmt.Sprintf("%d.%d.%d", major, minor, patch+1)
}

// NextVersion returns the lowest version that a changed template may have after
// the one it had, where the change breaks what fitted before and its own version
// is lower; "" where it needs none.
func NextVersion(before, after *throughline.Template) string {
	if before.Version == "" || !semver.IsValid("v"+before.Version) || len(Breaking(before, after)) == 0 {
		return ""
	}
	due := next(before.Version, true)
	if semver.IsValid("v"+after.Version) && semver.Compare("v"+after.Version, "v"+due) >= 0 {
		return ""
	}
	return due
}

// Breaking says in words what fitted a template before and does not fit it any
// more: slots that are gone, ask for more or take less, rules that are new,
// channels that are no longer served. Nil says that all that fitted fits.
func Breaking(before, after *throughline.Template) (broken []string) {
	if before.Brand != after.Brand {
		broken = append(broken, fmt.Sprintf("it is of the brand %s now, and was of %s", after.Brand, before.Brand))
	}
	for i := range before.Slots {
		old := &before.Slots[i]
		now, _ := after.Slot(old.Name)
		if now == nil {
			broken = append(broken, fmt.Sprintf("the slot %s is gone", old.Name))
			continue
		}
		for _, why := range narrower(old, now) {
			broken = append(broken, fmt.Sprintf("the slot %s %s", old.Name, why))
		}
	}
	for i := range after.Slots {
		if old, _ := before.Slot(after.Slots[i].Name); old == nil && after.Slots[i].Required {
			broken = append(broken, fmt.Sprintf("the slot %s is new and required", after.Slots[i].Name))
		}
	}
	for _, c := range after.Constraints {
		was := slices.IndexFunc(before.Constraints, func(o throughline.Constraint) bool { return o.Name == c.Name })
		if was < 0 || before.Constraints[was].When != c.When || before.Constraints[was].Assert != c.Assert {
			broken = append(broken, fmt.Sprintf("the constraint %s is new or says something else", c.Name))
		}
	}
	for _, r := range before.Renderings {
		if after.Rendering(r.Channel) == nil {
			broken = append(broken, fmt.Sprintf("the channel %s is no longer served", r.Channel))
		}
	}
	return broken
}

// narrower says what a slot takes no longer.
func narrower(old, now *throughline.Slot) (why []string) {
	add := func(narrows bool, format string, args ...any) {
		if narrows {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	add(typeOf(old) != typeOf(now), "is of the type %s now, and was %s", typeOf(now), typeOf(old))
	add(old.Role != now.Role, "has the role %s now, and had %s", now.Role, old.Role)
	add(now.Required && !old.Required, "is required now")
	add(now.Keep && !old.Keep, "no longer varies")
	why = append(why, shorter(old.Length, now.Length)...)
	add(fillNarrower(old.Fill, now.Fill), "takes fewer pieces now")
	for _, m := range old.Marks {
		add(!slices.Contains(now.Marks, m), "no longer allows %s", m)
	}
	for _, d := range now.Requires {
		add(!slices.Contains(old.Requires, d), "requires the disclosure %s now", d)
	}
	if now.Items != nil {
		was := throughline.ItemRule{}
		if old.Items != nil {
			was = *old.Items
		}
		add(now.Items.Min > was.Min || tighter(was.Max, now.Items.Max) || now.Items.Role != "" && now.Items.Role != was.Role ||
			!maps.Equal(now.Items.MaxPerRole, was.MaxPerRole), "takes other lists now")
	}
	if now.Picture != nil {
		add(old.Picture == nil || pictureNarrower(old.Picture, now.Picture), "takes fewer pictures now")
	}
	return why
}

func shorter(old, now *throughline.Length) []string {
	was, is := throughline.Length{}, throughline.Length{}
	if old != nil {
		was = *old
	}
	if now == nil {
		return nil
	}
	is = *now
	switch {
	case was != (throughline.Length{}) && cmp.Or(was.Unit, throughline.Grapheme) != cmp.Or(is.Unit, throughline.Grapheme):
		return []string{"counts its length in another unit"}
	case tighter(was.Max, is.Max):
		return []string{fmt.Sprintf("may have at most %d now", is.Max)}
	case is.Min > was.Min:
		return []string{fmt.Sprintf("has to have at least %d now", is.Min)}
	}
	return nil
}

// tighter reports whether a greatest number lets through less; 0 is no bound.
func tighter(was, is int) bool { return is > 0 && (was == 0 || is < was) }

func fillNarrower(old, now *throughline.Fill) bool {
	if now == nil {
		return false
	}
	was := throughline.Fill{}
	if old != nil {
		was = *old
	}
	if len(now.Names) > 0 {
		if len(was.Names) == 0 {
			return true
		}
		for _, n := range was.Names {
			if !slices.Contains(now.Names, n) {
				return true
			}
		}
	}
	for k, v := range now.Labels {
		if was.Labels[k] != v {
			return true
		}
	}
	return false
}

func pictureNarrower(old, now *throughline.PictureRule) bool {
	listed := func(was, is []string) bool {
		return len(is) > 0 && (len(was) == 0 || slices.ContainsFunc(was, func(s string) bool { return !slices.Contains(is, s) }))
	}
	return now.AspectRatio != "" && (now.AspectRatio != old.AspectRatio || now.AspectTolerance < old.AspectTolerance) ||
		now.MinWidth > old.MinWidth || now.MinHeight > old.MinHeight || tighter(old.MaxBytes, now.MaxBytes) ||
		listed(old.Formats, now.Formats) || listed(old.Concepts, now.Concepts)
}
