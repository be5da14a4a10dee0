package main

import (
	"cmp"
	"context"
	"path/filepath"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/intake/source"
	"github.com/throughline-engine/throughline/internal/record"
)

// watcher takes the files that come into a folder into somebody's draft. Of all
// processes on one record one does it, and what was dealt with is in the record.
type watcher struct {
	process *process
	folder  *source.Folder
	// person has the draft; empty is whoever owns the engine.
	person  string
	holder  string
	settled source.Settled
}

const (
	leaseWatch = "watch"
	watchLease = time.Minute
	watchEvery = time.Second
	watchRest  = 10 * time.Second // after what could not be done
)

// watchFolder returns a watcher of a folder, or nil where none is named.
func (p *process) watchFolder(ctx context.Context, name, person string) (*watcher, error) {
	if name == "" {
		return nil, nil
	}
	if person != "" {
		err := p.core.Record.State.View(ctx, func(r record.Reader) error {
			_, err := engine.Resource(r, throughline.Ref{Kind: throughline.KindPerson, Name: person})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	path, err := filepath.Abs(name) // what is remembered of a file has its whole place
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "%q is no folder: %w", name, err)
	}
	folder, err := source.OpenFolder(path)
	if err != nil {
		return nil, err
	}
	return &watcher{process: p, folder: folder, person: person, holder: engine.RandomText(12)}, nil
}

// run watches until ctx ends. What fails is logged and tried again.
func (w *watcher) run(ctx context.Context) error {
	core := w.process.core
	defer func() {
		w.folder.Close()
		if err := core.Release(context.WithoutCancel(ctx), leaseWatch, w.holder); err != nil {
			core.Log.Debug("the lease of the watched folder was not given back", "error", err)
		}
	}()
	for ctx.Err() == nil {
		wait := watchEvery
		if err := w.round(ctx, core.Now()); err != nil && ctx.Err() == nil {
			core.Log.Error("the watched folder could not be taken in; it is tried again", "error", err)
			wait = watchRest
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil
}

// round looks at the folder once, and takes in what rests and is new. What cannot be
// read or taken keeps nothing else from it, and the first of those is the error.
func (w *watcher) round(ctx context.Context, now time.Time) error {
	var all []source.File
	var failed error
	for f, err := range w.folder.Files(ctx) {
		if err != nil {
			failed = cmp.Or(failed, err)
		} else if byName(f.Name) {
			all = append(all, f)
		}
	}
	for _, f := range w.settled.Ready(all, now) {
		held, err := w.process.core.Lease(ctx, leaseWatch, w.holder, watchLease)
		if err != nil || !held || ctx.Err() != nil {
			return cmp.Or(failed, err)
		}
		failed = cmp.Or(failed, w.deal(ctx, f))
	}
	return failed
}

// deal takes one file in, unless that was done. A file that cannot be taken is
// told once; another that takes its place is tried.
func (w *watcher) deal(ctx context.Context, f source.File) error {
	seen, err := w.process.media.Seen(ctx, f.Place, f.Mark)
	if err != nil || seen {
		return err
	}
	by, err := w.by(ctx)
	if err != nil || by.Stranger() { // nobody owns the engine yet: the file can wait
		return err
	}
	became, err := w.take(ctx, by, f)
	switch throughline.CodeOf(err) {
	case "":
		w.process.core.Log.Info("a file was taken in", "file", f.Place, "became", became)
	case throughline.Invalid, throughline.TooLarge:
		w.process.core.Log.Warn("a file could not be taken in", "file", f.Place, "error", err)
		became = "refused: " + err.Error()
	case throughline.Conflict, throughline.NotFound: // it changed, or is gone: the next round sees
		return nil
	default:
		return err
	}
	return w.process.media.See(ctx, f.Place, f.Mark, became)
}

// by is on whose behalf files are taken in; a stranger while there is nobody.
func (w *watcher) by(ctx context.Context) (by engine.Caller, err error) {
	person := w.person
	if person == "" {
		owner, err := w.process.access.Ownership(ctx)
		if err != nil {
			return by, err
		}
		person = owner.Person
	}
	if person == "" {
		return by, nil
	}
	return engine.AtShell(throughline.Actor{Kind: throughline.ActorSystem, ID: "watch", OnBehalfOf: person}), nil
}

// take puts what a file is proposed as into the draft, and says what it became.
func (w *watcher) take(ctx context.Context, by engine.Caller, f source.File) (became string, err error) {
	in, err := f.Open(ctx)
	if err != nil {
		return "", err
	}
	defer in.Close()
	got, err := w.process.media.Take(ctx, by, f.Name, in)
	if err != nil {
		return "", err
	}
	if len(got.Same) > 0 {
		return "Asset/" + got.Same[0], nil
	}
	for _, like := range got.Alike {
		w.process.core.Log.Warn("a file looks like a picture in force", "file", f.Place, "like", like.Asset)
	}
	brought, err := w.process.content.Bring(ctx, by, got.Asset)
	if err != nil { // a full draft is no fault of the file
		return "", throughline.Errorf(throughline.Unavailable, "%s cannot be put into the draft: %w", got.Asset.Ref(), err)
	}
	return brought.Ref.String(), nil
}
