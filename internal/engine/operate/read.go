package operate

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/report"
	"github.com/throughline-engine/throughline/internal/record"
)

// lineAge is how old a line may be when it is shown: all pages open at once
// share one.
const lineAge = 500 * time.Millisecond

// lineCache keeps the last line read.
type lineCache struct {
	mu   sync.Mutex
	line Line
	at   time.Time
}

// Line returns the engine as it stands, at most half a second old.
func (o *Operate) Line(ctx context.Context) (Line, error) {
	o.cache.mu.Lock()
	defer o.cache.mu.Unlock()
	now := o.core.Now()
	if age := now.Sub(o.cache.at); age >= 0 && age < lineAge {
		return o.cache.line, nil
	}
	line, err := o.readLine(ctx, now)
	if err == nil {
		o.cache.line, o.cache.at = line, now
	}
	return line, err
}

// Changed returns a channel that is closed when the numbers next change.
func (o *Operate) Changed() <-chan struct{} { return o.projection.Changed() }

func (o *Operate) readLine(ctx context.Context, now time.Time) (Line, error) {
	d, err := o.declared(ctx)
	if err != nil {
		return Line{}, err
	}
	l := Line{Owner: d.owner, AsOf: now, Simulated: o.simulated}
	o.projection.Reported(func(s *report.State) {
		if releases := s.Releases(); len(releases) > 0 {
			l.Release = d.release(releases[0])
			l.Stations = d.stations(s.Stations(now))
		}
		l.Figures = d.figures(s.Loop(d.owner.Name, now))
		for _, p := range d.snapshot.Placements {
			if stands, ok := s.Placement(p.Name, now); ok {
				l.Placements = append(l.Placements, d.placement(&p, stands))
			}
		}
	})
	l.mistaken(o.unheard(d))
	if err := o.plane.Trouble(); err != nil {
		l.stopLearning(err)
	}
	Describe(&l)
	return l, nil
}

// stopLearning says at the last station why nothing arrives there.
func (l *Line) stopLearning(err error) {
	for i := range l.Stations {
		if l.Stations[i].Name == StageLearn {
			l.Stations[i].Health, l.Stations[i].Note = HealthBad, saysTrouble(err)
		}
	}
}

// mistaken says where outcomes arrive that some of them count for nothing.
func (l *Line) mistaken(u Unheard) {
	l.Unheard = u
	lost := u.Others
	for _, e := range u.Events {
		lost += e.Count
	}
	if lost == 0 {
		return
	}
	for i := range l.Stations {
		if s := &l.Stations[i]; s.Name == StageDeliver && s.Note == "" {
			s.Health, s.Note = HealthWarn, Plural(lost, "outcome has a name", "outcomes have names")+" that no goal knows"
		}
	}
}

// Variant is one variant from brief to outcomes.
type Variant struct {
	ID        throughline.VariantID `json:"id"`
	Placement string                `json:"placement"`
	Owner     Owner                 `json:"owner"`
	Template  string                `json:"template"`
	Brief     string                `json:"brief,omitempty"`
	Locale    string                `json:"locale"`
	Slots     []SlotLine            `json:"slots"`
	// Releases changed one of its pieces or its template.
	Releases   []int              `json:"releases"`
	Deliveries int64              `json:"deliveries"`
	Outcomes   int64              `json:"outcomes"`
	Rate       throughline.Number `json:"rate"`
}

// Variant returns a variant of what is live, with its lineage.
func (o *Operate) Variant(ctx context.Context, id throughline.VariantID) (Variant, error) {
	d, err := o.declared(ctx)
	if err != nil {
		return Variant{}, err
	}
	table := o.plane.Table()
	if table == nil {
		return Variant{}, noVariant(id)
	}
	shown := table.Variant(id)
	if len(shown) == 0 {
		return Variant{}, noVariant(id)
	}
	r := shown[0]
	p := d.snapshotPlacement(r.Placement)
	v := Variant{ID: id, Placement: p.Name, Owner: d.person(p.Owner), Template: p.Template, Locale: r.Locale, Brief: d.briefs[p.Name]}
	for _, s := range p.Slots {
		if level, ok := r.Levels[s.Name]; ok {
			v.Slots = append(v.Slots, SlotLine{s.Name, level, r.Values[s.Name]})
		}
	}
	inDefault := id
	if r.Candidate != throughline.FallbackCandidate {
		inDefault = p.VariantID(p.Candidates[r.Candidate], p.Locales.Default)
	}
	o.projection.Reported(func(s *report.State) {
		lineage, ok := s.Lineage(inDefault, o.core.Now())
		if !ok {
			return
		}
		v.Releases = releasesOf(lineage)
		for _, place := range lineage.Places {
			if place.Placement == v.Placement {
				v.Deliveries, v.Outcomes = place.Deliveries, place.Outcomes
				v.Rate = owned(place.Rate, v.Owner.Name)
			}
		}
	})
	return v, nil
}

func noVariant(id throughline.VariantID) error {
	return throughline.Errorf(throughline.NotFound, "no variant %q is live", id).WithFix("an evaluation names it in its field variant")
}

// releasesOf returns the releases that touched a variant, ascending, each once.
func releasesOf(l report.Lineage) []int {
	seen := map[int]bool{}
	all := l.TemplateReleases
	for _, p := range l.Pieces {
		all = append(all, p.Releases...)
	}
	numbers := []int{}
	for _, n := range all {
		if !seen[n] {
			seen[n] = true
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// Preview returns how a variant looks where it is served.
func (o *Operate) Preview(ctx context.Context, placement, variant string) (Preview, error) {
	d, err := o.declared(ctx)
	if err != nil {
		return Preview{}, err
	}
	if table := o.plane.Table(); table != nil {
		for _, r := range table.Variant(throughline.VariantID(variant)) {
			if r.Placement == placement {
				return d.preview(r)
			}
		}
	}
	return Preview{}, noVariant(throughline.VariantID(variant))
}

// declared returns what the snapshot in use does not say: titles, people, how
// things look. It is read once a snapshot.
func (o *Operate) declared(ctx context.Context) (*declared, error) {
	snapshot := new(throughline.Snapshot)
	var digest throughline.Digest
	if t := o.plane.Table(); t != nil {
		snapshot, digest = t.Snapshot(), t.Digest()
	}
	o.known.mu.Lock()
	defer o.known.mu.Unlock()
	if d := o.known.declared; d == nil || d.digest != digest || digest.IsZero() {
		var resources []throughline.Resource
		err := o.core.Record.State.View(ctx, func(r record.Reader) error {
			for _, kind := range declaredKinds() {
				for res, err := range engine.InForce(r, kind) {
					if err != nil {
						return err
					}
					resources = append(resources, res)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		o.known.declared = newDeclared(snapshot, digest, resources)
	}
	owner, err := o.access.Ownership(ctx)
	if err != nil {
		return nil, err
	}
	d := *o.known.declared
	d.owner = owner
	return &d, nil
}

type knownDeclared struct {
	mu       sync.Mutex
	declared *declared
}
