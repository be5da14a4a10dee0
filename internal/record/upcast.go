package record

import "github.com/throughline-engine/throughline"

// Upcast turns an event as one version wrote it into the form of a later one,
// whose number it sets. It changes the event only, never the journal.
type Upcast func(*throughline.Event) error

// Upcasters hold, by type and by version, how to bring events of old versions
// up to date when they are read. What is not in them stays as it is.
type Upcasters map[throughline.EventType]map[int]Upcast

// Apply brings one event up to date, step by step. A step that does not raise
// the version is an error with the code Internal.
func (u Upcasters) Apply(e *throughline.Event) error {
	steps := u[e.Type]
	for steps[e.Version] != nil {
		from, kind := e.Version, e.Type
		if err := steps[from](e); err != nil {
			return throughline.Errorf(throughline.CodeOf(err), "event %d of type %s, version %d, cannot be brought up to date: %w", e.Seq, kind, from, err)
		}
		if e.Version <= from {
			return throughline.Errorf(throughline.Internal, "the step up from version %d of %s does not raise the version", from, kind)
		}
		steps = u[e.Type]
	}
	return nil
}

// All applies the steps to every event.
func (u Upcasters) All(events []throughline.Event) error {
	if len(u) == 0 {
		return nil
	}
	for i := range events {
		if err := u.Apply(&events[i]); err != nil {
			return err
		}
	}
	return nil
}
